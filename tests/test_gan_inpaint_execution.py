"""The inpainter's network is run with the same numbers as it was trained with."""

from __future__ import annotations

import torch
from restore_gan_inpaint.execution import Execution
from restore_gan_inpaint.interpolation import pooled
from restore_gan_inpaint.model import Generator

from tests.random_inpainter import CPU, generator

__all__ = ["generator"]


def test_it_is_run_with_the_same_numbers_as_it_was_trained(generator: Generator) -> None:
    torch.manual_seed(1)
    given = torch.rand(2, 4, 48, 80) - 0.5
    missing = (torch.rand(2, 1, 48, 80) < 0.3).float()
    given[:, :3] *= 1 - missing
    given[:, 3:] = missing
    with torch.inference_mode():
        expected, coarse = generator(given[:, :3] + 0.5, missing)
        network = Execution(generator, CPU)
        filled, features = network.coarse(pooled(given))
        result = network.fine(given, filled, features)
    assert (filled + 0.5 - coarse).abs().max() < 1e-5
    assert (result + 0.5 - expected).abs().max() < 1e-5
    assert result.std() > 0.01
