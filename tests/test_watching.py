"""Waiting for new pictures: what counts as new, when it is complete, and what is heard of the file system."""

from __future__ import annotations

import errno
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from watchdog.observers.api import BaseObserver

from restore.errors import InputError
from restore.planning import Plan, WorkItem
from restore.watching import Arrivals, Watch, watched

SETTLE = 2.0


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def arrivals(clock: Clock) -> Arrivals:
    """At a wall time that is that of new files, so that none of them counts as old."""
    return Arrivals(SETTLE, clock, time.time)


def plan_of(*files: Path) -> Plan:
    return Plan(tuple(WorkItem((file,), file.with_name(f"{file.name}.out")) for file in files))


def taken(arrivals: Arrivals, *files: Path) -> list[str]:
    return [item.sources[0].name for item in arrivals.take(plan_of(*files)).items]


def written(path: Path, content: str = "a") -> Path:
    path.write_text(content)
    return path


def test_a_new_file_is_taken_when_it_has_stayed_the_same_for_a_while(
    tmp_path: Path, arrivals: Arrivals, clock: Clock
) -> None:
    file = written(tmp_path / "a.png")
    arrivals.look(plan_of(file))
    assert not arrivals.complete()
    assert taken(arrivals, file) == []
    clock.now += SETTLE
    assert arrivals.complete()
    assert taken(arrivals, file) == ["a.png"]
    assert not arrivals.complete() and arrivals.waiting == ()


def test_a_file_that_grows_is_waited_for(tmp_path: Path, arrivals: Arrivals, clock: Clock) -> None:
    file = written(tmp_path / "a.png")
    arrivals.look(plan_of(file))
    for content in ("ab", "abc", "abcd"):
        clock.now += SETTLE
        written(file, content)
        assert not arrivals.complete()
        assert taken(arrivals, file) == []
    clock.now += SETTLE
    assert arrivals.complete()


def test_a_file_that_was_left_alone_before_is_taken_at_once(tmp_path: Path, clock: Clock) -> None:
    old = written(tmp_path / "a.png")
    arrivals = Arrivals(SETTLE, clock, lambda: time.time() + 60)
    assert taken(arrivals, old) == ["a.png"]


def test_a_link_that_leads_nowhere_is_taken_at_once_and_only_once(tmp_path: Path, arrivals: Arrivals) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "nowhere")
    assert taken(arrivals, tmp_path / "a.png") == ["a.png"]
    assert taken(arrivals, tmp_path / "a.png") == []


def test_a_file_is_not_taken_again_unless_it_changes(tmp_path: Path, arrivals: Arrivals, clock: Clock) -> None:
    file = written(tmp_path / "bad.png")
    arrivals.look(plan_of(file))
    clock.now += SETTLE
    assert taken(arrivals, file) == ["bad.png"]
    clock.now += 100
    assert taken(arrivals, file) == []
    written(file, "better")
    arrivals.look(plan_of(file))
    clock.now += SETTLE
    assert taken(arrivals, file) == ["bad.png"]


def test_a_mask_that_comes_late_or_changes_is_news_of_its_picture(
    tmp_path: Path, arrivals: Arrivals, clock: Clock
) -> None:
    file, mask = written(tmp_path / "a.png"), tmp_path / "mask.png"

    def seen() -> Plan:
        item = WorkItem((file,), tmp_path / "out.png", mask=mask if mask.exists() else None)
        arrivals.look(Plan((item,)))
        clock.now += SETTLE
        return arrivals.take(Plan((item,)))

    assert len(seen().items) == 1 and len(seen().items) == 0
    written(mask)
    assert len(seen().items) == 1 and len(seen().items) == 0
    written(mask, "another")
    arrivals.look(Plan((WorkItem((file,), tmp_path / "out.png", mask=mask),)))
    clock.now += SETTLE
    assert arrivals.complete(), "asked of the mask, too"
    assert len(seen().items) == 1 and len(seen().items) == 0


def test_files_that_arrive_together_are_taken_together(tmp_path: Path, arrivals: Arrivals, clock: Clock) -> None:
    first, second = written(tmp_path / "a.png"), tmp_path / "b.png"
    arrivals.look(plan_of(first))
    clock.now += SETTLE - 0.1
    arrivals.look(plan_of(first, written(second)))
    clock.now += 0.1
    assert not arrivals.complete(), "the first is complete, the second still comes"
    clock.now += SETTLE
    assert arrivals.complete()
    assert taken(arrivals, first, second) == ["a.png", "b.png"]


def test_a_file_that_never_ends_does_not_hold_up_the_others(tmp_path: Path, arrivals: Arrivals, clock: Clock) -> None:
    file, endless = written(tmp_path / "a.png"), written(tmp_path / "endless.png")
    arrivals.look(plan_of(file, endless))
    for number in range(20):
        clock.now += SETTLE / 2
        written(endless, "x" * (number + 2))
        if arrivals.complete():
            break
    assert taken(arrivals, file, endless) == ["a.png"]
    assert arrivals.waiting == ((endless,),)


