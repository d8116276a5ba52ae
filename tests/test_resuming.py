"""What is done already: only what is there, whole, and made from the same inputs in the same way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from restore.journal import Journal
from restore.journal_rows import Entry, Recipe, Source
from restore.planning import Plan, WorkItem
from restore.reporting import FileResult
from restore.resuming import DONE, is_whole, settle
from restore.stamps import Stamp, content_hash

RECIPE = Recipe("tiny", None, "{}", "{}", "1.0")
OTHER = Recipe("tiny", None, '{"strength": 2}', "{}", "1.0")


class Folder:
    """An input, its result, and the journal between them.

    Attributes:
        source, output: Where they are.
        backup: Where originals go when `in_place`.
    """

    def __init__(self, place: Path) -> None:
        self.source, self.output, self.backup = place / "in" / "a.png", place / "out" / "a.png", place / "old" / "a.png"
        for path in (self.source, self.output, self.backup):
            path.parent.mkdir()
        self.source.write_bytes(b"the original")
        self.journal = Journal.open(self.output.parent)
        self.in_place = False

    def item(self) -> WorkItem:
        """As it would be planned now."""
        if self.in_place:
            return WorkItem((self.output,), self.output, backup=self.backup, present=True)
        present = os.path.lexists(self.output)
        skip = "exists already" if present else None
        return WorkItem((self.source,), self.output, skip, present=present)

    @property
    def entry(self) -> Entry:
        """Its row in the journal."""
        entry = self.journal.entry(self.output)
        assert entry is not None
        return entry

    def planned(self, recipe: Recipe = RECIPE) -> None:
        """Book it as planned."""
        self.journal.begin(recipe, [self.output], 1)

    def intended(self, result: bytes, recipe: Recipe = RECIPE) -> None:
        """Book that a result is about to appear."""
        self.planned(recipe)
        original = self.backup if self.in_place and self.backup.exists() else self.item().sources[0]
        stamp = Stamp.of(original)
        assert stamp is not None
        sources = (Source(str(original), stamp, content_hash(original)),)
        temporary = self.output.with_name("temporary")
        temporary.write_bytes(result)
        made = Stamp.of(temporary)
        assert made is not None
        self.journal.intend(
            self.output, sources, made, content_hash(temporary), seconds=0, megapixels=0, warnings=()
        )  # fmt: skip

    def renamed(self) -> None:
        """Bring it into place."""
        self.output.with_name("temporary").replace(self.output)

    def finished(self) -> None:
        """Book that it is."""
        stamp = Stamp.of(self.output)
        assert stamp is not None
        self.journal.finish(self.output, stamp)

    def done(self, result: bytes = b"the result", recipe: Recipe = RECIPE) -> None:
        """All of it."""
        self.intended(result, recipe)
        self.renamed()
        self.finished()
        self.journal.flush()

    def settled(self, recipe: Recipe = RECIPE, *, overwrite: bool = False) -> WorkItem:
        """What the next run would do."""
        (item,) = settle(Plan((self.item(),)), self.journal, recipe, overwrite=overwrite).items
        return item


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path)
    yield folder
    folder.journal.close()


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


@pytest.fixture
def in_place(folder: Folder) -> Folder:
    """A picture that is restored in its own place; its original lies there still."""
    folder.in_place = True
    folder.output.write_bytes(b"the original")
    return folder


def back_up(folder: Folder) -> None:
    folder.backup.write_bytes(b"the original")


def test_in_place_a_picture_is_never_restored_twice(in_place: Folder) -> None:
    back_up(in_place)
    in_place.done()
    assert in_place.settled().skip == DONE
    for item in (in_place.settled(OTHER), in_place.settled(overwrite=True)):
        assert item.skip is None
        assert item.sources == (in_place.backup,), "to do it in another way begins with the original"


def test_in_place_killed_before_the_renaming_the_original_is_still_there(in_place: Folder) -> None:
    back_up(in_place)
    in_place.intended(b"the result")
    item = in_place.settled()
    assert (item.skip, item.problem, item.sources) == (None, None, (in_place.output,))


def test_in_place_killed_after_the_renaming_it_is_done(in_place: Folder) -> None:
    back_up(in_place)
    in_place.intended(b"the result")
    in_place.renamed()
    assert in_place.settled().skip == DONE


def test_in_place_killed_over_a_second_recipe_it_begins_with_the_backup(in_place: Folder) -> None:
    back_up(in_place)
    in_place.done()
    in_place.intended(b"another result", OTHER)
    item = in_place.settled(OTHER)
    assert (item.problem, item.skip, item.sources) == (None, None, (in_place.backup,))


def test_in_place_somebodys_new_picture_is_refused_while_the_old_one_is_in_the_backup(in_place: Folder) -> None:
    back_up(in_place)
    in_place.done()
    in_place.output.write_bytes(b"a new picture of that name")
    item = in_place.settled()
    assert item.problem is not None and str(in_place.backup) in item.problem
    in_place.backup.unlink()
    assert in_place.settled().problem is None


def test_in_place_another_picture_in_the_backup_is_nobodys_original(in_place: Folder) -> None:
    in_place.done(b"the original")  # nothing was to be done to it, so nothing was kept
    in_place.backup.write_bytes(b"the original of another album")
    item = in_place.settled(OTHER)
    assert (item.problem, item.skip, item.sources) == (None, None, (in_place.output,))


def test_in_place_with_another_backup_folder_it_begins_with_the_original_all_the_same(in_place: Folder) -> None:
    back_up(in_place)
    in_place.done()
    kept = in_place.backup
    in_place.journal.uses(kept.parent)
    in_place.backup = kept.parent.with_name("new") / kept.name
    item = in_place.settled(OTHER)
    assert (item.problem, item.skip, item.sources) == (None, None, (kept.resolve(),))


def test_in_place_without_its_original_a_restored_picture_is_left_alone(in_place: Folder) -> None:
    in_place.done()
    item = in_place.settled(OTHER)
    assert item.problem is not None and "its original is in no folder that a run has written to" in item.problem


def test_in_place_what_was_restored_from_elsewhere_is_what_there_is_to_begin_with(folder: Folder) -> None:
    folder.done()
    folder.in_place = True
    item = folder.settled(OTHER)
    assert (item.problem, item.skip, item.sources) == (None, None, (folder.output,))


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
    item = WorkItem((source,), output)
    with Journal.open(tmp_path) as journal:
        for there, kept in ((False, ()), (True, (output,))):
            if there:
                output.write_bytes(b"somebody's")
            (settled,) = settle(Plan((item,)), journal, RECIPE, overwrite=True).items
            assert settled.set_aside == kept


def test_in_place_an_original_that_was_put_back_is_restored_again(in_place: Folder) -> None:
    back_up(in_place)
    in_place.done()
    in_place.output.write_bytes(b"the original")
    item = in_place.settled()
    assert (item.problem, item.skip, item.sources) == (None, None, (in_place.output,))


def test_a_plan_of_which_nothing_is_known_is_not_copied_and_one_part_known_keeps_its_order(folder: Folder) -> None:
    others = [WorkItem((Path(name),), folder.output.with_name(name)) for name in ("0.png", "b.png", "c.png")]
    unknown = Plan(others)
    assert settle(unknown, folder.journal, RECIPE) is unknown
    folder.done()
    mixed = Plan((others[0], folder.item(), *others[1:]))
    settled = settle(mixed, folder.journal, RECIPE)
    assert settled.items == [others[0], replace(folder.item(), skip=DONE), *others[1:]]
