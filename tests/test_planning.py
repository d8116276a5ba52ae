"""Plans: which file becomes which, and what is refused before a model loads."""

import os
from pathlib import Path

import pytest

from restore.errors import InputError, OutputError, UsageError
from restore.naming import Naming
from restore.planning import Plan, plan
from restore.selection import Selection


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def outputs(the_plan: Plan, below: Path) -> list[str]:
    return [str(item.output.relative_to(below)) for item in the_plan.items]


def test_a_folder_is_mirrored_and_keeps_the_names(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    touch(photos / "a.jpg", photos / "a.png", photos / "sub" / "a.jpg", photos / "sub" / "B.TIF")
    assert outputs(plan([str(photos)], out), out) == ["a.jpg", "a.png", "sub/a.jpg", "sub/B.TIF"]
    assert not out.exists(), "a plan creates nothing"


def test_formats_that_are_only_read_get_the_suffix_of_one_that_is_written(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "phone.HEIC", tmp_path / "in" / "camera.nef")
    assert outputs(plan([str(tmp_path / "in")], tmp_path / "out"), tmp_path / "out") == ["camera.tif", "phone.jpg"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [("new.png", "new.png"), ("new.JPG", "new.JPG"), ("folder", "folder/a.jpg"), ("folder.png/", "folder.png/a.jpg")],
)
def test_one_file_goes_to_a_file_name_or_into_a_folder(tmp_path: Path, output: str, expected: str) -> None:
    touch(tmp_path / "a.jpg")
    assert outputs(plan([str(tmp_path / "a.jpg")], f"{tmp_path}/{output}"), tmp_path) == [expected]


def test_an_existing_folder_is_a_folder_whatever_its_name(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    (tmp_path / "album.jpg").mkdir()
    assert outputs(plan([str(tmp_path / "a.jpg")], tmp_path / "album.jpg"), tmp_path) == ["album.jpg/a.jpg"]


def test_a_pictures_name_for_several_results_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.jpg")
    with pytest.raises(OutputError, match="name of a single picture"):
        plan([str(tmp_path / "in")], tmp_path / "out.jpg")


def test_a_file_name_in_an_unknown_format_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    with pytest.raises(OutputError, match=r"\.jpgg is not a format for results.*\.jpg .*\.png"):
        plan([str(tmp_path / "a.jpg")], tmp_path / "b.jpgg")
    written_by_a_plugin = plan([str(tmp_path / "a.jpg")], tmp_path / "b.jxl", writable=None)
    assert written_by_a_plugin.items[0].output == tmp_path / "b.jxl"


def test_results_that_exist_are_skipped_unless_they_are_to_be_replaced(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.jpg", tmp_path / "out" / "a.jpg")
    first, second = plan([str(tmp_path / "in")], tmp_path / "out").items
    assert first.skip is not None and "--overwrite" in first.skip
    assert second.skip is None
    assert (first.present, second.present) == (True, False)
    again = plan([str(tmp_path / "in")], tmp_path / "out", overwrite=True)
    assert len(again.pending) == 2 and again.items[0].present


def test_an_output_folder_inside_the_input_folder_is_no_input_on_the_second_run(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    assert outputs(plan([str(tmp_path)], tmp_path / "out"), tmp_path) == ["out/a.jpg"]
    touch(tmp_path / "out" / "a.jpg")
    again = plan([str(tmp_path)], tmp_path / "out")
    assert outputs(again, tmp_path) == ["out/a.jpg"]
    assert again.items[0].skip is not None


def test_an_output_that_cannot_be_a_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "file")
    for output in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="file: is not a folder"):
            plan([str(tmp_path / "in")], output)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="permission denied"):
        plan([str(tmp_path / "in")], tmp_path / "out")


def test_what_is_known_to_fail_is_a_problem_of_that_file_alone(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.jpg")
    (tmp_path / "in" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "out" / "b.jpg").mkdir(parents=True)
    a, b, gone = plan([str(tmp_path / "in")], tmp_path / "out").items
    assert a.problem is None
    assert b.problem is not None and "is in the way" in b.problem
    assert gone.problem is not None and "leads nowhere" in gone.problem


def test_a_file_whose_name_says_no_format_is_a_problem_unless_the_result_is_named(tmp_path: Path) -> None:
    touch(tmp_path / "scan")
    (item,) = plan([str(tmp_path / "scan")], tmp_path / "out").items
    assert item.problem is not None and "-o NAME.png" in item.problem
    (item,) = plan([str(tmp_path / "scan")], tmp_path / "out.png").items
    assert item.problem is None


def test_the_order_is_the_same_every_time(tmp_path: Path) -> None:
    touch(*(tmp_path / "in" / f"{name}.jpg" for name in ("10", "9", "b", "A", "100")))
    assert outputs(plan([str(tmp_path / "in")], tmp_path / "out"), tmp_path / "out") == [
        "9.jpg", "10.jpg", "100.jpg", "A.jpg", "b.jpg",
    ]  # fmt: skip


def test_a_missing_input_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="does not exist"):
        plan([str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")], tmp_path / "out")


def test_the_plan_names_the_folder_of_its_results_unless_the_result_is_a_file(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    assert plan([str(tmp_path / "a.jpg")], tmp_path / "out").folder == tmp_path / "out"
    assert plan([str(tmp_path / "a.jpg")], tmp_path / "b.jpg").folder is None


def test_what_a_selection_leaves_out_is_counted_in_the_notes(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.png", tmp_path / "in" / "raw" / "c.jpg")
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out", selection=Selection(("*.jpg",), ("raw/",)))
    assert outputs(the_plan, tmp_path / "out") == ["a.jpg"]
    assert the_plan.notes == ("1 file left out by --exclude", "1 file left out by --include")


def test_results_with_a_suffix_may_lie_beside_their_inputs_and_are_no_inputs_on_the_next_run(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "sub" / "b.heic")
    naming = Naming("_restored")
    first = plan([str(tmp_path)], tmp_path, naming=naming)
    assert outputs(first, tmp_path) == ["a_restored.jpg", "sub/b_restored.jpg"]
    touch(tmp_path / "a_restored.jpg", tmp_path / "sub" / "b_restored.jpg", tmp_path / "c_restored.jpg")
    again = plan([str(tmp_path)], tmp_path, naming=naming)
    assert outputs(again, tmp_path) == ["a_restored.jpg", "c_restored_restored.jpg", "sub/b_restored.jpg"]
    assert [item.present for item in again.items] == [True, False, True]
    assert again.notes == ("2 files are results of an earlier run by name, and not taken as input",)
    named = plan([str(tmp_path / "a.jpg"), str(tmp_path / "a_restored.jpg")], f"{tmp_path}/", naming=naming)
    assert outputs(named, tmp_path) == ["a_restored.jpg"]
    assert "1 file is the result" in named.notes[0]


def test_the_result_of_another_format_beside_its_input_is_never_mistaken_for_an_earlier_one(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "a.png")
    with pytest.raises(OutputError, match="would be the result of"):
        plan([str(tmp_path)], tmp_path, naming=Naming(format="png"), overwrite=True)


def test_all_results_can_have_one_format(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.PNG", tmp_path / "in" / "c.nef")
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out", naming=Naming(format="png"))
    assert outputs(the_plan, tmp_path / "out") == ["a.png", "b.PNG", "c.png"]
    with pytest.raises(UsageError, match="not a format"):
        plan([str(tmp_path / "in")], tmp_path / "out", naming=Naming(format="gif"))


def test_a_file_name_and_a_naming_contradict_each_other(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg")
    with pytest.raises(UsageError, match="names the result already"):
        plan([str(tmp_path / "a.jpg")], tmp_path / "b.jpg", naming=Naming("_restored"))
