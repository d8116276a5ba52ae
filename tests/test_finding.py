"""Inputs: files as they are, folders and patterns for the pictures in them, each picture once."""

import os
from pathlib import Path

import pytest

from restore.errors import InputError
from restore.finding import find
from restore.selection import Selection


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(*inputs: Path | str, output: Path = Path("elsewhere")) -> list[str]:
    return [str(file.name) for file in find([str(text) for text in inputs], output).files]


def test_one_folder_gives_names_relative_to_it_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path / "b10.jpg", tmp_path / "b9.jpg", tmp_path / "sub" / "a.png")
    assert names(tmp_path) == ["b9.jpg", "b10.jpg", "sub/a.png"]


def test_several_folders_keep_apart_what_has_one_name(tmp_path: Path) -> None:
    touch(tmp_path / "2023" / "trip" / "a.jpg", tmp_path / "2024" / "trip" / "a.jpg")
    assert names(tmp_path / "2023" / "trip", tmp_path / "2024" / "trip") == ["2023/trip/a.jpg", "2024/trip/a.jpg"]


def test_a_file_named_by_itself_keeps_just_its_name_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path / "x" / "a.jpg", tmp_path / "y" / "b.dat")
    assert names(tmp_path / "x" / "a.jpg", tmp_path / "y" / "b.dat") == ["a.jpg", "b.dat"]


def test_a_relative_folder_with_dots_in_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "photos" / "sub" / "a.jpg")
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    assert names("../photos") == ["sub/a.jpg"]
    monkeypatch.chdir(tmp_path / "photos")
    assert names(".") == ["sub/a.jpg"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["a.jpg"]),
        ("**/*.jpg", ["a.jpg", "one/b.jpg", "one/two/c.jpg"]),
        ("one/**", ["b.jpg", "two/c.jpg"]),
        ("o?e", ["one/b.jpg", "one/two/c.jpg"]),
        ("*/two/[a-c].jpg", ["one/two/c.jpg"]),
        ("**/two/*", ["one/two/c.jpg"]),
    ],
)
def test_a_quoted_pattern_is_expanded_and_keeps_the_tree_below_its_fixed_part(
    tmp_path: Path, pattern: str, expected: list[str]
) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "one" / "b.jpg", tmp_path / "one" / "two" / "c.jpg", tmp_path / "a.txt")
    assert names(tmp_path / pattern) == expected


def test_a_double_star_does_not_follow_links_in_circles(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "a.jpg")
    (tmp_path / "one" / "loop").symlink_to(tmp_path)
    assert names(tmp_path / "**" / "*.jpg") == ["one/a.jpg"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    touch(tmp_path / "scan[1].jpg", tmp_path / "scan1.jpg")
    assert names(tmp_path / "scan[1].jpg") == ["scan[1].jpg"]


def test_a_file_found_twice_is_taken_once_and_that_is_told(tmp_path: Path) -> None:
    touch(tmp_path / "z.jpg")
    (tmp_path / "a.jpg").symlink_to(tmp_path / "z.jpg")
    findings = find([str(tmp_path), str(tmp_path / "z.jpg")], Path("elsewhere"))
    assert [str(file.name) for file in findings.files] == ["z.jpg"]
    assert "2 names lead to a file that is in the list already" in findings.notes[0]


def test_results_of_an_earlier_run_inside_the_input_folder_are_not_inputs(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "restored" / "a.jpg")
    findings = find([str(tmp_path)], tmp_path / "restored")
    assert [str(file.name) for file in findings.files] == ["a.jpg"]
    assert "lies inside an input folder" in findings.notes[0]


def test_unusual_names_are_found(tmp_path: Path) -> None:
    unusual = ["Größe 東京 🎞.jpg", "two  spaces .jpg", "x" * 251 + ".jpg", "-o.jpg", "new\nline.jpg"]
    touch(*(tmp_path / name for name in unusual))
    assert sorted(names(tmp_path)) == sorted(unusual)


def test_a_name_that_does_not_exist_is_refused_with_the_closest_ones(tmp_path: Path) -> None:
    touch(tmp_path / "holiday.jpg")
    with pytest.raises(InputError, match=r"holidya\.jpg: does not exist\. Did you mean .*holiday\.jpg\?"):
        find([str(tmp_path / "holidya.jpg")], Path("out"))
    with pytest.raises(InputError, match=r"There is no folder .*nowhere either"):
        find([str(tmp_path / "nowhere" / "a.jpg")], Path("out"))
    with pytest.raises(InputError, match="name is empty"):
        find([""], Path("out"))


def test_a_folder_or_pattern_without_pictures_is_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    touch(tmp_path / "notes.txt", tmp_path / ".hidden.jpg")
    for text in (tmp_path, tmp_path / "*.jpg"):
        with pytest.raises(InputError, match=r"no picture to restore\. Looked for .*\.jpg .*hidden files"):
            find([str(text)], Path("out"))


def test_a_link_to_nowhere_and_a_device_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    with pytest.raises(InputError, match="leads nowhere"):
        find([str(tmp_path / "link.jpg")], Path("out"))
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find(["/dev/null"], Path("out"))


def test_patterns_are_matched_below_the_files_own_input(tmp_path: Path) -> None:
    touch(tmp_path / "one" / "raw" / "a.jpg", tmp_path / "two" / "b" / "raw" / "c.jpg", tmp_path / "raw" / "d.jpg")
    inputs = [str(tmp_path / "one"), str(tmp_path / "two" / "*"), str(tmp_path / "raw" / "d.jpg")]
    findings = find(inputs, Path("out"), Selection(include=("/raw/",)))
    assert [str(file.name) for file in findings.files] == ["one/raw/a.jpg"]
    assert findings.notes == ("2 files left out by --include",)


def test_a_folder_that_cannot_be_listed_can_be_excluded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "locked" / "b.jpg")
    real_scandir = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert len(find([str(tmp_path)], Path("out")).files) == 2
    assert len(find([str(tmp_path)], Path("out"), Selection(include=("*.jpg",))).files) == 2, "it may hold some"
    assert len(find([str(tmp_path)], Path("out"), Selection(exclude=("locked/",))).files) == 1


def test_nothing_left_by_the_selection_is_an_error_that_names_the_options(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "b.jpg")
    with pytest.raises(InputError, match=r"nothing is left to restore: 2 files left out by --exclude\. Widen"):
        find([str(tmp_path)], Path("out"), Selection(exclude=("*.jpg",)))


def test_the_folder_of_all_inputs_is_the_deepest_that_holds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "x" / "a.jpg", tmp_path / "x" / "y" / "b.jpg")
    monkeypatch.chdir(tmp_path)
    assert find(["x"], Path("out")).folder == Path("x")
    assert find(["x/a.jpg"], Path("out")).folder == Path("x")
    assert find(["x/y/b.jpg", "x/a.jpg"], Path("out")).folder == tmp_path / "x"


def test_dead_links_to_one_missing_file_are_each_named(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).symlink_to("missing.png")
    findings = find([str(tmp_path)], tmp_path / "out")
    assert [(file.path.name, file.problem is None) for file in findings.files] == [("a.png", False), ("b.png", False)]
    assert findings.notes == ()
