"""Walking folders: hidden things left alone, links followed but never in circles, nothing silently left out."""

import os
import random
import re
from pathlib import Path

import pytest

from restore.walking import Walk, kind_of, natural_key, naturally_sorted


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(root: Path, leave_out: Path | None = None) -> list[str]:
    walk = Walk(None if leave_out is None else os.path.realpath(leave_out))
    return sorted(str(path.relative_to(root)) for path, problem in walk.files(root) if problem is None)


def test_pictures_are_found_in_sub_folders_and_other_files_are_not(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "deep" / "er" / "b.TIFF", tmp_path / "notes.txt", tmp_path / "no_suffix")
    assert names(tmp_path) == ["a.jpg", "deep/er/b.TIFF"]


def test_hidden_files_and_folders_are_left_alone(tmp_path: Path) -> None:
    touch(tmp_path / ".hidden.jpg", tmp_path / ".thumbs" / "a.jpg", tmp_path / "._a.jpg", tmp_path / "seen.jpg")
    assert names(tmp_path) == ["seen.jpg"]


def test_a_link_to_a_file_and_to_a_folder_outside_is_followed(tmp_path: Path) -> None:
    touch(tmp_path / "outside" / "far.jpg", tmp_path / "root" / "near.jpg")
    (tmp_path / "root" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "root" / "file.jpg").symlink_to(tmp_path / "outside" / "far.jpg")
    assert names(tmp_path / "root") == ["file.jpg", "folder/far.jpg", "near.jpg"]


def test_links_that_lead_round_in_circles_are_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    touch(root / "a" / "x.jpg", root / "b" / "y.jpg", tmp_path / "secret.jpg")
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "further_up").symlink_to(tmp_path)  # would also bring in what lies beside the input folder
    (root / "a" / "to_b").symlink_to(root / "b")
    (root / "b" / "to_a").symlink_to(root / "a")
    (root / "b" / "itself").symlink_to(root / "b" / "itself")
    assert names(root) == ["a/x.jpg", "b/y.jpg"]


def test_a_folder_reached_both_ways_is_named_by_its_real_place(tmp_path: Path) -> None:
    touch(tmp_path / "z" / "x.jpg")
    (tmp_path / "a_link").symlink_to(tmp_path / "z")
    assert names(tmp_path) == ["z/x.jpg"]


def test_the_folder_to_leave_out_is_not_entered(tmp_path: Path) -> None:
    touch(tmp_path / "a.jpg", tmp_path / "out" / "a.jpg")
    (tmp_path / "link_to_out").symlink_to(tmp_path / "out")
    assert names(tmp_path, leave_out=tmp_path / "out") == ["a.jpg"]


def test_a_broken_link_and_a_folder_without_permission_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path / "locked" / "a.jpg")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    real_scandir = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(os, "scandir", scandir)
    problems = {path.name: problem for path, problem in Walk(None).files(tmp_path) if problem}
    assert problems == {
        "gone.jpg": "is a link that leads nowhere. Mend or remove it.",
        "locked": "this folder cannot be listed: Permission denied. Check its rights.",
    }


def test_numbers_are_sorted_by_value_and_case_does_not_matter() -> None:
    paths = [Path(name) for name in ("scan10.jpg", "Scan9.jpg", "scan1.jpg", "b/1.jpg", "2.jpg", "B/1.jpg", "ä.jpg")]
    ordered = [str(path) for path in sorted(paths, key=natural_key)]
    assert ordered == ["2.jpg", "B/1.jpg", "b/1.jpg", "scan1.jpg", "Scan9.jpg", "scan10.jpg", "ä.jpg"]


def in_pieces(path: str) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    """The order that is meant: name by name, in each text and numbers by turns, then the name as it is."""
    names = [(re.split(r"(\d+)", name.casefold()), name) for name in path.split(os.sep)]  # noqa: PTH206 (which drops dots)
    return tuple((tuple(int(p) if i % 2 else p for i, p in enumerate(pieces)), name) for pieces, name in names)


def test_the_order_is_that_of_text_and_numbers_by_turns_in_each_folder() -> None:
    luck = random.Random(0)
    for _ in range(100):
        names = ["".join(luck.choices("aAbß019٣ .-\x01ä\ud800𝟗", k=luck.randint(1, 6))) for _ in range(60)]
        paths = [*names[:20], *map(os.sep.join, zip(names[20:40], names[40:], strict=True))]
        paths += [f"{path}{more}" for path in paths for more in ("0", "a", f"{os.sep}1")]
        assert naturally_sorted(paths) == sorted(paths, key=natural_key) == sorted(paths, key=in_pieces)


def test_the_kind_of_anything_can_be_asked_without_an_exception(tmp_path: Path) -> None:
    touch(tmp_path / "file")
    assert kind_of(tmp_path) == "folder"
    assert kind_of(tmp_path / "file") == "file"
    assert kind_of(tmp_path / "file" / "below") == "nothing"
    assert kind_of(tmp_path / ("x" * 300)) == "nothing"
    assert kind_of(Path("nul\0byte")) == "nothing"
    assert kind_of(Path(os.devnull)) == "other"
