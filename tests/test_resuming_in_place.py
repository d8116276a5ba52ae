"""Pictures restored in their own places are never restored twice, and no other picture is taken for their original."""

from __future__ import annotations

import pytest

from restore.resuming import DONE
from tests.one_result import OTHER, Folder, folder

__all__ = ["folder"]


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


def test_in_place_an_original_that_was_put_back_is_restored_again(in_place: Folder) -> None:
    back_up(in_place)
    in_place.done()
    in_place.output.write_bytes(b"the original")
    item = in_place.settled()
    assert (item.problem, item.skip, item.sources) == (None, None, (in_place.output,))
