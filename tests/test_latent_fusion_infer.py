"""The fuser keeps its promises whatever its weights are: strips make no difference, colours and depth stay.

Tested with a small network that nobody taught; what holds for the shipped weights is in test_latent_fusion_weights.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_latent_fusion.infer import LatentFuser, load, load_model
from restore_latent_fusion.losses import luma
from restore_latent_fusion.model import KINDS, MULTIPLE, Architecture, LatentFusion
from restore_latent_fusion.plugin import FUSING, WEIGHTS, FuseOptions, provide_restorers
from skimage import data

from restore.codecs.header import Header
from restore.contribution_map import contribution_map
from restore.errors import DeviceError, InputError, WeightsError
from restore.image import Image, Metadata, Observation, Pixels, Restoration, SeriesKind
from restore.memory import COPIES, share
from restore.result_size import working_bytes_of_series
from restore.series.reading import series_bytes
from restore.spec import Companion, Needs, Runtime
from restore.testing import checks
from restore.toolkit import strips
from restore.toolkit.pixels import PixelReader
from restore.weights import save

SPEC = provide_restorers()[0]
SMALL = Architecture(width=16, deep=16, latent=4)
EXPOSURE, FOCUS, INFRARED = SeriesKind.EXPOSURE, SeriesKind.FOCUS, SeriesKind.INFRARED
PLAIN = FuseOptions()
CPU = Runtime(device="cpu", threads=1, precision="float32")
DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


def lively() -> LatentFusion:
    """A network that nobody taught, which yet prefers frames and adds something to them."""
    torch.manual_seed(0)
    model = LatentFusion(SMALL)
    with torch.no_grad():
        head = model.attention.logits[-2]
        assert isinstance(head, torch.nn.Conv2d)
        head.weight.mul_(40)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    said = dict.fromkeys(("version", "data", "steps", "seed", "metrics", "command"), "none")
    save(path, lively().state_dict(), {**said, "model": SPEC.name, "config": json.dumps(SMALL.as_dict())})
    return path


@pytest.fixture(scope="module")
def fuser(weights: Path) -> LatentFuser:
    return load(weights, CPU)


def frames_of(height: int, width: int, count: int = 2, channels: int = 3) -> list[npt.NDArray[np.uint8]]:
    """A photograph at several exposures, soft in different places."""
    whole = np.ascontiguousarray(cv2.resize(data.astronaut()[20:420, 60:500], (width, height))[..., :channels])
    rng = np.random.default_rng(0)
    found = []
    for k in range(count):
        gain = 0.5 + k / max(1, count - 1)
        noisy = whole.reshape(height, width, channels) * gain + rng.normal(0, 6, (height, width, channels))
        found.append(np.rint(noisy.clip(0, 255)).astype(np.uint8))
    return found


def fuse(fuser: LatentFuser, frames: Sequence[Pixels | Image], kind: SeriesKind | None = FOCUS) -> Image:
    answer = ask(fuser, frames, kind)
    assert isinstance(answer, Image)
    return answer


def ask(
    fuser: LatentFuser,
    frames: Sequence[Pixels | Image],
    kind: SeriesKind | None = FOCUS,
    names: tuple[str, ...] = (),
    options: FuseOptions = PLAIN,
) -> Image | Restoration:
    images = tuple(frame if isinstance(frame, Image) else Image(frame) for frame in frames)
    return fuser.restore(Observation(images, kind=kind, names=names), options)


def whole(frames: Sequence[Pixels], kind: SeriesKind) -> npt.NDArray[np.float32]:
    """The network as it was trained, on whole pictures at once; in [0, 1]."""
    readers = [PixelReader(frame, MULTIPLE) for frame in frames]
    series = torch.cat([reader(0, reader.height, 0, reader.width) for reader in readers])[None]
    visible = series[:, 0]
    if kind is INFRARED:
        series = luma(series).expand(-1, -1, 3, -1, -1)
    height, width, channels = frames[0].shape
    with torch.inference_mode():
        fused, _ = lively()(series.contiguous(), torch.tensor([KINDS.index(kind)]))
    if kind is INFRARED:
        fused = visible + luma(fused) - luma(visible)
    fused = fused if channels == 3 else luma(fused)
    return np.asarray(fused[0, :, :height, :width].clamp(0, 1).permute(1, 2, 0))


def every_rule(weights: Path) -> list[str]:
    """Which rules of the battery are broken."""
    learnt: tuple[str, ...] = ("squeezed through 8 bit", "stays dark", "red stays red", "are not harmed")
    learnt += ("imports no heavy library", "refused, and not run")  # these are of this test's `load`
    broken = []
    for check in checks(replace(SPEC, weights=weights, load=lambda _, runtime: SPEC.load(weights, runtime))):
        if not check.rule.endswith(learnt):
            try:
                check.run()
            except AssertionError as error:
                broken.append(f"{check.rule}: {error}")
    return broken


def test_whatever_the_weights_it_keeps_the_rules_that_every_plugin_must_keep(weights: Path) -> None:
    assert every_rule(weights) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (37, 53), (130, 67), (600, 130)])
def test_strips_give_what_the_network_gives_for_whole_pictures(
    weights: Path, size: tuple[int, int], kind: SeriesKind
) -> None:
    frames = frames_of(*size, count=3)
    result = fuse(load(weights, replace(CPU, tile=128)), frames, kind).pixels
    expected = whole(frames, kind) * 255
    assert result.shape == (*size, 3)
    assert np.abs(result - expected).max() <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_at_every_resolution_make_no_difference(
    fuser: LatentFuser, monkeypatch: pytest.MonkeyPatch, kind: SeriesKind
) -> None:
    frames = frames_of(333, 470)
    expected = fuse(fuser, frames, kind).pixels.astype(int)
    monkeypatch.setattr(strips, "SMALLEST_EDGE", 16)
    monkeypatch.setattr(strips, "WIDEST", 32)
    monkeypatch.setattr("restore_latent_fusion.fusion.LATENT_EDGE", 16)
    monkeypatch.setattr("restore_latent_fusion.fusion._BAND", 5)
    monkeypatch.setattr("restore_latent_fusion.assembly._BAND", 27)
    pieces = fuse(LatentFuser(fuser.model, fuser.machine, 64), frames, kind).pixels
    assert np.abs(pieces - expected).max() <= 1 and (pieces != expected).mean() < 0.01


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


def infrared_pair(dtype: type = np.uint8, white: int = 255) -> tuple[Pixels, Pixels]:
    """A coloured picture without black and white, and a grey one with a hot spot."""
    visible = 90 + frames_of(80, 96)[1] / 255 * 60
    infrared = np.full((80, 96, 1), 100.0)
    cv2.circle(infrared, (40, 50), 12, 200, cv2.FILLED)
    scaled = [frame / 255 * white for frame in (visible, infrared)]
    return tuple(s.round(6 if white == 1 else 0).astype(dtype) for s in scaled)  # type: ignore[return-value]


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


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_other_frames_does_not_matter(fuser: LatentFuser, kind: SeriesKind) -> None:
    first, *others = frames_of(50, 70, count=4)
    results = [fuse(fuser, [first, *order], kind).pixels.astype(int) for order in permutations(others)]
    assert max(int(np.abs(result - results[0]).max()) for result in results) <= 1


def test_where_nobody_says_why_there_are_several_frames_their_pixels_do(fuser: LatentFuser) -> None:
    bracket: list[Pixels] = list(frames_of(80, 96))
    for frames, kind in ((list(infrared_pair()), INFRARED), (bracket, EXPOSURE)):
        assert np.array_equal(fuse(fuser, frames, None).pixels, fuse(fuser, frames, kind).pixels)
        assert not np.array_equal(fuse(fuser, frames, None).pixels, fuse(fuser, frames, FOCUS).pixels)


@pytest.mark.parametrize("size", [(1, 1), (37, 53), (600, 530)])
def test_the_map_beside_the_result_shows_the_weights_and_changes_nothing(
    fuser: LatentFuser, size: tuple[int, int]
) -> None:
    assert SPEC.companions is not None
    assert SPEC.companions(FuseOptions(weights_map=True)) == (Companion("weights", ".png"),)
    assert SPEC.companions(PLAIN) == ()
    frames = frames_of(*size, count=3)
    answer = ask(fuser, frames, FOCUS, ("near", "middle", "far"), FuseOptions(weights_map=True))
    assert isinstance(answer, Restoration)
    (shown,) = answer.companions
    assert np.array_equal(answer.image.pixels, fuse(fuser, frames).pixels)
    plain = ask(fuser, frames, options=FuseOptions(weights_map=True))
    assert isinstance(plain, Restoration)
    assert plain.companions[0].pixels.shape == shown.pixels.shape
    assert not np.array_equal(plain.companions[0].pixels, shown.pixels), "the legend says what the frames are called"
    even = np.full((3, *size), 1 / 3, np.float32)
    assert shown.pixels.shape == contribution_map(even).pixels.shape
    if size != (1, 1):
        assert shown.pixels[: size[0], : size[1]].std(axis=(0, 1)).max() > 3, "weights differ from place to place"


def test_what_cannot_be_fused_is_refused(fuser: LatentFuser) -> None:
    one, other = frames_of(8, 8)
    with pytest.raises(InputError, match=r"only one frame\. Give two or more"):
        fuse(fuser, [one])
    with pytest.raises(InputError, match="no use for a mask"):
        fuser.restore(Observation((Image(one), Image(other)), np.zeros((8, 8), np.bool_)), PLAIN)
    for bad in (np.nan, np.inf):
        spoilt = other.astype(np.float32) / 255
        spoilt[3, 3, 1] = bad
        with pytest.raises(InputError, match="NaN or infinite"):
            fuse(fuser, [one.astype(np.float32) / 255, spoilt])


def test_frames_are_not_changed_and_the_same_ones_give_the_same_bytes(fuser: LatentFuser) -> None:
    for dtype, white in DEPTHS:
        frames: list[Pixels] = [(frame / 255.0 * white).astype(dtype) for frame in frames_of(70, 90)]
        before = [frame.copy() for frame in frames]
        for frame in frames:
            frame.setflags(write=False)
        first = fuse(fuser, frames, INFRARED).pixels
        fuse(fuser, frames_of(33, 20, count=5), EXPOSURE)
        assert np.array_equal(fuse(fuser, frames, INFRARED).pixels, first)
        assert all(np.array_equal(old, new) for old, new in zip(before, frames, strict=True))


def test_bfloat16_is_within_some_grey_levels(weights: Path, fuser: LatentFuser) -> None:
    half = load(weights, replace(CPU, precision="bfloat16"))
    frames = frames_of(96, 128)
    off = np.abs(fuse(half, frames).pixels.astype(int) - fuse(fuser, frames).pixels)
    assert 0 < off.mean() < 2


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    said = {"model": SPEC.name, "config": json.dumps(SMALL.as_dict())}
    with pytest.raises(WeightsError, match=r"no\.safetensors"):
        load(tmp_path / "no.safetensors", CPU)
    wrong = {
        "size": {**said, "config": json.dumps(Architecture().as_dict())},
        "json": {**said, "config": "{"},
        "field": {**said, "config": '{"depth": 3}'},
        "none": {"model": SPEC.name},
    }
    for name, header in wrong.items():
        path = tmp_path / f"{name}.safetensors"
        save(path, lively().state_dict(), header)
        with pytest.raises(WeightsError, match=rf"{name}\.safetensors: does not fit the network of latent-fusion"):
            load(path, CPU)
    other = tmp_path / "other.safetensors"
    save(other, lively().state_dict(), {**said, "model": "gan-inpaint"})
    with pytest.raises(WeightsError, match="gan-inpaint"):
        load(other, CPU)


def test_it_keeps_within_its_memory_or_says_how_much_it_needs(weights: Path) -> None:
    assert load(weights, replace(CPU, memory=64 << 20)).edge == 211
    assert load(weights, replace(CPU, memory=64 << 20, tile=300)).edge == 300
    assert load(weights, CPU).edge is None
    with pytest.raises(DeviceError, match="cannot run in 8 MiB"):
        load(weights, replace(CPU, memory=8 << 20))


def test_ten_frames_of_24_megapixels_fit_into_3_gib() -> None:
    header = Header(6000, 4000, channels=3, bits=8, alpha=False, format="JPEG")
    working = working_bytes_of_series(SPEC, PLAIN, [header] * 10)
    assert working > working_bytes_of_series(SPEC, PLAIN, [header] * 2) > 0
    assert series_bytes([header] * 10, COPIES) + working < share(Runtime(memory=3 << 30)).pictures


def test_the_network_is_that_of_the_file(weights: Path) -> None:
    found, expected = load_model(weights).state_dict(), lively().state_dict()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_it_says_what_it_needs_and_where_it_comes_from() -> None:
    assert (SPEC.task, SPEC.needs, SPEC.default) == ("fuse", Needs.FRAMES, True)
    assert SPEC.sources and SPEC.train is not None and SPEC.weights == WEIGHTS
    assert SPEC.size_rule == FUSING
