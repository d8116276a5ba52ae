"""The quality of a JPEG is found in its file, and in the pixels where it was saved again or cropped."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as Pillow
from skimage import data

from restore.diagnose import estimate_jpeg, estimate_quality
from restore.image import Image, Metadata
from restore.resampling import resized

Bytes = npt.NDArray[np.uint8]


def photographs() -> list[Bytes]:
    """Reduced to half, so that what their own JPEG left is gone."""
    found = (data.astronaut(), data.coffee(), data.chelsea(), data.rocket())
    return [resized(np.ascontiguousarray(p), p.shape[0] // 2, p.shape[1] // 2) for p in found]


def saved(pixels: Bytes, quality: int, subsampling: int = 2) -> Bytes:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Pillow.open(stream))


@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("quality", [10, 30, 40, 50, 60, 70, 80, 90])
def test_the_quality_is_found_in_the_pixels_of_a_crop(quality: int, subsampling: int) -> None:
    for pixels in photographs():
        jpeg = estimate_jpeg(Image(np.ascontiguousarray(saved(pixels, quality, subsampling)[3:, 5:])))
        assert jpeg.quality == pytest.approx(quality, abs=5)
        assert (jpeg.source, jpeg.in_file, jpeg.top, jpeg.left) == ("pixels", None, 5, 3)
        assert jpeg.confidence > 0.8


def test_clean_pictures_show_no_jpeg() -> None:
    for pixels in photographs():
        jpeg = estimate_jpeg(Image(pixels))
        assert (jpeg.quality, jpeg.source, jpeg.in_pixels) == (None, None, None)
        assert jpeg.confidence > 0.5


def test_a_file_says_its_quality_itself() -> None:
    jpeg = estimate_jpeg(Image(saved(photographs()[0], 60), metadata=Metadata(jpeg_quality=60)))
    assert (jpeg.quality, jpeg.source, jpeg.in_file, jpeg.in_pixels, jpeg.confidence) == (60, "file", 60, 60, 1.0)


def test_a_file_saved_finely_of_what_was_saved_coarsely_shows_the_coarse_one() -> None:
    coarse = saved(photographs()[0], 40, 0)
    jpeg = estimate_jpeg(Image(saved(coarse, 100, 0), metadata=Metadata(jpeg_quality=100)))
    assert (jpeg.source, jpeg.in_file) == ("pixels", 100)
    assert jpeg.quality == pytest.approx(40, abs=5)


def test_grey_pictures_have_a_quality_too() -> None:
    stream = io.BytesIO()
    Pillow.fromarray(data.camera()).save(stream, "JPEG", quality=55)
    assert estimate_quality(np.asarray(Pillow.open(stream))[:, :, None]).quality == pytest.approx(55, abs=5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (8, 8), (64, 64)], ids=str)
@pytest.mark.parametrize("value", [0, 128])
def test_of_pictures_with_nothing_in_them_nothing_is_said(shape: tuple[int, int], value: int) -> None:
    assert estimate_jpeg(Image(np.full((*shape, 3), value, np.uint8))).quality is None
