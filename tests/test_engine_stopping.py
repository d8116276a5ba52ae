"""Runs that cannot begin, or end early: what is finished is kept, nothing is half-written, and why is told."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore import memory
from restore.engine import Report, execute, run
from restore.errors import ExitCode, PluginError, UsageError
from restore.image import Image
from restore.job import FailureLimit, Job
from restore.planning import WorkItem
from restore.plugin_manager import PluginManager
from restore.reporting import Silence
from restore.spec import Runtime

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]


def states(report: Report) -> dict[str, str]:
    return {result.source.name: result.state for result in report.results}


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


def test_a_picture_beyond_the_memory_limit_is_refused_from_its_header(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "b.jpg", width=2500, height=2400)
    runtime = Runtime(memory=memory.BASE + (100 << 20))
    real_read = tiny_manager.read_image
    monkeypatch.setattr(tiny_manager, "read_image", lambda path, most: real_read(path, 1000))  # b is never decoded
    report = run(replace(job(), runtime=runtime), tiny_manager)
    assert states(report) == {"a.png": "done", "b.jpg": "failed"}
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
