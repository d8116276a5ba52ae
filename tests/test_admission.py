"""Which pictures are let into a run's memory, told from their headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.admission import Admission, held_bytes
from restore.codecs.header import peek
from restore.image import Image, Observation
from restore.job import Job
from restore.masks.detecting import detector_of, finder_of
from restore.masks.request import Masking
from restore.memory import BASE, COPIES, Budget
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.series.reading import WORKING, series_bytes
from restore.series.request import Series
from restore.series_planning import plan_series
from restore.spec import Options, Runtime
from restore.steps import Read

if TYPE_CHECKING:
    from tests.tiny_neighbours import Averager, Painter, Spotter

Photo = Callable[..., Path]
PIXELS = 24 * 16


def job_of(folder: Path, painter: Painter, masking: Masking) -> Job:
    return Job(plan([str(folder)], folder.parent / "out"), painter.spec, Options(), masking=masking)


def test_detector_and_restorer_work_one_after_the_other_so_that_only_the_larger_counts(
    tmp_path: Path, photo: Photo, painter: Painter, spotter: Spotter
) -> None:
    manager, header = PluginManager.of({"spotter": spotter, "painter": painter}), peek(photo(tmp_path / "in" / "a.png"))
    assert header is not None
    job = job_of(tmp_path / "in", painter, Masking(alpha=True))
    auto = replace(job, masking=Masking(detector=detector_of(manager)))
    finder = finder_of(auto.masking, manager)
    assert finder is not None

    def held(own: int, detecting: int) -> int:
        working = replace(auto, spec=replace(auto.spec, working_bytes=lambda *_: own))
        hungry = replace(finder, spec=replace(finder.spec, working_bytes=lambda *_: detecting))
        return held_bytes(working, hungry, auto.plan.items[0], [header])

    bare = held_bytes(job, None, job.plan.items[0], [header])
    assert held(0, 0) == bare + 2 * PIXELS, "the mask that is found, beside the one that is used"
    assert held(500, 300) == held(300, 500) == held(0, 0) + 500


def test_a_picture_beyond_a_strict_limit_is_refused_with_the_limit_that_lets_it_in(
    tmp_path: Path, photo: Photo, painter: Painter
) -> None:
    photo(tmp_path / "in" / "a.png")
    job = job_of(tmp_path / "in", painter, Masking(alpha=True))
    for strict in (False, True):
        size, refusal = Admission(job, None, Budget(Runtime(), 1000, strict=strict)).size(job.plan.items[0])
        assert (refusal is not None) == strict
        if refusal is not None:
            assert "needs about 0 MiB beside the network" in refusal.reason
            assert f"Give --memory {(BASE >> 20) + 1}MiB or more." in refusal.reason
        else:
            assert size is not None and size > 1000


def test_where_headers_do_not_tell_what_was_seen_is_the_measure(tmp_path: Path, painter: Painter) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"?" * 100)
    job = job_of(tmp_path / "in", painter, Masking(alpha=True))
    admission, item = Admission(job, None, Budget(Runtime(), 10**9, strict=False)), job.plan.items[0]
    assert admission.size(item) == (None, None)
    admission.learn(item, Read(Observation((Image(np.zeros((10, 10, 3), np.uint8)),)), (), 0.0))
    assert admission.size(item) == (4 * 300, None)


def test_a_series_takes_its_frames_once_and_what_is_done_with_one_of_them(
    tmp_path: Path, photo: Photo, averager: Averager
) -> None:
    paths = [photo(tmp_path / f"{name}.png") for name in "abc"]
    frames = plan_series([str(path) for path in paths], tmp_path / "out.png", Series())
    job = Job(frames, averager.spec, Options(), series=Series())
    headers = [header for path in paths if (header := peek(path)) is not None]
    held = held_bytes(job, None, frames.items[0], headers)
    assert (
        held == series_bytes(headers, COPIES) == 3 * headers[0].bytes + int(headers[0].bytes * (COPIES - 1)) + WORKING
    )
    hungry = replace(job, spec=replace(job.spec, working_bytes=lambda *_: 100, frame_bytes=lambda *_: 7))
    assert held_bytes(hungry, None, frames.items[0], headers) == held + 100 + 3 * 7
    _, failure = Admission(job, None, Budget(Runtime(), held - 1, strict=True)).size(frames.items[0])
    assert failure is not None and "Give --memory" in failure.reason
    assert Admission(job, None, Budget(Runtime(), held, strict=True)).size(frames.items[0]) == (held, None)
