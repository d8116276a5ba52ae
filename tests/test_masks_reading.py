"""What somebody painted as a mask is understood in every format; what is no mask is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImage

from restore.codecs.reading import read
from restore.errors import InputError
from restore.image import Image, Metadata
from restore.masks.growing import grown
from restore.masks.reading import marked

TRUE = np.zeros((64, 96), np.bool_)
TRUE[10:30, 20:50] = True
TRUE[40:43, :] = True
PAINTED = np.where(TRUE, 255, 0).astype(np.uint8)


def found(path: Path, *, invert: bool = False) -> np.ndarray:
    return marked(read(path), path, invert=invert)


def paletted() -> PillowImage.Image:
    picture = PillowImage.fromarray(TRUE.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, 255, 0, 0])
    return picture


PAINTINGS = {
    "grey.png": PillowImage.fromarray(PAINTED),
    "one bit.png": PillowImage.fromarray(PAINTED).convert("1"),
    "colour.bmp": PillowImage.fromarray(PAINTED).convert("RGB"),
    "red palette.png": paletted(),
    "white on transparency.png": PillowImage.fromarray(np.dstack([np.full((64, 96, 3), 255, np.uint8), PAINTED])),
    "transparency all opaque.png": PillowImage.fromarray(PAINTED).convert("RGBA"),
    "grey with alpha.tif": PillowImage.fromarray(PAINTED).convert("LA"),
    "not quite white.png": PillowImage.fromarray(PAINTED // 255 * 200 + 20),
}


@pytest.mark.parametrize("name", PAINTINGS)
def test_a_mask_is_understood_in_every_kind_of_file(tmp_path: Path, name: str) -> None:
    PAINTINGS[name].save(tmp_path / name)
    assert np.array_equal(found(tmp_path / name), TRUE)


@pytest.mark.parametrize("white", [65535, 1.0])
def test_sixteen_bit_and_float_masks_are_understood(tmp_path: Path, white: float) -> None:
    kind = np.uint16 if white > 1 else np.float32
    tifffile.imwrite(tmp_path / "m.tif", (TRUE * white).astype(kind))
    assert np.array_equal(found(tmp_path / "m.tif"), TRUE)


def test_an_inverted_mask_marks_the_rest(tmp_path: Path) -> None:
    PillowImage.fromarray(PAINTED).save(tmp_path / "m.png")
    assert np.array_equal(found(tmp_path / "m.png", invert=True), ~TRUE)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("quality", [10, 30, 75, 95])
def test_the_ringing_of_a_jpeg_marks_nothing_away_from_the_edge(tmp_path: Path, quality: int, mode: str) -> None:
    path = tmp_path / "m.jpg"
    PillowImage.fromarray(PAINTED).convert(mode).save(path, quality=quality)
    seen = found(path)
    assert read(path).pixels[~TRUE].max() > 0, "there is ringing to be resisted"
    assert not (seen & ~grown(TRUE, 1)).any(), "nothing is sprayed"
    assert not (TRUE & ~grown(seen, 1)).any(), "nothing is lost"


def test_a_photograph_is_no_mask() -> None:
    photograph = Image(np.random.default_rng(0).normal(128, 40, (40, 40, 3)).clip(0, 255).astype(np.uint8))
    with pytest.raises(InputError, match=r"photo\.png: is no mask: \d+% of its pixels are neither"):
        marked(photograph, Path("photo.png"))


def test_a_soft_brush_is_a_mask() -> None:
    ramp = np.abs(np.arange(400) - 200).clip(0, 40) * 255 // 40
    soft = Image(np.tile(ramp.astype(np.uint8), (30, 1))[..., None])
    assert marked(soft, Path("m.png")).sum() == 30 * np.count_nonzero(ramp >= 128)


def test_labels_that_are_nearly_black_are_refused_instead_of_marking_nothing() -> None:
    labels = Image(TRUE[..., None].astype(np.uint8))
    with pytest.raises(InputError, match=r"m\.png: marks nothing, yet is not black: .* 0\.4% of white\. Make"):
        marked(labels, Path("m.png"))


def test_what_a_lossy_format_makes_of_black_is_black() -> None:
    dirty = np.zeros((8, 8, 1), np.uint8)
    dirty[3, 3] = 6
    assert not marked(Image(dirty, metadata=Metadata("JPEG")), Path("m.jpg")).any()
