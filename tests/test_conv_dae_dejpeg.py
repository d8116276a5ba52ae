"""`restore dejpeg`: the quality is found, traces go, and what was never compressed stays as it is."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest
from restore_conv_dae.jpeg_infer import ConvDaeJpeg, load
from restore_conv_dae.plugin import JPEG_WEIGHTS, WEIGHTS, DejpegOptions
from skimage import data

from restore.errors import WeightsError
from restore.image import Image, Metadata, Observation, Pixels, Restoration
from restore.metrics import psnr
from restore.spec import Runtime


@pytest.fixture(scope="module")
def mender() -> ConvDaeJpeg:
    return load(JPEG_WEIGHTS, Runtime(device="cpu", threads=1))


def saved(pixels: Pixels, quality: int) -> Pixels:
    file = io.BytesIO()
    PIL.Image.fromarray(pixels.squeeze()).save(file, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(file)).reshape(pixels.shape)


def mended(mender: ConvDaeJpeg, image: Image, options: DejpegOptions | None = None) -> Restoration:
    answer = mender.restore(Observation((image,)), options or DejpegOptions())
    assert isinstance(answer, Restoration)
    return answer


PHOTO = np.ascontiguousarray(data.astronaut()[:192, 130:322])


@pytest.mark.parametrize("quality", [10, 20, 40])
def test_traces_of_jpeg_go_in_colour_and_in_grey(mender: ConvDaeJpeg, quality: int) -> None:
    for photo in (PHOTO, PHOTO.mean(2, keepdims=True).round().astype(np.uint8)):
        file = saved(photo, quality)
        result = mended(mender, Image(file)).image.pixels
        assert result.shape == photo.shape and result.dtype == np.uint8
        assert psnr(photo, result) > psnr(photo, file) + 0.8


def test_the_quality_is_read_from_the_file_where_it_says_it(mender: ConvDaeJpeg) -> None:
    file = saved(PHOTO, 30)
    told = mended(mender, Image(file), DejpegOptions(saved_at=30)).image.pixels
    from_file = mended(mender, Image(file, metadata=Metadata(jpeg_quality=30)))
    from_pixels = mended(mender, Image(file))
    assert np.array_equal(from_file.image.pixels, told)
    assert from_file.account is not None and from_file.account["quality"] == 30
    assert "its file" in str(from_file.account["summary"])
    assert from_pixels.account is not None and from_pixels.account["quality"] == pytest.approx(30, abs=3)
    assert "its pixels" in str(from_pixels.account["summary"])


def test_a_bad_picture_in_a_good_file_is_found_by_its_pixels(mender: ConvDaeJpeg) -> None:
    twice = Image(saved(saved(PHOTO, 15), 95), metadata=Metadata(jpeg_quality=95))
    result = mended(mender, twice)
    assert result.account is not None and result.account["quality"] == pytest.approx(15, abs=4)
    assert psnr(PHOTO, result.image.pixels) > psnr(PHOTO, twice.pixels) + 0.8


def test_what_was_never_compressed_or_hardly_stays_as_it_is(mender: ConvDaeJpeg) -> None:
    for image in (Image(PHOTO), Image(saved(PHOTO, 98), metadata=Metadata(jpeg_quality=98))):
        result = mended(mender, image)
        assert result.image is image
        assert result.account is not None and "nothing to mend" in str(result.account["summary"])


def test_the_network_sees_by_itself_how_strongly_each_place_was_compressed(mender: ConvDaeJpeg) -> None:
    collage = np.concatenate([PHOTO, saved(PHOTO, 10)], 1)
    result = mended(mender, Image(collage), DejpegOptions(saved_at="seen")).image.pixels
    width = PHOTO.shape[1]
    good, bad = result[:, : width - 48], result[:, width + 48 :]
    assert psnr(PHOTO[:, : width - 48], good) > 38
    assert psnr(PHOTO[:, 48:], bad) > psnr(PHOTO[:, 48:], collage[:, width + 48 :]) + 0.6


def test_strength_mixes_the_picture_back_in(mender: ConvDaeJpeg) -> None:
    file = Image(saved(PHOTO, 10))
    whole = mended(mender, file, DejpegOptions(saved_at=10)).image.pixels.astype(int)
    half = mended(mender, file, DejpegOptions(saved_at=10, strength=0.5)).image.pixels
    assert mender.restore(Observation((file,)), DejpegOptions(strength=0)) is file
    assert np.abs(half - (whole + file.pixels) / 2).mean() < 0.5  # clipping comes last


def test_the_denoisers_weights_are_refused() -> None:
    with pytest.raises(WeightsError, match="conv-dae"):
        load(WEIGHTS, Runtime(device="cpu"))


def test_metadata_and_depth_are_kept(mender: ConvDaeJpeg) -> None:
    deep = Image(saved(PHOTO, 20).astype(np.uint16) * 257, metadata=replace(Metadata(), jpeg_quality=20))
    result = mended(mender, deep).image
    assert result.pixels.dtype == np.uint16 and result.metadata == deep.metadata
