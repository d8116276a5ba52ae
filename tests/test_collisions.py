"""What would lose a picture is refused, or listed where the user only looks."""

import os
from pathlib import Path

import pytest

from restore.errors import OutputError
from restore.naming import Naming
from restore.planning import plan
from restore.spec import Companion


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_two_inputs_with_one_result_are_refused_and_both_named(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.heic", tmp_path / "in" / "a.jpg")
    with pytest.raises(OutputError, match=r"out/a\.jpg: would be the result of .*a\.heic and .*a\.jpg\. Restore them"):
        plan([str(tmp_path / "in")], tmp_path / "out")
    touch(tmp_path / "x" / "b.jpg", tmp_path / "y" / "b.jpg")
    with pytest.raises(OutputError, match="Give their folders"):
        plan([str(tmp_path / "x" / "b.jpg"), str(tmp_path / "y" / "b.jpg")], tmp_path / "out")


def test_names_equal_but_for_case_are_refused_if_a_change_of_format_made_them_so(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "IMG_1.HEIC", tmp_path / "in" / "IMG_1.JPG")
    with pytest.raises(OutputError, match="equal but for case"):
        plan([str(tmp_path / "in")], tmp_path / "out")


def test_inputs_equal_but_for_case_or_accents_are_kept_apart_with_a_warning(tmp_path: Path) -> None:
    touch(
        tmp_path / "in" / "a.jpg", tmp_path / "in" / "A.jpg", tmp_path / "in" / "é.jpg", tmp_path / "in" / "e\u0301.jpg"
    )
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out")
    assert len({item.output for item in the_plan.items}) == 4
    assert len([note for note in the_plan.notes if "differ only in case" in note]) == 2


def test_names_whose_hashes_happen_to_be_equal_are_not_taken_for_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "b.jpg")
    monkeypatch.setattr("restore.collisions.hash", lambda name: 0, raising=False)
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out", list_collisions=True)
    assert (the_plan.collisions, the_plan.notes) == ((), ())


def test_a_result_where_another_needs_a_folder_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.heic", tmp_path / "in" / "a.jpg" / "inner.png")
    with pytest.raises(OutputError, match="and also the folder of"):
        plan([str(tmp_path / "in")], tmp_path / "out")


@pytest.mark.parametrize("overwrite", [False, True])
def test_no_result_may_overwrite_an_input(tmp_path: Path, overwrite: bool) -> None:
    touch(tmp_path / "in" / "a.jpg")
    (tmp_path / "door").symlink_to(tmp_path / "in")
    os.link(tmp_path / "in" / "a.jpg", tmp_path / "hard.jpg")
    for inputs, output in (
        ([tmp_path / "in"], tmp_path / "in"),
        ([tmp_path / "in"], tmp_path / "door"),
        ([tmp_path / "in" / "a.jpg"], tmp_path / "in" / "a.jpg"),
        ([tmp_path / "in" / "a.jpg"], tmp_path / "in" / ".." / "in" / "a.jpg"),
        ([tmp_path / "in" / "a.jpg"], tmp_path / "hard.jpg"),
    ):
        with pytest.raises(OutputError, match=r"is an input.*Originals are never changed"):
            plan([str(path) for path in inputs], output, overwrite=overwrite)


def test_a_common_format_makes_pictures_collide(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "a.png")
    with pytest.raises(OutputError, match=r"a\.png: would be the result of .*a\.jpg and .*a\.png"):
        plan([str(tmp_path / "in")], tmp_path / "out", naming=Naming(format="png"))


def test_all_collisions_can_be_listed_and_everything_else_stays_possible(tmp_path: Path) -> None:
    names = ("a.heic", "a.jpg", "B.HEIC", "B.JPG", "c.jpg", "d.heic", "d.jpg/inner.png")
    touch(*(tmp_path / "in" / name for name in names))
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out", list_collisions=True)
    assert len(the_plan.collisions) == 3
    assert [str(item.sources[0].relative_to(tmp_path / "in")) for item in the_plan.pending] == ["c.jpg"]
    problems = {item.sources[0].name: item.problem or "" for item in the_plan.items}
    assert "a.heic and" in problems["a.heic"] and problems["a.heic"] == problems["a.jpg"]
    assert "equal but for case" in problems["B.JPG"]
    assert "and also the folder of" in problems["inner.png"]
    assert plan([str(tmp_path / "in" / "c.jpg")], tmp_path / "out").collisions == ()


def test_a_result_that_is_an_input_is_listed_too(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "b.jpg")
    (collision, _) = plan([str(tmp_path)], tmp_path, list_collisions=True).collisions
    assert "is an input and would be overwritten" in collision and "--suffix" in collision


MAP = (Companion("map", ".png"),)


def test_a_companion_takes_the_name_of_nothing_else(tmp_path: Path) -> None:
    touch(
        tmp_path / "in" / "a.jpg", tmp_path / "in" / "a.map.png", tmp_path / "two" / "b.jpg", tmp_path / "two" / "b.png"
    )
    with pytest.raises(
        OutputError, match=r"a\.map\.png: would be a companion of the result of .*a\.jpg and the result of"
    ):
        plan([str(tmp_path / "in")], tmp_path / "out", companions=MAP)
    with pytest.raises(
        OutputError, match=r"b\.map\.png: would be a companion of the result of .*b\.jpg and .*b\.png\. Re"
    ):
        plan([str(tmp_path / "two")], tmp_path / "out", companions=MAP)
    assert plan([str(tmp_path / "two")], tmp_path / "out", companions=(Companion("map"),)).collisions == ()


def test_companions_whose_names_some_disks_confuse_are_refused_unless_their_results_are_known_to_be(
    tmp_path: Path,
) -> None:
    touch(tmp_path / "in" / "a.png", tmp_path / "in" / "A.jpg", tmp_path / "two" / "b.jpg", tmp_path / "two" / "B.jpg")
    with pytest.raises(OutputError, match="equal but for case, a companion of that of"):
        plan([str(tmp_path / "in")], tmp_path / "out", companions=MAP)
    (note,) = plan([str(tmp_path / "two")], tmp_path / "out", companions=MAP).notes
    assert "differ only in case" in note


def test_a_companion_is_in_no_folders_way_and_overwrites_no_input(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "a.map.png" / "inner.jpg")
    with pytest.raises(OutputError, match=r"would be a companion of the result of .*a\.jpg and also the folder of"):
        plan([str(tmp_path / "in")], tmp_path / "out", companions=MAP)
    touch(tmp_path / "c.jpg", tmp_path / "c_new.map.png")
    words = [str(tmp_path / "c.jpg"), str(tmp_path / "c_new.map.png")]
    both = plan(words, f"{tmp_path}/", naming=Naming("_new"), companions=MAP)
    assert [item.sources[0].name for item in both.items] == ["c.jpg"], "the other is its companion by name"
    assert both.items[0].skip is not None and "c_new.map.png exists already" in both.items[0].skip
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "c.map.png").symlink_to(tmp_path / "c.jpg")
    with pytest.raises(OutputError, match="Originals are never changed"):
        plan([str(tmp_path / "c.jpg")], f"{tmp_path}/d/", companions=MAP, overwrite=True)


def test_collisions_of_companions_are_listed_in_a_dry_run(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg", tmp_path / "in" / "a.png", tmp_path / "in" / "b.png")
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out", companions=MAP, list_collisions=True)
    assert len(the_plan.collisions) == 1 and [item.output.name for item in the_plan.pending] == ["b.png"]
