"""A picture is filled in windows that make no difference, and that fit into the memory there is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_gan_inpaint.execution import Execution
from restore_gan_inpaint.filling import Filling, Sizes
from restore_gan_inpaint.infer import load
from restore_gan_inpaint.model import MULTIPLE, Generator

from restore.errors import DeviceError
from restore.spec import Runtime
from tests.random_inpainter import CPU, Mask, generator, weights

__all__ = ["generator", "weights"]


def whole(generator: Generator, pixels: npt.NDArray[np.float32], mask: Mask) -> npt.NDArray[np.float32]:
    """The model as it was trained, on the whole picture at once."""
    height, width = mask.shape
    size = [-(-length // MULTIPLE) * MULTIPLE for length in mask.shape]
    picture, missing = torch.full((1, 3, *size), 0.5), torch.ones(1, 1, *size)
    picture[0, :, :height, :width] = torch.from_numpy(pixels).permute(2, 0, 1)
    missing[0, 0, :height, :width] = torch.from_numpy(mask)
    with torch.inference_mode():
        return np.asarray(generator(picture, missing)[0][0, :, :height, :width].permute(1, 2, 0))


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("size", [(1, 2), (16, 16), (37, 53), (300, 1300), (1290, 200)])
def test_windows_make_no_difference_to_the_whole_picture(
    generator: Generator, size: tuple[int, int], fused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fused:
        monkeypatch.setattr("restore_gan_inpaint.layers.FUSED", False)
    height, width = size
    pixels = np.random.default_rng(0).random((height, width, 3)).astype(np.float32)
    mask = np.zeros(size, np.bool_)
    mask[height // 2, : width // 2 + 1] = True  # reaches the border
    mask[-20:, -3:] = mask[:2, width // 3 :] = True
    mask[0, 0] = False
    expected = whole(generator, pixels, mask)
    for coarse, held in ((128, 0), (10_000, 10_000)):
        monkeypatch.setattr("restore_gan_inpaint.filling.HELD", held)
        for fine in (128, 1024):
            result = Filling(pixels, mask).run(partial(Execution, generator), CPU, Sizes(fine, coarse))
            assert np.abs(result - expected)[mask].max() <= 1e-5
            assert np.array_equal(result[~mask], pixels[~mask])


def test_it_keeps_within_its_memory_or_says_how_much_it_needs(weights: Path) -> None:
    small, large = (Sizes.within(memory << 20) for memory in (56, 512))
    assert 128 <= small.fine < 400 < large.fine < 768 and 128 <= small.coarse < 256 < 1024 < large.coarse
    assert Sizes.within(512 << 20, tile=200) == replace(large, fine=200)
    assert Sizes.within(512 << 20, torch.bfloat16).coarse > 1.5 * large.coarse
    assert large.smaller(large.fine // 2).coarse == pytest.approx(large.coarse / 2, rel=0.01)
    with pytest.raises(DeviceError, match=r"cannot run in 48 MiB. Give it 52 MiB at least"):
        load(weights, Runtime(device="cpu", memory=48 << 20))


def test_a_long_picture_no_larger_than_a_window_is_filled_at_once(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, shapes = Execution.fine, []

    def fine(self: Execution, given: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(given.shape))
        return original(self, given, *others)

    monkeypatch.setattr(Execution, "fine", fine)
    pixels, mask = np.zeros((96, 400, 3), np.float32), np.zeros((96, 400), np.bool_)
    mask[::8] = True
    Filling(pixels, mask).run(partial(Execution, generator), CPU, Sizes(128, 128))
    assert shapes == [(1, 4, 96, 400)], "its area counts, not its longer edge"
