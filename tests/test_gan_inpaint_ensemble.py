"""Filling in eight orientations: the mean of all, nearer to the truth, and nothing known is touched."""

from __future__ import annotations

import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest
from restore_gan_inpaint.ensemble import mean_filling
from restore_gan_inpaint.infer import GanInpainter, load
from restore_gan_inpaint.plugin import WEIGHTS, InpaintOptions
from skimage import data

from restore.image import Pixels
from restore.spec import Runtime
from tests.random_inpainter import SPEC, Mask, gan, generator, hole, inpaint, photograph, weights

__all__ = ["gan", "generator", "weights"]


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)])
def test_the_mean_is_taken_of_eight_orientations_and_known_pixels_stay(dtype: npt.DTypeLike, white: int) -> None:
    """A filler that paints how far down and how far right a pixel lies in what it is given."""
    pixels = np.full((6, 10, 2), 0.1 * white).astype(dtype)
    mask = np.zeros((6, 10), np.bool_)
    mask[1, 2] = mask[3, 8] = True
    seen = set()

    def fill(given: Pixels, missing: Mask) -> Pixels:
        seen.add((given.shape, *(int(n) for n in np.argwhere(missing)[0])))
        out = given.copy()
        down, right = np.indices(missing.shape)
        out[missing] = (np.stack([down, right], -1)[missing] * white / 16).astype(given.dtype)
        return out

    result = mean_filling(fill, pixels, mask)
    assert len(seen) == 8
    assert result.dtype == dtype
    assert np.array_equal(result[~mask], pixels[~mask])
    # A row is as often counted from above as from below, and as often a column.
    assert np.allclose(result[mask] / white * 16, (5 / 2 + 9 / 2) / 2, atol=0.2)
    assert np.array_equal(pixels, np.full((6, 10, 2), 0.1 * white).astype(dtype)), "what is given is not changed"


def test_how_a_picture_is_turned_makes_no_difference_then(gan: GanInpainter) -> None:
    pixels, mask = photograph(128, 96), hole("scratch", 128, 96)
    turned = np.ascontiguousarray(pixels[::-1].swapaxes(0, 1)), np.ascontiguousarray(mask[::-1].T)

    def difference(self_ensemble: bool) -> int:
        straight = inpaint(gan, pixels, mask, self_ensemble=self_ensemble).pixels.astype(int)
        other = inpaint(gan, *turned, self_ensemble=self_ensemble).pixels.swapaxes(0, 1)[::-1]
        return int(np.abs(straight - other).max())

    assert difference(self_ensemble=True) <= 1 < difference(self_ensemble=False)


def test_it_is_nearer_to_what_was_there_on_average() -> None:
    """Of the shipped weights, in thin holes."""
    shipped = load(WEIGHTS, Runtime(device="cpu"))
    gains = []
    for picture in (data.astronaut(), data.coffee(), data.chelsea(), data.rocket()):
        pixels = np.ascontiguousarray(picture[:256, 100:356])
        for kind in ("scratch", "text"):
            mask = hole(kind, 256, 256)
            one, eight = (inpaint(shipped, pixels, mask, self_ensemble=each).pixels for each in (False, True))
            errors = [float(np.square(each[mask].astype(float) - pixels[mask]).mean()) for each in (one, eight)]
            gains.append(10 * np.log10(errors[0] / errors[1]))
    assert np.mean(gains) > 0.05


def test_no_more_is_held_for_it_than_was_told(gan: GanInpainter) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (512, 512, 3), np.uint8)
    mask = np.ones((512, 512), np.bool_)
    mask[::200] = False
    held, told = [], []
    for each in (False, True):
        tracemalloc.start()
        inpaint(gan, pixels, mask, grain="off", self_ensemble=each)
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert SPEC.working_bytes is not None
        told.append(SPEC.working_bytes(InpaintOptions(grain="off", self_ensemble=each), 512, 512, 3, 8))
    assert (told[1] - told[0]) / 4 < held[1] - held[0] < told[1] - told[0]
