"""The classical fusers: whose values they give, what of the reference they keep, and what they refuse."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import restore_classic.fusers
import restore_classic.mertens
from restore_classic.frames import luma_of
from restore_classic.fusers import BAND_PIXELS, FUSERS, KEPT, band_rows
from restore_classic.plugin import provide_restorers
from skimage.data import astronaut

from restore.contribution_map import COLOURS
from restore.errors import InputError, WeightsError
from restore.fusion_metrics.scores import fusion_scores
from restore.image import Image, Metadata, Observation, Pixels, Restoration, SeriesKind
from restore.spec import Companion, Needs, Runtime

SPECS = {spec.name: spec for spec in FUSERS}
CLEAN: npt.NDArray[np.uint8] = np.ascontiguousarray(astronaut()[20:150, 160:333])
DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


def fuse(name: str, *frames: Pixels | Image, kind: SeriesKind = SeriesKind.FOCUS, **options: object) -> Image:
    result = answer(name, *frames, kind=kind, **options)
    assert isinstance(result, Image)
    return result


def answer(
    name: str, *frames: Pixels | Image, kind: SeriesKind | None = SeriesKind.FOCUS, **options: object
) -> Image | Restoration:
    spec = SPECS[name]
    images = tuple(frame if isinstance(frame, Image) else Image(frame) for frame in frames)
    observation = Observation(images, kind=kind, names=tuple(f"{n}.jpg" for n in range(len(images))))
    return spec.load(None, Runtime()).restore(observation, spec.options.model_validate(options))


def bracket() -> list[Pixels]:
    """A dark, a right and a bright exposure, clipped."""
    return [np.clip(CLEAN * gain, 0, 255).astype(np.uint8) for gain in (0.4, 1.0, 2.2)]


def focus_pair() -> list[Pixels]:
    """Sharp on the left, and sharp on the right."""
    blurred = cv2.GaussianBlur(CLEAN, (0, 0), 3)
    frames = [blurred.copy(), blurred.copy()]
    frames[0][:, :86], frames[1][:, 86:] = CLEAN[:, :86], CLEAN[:, 86:]
    return list(frames)


def test_mertens_is_opencvs_to_a_grey_level() -> None:
    """Its weights of grey and of saturated pixels are rounding errors, so that these are compared, too."""
    frames = bracket()
    for frame in frames:
        frame[:40, :40] = frame[:40, :40, :1]
    for exponents in ((1.0, 1.0, 0.0), (1.0, 1.0, 1.0), (0.5, 2.0, 0.3)):
        expected = np.rint(np.clip(cv2.createMergeMertens(*exponents).process(frames), 0, 1) * 255)
        contrast, saturation, exposure = exponents
        fused = fuse("mertens", *frames, contrast=contrast, saturation=saturation, exposure=exposure)
        difference = np.abs(fused.pixels - expected)
        assert difference.max() <= 1 and difference.mean() < 0.01


def test_mertens_of_grey_frames_is_opencvs_too() -> None:
    frames = [frame[..., :1] for frame in bracket()]
    expected = np.rint(np.clip(cv2.createMergeMertens().process([frame[..., 0] for frame in frames]), 0, 1) * 255)
    assert np.abs(fuse("mertens", *frames).pixels[..., 0] - expected).max() <= 1


def test_mertens_gives_the_same_where_it_does_not_keep_its_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fuse("mertens", *bracket()).pixels
    monkeypatch.setattr(restore_classic.mertens, "KEPT", 0)
    assert np.array_equal(fuse("mertens", *bracket()).pixels, before)


def test_average_is_the_mean_rounded() -> None:
    expected = np.rint(np.mean([frame.astype(float) for frame in bracket()], axis=0))
    assert np.abs(fuse("average", *bracket()).pixels - expected).max() <= 1e-9


@pytest.mark.parametrize("window", [1, 5])
def test_the_strongest_detail_of_each_side_is_taken(window: int) -> None:
    fused = fuse("laplacian", *focus_pair(), window=window).pixels
    error = np.abs(fused.astype(int) - CLEAN)
    assert error[:, :60].mean() < 2.5 and error[:, 112:].mean() < 2.5
    blurred = np.abs(focus_pair()[0].astype(int) - CLEAN)[:, 112:].mean()
    assert blurred > 3 * error[:, 112:].mean()
    scores = [fusion_scores(each, focus_pair())["qabf"] for each in (fused, fuse("average", *focus_pair()).pixels)]
    assert scores[0] > scores[1] + 0.1


def test_channels_are_taken_from_one_frame_together() -> None:
    """A red line in one frame and a weaker green one across it in the other make no yellow crossing."""
    red, green = np.full((64, 64, 3), 100, np.uint8), np.full((64, 64, 3), 100, np.uint8)
    red[30:34, :, 0], green[:, 30:34, 1] = 200, 180
    crossing = fuse("laplacian", red, green, window=1, levels=1).pixels[32, 32].astype(int)
    assert crossing[0] > 120 and crossing[1] <= 145


@pytest.mark.parametrize(("levels", "window"), [(1, 1), (3, 5), (4, 9)])
def test_large_pictures_are_made_in_bands_without_seams(
    levels: int, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    frames = [cv2.resize(rng.integers(0, 256, (n, 20, 3)).astype(np.uint8), (70, 1100)) for n in (300, 500)]
    whole = fuse("laplacian", *frames, levels=levels, window=window).pixels
    monkeypatch.setattr(restore_classic.fusers, "BAND_PIXELS", 1000)
    assert band_rows(levels, window, 1100, 70)[1] == 256
    banded = fuse("laplacian", *frames, levels=levels, window=window).pixels
    assert np.abs(whole.astype(int) - banded).max() <= 1 and (whole != banded).mean() < 1e-3


@pytest.mark.parametrize("name", SPECS)
def test_the_order_of_the_other_frames_does_not_matter(name: str) -> None:
    first, *others = bracket()
    results = [fuse(name, first, *order).pixels.astype(int) for order in permutations([*others, CLEAN[::-1].copy()])]
    assert max(int(np.abs(result - results[0]).max()) for result in results) <= 1


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_depth_alpha_and_metadata_are_the_references(name: str, dtype: type, white: int) -> None:
    frames: list[Pixels] = [(frame / 255 * white).astype(dtype) for frame in bracket()]
    alpha: Pixels = (CLEAN[..., 0] / 255 * white).astype(dtype)
    reference = Image(frames[0], alpha, Metadata(icc=b"profile"))
    result = fuse(name, reference, *(Image(frame, metadata=Metadata(icc=b"other")) for frame in frames[1:]))
    assert result.pixels.dtype == dtype and result.metadata == Metadata(icc=b"profile")
    assert result.alpha is not None and np.array_equal(result.alpha, alpha)
    in_eight_bits = fuse(name, *bracket()).pixels / 255
    assert np.abs(result.pixels.astype(float) / white - in_eight_bits).mean() < 0.02


@pytest.mark.parametrize("name", SPECS)
def test_equal_frames_come_out_as_they_went_in(name: str) -> None:
    assert np.abs(fuse(name, CLEAN, CLEAN, CLEAN).pixels.astype(int) - CLEAN).max() <= 1


def infrared_pair() -> tuple[Pixels, Pixels]:
    """A coloured picture, and a grey one with a hot spot where the picture is dark."""
    visible = (CLEAN // 2).astype(np.uint8)
    infrared = 90 - CLEAN[..., :1] // 4
    cv2.circle(infrared, (40, 100), 12, 250, cv2.FILLED)
    return visible, infrared


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("kind", [SeriesKind.INFRARED, None])
def test_beside_infrared_the_visible_frames_colours_stay(name: str, kind: SeriesKind | None) -> None:
    visible, infrared = infrared_pair()
    fused = answer(name, visible, infrared, kind=kind)
    assert isinstance(fused, Image) and fused.channels == 3
    chroma = [p.astype(np.float32) - luma_of(p.astype(np.float32))[..., None] for p in (visible, fused.pixels)]
    inside = (fused.pixels > 0).all(axis=2) & (fused.pixels < 255).all(axis=2)
    assert np.abs(chroma[0] - chroma[1])[inside].max() < 1.5
    lumas = [float(luma_of(p.astype(np.float32))[95:106, 35:46].mean()) for p in (visible, fused.pixels)]
    assert lumas[1] > lumas[0] + 10, "the hot spot is seen"


@pytest.mark.parametrize("name", SPECS)
def test_grey_and_colour_may_be_mixed(name: str) -> None:
    dark, _, bright = bracket()
    assert fuse(name, dark, bright[..., :1]).channels == 3
    grey = fuse(name, dark[..., :1], bright)
    assert grey.channels == 1
    luma = np.rint(luma_of(bright.astype(np.float32)))[..., None].astype(np.uint8)
    assert np.abs(grey.pixels.astype(int) - fuse(name, dark[..., :1], luma).pixels).mean() < 0.5


@pytest.mark.parametrize(("name", "least"), [("laplacian", 0.75), ("mertens", 0.55), ("average", 0.5)])
def test_the_map_beside_the_result_shows_where_each_frame_was_taken(name: str, least: float) -> None:
    spec = SPECS[name]
    assert spec.companions is not None
    assert spec.companions(spec.options.model_validate({"weights_map": True})) == (Companion("weights", ".png"),)
    restored = answer(name, *focus_pair(), weights_map=True)
    assert isinstance(restored, Restoration) and len(restored.companions) == 1
    shown = restored.companions[0].pixels
    grow = round(480 / CLEAN.shape[1])
    left, right = (
        shown[: CLEAN.shape[0] * grow, s].reshape(-1, 3).mean(axis=0) for s in (slice(0, 200), slice(320, 519))
    )
    blue = COLOURS[0][2]
    assert left[2] / blue >= least - 0.01 and right[2] / blue <= 1 - least + 0.01
    assert np.array_equal(restored.image.pixels, fuse(name, *focus_pair()).pixels), "the map changes nothing"


@pytest.mark.parametrize("name", SPECS)
def test_one_frame_and_nan_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="one frame only"):
        fuse(name, CLEAN)
    spoilt = np.ones((8, 8, 3), np.float32)
    spoilt[3, 3] = np.nan
    with pytest.raises(InputError, match="frame 2 holds NaN"):
        fuse(name, np.ones((8, 8, 3), np.float32), spoilt)
    with pytest.raises(WeightsError, match=f"{name} is a method without weights"):
        SPECS[name].load(Path("some.safetensors"), Runtime())


def test_a_window_without_a_middle_is_refused() -> None:
    with pytest.raises(ValueError, match="take an odd number"):
        SPECS["laplacian"].options.model_validate({"window": 4})


@pytest.mark.parametrize("weights_map", [False, True])
@pytest.mark.parametrize("name", ["mertens", "laplacian", "average"])
def test_no_more_is_held_than_was_said_however_many_frames_there_are(name: str, weights_map: bool) -> None:
    small = np.random.default_rng(0).integers(0, 256, (6, 30, 40, 3)).astype(np.uint8)
    frames = [cv2.resize(each, (1100, 900)) for each in small]
    options = SPECS[name].options.model_validate({"weights_map": weights_map})
    held = SPECS[name].working_bytes
    said = 0 if held is None else held(options, 900, 1100, 3, 8)
    beside = 2 * frames[0].nbytes + (20 << 20)  # the result and its map, and next to nothing
    tracemalloc.start()
    answer(name, *frames, weights_map=weights_map)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < said + beside
    assert held is None or most > 0.5 * (said - (KEPT if name == "mertens" else 0)), "nor much less"


def test_what_is_held_does_not_grow_with_the_picture_where_it_is_made_in_bands() -> None:
    held = SPECS["laplacian"].working_bytes
    assert held is not None
    options = SPECS["laplacian"].options()
    assert held(options, 4000, 6000, 3, 8) < 1.1 * held(options, 2000, 6000, 3, 8) < 80 * BAND_PIXELS


def test_none_of_them_is_the_default() -> None:
    assert not any(spec.default for spec in FUSERS)
    for spec in FUSERS:
        assert (spec.task, spec.needs, spec.weights) == ("fuse", Needs.FRAMES, None) and spec in provide_restorers()


def test_reading_the_descriptions_imports_nothing_heavy() -> None:
    code = "import sys, restore_classic.plugin as p; p.provide_restorers(); print(*{'torch', 'cv2'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
