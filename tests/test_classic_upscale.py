"""The classical upscalers: whose values they give, and what becomes of depth, grey and transparency."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from restore_classic.plugin import provide_restorers
from restore_classic.upscalers import UPSCALERS
from skimage.data import astronaut

from restore.enlarging import LARGE_ENOUGH, Enlarging
from restore.errors import InputError, WeightsError
from restore.image import Image, Metadata, Observation, Pixels
from restore.metrics import psnr
from restore.resampling import LANCZOS3, resized
from restore.spec import RestorerSpec, Runtime

SPECS = {spec.name: spec for spec in UPSCALERS}
CLEAN: npt.NDArray[np.uint8] = astronaut()[20:116, 160:256]
DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


def upscale(name: str, image: Image, **options: object) -> Image:
    restorer = SPECS[name].load(None, Runtime())
    result = restorer.restore(Observation((image,)), Enlarging.model_validate(options))
    assert isinstance(result, Image)
    return result


def test_bicubic_and_lanczos_are_those_of_restore_resampling() -> None:
    assert np.array_equal(upscale("bicubic", Image(CLEAN), scale=3).pixels, resized(CLEAN, 288, 288))
    assert np.array_equal(upscale("lanczos", Image(CLEAN), scale=1.5).pixels, resized(CLEAN, 144, 144, LANCZOS3))


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("opencv-nearest", cv2.INTER_NEAREST_EXACT),
        ("opencv-linear", cv2.INTER_LINEAR),
        ("opencv-cubic", cv2.INTER_CUBIC),
        ("opencv-lanczos4", cv2.INTER_LANCZOS4),
    ],
)
def test_opencvs_are_what_opencv_gives(name: str, flag: int) -> None:
    assert np.array_equal(upscale(name, Image(CLEAN)).pixels, cv2.resize(CLEAN, (192, 192), interpolation=flag))
    grey = CLEAN[..., :1]
    assert np.array_equal(upscale(name, Image(grey)).pixels[..., 0], cv2.resize(grey, (192, 192), interpolation=flag))


def test_sharper_methods_come_nearer_to_what_was_reduced() -> None:
    large = astronaut()[:256, 128:384]
    small = Image(resized(large, 128, 128))
    reached = {name: psnr(upscale(name, small).pixels, large) for name in SPECS}
    assert reached["lanczos"] > reached["bicubic"] > reached["opencv-linear"] > reached["opencv-nearest"] > 20


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_depth_and_metadata_are_kept_and_sizes_exact(name: str, dtype: type, white: int) -> None:
    pixels: Pixels = (CLEAN / 255 * white).astype(dtype)
    result = upscale(name, Image(pixels, metadata=Metadata(icc=b"profile")), max_side=250)
    assert result.pixels.dtype == dtype and result.pixels.shape == (250, 250, 3)
    assert result.metadata == Metadata(icc=b"profile")
    assert abs(float(result.pixels.mean()) - float(pixels.mean())) < 0.01 * white


def half_transparent(dtype: type, white: int) -> Image:
    """Red where it shows; the hidden half is bright green, as editors leave it."""
    pixels: Pixels = np.zeros((16, 16, 3), dtype)
    pixels[:, :8, 0] = white
    pixels[:, 8:, 1] = white
    alpha: Pixels = np.zeros((16, 16), dtype)
    alpha[:, :8] = white
    return Image(pixels, alpha)


def over_black(image: Image) -> npt.NDArray[np.float64]:
    """What one sees on a black page, 0 to 1."""
    assert image.alpha is not None
    shown: Pixels = image.pixels.astype(float) / image.white * (image.alpha.astype(float) / image.white)[..., None]
    return shown


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_what_is_hidden_does_not_bleed_into_what_is_seen(name: str, dtype: type, white: int) -> None:
    result = upscale(name, half_transparent(dtype, white), scale=4)
    shown = over_black(result)
    assert shown[..., 1:].max() < 0.006, "no green fringe"
    assert result.alpha is not None and result.alpha.dtype == dtype
    seen = result.alpha > 0.1 * white
    assert (result.pixels[seen][:, 0] > 0.98 * white).all(), "no dark fringe"
    assert result.alpha.max() <= white and result.alpha.min() >= 0


@pytest.mark.parametrize("name", SPECS)
def test_alpha_is_enlarged_like_a_grey_picture(name: str) -> None:
    alpha = CLEAN[..., 1].copy()
    result = upscale(name, Image(CLEAN, alpha), scale=2).alpha
    expected = upscale(name, Image(alpha[..., None]), scale=2).pixels[..., 0]
    assert result is not None and np.abs(result.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("name", SPECS)
def test_transparent_pictures_are_worked_on_in_pieces_without_seams_or_much_memory(name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (400, 450, 3), np.uint8)
    alpha = np.random.default_rng(1).integers(200, 256, (400, 450)).astype(np.uint8)
    tracemalloc.start()
    large = upscale(name, Image(pixels, alpha), scale=4)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert large.alpha is not None
    assert most < 2.5 * (large.pixels.nbytes + large.alpha.nbytes)
    part = upscale(name, Image(pixels[:, 60:], alpha[:, 60:]), scale=4)  # its pieces begin elsewhere
    assert np.abs(large.pixels[:, 260:].astype(int) - part.pixels[:, 20:]).max() <= 1
    assert part.alpha is not None and np.abs(large.alpha[:, 260:].astype(int) - part.alpha[:, 20:]).max() <= 1


@pytest.mark.parametrize("name", SPECS)
def test_fully_transparent_pictures_keep_their_colours(name: str) -> None:
    result = upscale(name, Image(CLEAN, np.zeros(CLEAN.shape[:2], np.uint8)))
    plain = upscale(name, Image(CLEAN))
    assert result.alpha is not None and not result.alpha.any()
    assert np.abs(result.pixels.astype(int) - plain.pixels).max() <= 1


@pytest.mark.parametrize("name", SPECS)
def test_opaque_alpha_changes_nothing(name: str) -> None:
    result = upscale(name, Image(CLEAN, np.full(CLEAN.shape[:2], 255, np.uint8)))
    assert np.array_equal(result.pixels, upscale(name, Image(CLEAN)).pixels)
    assert result.alpha is not None and (result.alpha == 255).all()


def test_a_picture_that_is_large_enough_is_left_alone_with_a_note() -> None:
    image = Image(CLEAN)
    result = upscale("bicubic", image, size="96x200")
    assert result.pixels is image.pixels and result.metadata.warnings == (LARGE_ENOUGH,)


@pytest.mark.parametrize("where", ["pixels", "alpha"])
def test_pictures_with_nan_are_refused(where: str) -> None:
    planes = {"pixels": np.zeros((8, 8, 3), np.float32), "alpha": np.ones((8, 8), np.float32)}
    planes[where][3, 4] = np.nan
    with pytest.raises(InputError, match="NaN"):
        upscale("bicubic", Image(planes["pixels"], planes["alpha"]))


def test_weights_are_refused_because_there_is_nothing_to_load() -> None:
    with pytest.raises(WeightsError, match=r"bicubic is a method without weights"):
        SPECS["bicubic"].load(Path("some.safetensors"), Runtime())


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_method_is_described_and_none_is_the_default(spec: RestorerSpec) -> None:
    assert (spec.task, spec.scales, spec.weights, spec.default) == ("upscale", "any", None, False)
    assert spec.sources and spec in provide_restorers()


def test_reading_the_descriptions_imports_nothing_heavy() -> None:
    heavy = "print(*{'torch', 'cv2', 'skimage', 'scipy', 'bm3d'} & {*sys.modules})"
    code = f"import sys, restore_classic.plugin as p; p.provide_restorers(); {heavy}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
