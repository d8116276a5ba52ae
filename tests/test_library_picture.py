"""A picture shows itself, with what it was before, and is saved whole, never over a file unasked."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.errors import InputError, OutputError
from restore.image import Image, Metadata, Restoration
from restore.library.picture import SHOWN, Picture, open_image, restored_picture

GREY = Image(np.full((40, 60, 1), 90, np.uint16), metadata=Metadata(source_format="TIFF"))


def shown(picture: Picture) -> PillowImage.Image:
    return PillowImage.open(io.BytesIO(picture._repr_png_()))


def test_a_picture_says_what_it_is(photo: Callable[..., Path], tmp_path: Path) -> None:
    assert repr(open_image(photo(tmp_path / "a.png"))) == "<Picture: 24 x 16, RGB, 8 bit, PNG>"
    assert repr(Picture(GREY.pixels, GREY.pixels[..., 0])) == "<Picture: 60 x 40, grey with alpha, 16 bit>"
    restored = restored_picture(Restoration(GREY), GREY)
    assert repr(restored) == "<Restored picture: 60 x 40, grey, 16 bit, TIFF>"


def test_a_notebook_shows_it_small() -> None:
    wide = Picture(np.zeros((100, 3000, 3), np.uint8))
    assert shown(wide).size == (SHOWN, SHOWN // 30)
    assert shown(Picture(GREY.pixels)).size == (60, 40)


def test_a_notebook_shows_what_it_was_before_on_its_left() -> None:
    before, after = Image(np.zeros((10, 20, 3), np.uint8)), Image(np.full((20, 40, 1), 65535, np.uint16))
    sheet = shown(restored_picture(Restoration(after), before))
    assert sheet.size == (20 + 8 + 40, 20)
    assert sheet.getpixel((5, 5)) == (0, 0, 0, 255) and sheet.getpixel((40, 5)) == (255, 255, 255, 255)
    assert sheet.getpixel((24, 5)) == (0, 0, 0, 0) and sheet.getpixel((5, 15)) == (0, 0, 0, 0)


def test_a_restored_picture_knows_what_was_done() -> None:
    companion = Image(np.zeros((2, 2, 1), np.uint8))
    picture = restored_picture(Restoration(GREY, (companion,), {"summary": "denoise"}), Picture(GREY.pixels))
    assert picture.companions == (companion,) and picture.account == {"summary": "denoise"}
    assert type(picture.before) is Image, "no chain of pictures before pictures is kept alive"
    assert isinstance(picture, Image), "it goes wherever an image goes"


def test_a_picture_is_saved_with_its_metadata(tmp_path: Path) -> None:
    picture = Picture(GREY.pixels, metadata=replace(GREY.metadata, dpi=(300.0, 300.0)))
    path = picture.save(tmp_path / "a.png")
    back = open_image(path)
    np.testing.assert_array_equal(back.pixels, GREY.pixels)
    assert back.metadata.dpi == pytest.approx((300, 300), rel=1e-3)


def test_what_a_format_cannot_keep_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels = np.full((2, 3, 3), 0.5, np.float32)
    pixels[0] = 2.5
    path = Picture(pixels).save(tmp_path / "a.png")
    assert caplog.messages == [
        f"{path}: PNG holds no floating point; the picture was rounded to 16 bit.",
        f"{path}: 50 % of the picture lay above white and was cut off.",
    ]


def test_nothing_is_written_over_unasked(tmp_path: Path) -> None:
    path = Picture(GREY.pixels).save(tmp_path / "a.png")
    with pytest.raises(OutputError, match=r"a\.png: exists already\. Choose another name, or say overwrite=True"):
        Picture(GREY.pixels + 1).save(path)
    assert open_image(path).pixels[0, 0, 0] == 90
    Picture(GREY.pixels + 1).save(path, overwrite=True)
    assert open_image(path).pixels[0, 0, 0] == 91


def test_a_failed_save_leaves_nothing(tmp_path: Path) -> None:
    for name in ("a.xyz", "a", "nowhere/a.png"):
        with pytest.raises(OutputError):
            Picture(GREY.pixels).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("text", "utf-8")
    for path in (tmp_path / "nope.png", tmp_path, tmp_path / "text.png"):
        with pytest.raises(InputError) as raised:
            open_image(path)
        assert raised.value.path == path


def test_a_picture_of_too_many_pixels_is_refused(photo: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(InputError):
        open_image(photo(tmp_path / "a.png"), max_pixels=100)
