"""The fuser keeps depth, alpha and metadata, and makes no colours of its own, whatever its weights are."""

from __future__ import annotations

import numpy as np
import pytest
from restore_latent_fusion.infer import LatentFuser, load

from restore.image import Image, Metadata, Pixels, SeriesKind
from tests.random_fuser import CPU, DEPTHS, frames_of, fuse, infrared_pair, write_random_weights

INFRARED = SeriesKind.INFRARED


@pytest.fixture(scope="module")
def fuser(tmp_path_factory: pytest.TempPathFactory) -> LatentFuser:
    return load(write_random_weights(tmp_path_factory.mktemp("weights") / "random.safetensors"), CPU)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_every_depth_gives_the_same_picture_with_the_first_frames_alpha_and_metadata(
    fuser: LatentFuser, dtype: type, white: int, channels: int
) -> None:
    eight_bit = frames_of(70, 90, channels=channels)
    frames: list[Pixels] = [(frame / 255 * white).astype(dtype) for frame in eight_bit]
    alpha: Pixels = np.ascontiguousarray(frames[0][..., 0])
    reference = Image(frames[0], alpha, Metadata(icc=b"profile"))
    result = fuse(fuser, [reference, Image(frames[1], metadata=Metadata(icc=b"other"))])
    assert result.pixels.dtype == dtype and result.pixels.shape == (70, 90, channels)
    assert result.alpha is alpha and result.metadata == Metadata(icc=b"profile")
    steps = result.pixels / white * 255
    assert np.abs(steps - fuse(fuser, eight_bit).pixels).max() <= 1.01
    if dtype != np.uint8:
        assert np.mean(np.abs(steps - steps.round()) > 0.01) > 0.9, "the result is not rounded to 8 bits"


def test_float_beyond_white_is_taken_for_white(fuser: LatentFuser) -> None:
    frames: list[Pixels] = [(frame / 128).astype(np.float32) for frame in frames_of(40, 40)]
    result = fuse(fuser, frames).pixels
    assert np.array_equal(result, fuse(fuser, [frame.clip(0, 1) for frame in frames]).pixels)
    assert 0 <= result.min() <= result.max() <= 1


def test_frames_without_colour_give_none_also_in_colour_files(fuser: LatentFuser) -> None:
    single = frames_of(40, 60, channels=1)
    repeated = [np.repeat(frame, 3, 2) for frame in single]
    result = fuse(fuser, repeated).pixels
    assert result.shape == (40, 60, 3) and (result == result[..., :1]).all()
    assert np.array_equal(result[..., :1], fuse(fuser, single).pixels)


def test_grey_and_colour_may_be_mixed_and_the_first_frame_decides(fuser: LatentFuser) -> None:
    one, other = frames_of(40, 60)
    assert fuse(fuser, [one, other[..., :1]]).channels == 3
    assert fuse(fuser, [one[..., :1], other]).channels == 1


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_beside_infrared_the_visible_frames_chroma_stays(
    fuser: LatentFuser, dtype: type, white: int, repeated: bool
) -> None:
    visible, infrared = infrared_pair(dtype, white)
    fused = fuse(fuser, [visible, np.repeat(infrared, 3, 2) if repeated else infrared], INFRARED).pixels
    inside = (fused > 0).all(axis=2) & (fused < white).all(axis=2)
    assert inside.mean() > 0.9
    shades = [pixels.astype(float) / white * 255 for pixels in (visible, fused)]
    lumas = [shade @ (0.299, 0.587, 0.114) for shade in shades]
    for channel, factor in ((0, 0.713), (2, 0.564)):  # Cr and Cb
        chroma = [factor * (shade[..., channel] - y) for shade, y in zip(shades, lumas, strict=True)]
        assert np.abs(chroma[0] - chroma[1])[inside].max() <= (0.8 if white == 255 else 0.01)
    assert np.abs(lumas[0] - lumas[1]).mean() > 1, "luma is fused"


def test_a_grey_visible_frame_beside_infrared_gives_a_grey_picture(fuser: LatentFuser) -> None:
    visible, infrared = infrared_pair()
    single = fuse(fuser, [np.ascontiguousarray(visible[..., :1]), infrared], INFRARED)
    assert single.channels == 1
    repeated = fuse(fuser, [np.repeat(visible[..., :1], 3, 2), infrared], INFRARED).pixels
    assert np.array_equal(repeated, np.repeat(single.pixels, 3, 2))
