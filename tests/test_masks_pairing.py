"""Which mask is whose: one for all, or by name, mirrored like the pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from restore.errors import InputError, UsageError
from restore.in_place import plan_in_place
from restore.masks.pairing import with_masks
from restore.masks.request import Masking
from restore.naming import Naming
from restore.planning import Plan, plan
from restore.work_items import WorkItem

Photo = Callable[..., Path]


def pairs(the_plan: Plan, masks: Path) -> dict[str, str | None]:
    """Each picture's name with the path of its mask."""
    items = with_masks(the_plan, Masking(masks)).items
    return {item.sources[0].name: None if item.mask is None else str(item.mask.relative_to(masks)) for item in items}


@pytest.fixture
def album(tmp_path: Path, photo: Photo) -> Path:
    for name in ("a.png", "sub/b.jpg", "sub/deep/c.v2.tif"):
        photo(tmp_path / "in" / name)
    for name in ("a.jpg", "sub/b.PNG", "sub/deep/c.v2.png", "b.png", "unused.png"):
        photo(tmp_path / "masks" / name, mode="L")
    return tmp_path


WANTED = {"a.png": "a.jpg", "b.jpg": "sub/b.PNG", "c.v2.tif": "sub/deep/c.v2.png"}


def test_masks_mirror_the_tree_with_any_image_suffix(album: Path) -> None:
    assert pairs(plan([str(album / "in")], album / "out"), album / "masks") == WANTED


def test_names_of_results_do_not_matter(album: Path) -> None:
    named = plan([str(album / "in")], album / "in", naming=Naming("_filled", "png"))
    assert pairs(named, album / "masks") == WANTED
    assert pairs(plan_in_place([str(album / "in")], album / "old"), album / "masks") == WANTED


def test_relative_paths_and_several_inputs_are_paired_too(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(album)
    assert pairs(plan(["in"], "out"), Path("masks")) == WANTED
    assert pairs(plan(["in/a.png"], "result.png"), Path("masks")) == {"a.png": "a.jpg"}
    monkeypatch.chdir(album / "masks")
    assert pairs(plan(["../in"], "../out"), Path()) == WANTED


def test_a_picture_without_a_mask_is_a_problem_that_names_the_expected_file(album: Path) -> None:
    (album / "masks" / "sub" / "b.PNG").unlink()
    items = with_masks(plan([str(album / "in")], album / "out"), Masking(album / "masks")).items
    assert [item.problem for item in items] == [
        None,
        f"has no mask: {album}/masks/sub/b.png (or another image format) is missing. Make it, or use --exclude.",
        None,
    ]


def test_of_several_masks_the_one_that_says_more_is_taken_or_none(album: Path, photo: Photo) -> None:
    photo(album / "masks" / "a.tif")
    items = with_masks(plan([str(album / "in" / "a.png")], album / "out"), Masking(album / "masks")).items
    assert items[0].problem is not None and "a.jpg and " in items[0].problem and "Keep one" in items[0].problem
    photo(album / "masks" / "a.png")
    assert pairs(plan([str(album / "in")], album / "out"), album / "masks")["a.png"] == "a.png"
    photo(album / "masks" / "a.png.png")
    assert pairs(plan([str(album / "in")], album / "out"), album / "masks")["a.png"] == "a.png.png"


@pytest.mark.parametrize("output", ["masks", "link", "in/../masks"])
def test_a_result_never_takes_a_masks_place(album: Path, output: str) -> None:
    (album / "masks" / "a.jpg").rename(album / "masks" / "a.png")
    (album / "link").symlink_to("masks")
    over = with_masks(plan([str(album / "in")], album / output, overwrite=True), Masking(album / "masks"))
    assert over.items[0].problem == f"{album / output}/a.png is a mask and would be overwritten. Choose another -o."
    assert over.items[0].skip is None and over.items[1].problem is None
    lone = plan([str(album / "in" / "a.png")], album / output / "a.png")
    assert with_masks(lone, Masking(album / "masks" / "a.png")).items[0].problem is not None


def test_results_inside_the_folder_of_masks_are_no_masks(album: Path, photo: Photo) -> None:
    photo(album / "masks" / "sub" / "out" / "a.png")
    the_plan = plan([str(album / "in" / "a.png")], album / "masks" / "sub")
    photo(album / "masks" / "sub" / "a.png")
    assert pairs(the_plan, album / "masks") == {"a.png": "a.jpg"}


def test_what_jpeg_does_outside_the_masks_is_told(album: Path) -> None:
    for inputs, told in (([str(album / "in")], True), ([str(album / "in" / "a.png")], False)):
        notes = with_masks(plan(inputs, album / "out"), Masking(alpha=True)).notes
        assert any("JPEG results are encoded anew" in note for note in notes) == told


def test_one_file_is_the_mask_of_all(album: Path) -> None:
    items = with_masks(plan([str(album / "in")], album / "out"), Masking(album / "masks" / "a.jpg")).items
    assert {item.mask for item in items} == {album / "masks" / "a.jpg"}
    assert [item.mask for item in with_masks(plan([str(album / "in")], album / "out"), Masking(alpha=True)).items] == [
        None
    ] * 3


def test_a_place_that_is_none_is_refused(album: Path) -> None:
    the_plan = plan([str(album / "in")], album / "out")
    with pytest.raises(UsageError, match=r"nowhere: does not exist\. --mask names"):
        with_masks(the_plan, Masking(album / "nowhere"))
    (album / "empty").mkdir()
    with pytest.raises(InputError, match="empty: holds no mask"):
        with_masks(the_plan, Masking(album / "empty"))


def test_thousands_of_pictures_are_paired_in_no_time(tmp_path: Path) -> None:
    folder = tmp_path / "masks" / "sub"
    folder.mkdir(parents=True)
    for number in range(3000):
        (folder / f"{number}.png").touch()
    items = tuple(WorkItem((Path(f"in/sub/{n}.jpg"),), tmp_path / "out" / "sub" / f"{n}.jpg") for n in range(3000))
    began = time.perf_counter()
    paired = with_masks(Plan(items, folder=tmp_path / "out"), Masking(tmp_path / "masks"))
    assert time.perf_counter() - began < 3, "1 ms each, on a busy machine"
    assert all(item.mask == folder / f"{item.sources[0].stem}.png" for item in paired.items)
