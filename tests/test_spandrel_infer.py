"""Restorers of spandrel's networks treat pictures as our own do: depth, grey, alpha, metadata, sizes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from restore_spandrel.contents import described
from restore_spandrel.infer import CLIPPED, Mender, Upscaler, load
from restore_spandrel.plugin import MendOptions, UpscaleOptions, provide_restorers

from restore.errors import InputError, WeightsError
from restore.image import Image, Observation
from restore.resampling import resized
from restore.spec import Runtime
from restore.testing import check_restorer
from tests.spandrel_models import photograph, pixels_of, tame, tensor_of, written

CPU = Runtime(device="cpu", threads=1)
SPECS = {spec.name: spec for spec in provide_restorers()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def upscaler(name: str, folder: Path) -> Upscaler:
    one = load("upscale", written(name, folder), CPU)
    assert isinstance(one, Upscaler)
    return one


def mender(name: str, folder: Path) -> Mender:
    one = load("denoise", written(name, folder), CPU)
    assert isinstance(one, Mender)
    return one


def enlarged(one: Upscaler, image: Image, **options: Any) -> Image:
    scale = {} if options else {"scale": one.execution.descriptor.scale}
    return one.restore(Observation((image,)), UpscaleOptions(**options, **scale))


def test_it_passes_the_battery_that_every_plugin_must_pass(folder: Path) -> None:
    check_restorer(SPECS["spandrel"], weights=tame("Compact", folder))


def test_less_than_the_network_does_is_done_by_it_and_a_reduction(folder: Path) -> None:
    one, picture = upscaler("ESRGAN", folder), photograph(40, 52)
    four = pixels_of(one.execution.descriptor(tensor_of(picture)))
    assert np.array_equal(enlarged(one, Image(picture)).pixels, four)
    assert np.array_equal(enlarged(one, Image(picture), scale=2).pixels, resized(four, 80, 104))
    assert np.array_equal(enlarged(one, Image(picture), size="100x100").pixels, resized(four, 77, 100))
    with pytest.raises(InputError, match="cannot be enlarged 5 times: this network enlarges 4 times"):
        enlarged(one, Image(picture), scale=5)
    large = enlarged(one, Image(picture), max_side=52)
    assert np.array_equal(large.pixels, picture) and "was as large already" in large.metadata.warnings[-1]


def test_a_grey_picture_stored_as_rgb_stays_exactly_grey(folder: Path) -> None:
    grey = photograph(40, 40)[:, :, :1]
    for name in ("Compact", "ESRGAN-grey", "ESRGAN-rgba"):
        one = upscaler(name, folder)
        as_rgb = enlarged(one, Image(np.repeat(grey, 3, axis=2))).pixels
        alone = enlarged(one, Image(grey)).pixels
        assert as_rgb.shape[2] == 3 and alone.shape[2] == 1
        assert (as_rgb == alone).all()


def test_sixteen_bits_and_floats_are_as_fine_as_they_came(folder: Path) -> None:
    one, eight = upscaler("Compact", folder), photograph(40, 40)
    sixteen = enlarged(one, Image(eight.astype(np.uint16) * 257)).pixels
    floats = enlarged(one, Image((eight / 255).astype(np.float32))).pixels
    assert sixteen.dtype == np.uint16 and floats.dtype == np.float32
    assert np.abs(sixteen / 65535 - floats).max() < 1e-4
    assert len(np.unique(sixteen)) > 2000


def test_floats_beyond_black_and_white_are_cut_off_and_that_is_said(folder: Path) -> None:
    one = upscaler("Compact", folder)
    wide = enlarged(one, Image((photograph(40, 40) / 100).astype(np.float32)))
    assert wide.pixels.max() <= 1 and CLIPPED in wide.metadata.warnings
    with pytest.raises(InputError, match="NaN or infinite"):
        enlarged(one, Image(np.full((40, 40, 3), np.nan, np.float32)))


def test_transparency_is_enlarged_like_colours_and_what_lies_under_it_does_not_show(folder: Path) -> None:
    one, picture = upscaler("Compact", folder), photograph(40, 40)
    alpha = np.zeros((40, 40), np.uint8)
    alpha[:, 20:] = 255
    black = picture.copy()
    black[:, :20] = 0
    results = [enlarged(one, Image(colours, alpha)) for colours in (picture, black)]
    assert results[0].alpha is not None and results[0].alpha.shape == (80, 80)
    assert np.array_equal(results[0].pixels[:, 40:], results[1].pixels[:, 40:])


def test_a_network_of_four_channels_sees_and_makes_the_transparency(folder: Path) -> None:
    one, picture = upscaler("ESRGAN-rgba", folder), photograph(40, 40)
    alpha = photograph(80, 80)[40:, 40:, 1].copy()
    result = enlarged(one, Image(picture, alpha))
    expected = pixels_of(one.execution.descriptor(tensor_of(np.dstack((picture, alpha)))))
    assert np.array_equal(result.pixels, expected[:, :, :3])
    assert result.alpha is not None and np.array_equal(result.alpha, expected[:, :, 3])


def test_strength_mixes_picture_and_result(folder: Path) -> None:
    one, picture = mender("NAFNet", folder), photograph(40, 40)

    def mended(strength: float) -> Image:
        return one.restore(Observation((Image(picture),)), MendOptions(strength=strength))

    half = (mended(1).pixels.astype(float) + picture) / 2
    assert np.abs(mended(0.5).pixels - half).max() <= 1
    assert mended(0).pixels is picture


def test_a_network_of_faces_takes_nothing_larger_than_a_face(folder: Path) -> None:
    one = mender("NAFNet", folder)
    one.execution.descriptor._purpose = "FaceSR"
    assert one.restore(Observation((Image(photograph(60, 60)),)), MendOptions()).pixels.shape == (60, 60, 3)
    with pytest.raises(InputError, match=r"is 600 x 40 pixels; NAFNet mends a face that fills 512 x 512 pixels. Cut"):
        one.restore(Observation((Image(np.zeros((40, 600, 3), np.uint8)),)), MendOptions())


def test_a_network_is_not_loaded_for_a_task_that_it_is_not_for(folder: Path) -> None:
    with pytest.raises(WeightsError, match="it is not for `restore inpaint`"):
        load("inpaint", written("Compact", folder), CPU)
    assert described(written("Compact", folder)).task == "upscale"
