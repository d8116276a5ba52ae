"""Runs over a folder: journalled, continued where the last one stopped, one at a time, nothing left behind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from restore.batch import described, run_batch
from restore.errors import InputError, OutputError, WeightsError
from restore.folder_lock import RUN, WORKER, folder_lock
from restore.in_place import plan_in_place
from restore.job import Job
from restore.journal import FOLDER, Journal
from restore.journal_reading import read_journal
from restore.planning import Plan, plan
from restore.plugin_manager import PluginManager
from restore.reporting import Report
from restore.resuming import DONE
from restore.spec import Options, Runtime
from restore.work_items import WorkItem

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Runs = Callable[..., Report]

UNLUCKY = 13
"""Pictures of this width are trouble to the tiny restorer."""


@pytest.fixture
def batch(tiny: Tiny, tiny_manager: PluginManager, tmp_path: Path) -> Runs:
    """Runs the folder `in` into `out`, or in its own place."""

    def run(
        *, strength: float = 1.0, trouble: str = "", in_place: bool = False, stop: threading.Event | None = None,
        **changes: Any,
    ) -> Report:  # fmt: skip
        inputs = [str(tmp_path / "in")]
        overwrite = changes.get("overwrite", False)
        the_plan = (
            plan_in_place(inputs, tmp_path / "backup")
            if in_place
            else plan(inputs, tmp_path / "out", overwrite=overwrite)
        )
        job = Job(the_plan, tiny.spec, tiny.options(strength=strength, trouble=trouble), **changes)
        return run_batch(job, tiny_manager, stop=stop)

    return run


def states(report: Report) -> dict[str, tuple[str, str | None]]:
    return {one.source.name: (one.state, one.reason) for one in report.results}


def contents(folder: Path) -> dict[str, bytes]:
    """Every result, without the journal."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and FOLDER not in path.parts
    }


def test_the_same_again_does_nothing_and_says_so(tmp_path: Path, photo: Photo, batch: Runs, tiny: Tiny) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "sub" / "b.jpg")
    assert batch().done == 2
    before = contents(tmp_path / "out")
    report = batch()
    assert states(report) == {"a.png": ("skipped", DONE), "b.jpg": ("skipped", DONE)}
    assert contents(tmp_path / "out") == before
    assert len(tiny.loads) == 1, "no model is loaded for nothing"


def test_only_what_is_missing_changed_or_failed_is_done_again(tmp_path: Path, photo: Photo, batch: Runs) -> None:
    for name in ("a.png", "b.png", "c.png"):
        photo(tmp_path / "in" / name)
    photo(tmp_path / "in" / "d.png", width=UNLUCKY)
    assert batch(trouble="bug").failed == 1
    whole = contents(tmp_path / "out")
    (tmp_path / "out" / "a.png").unlink()
    photo(tmp_path / "in" / "b.png", mode="L")
    report = batch(trouble="bug")
    assert {name: state for name, (state, _) in states(report).items()} == {
        "a.png": "done", "b.png": "done", "c.png": "skipped", "d.png": "failed",
    }  # fmt: skip
    assert contents(tmp_path / "out")["a.png"] == whole["a.png"]
    assert contents(tmp_path / "out")["b.png"] != whole["b.png"]


def test_other_options_do_it_again_and_back(tmp_path: Path, photo: Photo, batch: Runs) -> None:
    photo(tmp_path / "in" / "a.png")
    batch()
    first = contents(tmp_path / "out")
    assert batch(strength=0.0).done == 1
    assert contents(tmp_path / "out") != first
    assert batch(provenance=False).done == 1
    assert batch().done == 1
    assert contents(tmp_path / "out") == first


def test_somebodys_changes_to_a_result_are_kept_aside(tmp_path: Path, photo: Photo, batch: Runs) -> None:
    photo(tmp_path / "in" / "sub" / "a.png")
    batch()
    (tmp_path / "out" / "sub" / "a.png").write_bytes(b"retouched by hand")
    (result,) = batch().results
    assert result.state == "done"
    kept = tmp_path / "out" / FOLDER / "replaced" / "sub-a-1.png"
    assert kept.read_bytes() == b"retouched by hand"
    assert any(str(kept) in warning for warning in result.warnings)


def test_files_of_others_in_the_output_folder_are_left_alone(tmp_path: Path, photo: Photo, batch: Runs) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "out" / "a.png", mode="L")
    before = contents(tmp_path / "out")
    assert "exists already" in str(states(batch())["a.png"][1])
    assert batch().skipped == 1
    assert contents(tmp_path / "out") == before
    assert batch(overwrite=True).done == 1


def test_in_place_originals_go_to_the_backup_and_nothing_is_restored_twice(
    tmp_path: Path, photo: Photo, batch: Runs
) -> None:
    photo(tmp_path / "in" / "a.png")
    originals = contents(tmp_path / "in")
    assert batch(in_place=True).done == 1
    first = contents(tmp_path / "in")
    assert first != originals and contents(tmp_path / "backup") == originals
    assert states(batch(in_place=True))["a.png"] == ("skipped", DONE)
    assert batch(in_place=True, strength=0.5).done == 1
    assert batch(in_place=True).done == 1
    assert contents(tmp_path / "in") == first, "done in another way and back: from the original each time"
    assert contents(tmp_path / "backup") == originals


