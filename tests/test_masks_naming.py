"""Every mask is called so that it is found again for its own picture, and for no other one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

from restore.errors import OutputError
from restore.masks.pairing import with_masks
from restore.masks.request import Masking
from restore.naming import Naming
from restore.planning import plan
from restore.selection import Selection

Photo = Callable[..., Path]
MASKS = Naming(masks=True)


def named(folder: Path, *words: str, naming: Naming = MASKS, **more: Selection) -> dict[str, str]:
    """The mask's name for each picture."""
    out = folder / "masks"
    items = plan(list(words) or [str(folder / "in")], f"{out}/", naming=naming, **more).items  # type: ignore[arg-type]
    return {str(item.sources[0].relative_to(folder / "in")): str(item.output.relative_to(out)) for item in items}


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        (["a.jpg", "b.PNG", "c.v2.tif", "d.nef"], ["a.png", "b.png", "c.v2.png", "d.png"]),
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg.png", "a.png.png", "b.png"]),
        (["a.JPG", "A.png"], ["a.JPG.png", "A.png.png"]),
        (["a.jpg", "sub/a.png"], ["a.png", "sub/a.png"]),
        (["a.jpg", "a.jpg.png"], ["a.png", "a.jpg.png.png"]),
        (["a.jpg", "a.png", "a.jpg.png"], ["a.jpg.png", "a.png.png", "a.jpg.png.png"]),
    ],
)
def test_a_mask_has_its_pictures_whole_name_where_less_could_be_anothers(
    tmp_path: Path, pictures: list[str], masks: list[str]
) -> None:
    for name in pictures:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    assert named(tmp_path) == dict(zip(pictures, masks, strict=True))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_whatever_lies_together_each_picture_finds_its_own_mask(tmp_path: Path, photo: Photo, count: int) -> None:
    """All choices among names that are made to be confused."""
    names = ["a.jpg", "a.png", "a.jpg.png", "a.png.jpg", "a.jpg.png.png", "a.png.png", "a.tif"]
    for number, pictures in enumerate(combinations(names, count)):
        folder = tmp_path / str(number)
        for name in pictures:
            (folder / "in").mkdir(parents=True, exist_ok=True)
            (folder / "in" / name).touch()
        masks = named(folder)
        assert len(set(masks.values())) == count, pictures
        for mask in masks.values():
            (folder / "masks").mkdir(exist_ok=True)
            (folder / "masks" / mask).touch()
        paired = with_masks(plan([str(folder / "in")], folder / "out"), Masking(folder / "masks"))
        found = {item.sources[0].name: item.mask.name if item.mask else item.problem for item in paired.items}
        assert found == masks


def test_names_do_not_depend_on_what_a_run_is_about(tmp_path: Path, photo: Photo) -> None:
    for name in ("a.jpg", "a.png", "b.jpg"):
        photo(tmp_path / "in" / name)
    every = named(tmp_path)
    assert named(tmp_path, selection=Selection(include=("*.jpg",))) == {
        name: mask for name, mask in every.items() if name.endswith("jpg")
    }
    assert named(tmp_path, str(tmp_path / "in" / "a.jpg")) == {"a.jpg": "a.jpg.png"}
    assert named(tmp_path, str(tmp_path / "in" / "*.png")) == {"a.png": "a.png.png"}


def test_pictures_of_several_folders_in_one_are_told_apart(tmp_path: Path, photo: Photo) -> None:
    words = [str(photo(tmp_path / "in" / name)) for name in ("x/a.jpg", "y/a.tif")]
    assert named(tmp_path, *words) == {"x/a.jpg": "a.jpg.png", "y/a.tif": "a.tif.png"}
    words.append(str(photo(tmp_path / "in" / "z" / "a.jpg")))
    with pytest.raises(OutputError, match=r"a\.jpg\.png: would be the result of"):
        named(tmp_path, *words)


def test_the_user_may_want_other_names(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.jpg")
    photo(tmp_path / "in" / "a.png")
    wanted = {"a.jpg": "a.jpg_mask.tif", "a.png": "a.png_mask.tif"}
    assert named(tmp_path, naming=Naming("_mask", "TIF", masks=True)) == wanted


def test_a_picture_without_an_ending_has_a_mask_too(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "scan.png").rename(tmp_path / "in" / "scan")
    assert named(tmp_path, str(tmp_path / "in" / "scan")) == {"scan": "scan.png"}


def test_masks_beside_their_pictures_are_refused_whatever_the_way_there(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.jpg")
    (tmp_path / "link").symlink_to("in")
    for output in ("in", "link", "in/../in"):
        with pytest.raises(OutputError, match="is a mask in the folder of its picture"):
            plan([str(tmp_path / "in")], tmp_path / output, naming=MASKS)
    assert plan([str(tmp_path / "in")], tmp_path / "in", naming=MASKS, list_collisions=True).items[0].problem
    assert plan([str(tmp_path / "in")], tmp_path / "in" / "masks", naming=MASKS).items[0].problem is None
