"""Clean photographs are clean, every task's bound is told with what was measured, and other tasks have none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage.restoration import estimate_sigma

from restore.conformance.harm import BOUNDS, not_due, photographs, unharmed
from restore.conformance.trials import Bench
from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec


@pytest.fixture(scope="module")
def bilateral() -> RestorerSpec:
    return PluginManager.discover().restorer("bilateral")


def test_the_photographs_have_next_to_no_noise() -> None:
    for photograph in photographs():
        assert photograph.shape == (128, 128, 3) and photograph.dtype == np.uint8
        assert (
            estimate_sigma(photograph, channel_axis=2, average_sigmas=True) < 4
        )  # texture that looks like it included


def test_what_was_measured_is_told_with_the_bound(bilateral: RestorerSpec) -> None:
    said = unharmed(Bench(bilateral))
    assert said.startswith("PSNR 4") and said.endswith("dB to a clean photograph at worst (bound: 35)")


def test_a_strong_filter_harms(bilateral: RestorerSpec) -> None:
    strong = bilateral.options.model_validate({"sigma": 75})
    with pytest.raises(AssertionError, match="to a clean photograph; the bound is 35"):
        unharmed(Bench(bilateral, strong))


def test_tasks_that_change_pictures_on_purpose_and_unknown_ones_have_no_bound(bilateral: RestorerSpec) -> None:
    assert not_due(bilateral) == ""
    assert not_due(replace(bilateral, task="stylize")) == "it changes the look of pictures on purpose"
    assert "nobody knows what the task 'tint'" in not_due(replace(bilateral, task="tint"))
    assert set(BOUNDS) == {"denoise", "dejpeg", "upscale", "inpaint", "fuse", "detect"}
