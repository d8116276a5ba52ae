"""Blending: what lies between two pictures in the latent space, in the shape of the first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from restore_latent_fusion.blending import Blender, load

from restore.errors import InputError
from restore.image import Image, Metadata, Pixels
from restore.spec import Runtime
from tests.random_blender import away, other, photograph, write_random_weights

DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


@pytest.fixture(scope="module")
def blender(tmp_path_factory: pytest.TempPathFactory) -> Blender:
    weights = write_random_weights(tmp_path_factory.mktemp("weights") / "random.safetensors")
    return load(weights, Runtime(device="cpu", threads=1))


def test_the_ends_are_the_pictures_themselves(blender: Blender) -> None:
    first = Image(photograph(), metadata=Metadata(icc=b"profile"))
    ends = blender.prepare(first, Image(other()))
    assert blender.blend(ends, 0) is first
    last = blender.blend(ends, 1.0)
    assert np.array_equal(last.pixels, other()) and last.metadata == first.metadata


def test_between_them_every_step_is_farther_from_the_first_and_nearer_to_the_second(blender: Blender) -> None:
    ends = blender.prepare(Image(photograph()), Image(other()))
    steps = [blender.blend(ends, t).pixels for t in (0.0, 0.01, 0.3, 0.6, 0.99, 1.0)]
    from_first, from_second = ([away(step, end) for step in steps] for end in (photograph(), other()))
    assert from_first == sorted(from_first) and from_second == sorted(from_second, reverse=True)
    assert from_first[1] < 3 and from_second[-2] < 3, "no jump beside the ends"


def test_halfway_is_what_half_the_latents_and_half_the_details_decode_to(blender: Blender) -> None:
    """Seen where there is no detail: then the result is a decoded picture, and not a mean of pixels."""
    ends = blender.prepare(Image(photograph()), Image(other()))
    none = np.zeros_like(ends.details[0])
    halfway = blender.blend(replace(ends, details=(none, none)), 0.5).pixels
    with torch.inference_mode():
        z = (ends.latents[0] + ends.latents[1])[None] / 2
        decoded = blender.codec.model.decoder.alone(z)[0, :, :60, :84].clamp(0, 1).permute(1, 2, 0).numpy()
    assert np.abs(halfway - decoded * 255).max() < 0.51
    assert halfway.std() > 5


@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_a_picture_and_itself_blend_to_itself_in_every_depth(blender: Blender, dtype: type, white: int) -> None:
    pixels: Pixels = (photograph() / 255 * white).astype(dtype)
    result = blender.blend(blender.prepare(Image(pixels), Image(pixels)), 0.4).pixels
    assert result.dtype == dtype
    assert np.abs(result.astype(float) - pixels).max() / white < (0.6 / 255 if white == 255 else 0.001)


@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("given", "scale"), DEPTHS)
def test_size_depth_channels_alpha_and_metadata_are_the_firsts(
    blender: Blender, dtype: type, white: int, channels: int, given: type, scale: int
) -> None:
    pixels: Pixels = (photograph()[..., :channels] / 255 * white).astype(dtype)
    alpha: Pixels = np.ascontiguousarray(pixels[..., 0])
    first = Image(pixels, alpha, Metadata(icc=b"profile"))
    second: Pixels = (other(37, 53)[..., : 4 - channels] / 255 * scale).astype(given)
    ends = blender.prepare(first, Image(second))
    for t in (0.5, 1.0):
        result = blender.blend(ends, t)
        assert result.pixels.shape == pixels.shape and result.pixels.dtype == dtype
        assert result.alpha is alpha and result.metadata == first.metadata
    expected = (second.astype(float) / scale).mean((0, 1)) @ ((0.299, 0.587, 0.114) if channels == 1 else [1])
    assert (ends.second.astype(float) / white).mean() == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("sizes", [((1, 1), (5, 7)), ((37, 53), (1, 1)), ((20, 20), (60, 84))])
def test_pictures_of_any_size_meet_in_the_firsts(blender: Blender, sizes: tuple[tuple[int, int], ...]) -> None:
    ends = blender.prepare(Image(photograph(*sizes[0])), Image(other(*sizes[1])))
    assert blender.blend(ends, 0.5).pixels.shape == (*sizes[0], 3)


def test_nan_in_either_picture_is_refused(blender: Blender) -> None:
    good = Image(photograph().astype(np.float32) / 255)
    bad = Image(np.full((8, 8, 3), np.nan, np.float32))
    for pictures in ((good, bad), (bad, good)):
        name = "one" if pictures[0] is bad else "other"
        with pytest.raises(InputError, match=rf"^{name}\.tif: holds NaN or infinite"):
            blender.prepare(*pictures, (Path("one.tif"), Path("other.tif")))