def test_a_second_run_into_the_folder_is_refused(tmp_path: Path, photo: Photo, batch: Runs) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "out" / FOLDER).mkdir(parents=True)
    with folder_lock(tmp_path / "out" / FOLDER, RUN), pytest.raises(OutputError, match=f"process {os.getpid()}"):
        batch()
    assert contents(tmp_path / "out") == {}
    assert batch().done == 1


def test_what_a_killed_runs_worker_still_writes_is_waited_for(tmp_path: Path, photo: Photo, batch: Runs) -> None:
    """Else its result would appear after the folder was judged, and be taken for somebody else's."""
    photo(tmp_path / "in" / "a.png")
    inside = tmp_path / "out" / FOLDER
    inside.mkdir(parents=True)
    reports = list[Report]()
    with folder_lock(inside, WORKER):
        thread = threading.Thread(target=lambda: reports.append(batch()))
        thread.start()
        time.sleep(0.4)
        assert thread.is_alive() and contents(tmp_path / "out") == {}
    thread.join()
    assert reports[0].done == 1


def test_temporary_files_of_killed_runs_are_swept_and_those_of_others_are_not(
    tmp_path: Path, photo: Photo, batch: Runs
) -> None:
    photo(tmp_path / "in" / "sub" / "a.png")
    batch()
    with Journal.open(tmp_path / "out") as journal:
        token = journal.token
    ours = tmp_path / "out" / "sub" / f".restore-{token}0123456789ab.png"
    others = tmp_path / "out" / "sub" / ".restore-0000000001230123456789ab.png"
    for path in (ours, others):
        path.touch()
    batch()
    assert not ours.exists() and others.exists()


def test_a_run_that_was_stopped_says_so_in_the_journal_and_the_next_goes_on(
    tmp_path: Path, photo: Photo, batch: Runs
) -> None:
    photo(tmp_path / "in" / "a.png")
    stop = threading.Event()
    stop.set()
    report = batch(stop=stop)
    assert report.interrupted and report.left == 1
    assert batch().done == 1
    endings = [(run.ending, run.done) for run in read_journal(tmp_path / "out").runs]
    assert endings == [("interrupted", 0), ("finished", 1)]


def test_a_single_result_with_a_name_of_its_own_needs_no_journal(
    tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager
) -> None:
    source = photo(tmp_path / "a.png")
    job = Job(plan([str(source)], tmp_path / "b.png"), tiny.spec, tiny.options())
    assert run_batch(job, tiny_manager).done == 1
    assert not (tmp_path / FOLDER).exists()


def test_what_planning_needed_is_given_back_before_anything_is_restored(
    batch: Runs, photo: Photo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    photo(tmp_path / "in" / "a.png")
    results: list[bool] = []
    monkeypatch.setattr("restore.batch.give_back", lambda: results.append((tmp_path / "out/a.png").exists()))
    assert batch().done == 1
    assert results == [False]


def test_a_recipe_is_all_that_shapes_the_results(tmp_path: Path, tiny: Tiny) -> None:
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"one")
    job = Job(Plan(()), tiny.spec, tiny.options())
    digests = {
        described(each)[0].digest
        for each in (
            job,
            replace(job, options=tiny.options(strength=0.5)),
            replace(job, quality=50),
            replace(job, provenance=False),
            replace(job, runtime=Runtime(precision="float16")),
            replace(job, weights=weights),
        )
    }
    assert len(digests) == 6
    slower = Runtime(device="cpu", tile=64, memory=1 << 28, threads=3)
    same = replace(job, jobs=7, overwrite=True, runtime=slower, max_pixels=5)
    assert described(same)[0].digest == described(job)[0].digest, "how it is run does not: smaller tiles may finish it"
    weights.write_bytes(b"two")
    assert described(replace(job, weights=weights))[0].digest not in digests


class Styled(Options):
    """Options that name a file."""

    style: Path


def test_a_file_that_the_options_name_counts_by_its_content(tmp_path: Path, tiny: Tiny) -> None:
    style = tmp_path / "style.png"
    style.write_bytes(b"one")
    job = Job(Plan(()), tiny.spec, Styled(style=style))
    before = described(job)[0].digest
    assert described(job)[0].digest == before
    style.write_bytes(b"two")
    assert described(job)[0].digest != before
    style.unlink()
    with pytest.raises(InputError, match=r"style.png: cannot be read: .*--style"):
        described(job)


def test_a_file_that_the_options_name_is_never_replaced(tmp_path: Path, tiny: Tiny) -> None:
    style, output = tmp_path / "style.png", tmp_path / "link.png"
    spec = replace(tiny.spec, companions=None)
    style.write_bytes(b"one")
    output.symlink_to(style)
    for place in (style, output):
        job = Job(Plan((WorkItem((tmp_path / "a.png",), place),)), spec, Styled(style=style), overwrite=True)
        with pytest.raises(OutputError, match=rf"{place.name}: is the file of --style, and would be overwritten"):
            described(job)


def test_weights_that_cannot_be_read_are_named(tmp_path: Path, tiny: Tiny) -> None:
    with pytest.raises(WeightsError, match="cannot be read"):
        described(Job(Plan(()), tiny.spec, tiny.options(), weights=tmp_path / "none"))
