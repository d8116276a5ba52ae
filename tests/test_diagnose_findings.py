"""All findings of one picture together: what is found, what is not, and how long it takes."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from restore.codecs.reading import read
from restore.correct.warping import turn
from restore.diagnose import NOT_LOOKED_FOR, diagnose
from restore.image import Image

SAMPLES = Path(__file__).resolve().parents[1] / "sample_images"


def test_a_noisy_scan_is_described() -> None:
    found = diagnose(read(SAMPLES / "scan-16bit.tif"))
    assert (found.width, found.height) == (384, 384)
    assert found.noise.sigma == pytest.approx(20, rel=0.1)
    assert found.grey.grey and not found.grey.tinted
    assert found.jpeg.quality is None
    assert found.cast.confidence == 0


def test_a_phone_picture_is_described() -> None:
    found = diagnose(read(SAMPLES / "coffee-noisy.jpg"))
    assert (found.jpeg.quality, found.jpeg.source, found.jpeg.in_pixels) == (90, "file", 90)
    assert not found.grey.grey
    assert found.cast.confidence < 0.5 and found.fading.confidence < 0.5


def test_damage_that_nobody_looked_for_is_not_none() -> None:
    image = read(SAMPLES / "scan-16bit.tif")
    assert diagnose(image).damage == NOT_LOOKED_FOR
    assert NOT_LOOKED_FOR.share is None and NOT_LOOKED_FOR.confidence == 0
    mask = np.zeros((image.height, image.width), bool)
    assert diagnose(image, mask).damage.share == 0
    mask[:96] = True
    assert diagnose(image, mask).damage.share == 0.25


def test_a_page_that_lies_askew_is_found_so() -> None:
    page = np.ascontiguousarray(data.page())[:, :, None]
    right, left = (diagnose(Image(turn(page, angle, "fill", (230.0,)))).skew for angle in (-4, 4))
    assert right.angle - left.angle == pytest.approx(8, abs=0.2)  # the page itself does not lie quite straight
    assert right.angle == pytest.approx(4, abs=0.4)
    assert min(right.confidence, left.confidence) > 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 2), (17, 17)], ids=str)
def test_pictures_of_any_size_and_depth_are_looked_at_in_silence(
    shape: tuple[int, int], channels: int, dtype: type[np.generic]
) -> None:
    white = 1.0 if dtype is np.float32 else float(np.iinfo(dtype).max)  # type: ignore[type-var]
    pixels = np.random.default_rng(0).uniform(0, white, (*shape, channels)).astype(dtype)
    assert diagnose(Image(pixels)).width == shape[1]


@pytest.mark.filterwarnings("error")
def test_a_map_that_marks_what_is_missing_by_the_lowest_float_is_looked_at_in_silence() -> None:
    pixels = np.random.default_rng(0).uniform(0, 1, (64, 64, 3)).astype(np.float32)
    pixels[:9, :9] = np.finfo(np.float32).min
    found = diagnose(Image(pixels))
    assert np.isfinite([found.noise.sigma, found.cast.angle, found.blur.sigma, found.fading.black]).all()


def confidences(document: dict[str, object]) -> list[float]:
    return [part["confidence"] for part in document.values() if isinstance(part, dict)]


def test_every_finding_has_a_confidence_and_numbers_that_are_none_do_no_harm() -> None:
    pixels = data.astronaut().astype(np.float32) / 255
    pixels[5, 5], pixels[6, 6], pixels[7, 7] = np.nan, np.inf, -np.inf
    given = pixels.copy()
    found = confidences(asdict(diagnose(Image(pixels))))
    assert len(found) == 10
    assert all(0 <= each <= 1 for each in found)
    np.testing.assert_array_equal(pixels, given)


def test_pictures_of_24_megapixels_take_about_a_second_or_two() -> None:
    large = np.tile(np.ascontiguousarray(data.coffee()), (10, 10, 1))
    start = time.process_time()
    diagnose(Image(large))
    assert time.process_time() - start < 4  # 1.1 to 1.3 s where it was written, machines differ
