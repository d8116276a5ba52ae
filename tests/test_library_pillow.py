"""Pillow images become pictures and come back with all they hold."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.errors import InputError
from restore.library.pillow import from_pillow, to_pillow


def drawn(mode: str, size: tuple[int, int] = (6, 4)) -> PillowImage.Image:
    """A gradient."""
    if mode.startswith("I;16"):
        return PillowImage.fromarray((np.arange(24, dtype=np.uint16) * 2000).reshape(4, 6))
    return (
        PillowImage.linear_gradient("L")
        .resize(size)
        .convert("RGB")
        .convert(mode if mode != "LA" else "RGBA")
        .convert(mode)
    )


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_an_image_comes_back_as_it_was(mode: str) -> None:
    given = drawn(mode)
    given.info = {"icc_profile": b"profile", "exif": b"exif", "dpi": (300, 300)}
    image = from_pillow(given)
    assert image.metadata.icc == b"profile" and (image.alpha is not None) == (mode in ("LA", "RGBA"))
    back = to_pillow(image, given)
    assert (back.mode, back.size) == (given.mode, given.size)
    np.testing.assert_array_equal(np.asarray(back), np.asarray(given))
    assert back.info == {"icc_profile": b"profile", "exif": b"exif", "dpi": (300, 300)}


@pytest.mark.parametrize(("mode", "shown"), [("1", "L"), ("P", "RGB")])
def test_palettes_and_bits_are_taken_as_what_they_show(mode: str, shown: str) -> None:
    given = drawn(mode)
    back = to_pillow(from_pillow(given), given)
    assert back.mode == shown
    np.testing.assert_array_equal(np.asarray(back), np.asarray(given.convert(shown)))


@pytest.mark.parametrize(("mode", "shown"), [("1", "LA"), ("L", "LA"), ("P", "RGBA"), ("RGB", "RGBA")])
def test_where_a_colour_means_transparent_there_is_alpha(mode: str, shown: str) -> None:
    given = drawn(mode)
    given.info["transparency"] = given.getpixel((0, 0))
    image = from_pillow(given)
    assert image.alpha is not None and image.alpha[0, 0] == 0 and image.alpha.max() == 255
    back = to_pillow(image, given)
    assert back.mode == shown and "transparency" not in back.info
    np.testing.assert_array_equal(np.asarray(back), np.asarray(given.convert(shown)))


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "F", "I", "HSV"])
def test_other_modes_are_refused_with_what_to_do(mode: str) -> None:
    with pytest.raises(InputError, match=rf"mode {mode} cannot be restored as it is\. Convert it first"):
        from_pillow(PillowImage.new(mode, (3, 3)))


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(InputError, match="holds no pixels"):
        from_pillow(PillowImage.new("RGB", (0, 3)))
