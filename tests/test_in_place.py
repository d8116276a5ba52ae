"""Plans that replace originals, each kept in a backup folder first."""

from pathlib import Path

import pytest

from restore.errors import InputError, OutputError, UsageError
from restore.in_place import plan_in_place
from restore.selection import Selection
from restore.spec import Companion


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_results_take_the_originals_places_and_backups_mirror_the_tree(tmp_path: Path) -> None:
    photos, backup = tmp_path / "photos", tmp_path / "backup"
    touch(photos / "a.jpg", photos / "sub" / "b.TIF")
    the_plan = plan_in_place([str(photos)], backup)
    assert the_plan.folder == photos
    assert [(item.sources, item.output) for item in the_plan.items] == [
        ((photos / "a.jpg",), photos / "a.jpg"),
        ((photos / "sub" / "b.TIF",), photos / "sub" / "b.TIF"),
    ]
    assert [item.backup for item in the_plan.items] == [backup / "a.jpg", backup / "sub" / "b.TIF"]
    assert len(the_plan.pending) == 2 and all(item.present for item in the_plan.items)
    assert not backup.exists(), "a plan creates nothing"


def test_files_named_by_themselves_are_kept_apart_in_the_backup(tmp_path: Path) -> None:
    touch(tmp_path / "x" / "a.jpg", tmp_path / "y" / "a.jpg")
    the_plan = plan_in_place([str(tmp_path / "x" / "a.jpg"), str(tmp_path / "y" / "a.jpg")], tmp_path / "b")
    assert [item.backup for item in the_plan.items] == [tmp_path / "b" / "x" / "a.jpg", tmp_path / "b" / "y" / "a.jpg"]
    assert the_plan.folder == tmp_path


def test_a_backup_folder_inside_the_input_folder_is_no_input(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "backup" / "a.jpg")
    the_plan = plan_in_place([str(tmp_path)], tmp_path / "backup")
    assert [item.output for item in the_plan.items] == [tmp_path / "a.jpg"]
    assert "backup lies inside an input folder" in the_plan.notes[0]


def test_the_input_folder_itself_is_no_backup_folder(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg")
    (tmp_path / "door").symlink_to(tmp_path / "in")
    for backup in (tmp_path / "in", tmp_path / "door"):
        with pytest.raises(UsageError, match="is the folder of the inputs themselves"):
            plan_in_place([str(tmp_path / "in")], backup)


def test_a_backup_in_the_place_of_another_original_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "a" / "x.jpg", tmp_path / "a" / "x.jpg")
    with pytest.raises(OutputError, match=r"a/a/x\.jpg: is an input, and the backup of .*a/x\.jpg would take"):
        plan_in_place([str(tmp_path / "a" / "x.jpg"), str(tmp_path / "a" / "a" / "x.jpg")], tmp_path / "a" / "a")


def test_a_backup_folder_that_cannot_be_is_refused_by_its_own_flag(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "file")
    with pytest.raises(OutputError, match=r"file: is not a folder.*Choose another --backup"):
        plan_in_place([str(tmp_path / "a.jpg")], tmp_path / "file")


def test_formats_that_are_only_read_cannot_be_replaced(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / name for name in ("a.heic", "b.nef", "c.gif", "d.jpg", "e.pbm")), tmp_path / "scan")
    problems = [
        item.problem for item in plan_in_place([str(tmp_path / "in"), str(tmp_path / "scan")], tmp_path / "b").items
    ]
    assert [problem and problem.split(" ")[0] for problem in problems] == ["HEIF", "RAW", "GIF", None, "PPM", "its"]
    assert problems[0] is not None and "cannot be replaced in place. Name a folder with -o" in problems[0]


def test_what_is_reached_through_a_link_is_not_replaced(tmp_path: Path) -> None:
    touch(tmp_path / "outside" / "far.jpg", tmp_path / "elsewhere.jpg", tmp_path / "in" / "near.jpg")
    (tmp_path / "in" / "door").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    problems = {item.output.name: item.problem for item in plan_in_place([str(tmp_path / "in")], tmp_path / "b").items}
    assert problems["near.jpg"] is None
    assert all("through a link" in (problems[name] or "") for name in ("far.jpg", "link.jpg"))
    (tmp_path / "way").symlink_to(tmp_path / "in")
    through_the_folders_own_link = plan_in_place([str(tmp_path / "way" / "near.jpg")], tmp_path / "b")
    assert through_the_folders_own_link.items[0].problem is None


def test_a_selection_counts_here_too(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.png")
    the_plan = plan_in_place([str(tmp_path / "in")], tmp_path / "b", selection=Selection(exclude=("*.png",)))
    assert the_plan.notes[0] == "1 file left out by --exclude" and "each original is kept in" in the_plan.notes[1]
    with pytest.raises(InputError, match="nothing is left"):
        plan_in_place([str(tmp_path / "in")], tmp_path / "b", selection=Selection(exclude=("*",)))


MAP = (Companion("map", ".png"),)


def test_companions_of_an_earlier_run_are_no_originals(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "a.map.png", tmp_path / "in" / "b.map.png")
    the_plan = plan_in_place([str(tmp_path / "in")], tmp_path / "old", companions=MAP)
    assert [item.output.name for item in the_plan.items] == ["a.jpg", "b.map.png"]
    assert "1 file is the result" in the_plan.notes[0]
    first, second = the_plan.items
    assert first.skip is not None and "a.map.png exists already" in first.skip, "only a journal knows whose it is"
    assert second.skip is None
    (first, _) = plan_in_place([str(tmp_path / "in")], tmp_path / "old", companions=MAP, overwrite=True).items
    assert first.skip is None


def test_companions_that_would_share_a_name_are_refused_or_listed(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "a.tif")
    with pytest.raises(OutputError, match="would be a companion of the result of"):
        plan_in_place([str(tmp_path / "in")], tmp_path / "old", companions=MAP)
    listed = plan_in_place([str(tmp_path / "in")], tmp_path / "old", companions=MAP, list_collisions=True)
    assert len(listed.collisions) == 1 and not listed.pending


def test_something_that_is_no_file_in_a_companions_place_is_a_problem(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg")
    (tmp_path / "in" / "a.map.png").mkdir()
    (item,) = plan_in_place([str(tmp_path / "in")], tmp_path / "old", companions=MAP).items
    assert item.problem is not None and "is in the way" in item.problem
