"""A model that is held: loaded once, for pictures in memory and for folders alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restore.errors import InputError, UsageError
from restore.image import Image, Observation
from restore.library.runner import Run, Runner, runtime_of
from restore.library.settings import Settings
from restore.plugin_manager import PluginManager
from restore.series.request import Series
from restore.spec import Options, Runtime
from tests.tiny import Tiny
from tests.tiny_neighbours import Averager

PICTURE = Image(np.full((4, 5, 3), 10, np.uint8))


def test_a_model_is_loaded_when_it_is_first_needed_and_once(
    tiny: Tiny, tiny_manager: PluginManager, photo: Callable[..., Path], tmp_path: Path
) -> None:
    runner = Runner(tiny.spec, tiny_manager, Runtime(threads=3), None)
    assert tiny.loads == []
    settings = Settings(tiny.options())
    assert (runner.restore(PICTURE, settings).image.pixels == 245).all()
    run = Run([str(photo(tmp_path / "in" / "a.png"))], tmp_path / "out")
    assert runner.run(run, settings).done == 1
    assert [runtime.threads for _, runtime in tiny.loads] == [3]


def test_a_file_for_one_file_and_its_quality(
    tiny: Tiny, tiny_manager: PluginManager, photo: Callable[..., Path], tmp_path: Path
) -> None:
    runner, sizes = Runner(tiny.spec, tiny_manager, Runtime(), None), []
    for quality in (10, 95):
        run = Run([str(photo(tmp_path / "a.png"))], tmp_path / "b.jpg", overwrite=True, quality=quality)
        assert runner.run(run, Settings(tiny.options())).done == 1
        sizes.append((tmp_path / "b.jpg").stat().st_size)
    assert sizes[0] < sizes[1]


def test_what_a_model_warns_of_is_logged_once(
    tiny: Tiny, tiny_manager: PluginManager, caplog: pytest.LogCaptureFixture
) -> None:
    class Warner:
        def restore(self, observation: Observation, options: Options) -> Image:
            meta = observation.image.metadata
            return replace(observation.image, metadata=replace(meta, warnings=(*meta.warnings, "It is a guess.")))

    spec = replace(tiny.spec, load=lambda weights, runtime: Warner())
    known = replace(PICTURE, metadata=replace(PICTURE.metadata, warnings=("It was dark.",)))
    with caplog.at_level(logging.WARNING, logger="restore"):
        Runner(spec, tiny_manager, Runtime(), None).restore(known, Settings(tiny.options()))
    assert caplog.messages == ["It is a guess."]


def test_a_frame_that_could_not_be_aligned_is_told(averager: Averager, caplog: pytest.LogCaptureFixture) -> None:
    seen = replace(PICTURE, metadata=replace(PICTURE.metadata, warnings=("It was dark.",)))
    runner = Runner(averager.spec, PluginManager.of({"averager": averager}), Runtime(), None)
    black = Image(np.zeros((4, 5, 3), np.uint8))
    runner.fuse([seen, black], [Path("frame 1"), Path("frame 2")], Settings(Options(), series=Series(mode="focus")))
    (sentence,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert "frame 2 could not be aligned" in sentence


def test_a_result_that_would_be_huge_is_refused_before_anything_is_computed(
    tiny: Tiny, tiny_manager: PluginManager
) -> None:
    spec = replace(tiny.spec, output_size=lambda options, height, width: (height * 100_000, width * 100_000))
    with pytest.raises(InputError, match="the picture"):
        Runner(spec, tiny_manager, Runtime(), None).restore(PICTURE, Settings(tiny.options()))
    assert tiny.loads == []


def test_series_of_a_folder_become_one_picture_each(
    averager: Averager, photo: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        photo(tmp_path / name)
    runner = Runner(averager.spec, PluginManager.of({"averager": averager}), Runtime(), None)
    run = Run([str(tmp_path / "a.png"), str(tmp_path / "b.png")], tmp_path / "out.png")
    report = runner.run(run, Settings(Options(), series=Series(mode="focus", align=False)))
    assert report.done == 1 and (tmp_path / "out.png").exists()


def test_how_a_model_runs_is_checked() -> None:
    assert runtime_of("cpu", "float32", 64, None, 2) == Runtime("cpu", "float32", 64, None, 2)
    with pytest.raises(UsageError, match=r"tile cannot be 1\.5\. Give a whole number of at least 16"):
        runtime_of("cpu", "auto", 1.5, None, None)  # type: ignore[arg-type]
