"""The findings as a picture: everything has its place, whatever the photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from restore.correct.cast import Gains
from restore.correct.skew import Skew
from restore.diagnose import ColourCast, Findings, diagnose
from restore.diagnose.picture import COLUMN, MARGIN, WIDTH, findings_picture
from restore.image import Image

RED, BLUE = (220, 30, 30), (30, 90, 220)


def photo(height: int = 200, width: int = 300) -> Image:
    """Noise round middle grey."""
    noise = np.random.default_rng(0).normal(128, 20, (height, width, 3))
    return Image(np.rint(noise).clip(1, 254).astype(np.uint8))


def drawn(image: Image, **other: object) -> np.ndarray:
    """The picture of a photo's findings, some of them others."""
    findings: Findings = replace(diagnose(image), **other)  # type: ignore[arg-type]
    return findings_picture(image, findings, "photo.jpg")


def count(pixels: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many pixels have a colour."""
    return int((pixels == np.array(colour)).all(axis=2).sum())


def test_the_photo_itself_stands_in_it() -> None:
    image = photo()
    found = drawn(image)
    assert found.shape[1] == WIDTH and found.dtype == np.uint8
    rows = [
        top for top in range(found.shape[0] - 200) if np.array_equal(found[top, MARGIN : MARGIN + 300], image.pixels[0])
    ]
    assert len(rows) == 1
    assert np.array_equal(found[rows[0] : rows[0] + 200, MARGIN : MARGIN + 300], image.pixels)


def test_clipping_is_marked_black_in_blue_and_white_in_red() -> None:
    image = photo()
    plain = drawn(image)
    image.pixels[50:60, 50:60] = 0
    image.pixels[100:110, 50:60] = 255
    marked = drawn(image)
    for colour in (RED, BLUE):
        assert count(marked, colour) - count(plain, colour) >= 100, "besides the legend"


def test_a_cast_is_an_arrow_in_its_direction() -> None:
    image = photo()
    column = slice(3 * MARGIN + 2 * COLUMN, 3 * MARGIN + 2 * COLUMN + 220)

    def arrow(gains: Gains) -> float:
        """Where it points to, across: below 0 for the left half of the disc, green; above for the right one, red."""
        found = drawn(image, cast=ColourCast(gains, 15.0, 0.9))[-400:, column]
        places = np.argwhere((found == (190, 50, 40)).all(axis=2))[:, 1]
        return float(places.mean() - 110)

    assert arrow(Gains(0.6, 1.2, 1.2)) > 10 > -10 > arrow(Gains(1.2, 0.7, 1.2))


def test_a_photo_that_leans_has_a_line_that_leans_as_much() -> None:
    image = photo(200, 300)
    level = drawn(image, skew=Skew(0.0, 0.0))
    leaning = drawn(image, skew=Skew(5.0, 0.9))
    where = np.argwhere((level != leaning)[:, : MARGIN + 300].any(axis=2))
    left, right = (where[where[:, 1] == column][:, 0].mean() for column in (MARGIN, MARGIN + 299))
    assert right - left == pytest.approx(np.tan(np.radians(5)) * 300, abs=3), "clockwise: down on the right"


@pytest.mark.parametrize(
    "image",
    [
        Image(np.full((1, 1, 1), 7, np.uint8)),
        Image(np.full((3, 4000, 3), 7, np.uint16)),
        Image(np.full((4000, 3, 3), np.nan, np.float32)),
        Image(np.zeros((40, 40, 1), np.uint8), np.zeros((40, 40), np.uint8)),
        Image(np.full((1200, 900, 3), 200, np.uint8)),
    ],
    ids=["one pixel", "wide", "tall, no numbers", "transparent", "portrait"],
)
def test_photos_of_any_shape_are_drawn(image: Image) -> None:
    found = drawn(image)
    assert found.shape[1] == WIDTH and 500 < found.shape[0] < 2500
