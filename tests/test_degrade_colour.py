"""Grey is luma."""

from __future__ import annotations

import pytest
import torch

from restore.degrade import grey


def test_grey_has_three_equal_channels_of_luma() -> None:
    out = grey(torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1))
    assert out.flatten().tolist() == pytest.approx([0.299] * 3)
