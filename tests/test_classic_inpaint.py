"""The classical inpainters: whose values they give, what they leave alone, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from restore_classic.inpaint import GREY
from restore_classic.inpainters import INPAINTERS
from restore_classic.plugin import provide_restorers
from skimage.data import astronaut
from skimage.restoration import inpaint_biharmonic

from restore.conformance.trials import masks
from restore.errors import InputError, WeightsError
from restore.image import Image, Metadata, Observation, Pixels
from restore.metrics import psnr
from restore.spec import Needs, RestorerSpec, Runtime

SPECS = {spec.name: spec for spec in INPAINTERS}
FLAGS = {"telea": cv2.INPAINT_TELEA, "navier-stokes": cv2.INPAINT_NS}
CLEAN: npt.NDArray[np.uint8] = np.ascontiguousarray(astronaut()[20:116, 160:256])
DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]

Mask = npt.NDArray[np.bool_]


def scratched() -> Mask:
    """Two crossing scratches and a box, some of it at the border."""
    drawn = np.zeros(CLEAN.shape[:2], np.uint8)
    cv2.line(drawn, (0, 10), (95, 60), 1, 3)
    cv2.line(drawn, (70, 0), (60, 95), 1, 2)
    cv2.rectangle(drawn, (10, 70), (24, 84), 1, cv2.FILLED)
    return drawn.astype(np.bool_)


HOLE = scratched()


def inpaint(name: str, image: Image, mask: Mask | None = HOLE, **options: object) -> Image:
    spec = SPECS[name]
    result = spec.load(None, Runtime()).restore(Observation((image,), mask), spec.options.model_validate(options))
    assert isinstance(result, Image)
    return result


def spoilt(value: int = GREY) -> npt.NDArray[np.uint8]:
    pixels = CLEAN.copy()
    pixels[HOLE] = value
    return pixels


@pytest.mark.parametrize("name", FLAGS)
@pytest.mark.parametrize("radius", [1, 5, 12])
def test_opencvs_are_what_opencv_gives_for_8_bits(name: str, radius: int) -> None:
    pixels, missing = spoilt(), HOLE.astype(np.uint8)
    colour = inpaint(name, Image(pixels), radius=radius).pixels
    assert np.array_equal(colour, cv2.inpaint(pixels, missing, radius, FLAGS[name]))
    green = np.ascontiguousarray(pixels[..., 1:2])
    grey = inpaint(name, Image(green), radius=radius).pixels
    assert np.array_equal(grey[..., 0], cv2.inpaint(green, missing, radius, FLAGS[name]))


@pytest.mark.parametrize("name", FLAGS)
def test_a_hole_in_a_large_picture_is_filled_as_if_only_its_surroundings_were_there(name: str) -> None:
    large, mask = astronaut().copy(), np.zeros((512, 512), np.bool_)
    mask[20:116, 160:256] = HOLE
    mask[20:116, [160, 255]] = False  # the crop does not end where the picture ends
    large[mask] = GREY
    assert np.array_equal(
        inpaint(name, Image(large), mask).pixels, cv2.inpaint(large, mask.astype(np.uint8), 5, FLAGS[name])
    )


def test_biharmonic_is_what_scikit_image_gives() -> None:
    rows, columns = np.mgrid[:60, :80] / 80
    smooth = np.stack([rows + columns, 1 - rows * columns, columns**2], axis=-1) / 2
    mask = masks(60, 80)["a hole in the middle"] | (np.indices((60, 80)).sum(axis=0) == 30)
    expected = inpaint_biharmonic(np.where(mask[..., None], 0.5, smooth), mask, channel_axis=-1)
    result = inpaint("biharmonic", Image(smooth.astype(np.float32)), mask).pixels
    assert np.abs(result - expected).max() < 1e-5
    assert np.abs(result - smooth).max() < 0.01, "a smooth picture is continued"


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_every_depth_is_filled_to_the_same_quality_and_known_pixels_stay(name: str, dtype: type, white: int) -> None:
    pixels: Pixels = (CLEAN / 255 * white).round(6 if white == 1 else 0).astype(dtype)
    alpha: Pixels = (CLEAN[..., 0] / 255 * white).astype(dtype)
    result = inpaint(name, Image(pixels, alpha, Metadata(icc=b"profile")))
    assert result.pixels.dtype == dtype and result.metadata == Metadata(icc=b"profile")
    assert np.array_equal(result.pixels[~HOLE], pixels[~HOLE])
    assert result.alpha is not None and np.array_equal(result.alpha, alpha)
    reached, eight_bit = psnr(result.pixels, CLEAN), psnr(inpaint(name, Image(CLEAN)).pixels, CLEAN)
    assert reached == pytest.approx(eight_bit, abs=0.3) and reached > 24
    if dtype != np.uint8:
        steps = result.pixels[HOLE] / white * 255
        assert np.mean(np.abs(steps - steps.round()) > 0.01) > 0.9, "the filling is not rounded to 8 bits"


@pytest.mark.parametrize("name", SPECS)
def test_floats_beyond_black_and_white_are_kept_and_continued(name: str) -> None:
    pixels = np.full((40, 40, 3), 1.5, np.float32)
    pixels[:, :, 2] = -0.25
    mask = masks(40, 40)["a hole in the middle"]
    assert np.abs(inpaint(name, Image(pixels), mask).pixels - pixels).max() < 0.02


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_what_the_hole_held_has_no_influence(name: str, dtype: type) -> None:
    dark: Pixels = spoilt(0).astype(dtype)
    bright: Pixels = spoilt(255).astype(dtype)
    if dtype == np.float32:
        bright[HOLE] = np.nan
    assert np.array_equal(inpaint(name, Image(dark)).pixels, inpaint(name, Image(bright)).pixels)


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("missing", masks(1, 1))
@pytest.mark.parametrize(("height", "width"), [(1, 2), (3, 1), (2, 2), (5, 9), (40, 33)])
def test_holes_of_every_shape_in_pictures_of_every_size_are_filled(
    name: str, missing: str, height: int, width: int
) -> None:
    pixels = np.full((height, width, 3), 200, np.uint8)
    mask = masks(height, width)[missing]
    pixels[mask] = 0
    if mask.all():
        mask[0, 0] = False
        pixels[0, 0] = 200
    off = np.abs(inpaint(name, Image(pixels), mask).pixels.astype(int) - 200).max()
    assert off <= 8, "OpenCV's Telea drifts by some steps along the border; what is not filled is 72 off"


@pytest.mark.parametrize("name", SPECS)
def test_where_nothing_is_missing_the_very_same_picture_comes_back(name: str) -> None:
    image = Image(CLEAN)
    assert inpaint(name, image, np.zeros_like(HOLE)) is image


@pytest.mark.parametrize("name", SPECS)
def test_a_mask_that_covers_everything_is_refused_with_advice(name: str) -> None:
    with pytest.raises(InputError, match=r"covers all 96 x 96 pixels.* --invert-mask"):
        inpaint(name, Image(CLEAN), np.ones_like(HOLE))


@pytest.mark.parametrize("name", SPECS)
def test_a_mask_is_needed(name: str) -> None:
    with pytest.raises(InputError, match=r"a mask of what is missing is needed\. .*--mask"):
        inpaint(name, Image(CLEAN), None)


@pytest.mark.parametrize("name", SPECS)
def test_nan_among_the_known_pixels_is_refused(name: str) -> None:
    pixels = CLEAN.astype(np.float32) / 255
    pixels[50, 50] = np.nan
    assert not HOLE[50, 50]
    with pytest.raises(InputError, match="NaN or infinite"):
        inpaint(name, Image(pixels))


def test_biharmonic_refuses_holes_beyond_its_limit_and_says_how_large_they_are() -> None:
    mask = np.zeros_like(HOLE)
    mask[10:30, 10:30] = mask[40:45, 40:45] = True
    assert inpaint("biharmonic", Image(CLEAN), mask, largest_hole=400).pixels.shape == CLEAN.shape
    with pytest.raises(InputError, match=r"largest hole has 400 pixels .* at most 399\. .*telea.*--largest-hole"):
        inpaint("biharmonic", Image(CLEAN), mask, largest_hole=399)


def test_holes_beside_each_other_are_solved_together() -> None:
    """With one or two known columns between them, each one's equation reaches into the other."""
    for gap in (1, 2, 3):
        mask = np.zeros_like(HOLE)
        mask[30:50, 30:40] = mask[30:50, 40 + gap : 50] = True
        given = np.where(mask[..., None], 0, CLEAN) / 255
        expected = inpaint_biharmonic(given, mask, channel_axis=-1)
        result = inpaint("biharmonic", Image(CLEAN.astype(np.float32) / 255), mask).pixels
        within = (expected > 0.01).all(axis=2) & (expected < 0.99).all(axis=2)  # elsewhere bounds differ
        assert within[mask].mean() > 0.5
        assert np.abs(result - expected)[within & mask].max() < 0.1


