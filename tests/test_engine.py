"""Runs: every input is accounted for, one bad file costs one file, nothing half-written stays behind."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from restore import memory
from restore.engine import FileResult, Report, execute, run
from restore.errors import ExitCode, PluginError, UsageError
from restore.image import Image
from restore.job import FailureLimit, Job
from restore.planning import Plan, WorkItem, plan
from restore.plugin_manager import PluginManager
from restore.reporting import Silence
from restore.spec import Needs, Runtime

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]


@pytest.fixture
def job(tiny: Tiny, tmp_path: Path) -> Callable[..., Job]:
    """Makes a job that restores the folder `in` into the folder `out`."""

    def make(strength: float = 1.0, trouble: str = "", overwrite: bool = False) -> Job:
        the_plan = plan([str(tmp_path / "in")], tmp_path / "out", overwrite=overwrite)
        options = tiny.options(strength=strength, trouble=trouble)
        return Job(the_plan, tiny.spec, options, overwrite=overwrite)

    return make


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


def test_a_model_that_cannot_be_loaded_ends_the_run_before_anything_is_written(
    tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing
) -> None:
    def load(weights: Path | None, runtime: Runtime) -> object:
        raise PluginError("tiny cannot be loaded.")

    photo(tmp_path / "in" / "a.png")
    broken = replace(job(), spec=replace(tiny.spec, load=load))  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="cannot be loaded"):
        run(broken, tiny_manager)
    assert listing_of(tmp_path) == ["in", "in/a.png"]


def test_a_model_that_needs_frames_is_refused_single_pictures(tiny: Tiny, tiny_manager: PluginManager) -> None:
    spec = replace(tiny.spec, needs=Needs.FRAMES)
    with pytest.raises(UsageError, match="needs several frames"):
        run(Job(Plan(()), spec, tiny.options()), tiny_manager)


def test_a_full_disk_stops_the_run_and_leaves_nothing_half_written(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for number in range(12):
        photo(tmp_path / "in" / f"{number}.png")
    real_write = tiny_manager.write_image

    def write(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        if not path.parent.joinpath("0.png").exists():
            return real_write(image, path, quality)
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tiny_manager, "write_image", write)
    report = run(replace(job(), jobs=1), tiny_manager)
    assert (report.done, report.failed) == (1, 11)
    assert listing_of(tmp_path / "out") == ["0.png"]
    reasons = [result.reason or "" for result in report.results]
    assert "the disk is full" in reasons[1] and "0.png" not in reasons[1]
    assert reasons[-1] == "not tried: the disk is full"


def test_an_interruption_keeps_what_is_finished_and_says_what_is_left(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing
) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "b.png", width=13)
    photo(tmp_path / "in" / "c.png")
    report = run(job(trouble="interrupt"), tiny_manager)
    assert report.interrupted and report.exit_code == ExitCode.INTERRUPTED
    assert (report.done, report.left) == (1, 2)
    assert listing_of(tmp_path / "out") == ["a.png"]


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


def test_a_picture_beyond_the_memory_limit_is_refused_from_its_header(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "b.png", width=4000, height=3000)
    runtime = Runtime(memory=memory.BASE + (100 << 20))
    real_read = tiny_manager.read_image
    monkeypatch.setattr(tiny_manager, "read_image", lambda path, most: real_read(path, 1000))  # b is never decoded
    report = run(replace(job(), runtime=runtime), tiny_manager)
    assert states(report) == {"a.png": "done", "b.png": "failed"}
    reason = report.results[1].reason or ""
    advised = re.search(r"Give --memory (\d+)MiB or more", reason)
    assert "--memory leaves" in reason and advised is not None
    monkeypatch.undo()
    enough = replace(job(), runtime=Runtime(memory=int(advised[1]) << 20))
    assert run(enough, tiny_manager).done == 1, "what the message advises is enough"


def test_a_memory_limit_below_what_the_program_needs_is_refused(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    photo(tmp_path / "in" / "a.png")
    with pytest.raises(UsageError, match=r"less than the program itself needs\. Give at least \d+MiB"):
        run(replace(job(), runtime=Runtime(memory=100 << 20)), tiny_manager)


def test_a_wish_to_stop_finishes_what_is_in_hand_and_leaves_the_rest(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing
) -> None:
    for number in range(6):
        photo(tmp_path / "in" / f"{number}.png")
    stop = threading.Event()

    class Impatient(Silence):
        def progressed(self, item: WorkItem) -> None:
            stop.set()

    report = execute(job(), tiny_manager, Impatient(), stop=stop)
    assert (report.done, report.left, report.interrupted) == (1, 5, True)
    assert listing_of(tmp_path / "out") == ["0.png"]


@pytest.mark.parametrize(("limit", "tried"), [(FailureLimit(count=2), 2), (FailureLimit(share=0.5, least=4), 4)])
def test_too_many_failures_stop_the_run_early(
    tmp_path: Path, tiny_manager: PluginManager, job: Callable[..., Job], limit: FailureLimit, tried: int
) -> None:
    (tmp_path / "in").mkdir()
    for number in range(9):
        (tmp_path / "in" / f"{number}.png").write_bytes(b"not a picture")
    report = run(replace(job(), max_failures=limit), tiny_manager)
    assert (report.failed, report.left, report.interrupted) == (tried, 9 - tried, False)
    assert report.stopped == f"{tried} of {tried} failed (--max-failures {limit})"
    assert report.exit_code == ExitCode.SOME_FAILED


def test_plugins_that_observe_runs_are_told_at_the_end(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.png")
    told: list[int] = []
    monkeypatch.setattr(tiny_manager, "run_finished", lambda job, report: told.append(report.done))
    run(job(), tiny_manager)
    assert told == [1]
