"""The fuser keeps its promises whatever its weights are: strips make no difference, and rules are kept.

Tested with a small network that nobody taught; what holds for the shipped weights is in test_latent_fusion_weights.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_latent_fusion.infer import LatentFuser, load, load_model
from restore_latent_fusion.losses import luma
from restore_latent_fusion.model import KINDS, MULTIPLE, Architecture
from restore_latent_fusion.plugin import FUSING, WEIGHTS, FuseOptions, provide_restorers

from restore.codecs.header import Header
from restore.contribution_map import contribution_map
from restore.errors import DeviceError, InputError, WeightsError
from restore.image import Image, Observation, Pixels, Restoration, SeriesKind
from restore.memory import COPIES, share
from restore.result_size import working_bytes_of_series
from restore.series.reading import series_bytes
from restore.spec import Companion, Needs, Runtime
from restore.testing import checks
from restore.toolkit import strips
from restore.toolkit.pixels import PixelReader
from restore.weights import save
from tests.random_fuser import (
    CPU,
    DEPTHS,
    PLAIN,
    SMALL,
    ask,
    frames_of,
    fuse,
    infrared_pair,
    lively,
    write_random_weights,
)

SPEC = provide_restorers()[0]
EXPOSURE, FOCUS, INFRARED = SeriesKind.EXPOSURE, SeriesKind.FOCUS, SeriesKind.INFRARED


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_weights(tmp_path_factory.mktemp("weights") / "random.safetensors")


@pytest.fixture(scope="module")
def fuser(weights: Path) -> LatentFuser:
    return load(weights, CPU)


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