def test_weights_are_refused_because_there_is_nothing_to_load() -> None:
    with pytest.raises(WeightsError, match=r"telea is a method without weights"):
        SPECS["telea"].load(Path("some.safetensors"), Runtime())


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_method_is_described_and_none_is_the_default(spec: RestorerSpec) -> None:
    assert (spec.task, spec.needs, spec.weights) == ("inpaint", Needs.IMAGE_AND_MASK, None)
    assert not spec.default
    assert spec.sources and spec in provide_restorers()


def test_reading_the_descriptions_imports_nothing_heavy() -> None:
    heavy = "print(*{'torch', 'cv2', 'skimage', 'scipy'} & {*sys.modules})"
    code = f"import sys, restore_classic.plugin as p; p.provide_restorers(); {heavy}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["telea", "navier-stokes"])
def test_no_more_is_held_on_the_way_than_was_told(name: str, dtype: type[np.uint8 | np.uint16]) -> None:
    """Arrays only: what OpenCV holds itself is not seen here."""
    image = Image(np.tile(CLEAN, (5, 5, 1)).astype(dtype))
    mask = np.zeros(image.pixels.shape[:2], np.bool_)
    mask[::200] = True
    tracemalloc.start()
    inpaint(name, image, mask, radius=1)
    held = tracemalloc.get_traced_memory()[1] - image.pixels.nbytes
    tracemalloc.stop()
    spec, (height, width, channels) = SPECS[name], image.pixels.shape
    assert spec.working_bytes is not None
    told = spec.working_bytes(spec.options(), height, width, channels, 8 * image.pixels.itemsize)
    assert told / 4 < held < told
