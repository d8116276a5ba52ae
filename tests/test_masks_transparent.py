"""Holes in pictures with transparency: what is hidden is not known, is never painted into sight, and stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore import load, steps
from restore.cli import main
from restore.codecs.header import Header
from restore.errors import ExitCode
from restore.image import Image, Observation, Pixels
from restore.masks.joining import without_hidden
from restore.masks.making import mask_bytes
from restore.masks.request import Masking
from restore.spec import Needs, Options, RestorerSpec

VISIBLE, HIDDEN, DAMAGE = (90, 160, 90), (255, 0, 255), (0, 0, 255)
HOLE = (slice(20, 44), slice(48, 58))


def cutout(dtype: type = np.uint8) -> Image:
    """The right half visible, the left half hidden, and damage in the visible half beside the hidden one."""
    pixels = np.full((64, 96, 3), VISIBLE, np.uint8)
    pixels[:, :48] = HIDDEN
    pixels[HOLE] = DAMAGE
    alpha = np.zeros((64, 96), np.uint8)
    alpha[:, 48:] = 255
    if dtype is np.uint8:
        return Image(pixels, alpha)
    factor = 257.0 if dtype is np.uint16 else 1 / 255
    return Image((pixels * factor).astype(dtype), (alpha * factor).astype(dtype))


def mask_of(*places: tuple[slice, slice]) -> Pixels:
    mask = np.zeros((64, 96), np.bool_)
    for place in places:
        mask[place] = True
    return mask


@pytest.mark.parametrize("name", ["telea", "navier-stokes", "biharmonic"])
def test_what_is_hidden_is_not_painted_into_what_is_visible(name: str) -> None:
    image = cutout()
    assert image.alpha is not None
    given = np.dstack([image.pixels, image.alpha])
    result = load(name)(given, box="48,20,10,24")
    assert np.abs(result[HOLE][..., :3].astype(int) - VISIBLE).max() <= 8
    outside = ~mask_of(HOLE)
    assert np.array_equal(result[outside], given[outside]), "hidden colours included"
    assert (result[HOLE][..., 3] == 255).all()


def test_the_command_line_does_not_either(tmp_path: Path) -> None:
    image = cutout()
    assert image.alpha is not None
    given = np.dstack([image.pixels, image.alpha])
    photo, mask, out = (str(tmp_path / name) for name in ("a.png", "mask.png", "b.png"))
    PillowImage.fromarray(given).save(photo)
    PillowImage.fromarray(mask_of(HOLE)).save(mask)
    assert main(["inpaint", photo, "-o", out, "-m", "telea", "--mask", mask]) == ExitCode.OK
    result = np.asarray(PillowImage.open(out))
    assert np.abs(result[HOLE][..., :3].astype(int) - VISIBLE).max() <= 8
    assert np.array_equal(result[~mask_of(HOLE)], given[~mask_of(HOLE)])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_neither_hidden_colours_nor_the_damage_are_shown_to_the_restorer_as_known(dtype: type) -> None:
    image, mask = cutout(dtype), mask_of(HOLE)
    before = image.pixels.copy()
    seen = without_hidden(image, mask)
    assert seen.alpha is image.alpha and seen.metadata is image.metadata
    assert (seen.pixels[~mask] == image.pixels[0, 95]).all()
    assert np.array_equal(image.pixels, before), "the picture read is needed again"


def test_a_number_that_is_none_may_be_hidden() -> None:
    image, mask = cutout(np.float32), mask_of(HOLE)
    image.pixels[5, 5] = np.nan
    assert np.isfinite(without_hidden(image, mask).pixels[~mask]).all()


def test_pictures_that_hide_nothing_known_are_shown_as_they_are() -> None:
    image, mask = cutout(), mask_of(HOLE)
    opaque = Image(image.pixels)
    assert without_hidden(opaque, mask) is opaque
    full = Image(image.pixels, np.full((64, 96), 255, np.uint8))
    assert without_hidden(full, mask) is full
    holes = mask_of((slice(None), slice(0, 48)))  # as of --mask alpha: what is hidden is what is missing
    assert without_hidden(image, holes) is image
    nothing_else = mask_of((slice(None), slice(48, None)))
    assert without_hidden(image, nothing_else).pixels is image.pixels, "there is nothing else to fill it from"


def test_a_mask_that_is_all_transparency_is_filled_from_what_is_visible() -> None:
    result = load("telea")(cutout(), mask="alpha")
    assert result.alpha is None
    assert np.array_equal(result.pixels[:, 48:], cutout().pixels[:, 48:])


def test_memory_is_counted_for_what_is_hidden_unless_it_is_what_is_missing() -> None:
    headers = [Header(100, 10, 3, 8, alpha, "PNG") for alpha in (False, True)]
    assert [mask_bytes(header, Masking(), None) for header in headers] == [3000, 3000 + 16000]
    assert [mask_bytes(header, Masking(alpha=True), None) for header in headers] == [3000, 3000]


class Keeping:
    """A restorer that keeps what it was given."""

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def restore(self, observation: Observation, options: Options) -> Image:
        self.seen.append(observation)
        return observation.image


def test_without_a_mask_every_restorer_gets_the_very_observation() -> None:
    keeping = Keeping()
    spec = RestorerSpec("keeping", "denoise", "Keeps.", Options, lambda *_: keeping, needs=Needs.IMAGE)
    observation = Observation((cutout(),))
    steps.restore(keeping, observation, spec, Options())
    assert keeping.seen == [observation] and keeping.seen[0] is observation
