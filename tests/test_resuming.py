"""What is done already: only what is there, whole, and made from the same inputs in the same way."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from restore.journal import Journal
from restore.planning import Plan, WorkItem
from restore.reporting import FileResult
from restore.resuming import DONE, is_whole, settle
from restore.stamps import Stamp
from tests.one_result import OTHER, RECIPE, Folder, folder

__all__ = ["folder"]


def test_what_is_done_and_whole_is_left_as_it_is(folder: Folder) -> None:
    folder.done()
    assert folder.settled().skip == DONE
    assert is_whole(folder.output, folder.entry)


def test_what_the_journal_does_not_know_is_nobodys_to_replace(folder: Folder) -> None:
    folder.output.write_bytes(b"somebody's")
    assert folder.settled() == folder.item()
    folder.planned()  # a run that was killed before it came to it
    assert folder.settled() == folder.item()


@pytest.mark.parametrize("damage", [b"", None])
def test_a_result_that_is_missing_or_empty_is_made_again(folder: Folder, damage: bytes | None) -> None:
    folder.done()
    folder.output.unlink()
    if damage is not None:
        folder.output.write_bytes(damage)
    item = folder.settled()
    assert (item.skip, item.set_aside) == (None, ())


def test_a_result_that_somebody_has_changed_is_made_again_and_theirs_is_set_aside(folder: Folder) -> None:
    folder.done()
    folder.output.write_bytes(b"retouched")
    item = folder.settled()
    assert (item.skip, item.replace, item.set_aside) == (None, True, (folder.output,))


def test_another_recipe_or_overwrite_makes_it_again_in_its_place(folder: Folder) -> None:
    folder.done()
    for item in (folder.settled(OTHER), folder.settled(overwrite=True)):
        assert (item.skip, item.replace, item.set_aside) == (None, True, ())


def test_a_changed_input_is_done_again_and_one_that_was_only_touched_is_not(folder: Folder) -> None:
    folder.done()
    os.utime(folder.source, ns=(1, 1))
    assert folder.settled().skip == DONE
    folder.journal.flush()
    assert folder.entry.sources[0].stamp == Stamp.of(folder.source), "next time it is not read"
    folder.source.write_bytes(b"another one")
    item = folder.settled()
    assert (item.skip, item.replace) == (None, True)


def test_another_number_of_inputs_is_another_result(folder: Folder) -> None:
    folder.done()
    item = replace(folder.item(), sources=(folder.source, folder.source))
    (settled,) = settle(Plan((item,)), folder.journal, RECIPE).items
    assert settled.skip is None and settled.replace


def test_failed_ones_are_tried_again(folder: Folder) -> None:
    folder.planned()
    folder.journal.book(FileResult(folder.source, folder.output, "failed", "is empty."))
    folder.journal.flush()
    assert folder.settled().skip is None


def test_killed_before_the_renaming_it_is_made_again(folder: Folder) -> None:
    folder.intended(b"the result")
    assert folder.settled().skip is None


def test_killed_after_the_renaming_it_is_done(folder: Folder) -> None:
    folder.intended(b"the result")
    folder.renamed()
    assert folder.settled().skip == DONE
    folder.journal.flush()
    assert folder.entry.state == "done"


def test_killed_over_the_replacing_of_an_older_result_that_is_ours_to_replace(folder: Folder) -> None:
    folder.done()
    for result in (b"newer", b"newest"):
        folder.intended(result, OTHER)
        item = folder.settled(OTHER)
        assert (item.skip, item.replace, item.set_aside) == (None, True, ())


def test_a_problem_of_the_plan_stays_one(folder: Folder) -> None:
    folder.done()
    item = replace(folder.item(), problem="collides.")
    (settled,) = settle(Plan((item,)), folder.journal, RECIPE).items
    assert settled == item


def test_another_picture_of_the_same_name_does_not_replace_the_first_ones_result(folder: Folder) -> None:
    folder.done()
    first, folder.source = folder.source, folder.source.parent.with_name("other") / "a.png"
    folder.source.parent.mkdir()
    folder.source.write_bytes(b"another photograph")
    assert folder.settled().skip == f"{folder.output} exists already, and was made of {first} (--overwrite replaces it)"
    assert folder.settled(overwrite=True).is_pending
    first.unlink()  # moved, as far as anybody can tell, and changed
    assert folder.settled().is_pending


def test_what_may_be_an_original_of_another_name_is_kept_also_where_it_is_replaced(tmp_path: Path) -> None:
    source, output = tmp_path / "a.jpg", tmp_path / "a_edited.jpg"
    source.write_bytes(b"the original")
    with Journal.open(tmp_path) as journal:
        for there, kept in ((False, ()), (True, (output,))):
            if there:
                output.write_bytes(b"somebody's")
            item = WorkItem((source,), output, present=there)  # as it is planned
            (settled,) = settle(Plan((item,)), journal, RECIPE, overwrite=True).items
            assert settled.set_aside == kept


def test_a_plan_of_which_nothing_is_known_is_not_copied_and_one_part_known_keeps_its_order(folder: Folder) -> None:
    others = [WorkItem((Path(name),), folder.output.with_name(name)) for name in ("0.png", "b.png", "c.png")]
    unknown = Plan(others)
    assert settle(unknown, folder.journal, RECIPE) is unknown
    folder.done()
    mixed = Plan((others[0], folder.item(), *others[1:]))
    settled = settle(mixed, folder.journal, RECIPE)
    assert settled.items == [others[0], replace(folder.item(), skip=DONE), *others[1:]]
