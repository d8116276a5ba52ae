"""What the benchmark of fusion gives models, and what it judges their pictures by."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from restore.benchmark.fusion import OCCLUSIONS, fusion_cases
from restore.benchmark.running import INPUT, run_benchmark
from restore.benchmark.tasks import Setup
from restore.benchmark.worker import Contender, _corner
from restore.codecs.writing import write
from restore.errors import InputError, UsageError
from restore.fusion_metrics.scores import fusion_scores
from restore.image import Image, Observation, Pixels, SeriesKind
from restore.metrics import Convention, psnr
from restore.plugin_manager import PluginManager
from restore.spec import Runtime

Photo = Callable[..., Path]
CLEAN: Pixels = np.ascontiguousarray(astronaut()[:96, 150:278])


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> PluginManager:
    """The classical methods, here and in the processes that a benchmark starts."""
    monkeypatch.setenv("RESTORE_PLUGINS", "classic")
    return PluginManager.discover()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A bracket of three, a focus pair, and infrared beside visible light."""
    folder = tmp_path / "data"
    (folder / "focus").mkdir(parents=True)
    for number, gain in enumerate((0.3, 1.0, 2.5), 1):
        write(Image(np.clip(CLEAN * gain, 0, 255).astype(np.uint8)), folder / f"bracket_{number}.png")
    for number, half in enumerate((slice(0, 64), slice(64, 128)), 1):
        frame = cv2.GaussianBlur(CLEAN, (0, 0), 3)
        frame[:, half] = CLEAN[:, half]
        write(Image(frame), folder / "focus" / f"a b-{number}.png")
    write(Image(255 - CLEAN[..., :1]), folder / "night_infrared.png")
    write(Image(CLEAN // 2), folder / "night_visible.png")
    return folder


def test_files_are_grouped_by_their_names_and_the_pixels_tell_why(data: Path, manager: PluginManager) -> None:
    cases = {case.name: case for case in fusion_cases(Setup(data), manager)}
    assert {name: case.setting for name, case in cases.items()} == {
        "bracket": "exposure",
        "focus/a b": "focus",
        "night": "infrared",
    }
    bracket = cases["bracket"].observation
    assert bracket.kind is SeriesKind.EXPOSURE and bracket.names == tuple(f"bracket_{n}.png" for n in (1, 2, 3))
    assert [frame.pixels.mean() for frame in bracket.frames] == sorted(frame.pixels.mean() for frame in bracket.frames)
    assert all(case.by_frames and case.told == {} for case in cases.values())


def test_the_visible_frame_comes_first_by_its_name_and_else_by_its_colour(data: Path, manager: PluginManager) -> None:
    def names() -> tuple[str, ...]:
        case = next(case for case in fusion_cases(Setup(data, mode="infrared"), manager) if case.name == "night")
        assert case.reference is case.observation.image.pixels
        return case.observation.names

    assert names() == ("night_visible.png", "night_infrared.png")
    (data / "night_visible.png").rename(data / "night_x.png")
    assert names() == ("night_x.png", "night_infrared.png")
    write(Image(255 - CLEAN), data / "night_infrared.png")  # in false colours
    (data / "night_x.png").rename(data / "night_vis.png")
    assert names() == ("night_vis.png", "night_infrared.png")
    (data / "night_vis.png").rename(data / "night_elvis.png")
    assert names() == ("night_infrared.png", "night_elvis.png"), "the more colourful one: no part of its name says it"


def test_the_mode_that_is_given_holds_for_all(data: Path, manager: PluginManager) -> None:
    cases = list(fusion_cases(Setup(data, mode="focus", limit=2), manager))
    assert [case.observation.kind for case in cases] == [SeriesKind.FOCUS] * 2
    assert {case.setting for case in cases} == {"focus"}


def test_a_file_without_a_series_and_frames_of_two_sizes_are_named(data: Path, manager: PluginManager) -> None:
    write(Image(CLEAN[:50]), data / "bracket_2.png")
    with pytest.raises(
        InputError, match=r"bracket_2\.png: 128 x 50 pixels of uint8, but .*bracket_1\.png has 128 x 96"
    ):
        list(fusion_cases(Setup(data), manager))
    (data / "bracket_2.png").unlink()
    (data / "bracket_3.png").unlink()
    with pytest.raises(InputError, match=r"bracket_1\.png: is the only frame of its series"):
        list(fusion_cases(Setup(data), manager))


def test_what_cannot_go_together_is_refused(data: Path, manager: PluginManager) -> None:
    with pytest.raises(UsageError, match="needs a folder of pictures"):
        next(fusion_cases(Setup(), manager))
    with pytest.raises(UsageError, match="--mode goes with real series"):
        next(fusion_cases(Setup(data, mode="focus", synthetic="focus"), manager))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    write(Image(CLEAN), folder / "a.png")
    write(Image(CLEAN[..., :1]), folder / "grey.png")
    return folder


def test_photographs_are_split_plainly_and_as_a_lens_does(photos: Path, manager: PluginManager) -> None:
    cases = list(fusion_cases(Setup(photos, synthetic="focus"), manager))
    assert [(case.name, case.setting) for case in cases] == [(n, s) for n in ("a.png", "grey.png") for s in OCCLUSIONS]
    plain = cases[0]
    assert np.array_equal(plain.reference, CLEAN) and plain.observation.kind is SeriesKind.FOCUS
    errors = [np.abs(frame.pixels.astype(int) - CLEAN).max(axis=2) for frame in plain.observation.frames]
    assert (np.minimum(*errors) == 0).mean() > 0.95, "every pixel beside the edge is in one of the frames"
    assert max((error > 0).mean() for error in errors) > 0.3
    assert cases[2].observation.image.channels == 1 and not plain.by_frames


def test_splits_depend_on_seed_and_name_and_not_on_other_pictures(photos: Path, manager: PluginManager) -> None:
    def grey(seed: int) -> bytes:
        cases = fusion_cases(Setup(photos, synthetic="focus", seed=seed), manager)
        return next(case for case in cases if case.name == "grey.png").observation.image.pixels.tobytes()

    before = grey(0)
    assert before != grey(1)
    (photos / "a.png").unlink()
    assert before == grey(0)


def test_a_picture_too_small_to_be_split_is_named(tmp_path: Path, photo: Photo, manager: PluginManager) -> None:
    photo(tmp_path / "photos" / "tiny.png", width=40, height=12)
    with pytest.raises(InputError, match=r"tiny\.png: 40 x 12 pixels are too few to be split"):
        list(fusion_cases(Setup(tmp_path / "photos", synthetic="focus"), manager))


def test_results_without_a_truth_are_judged_by_their_frames(data: Path, manager: PluginManager) -> None:
    contenders = [Contender(name, name, {}) for name in ("mertens", "average")]
    outcome = run_benchmark(
        fusion_cases(Setup(data), manager), contenders, Runtime(threads=1), manager, lambda *_: None
    )
    assert not outcome.failures
    rows = {(row.setting, row.label): row for row in outcome.rows()}
    assert set(rows) == {(kind.value, label) for kind in SeriesKind for label in (INPUT, "mertens", "average")}
    assert {*rows["focus", INPUT].means} == {"mef_ssim", "qabf", "ssim", "entropy", "mi", "vif"}
    exposure = {label: rows["exposure", label].means for label in ("mertens", "average")}
    assert exposure["mertens"]["mef_ssim"].value > exposure["average"]["mef_ssim"].value
    assert math.isnan(rows["focus", "mertens"].means["mef_ssim"].value)
    observation = next(fusion_cases(Setup(data), manager)).observation
    frames = [frame.pixels for frame in observation.frames]
    mean = np.rint(np.mean(np.stack(frames).astype(float), axis=0)).astype(np.uint8)
    expected = fusion_scores(mean, frames)
    sample = next(s for s in outcome.samples if s.label == "average" and s.image == "bracket")
    assert dict(sample.values) == pytest.approx(expected)


def test_split_photographs_are_measured_by_the_truth(photos: Path, manager: PluginManager) -> None:
    cases = list(fusion_cases(Setup(photos, synthetic="focus", limit=1), manager))
    contenders = [Contender("laplacian", "laplacian", {})]
    outcome = run_benchmark(iter(cases), contenders, Runtime(threads=1), manager, lambda *_: None)
    rows = {(row.setting, row.label): row.means for row in outcome.rows()}
    for case in cases:
        first = psnr(case.observation.image.pixels, CLEAN, Convention("rgb"))
        assert rows[case.setting, INPUT]["psnr_rgb"].value == pytest.approx(first)
        assert rows[case.setting, "laplacian"]["psnr_rgb"].value > first + 3


def test_what_a_model_gets_says_why_there_are_frames_and_what_they_are_called() -> None:
    observation = Observation((Image(CLEAN), Image(CLEAN)), kind=SeriesKind.FOCUS, names=("a", "b"))
    part = _corner(observation)
    assert part.kind is SeriesKind.FOCUS and part.names == ("a", "b") and len(part.frames) == 2
