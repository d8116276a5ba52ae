"""Runs: every input is accounted for, one bad file costs one file, nothing half-written stays behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from restore import memory
from restore.engine import FileResult, Report, run
from restore.errors import ExitCode, UsageError
from restore.image import Image
from restore.job import Job
from restore.planning import Plan, WorkItem
from restore.plugin_manager import PluginManager
from restore.reporting import Silence
from restore.spec import Needs

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]


def states(report: Report) -> dict[str, str]:
    return {result.source.name: result.state for result in report.results}


def read(manager: PluginManager, path: Path) -> Image:
    return manager.read_image(path, 10**9)


def test_a_folder_is_restored_in_the_plans_order(
    tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    for name in ("b.png", "a.png", "sub/c.tif"):
        photo(tmp_path / "in" / name)
    report = run(job(), tiny_manager)
    assert [result.source.name for result in report.results] == ["a.png", "b.png", "c.tif"]
    assert (report.inputs, report.done, report.skipped, report.failed) == (3, 3, 0, 0)
    assert report.exit_code == ExitCode.OK
    assert len(tiny.loads) == 1
    before, after = (read(tiny_manager, tmp_path / folder / "sub" / "c.tif") for folder in ("in", "out"))
    assert np.array_equal(255 - before.pixels, after.pixels)
    assert report.megapixels == pytest.approx(3 * 24 * 16 / 1e6)


def test_one_bad_file_is_reported_and_the_rest_goes_on(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing
) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"")
    (tmp_path / "in" / "c.png").symlink_to("nowhere.png")
    photo(tmp_path / "in" / "d.png")
    report = run(job(), tiny_manager)
    assert states(report) == {"a.png": "done", "b.png": "failed", "c.png": "failed", "d.png": "done"}
    assert report.exit_code == ExitCode.SOME_FAILED
    assert report.results[1].reason is not None and "empty" in report.results[1].reason
    assert listing_of(tmp_path / "out") == ["a.png", "d.png"]


@pytest.mark.parametrize(
    ("trouble", "reason", "code"),
    [
        ("bug", r"failed unexpectedly \(ZeroDivisionError: tiny bug\)", ExitCode.PLUGIN),
        ("exit", "SystemExit: 3", ExitCode.PLUGIN),
        ("memory", "not enough memory", ExitCode.DEVICE),
        ("refusal", r"^cannot be restored by tiny\. Try another model\.$", ExitCode.INPUT),
        ("shape", r"returned \(15, 13, 3\) uint8 where \(16, 13, 3\) uint8 was due", ExitCode.PLUGIN),
    ],
)
def test_a_restorer_in_trouble_costs_one_picture(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing,
    trouble: str, reason: str, code: ExitCode,
) -> None:  # fmt: skip
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "unlucky.png", width=13)
    photo(tmp_path / "in" / "z.png")
    report = run(job(trouble=trouble), tiny_manager)
    assert states(report) == {"a.png": "done", "unlucky.png": "failed", "z.png": "done"}
    failed = report.results[1]
    assert failed.reason is not None
    with pytest.raises(ValueError, match=reason):
        raise ValueError(failed.reason)
    assert failed.exit_code == code
    assert (failed.details is not None) == (trouble in ("bug", "exit", "memory"))
    assert listing_of(tmp_path / "out") == ["a.png", "z.png"]


def test_results_that_exist_are_skipped_and_no_model_is_loaded_for_nothing(
    tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"mine")
    report = run(job(), tiny_manager)
    assert (report.done, report.skipped, report.exit_code) == (0, 1, ExitCode.OK)
    assert (tmp_path / "out" / "a.png").read_bytes() == b"mine"
    assert tiny.loads == []
    assert run(job(overwrite=True), tiny_manager).done == 1


def test_a_model_that_needs_frames_is_refused_single_pictures(tiny: Tiny, tiny_manager: PluginManager) -> None:
    spec = replace(tiny.spec, needs=Needs.FRAMES)
    with pytest.raises(UsageError, match="needs several frames"):
        run(Job(Plan(()), spec, tiny.options()), tiny_manager)


class Notes(Silence):
    """An observer that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.threads: set[int] = set()

    def started(self, plan: Plan) -> None:
        self.said.append(f"started {len(plan.items)}")

    def progressed(self, item: WorkItem) -> None:
        self.said.append(f"restoring {item.sources[0].name}")

    def finished(self, result: FileResult) -> None:
        self.said.append(f"{result.state} {result.source.name}")
        self.threads.add(threading.get_ident())


def test_the_observer_is_told_everything_in_the_callers_thread(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"not a picture")
    notes = Notes()
    run(job(), tiny_manager, notes)
    assert notes.said[0] == "started 2"
    assert sorted(notes.said[1:]) == ["done a.png", "failed b.png", "restoring a.png"]
    assert notes.threads == {threading.get_ident()}


def test_reading_is_ahead_but_bounded_by_count_and_by_memory(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(8):
        photo(tmp_path / "in" / f"{number}.png")
    held, lock, most = 0, threading.Lock(), [0]
    real_read, real_write = tiny_manager.read_image, tiny_manager.write_image

    def reading(path: Path, max_pixels: int) -> Image:
        nonlocal held
        with lock:
            held += 1
            most[0] = max(most[0], held)
        return real_read(path, max_pixels)

    def writing(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        nonlocal held
        time.sleep(0.01)
        lost = real_write(image, path, quality)
        with lock:
            held -= 1
        return lost

    monkeypatch.setattr(tiny_manager, "read_image", reading)
    monkeypatch.setattr(tiny_manager, "write_image", writing)
    assert run(job(), tiny_manager).done == 8
    assert 1 < most[0] <= 2 + 1 + 2 + 1, "two read ahead, one restored, two written, one waiting to be written"
    most[0] = 0
    monkeypatch.setattr(memory, "IN_FLIGHT", 24 * 16 * 3)
    assert run(job(overwrite=True), tiny_manager).done == 8
    assert most[0] == 1, "a picture as large as the whole allowance runs alone"


def test_plugins_that_observe_runs_are_told_at_the_end(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.png")
    told: list[int] = []
    monkeypatch.setattr(tiny_manager, "run_finished", lambda job, report: told.append(report.done))
    run(job(), tiny_manager)
    assert told == [1]