def test_a_file_that_is_gone_is_forgotten(tmp_path: Path, arrivals: Arrivals, clock: Clock) -> None:
    temporary = written(tmp_path / "editor.png")
    arrivals.look(plan_of(temporary))
    temporary.unlink()
    arrivals.look(plan_of())
    clock.now += SETTLE
    assert not arrivals.complete()


def test_a_result_in_the_place_of_its_input_is_no_news(tmp_path: Path, arrivals: Arrivals, clock: Clock) -> None:
    file = written(tmp_path / "a.png")
    arrivals.look(plan_of(file))
    clock.now += SETTLE
    part = arrivals.take(plan_of(file))
    written(file, "restored")
    arrivals.replaced(part.items)
    arrivals.look(plan_of(file))
    assert arrivals.waiting == ()


def heard(watch: Watch) -> bool:
    """Whether something stirs within a moment."""
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        if watch.stirred():
            return True
        time.sleep(0.02)
    return False


def silent(watch: Watch) -> bool:
    """Whether nothing stirs for a moment; what is still on its way is heard first."""
    time.sleep(0.3)
    watch.stirred()
    time.sleep(0.5)
    return not watch.stirred()


@pytest.mark.parametrize("poll", [None, 0.1])
def test_new_files_moved_folders_and_new_folders_are_heard(tmp_path: Path, poll: float | None) -> None:
    root, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    for folder in (root, elsewhere):
        folder.mkdir()
    written(elsewhere / "moved.png")
    with watched([root], tmp_path / "out", poll=poll) as watch:
        written(root / "a.png")
        assert heard(watch)
        elsewhere.rename(root / "sub")
        assert heard(watch)
        assert silent(watch)
        written(root / "sub" / "b.png")
        assert heard(watch)
        assert silent(watch)
        written(root / "sub" / ".hidden").replace(root / "a.png")
        assert heard(watch)


def test_results_hidden_files_and_reading_are_not_heard(tmp_path: Path) -> None:
    out = tmp_path / "in" / "out"
    out.mkdir(parents=True)
    file = written(tmp_path / "in" / "a.png")
    with watched([tmp_path / "in"], out) as watch:
        written(out / "a.png")
        written(tmp_path / "in" / ".restore-123.png")
        (tmp_path / "in" / ".git").mkdir()
        written(tmp_path / "in" / ".git" / "b.png")
        file.read_text()
        time.sleep(0.5)
        assert not watch.stirred()


def test_inputs_are_heard_where_results_lie_beside_them(tmp_path: Path) -> None:
    with watched([tmp_path], tmp_path) as watch:
        written(tmp_path / "a.png")
        assert heard(watch)


def test_folders_that_links_lead_to_are_heard_too(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "far").mkdir()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "far")
    with watched([tmp_path / "in"], None) as watch:
        written(tmp_path / "far" / "a.png")
        assert heard(watch)


@pytest.mark.parametrize("poll", [None, 0.1])
def test_a_folder_that_goes_away_is_said(tmp_path: Path, poll: float | None) -> None:
    (tmp_path / "in").mkdir()
    with watched([tmp_path / "in"], None, poll=poll) as watch:
        (tmp_path / "in").rmdir()
        with pytest.raises(InputError, match="is gone"):
            for _ in range(100):
                watch.stirred()
                time.sleep(0.05)


def test_another_folder_in_the_place_of_a_watched_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with watched([tmp_path / "in"], None) as watch:
        (tmp_path / "in").rename(tmp_path / "away")
        (tmp_path / "in").mkdir()
        with pytest.raises(InputError, match="in: is gone, or another folder than before"):
            watch.stirred()


def test_harmless_warnings_of_the_library_do_not_reach_the_user(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    with watched([tmp_path], None):
        warnings.warn("Callback with id '1' already exists for watch x. It will be Overwritten.", RuntimeWarning, 1)
    assert not recwarn.list


@pytest.mark.parametrize("from_the_beginning", [True, False])
def test_a_system_out_of_watches_is_said_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_the_beginning: bool
) -> None:
    schedule: Callable[..., object] = BaseObserver.schedule

    def fail(*arguments: object, **flags: object) -> object:
        if from_the_beginning or arguments[2] == os.sep:
            raise OSError(errno.ENOSPC, "inotify watch limit reached")
        return schedule(*arguments, **flags)

    monkeypatch.setattr(BaseObserver, "schedule", fail)
    limit = pytest.raises(InputError, match=r"inotify watch limit reached\. .*max_user_watches.* --poll")
    with limit, watched([tmp_path], None):
        pass
