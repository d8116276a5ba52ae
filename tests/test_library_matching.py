"""A picture is said in another one's depth and channels, with the values that it has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from restore.image import Image, Metadata
from restore.library.matching import matched

WHITE: dict[Any, float] = {np.uint8: 255, np.uint16: 65535, np.float32: 1}


def plain(value: float, depth: Any, channels: int = 3) -> Image:
    """A picture of one brightness, 0 to 1."""
    return Image(np.full((2, 3, channels), value * WHITE[depth]).astype(depth))


@pytest.mark.parametrize("depth", WHITE)
@pytest.mark.parametrize("other", WHITE)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_depth_and_grey_become_every_other(depth: Any, other: Any, channels: int) -> None:
    result = matched(plain(0.2, depth, 4 - channels), plain(0.9, other, channels))
    assert result.pixels.dtype == other and result.pixels.shape == (2, 3, channels)
    np.testing.assert_allclose(result.pixels / WHITE[other], 0.2, atol=1e-6)


def test_colours_become_their_brightness() -> None:
    red = Image(np.full((2, 3, 3), (255, 0, 0), np.uint8))
    assert (matched(red, plain(0, np.uint8, 1)).pixels == 76).all(), "0.299 of 255"


def test_alpha_is_there_where_the_other_has_it() -> None:
    half = Image(plain(0, np.uint8).pixels, np.full((2, 3), 51, np.uint8), Metadata("PNG"))
    deep = Image(plain(0, np.uint16).pixels, np.full((2, 3), 9, np.uint16))
    alpha = matched(half, deep).alpha
    assert alpha is not None and (alpha == 51 * 257).all()
    opaque = matched(plain(0, np.uint8), deep).alpha
    assert opaque is not None and (opaque == 65535).all()
    assert matched(half, plain(0, np.uint8)).alpha is None
    assert matched(half, plain(0, np.uint16)).metadata.source_format == "PNG"


def test_where_nothing_differs_nothing_is_copied() -> None:
    image = plain(0.5, np.uint8)
    assert matched(image, plain(0, np.uint8)) is image
