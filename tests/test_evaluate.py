"""Which file belongs to which, and what is said when something does not."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from restore.errors import InputError, UsageError
from restore.evaluate import Pair, evaluate, pair_up, pictures_in
from restore.metrics import Convention
from restore.plugin_manager import PluginManager

Photo = Callable[..., Path]
RGB = [Convention("rgb")]
LIMIT = 10**6


@pytest.fixture
def manager() -> PluginManager:
    return PluginManager.of({})


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "restored", tmp_path / "reference"


def names(pairs: list[Pair]) -> list[tuple[str, str]]:
    return [(pair.restored.name, pair.reference.name) for pair in pairs]


def test_two_files_are_a_pair_whatever_their_names(photo: Photo, folders: tuple[Path, Path]) -> None:
    ours, theirs = photo(folders[0] / "a.png"), photo(folders[1] / "b.png")
    pairs, problems = pair_up(ours, theirs)
    assert names(pairs) == [("a.png", "b.png")]
    assert problems == []


def test_folders_are_paired_by_relative_path_whatever_the_suffix(photo: Photo, folders: tuple[Path, Path]) -> None:
    for name in ("x.png", "deep/x.png", "scan10.png", "scan9.png"):
        photo(folders[0] / name)
    for name in ("x.jpg", "deep/x.PNG", "scan10.png", "scan9.tif"):
        photo(folders[1] / name)
    pairs, problems = pair_up(*folders)
    assert [pair.name for pair in pairs] == ["deep/x.png", "scan9.png", "scan10.png", "x.png"]
    assert all(p.restored.parent.name == ("deep" if "deep" in p.name else "restored") for p in pairs)
    assert problems == []


def test_the_same_name_wins_over_the_same_stem(photo: Photo, folders: tuple[Path, Path]) -> None:
    for folder in folders:
        photo(folder / "a.png"), photo(folder / "a.jpg")
    pairs, problems = pair_up(*folders)
    assert sorted(names(pairs)) == [("a.jpg", "a.jpg"), ("a.png", "a.png")]
    assert problems == []


def test_an_ambiguous_partner_is_not_guessed(photo: Photo, folders: tuple[Path, Path]) -> None:
    photo(folders[0] / "a.png"), photo(folders[1] / "a.jpg"), photo(folders[1] / "a.bmp")
    pairs, problems = pair_up(*folders)
    assert pairs == []
    assert all(name in str(problems[0]) for name in ("a.png", "a.jpg", "a.bmp"))


def test_pictures_without_a_partner_are_named_on_both_sides(photo: Photo, folders: tuple[Path, Path]) -> None:
    photo(folders[0] / "only-here.png"), photo(folders[1] / "only-there.png"), photo(folders[0] / "both.png")
    photo(folders[1] / "both.png")
    pairs, problems = pair_up(*folders)
    assert names(pairs) == [("both.png", "both.png")]
    assert {problem.path.name for problem in problems if problem.path} == {"only-here.png", "only-there.png"}


def test_a_file_against_a_folder_and_a_missing_path_are_refused(photo: Photo, folders: tuple[Path, Path]) -> None:
    photo(folders[0] / "a.png")
    with pytest.raises(UsageError, match=r"a\.png: is a file, the other a folder"):
        pair_up(folders[0] / "a.png", folders[0])
    with pytest.raises(InputError, match="reference: there is no such"):
        pair_up(*folders)


def test_a_folder_without_pictures_is_an_error_and_hidden_files_do_not_count(photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / ".hidden.png")
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(InputError, match="holds no pictures"):
        pictures_in(tmp_path)


def test_pictures_are_measured_one_by_one_and_in_the_mean(
    photo: Photo, folders: tuple[Path, Path], manager: PluginManager
) -> None:
    for folder in folders:
        photo(folder / "same.png"), photo(folder / "darker.png")
    change(folders[0] / "darker.png", 10)
    result = evaluate(*folders, RGB, manager, LIMIT)
    by_name = {score.name: score.values["psnr_rgb"] for score in result.scores}
    assert by_name["same.png"] == math.inf
    assert by_name["darker.png"] == pytest.approx(28.13, abs=0.01)
    assert result.means()["psnr_rgb"].value == by_name["darker.png"]
    assert result.means()["psnr_rgb"].identical == 1


def change(path: Path, difference: int) -> None:
    from PIL import Image

    with Image.open(path) as image:
        pixels = np.asarray(image).astype(int)
    Image.fromarray(np.where(pixels > 100, pixels - difference, pixels + difference).astype(np.uint8)).save(path)


@pytest.mark.parametrize("other", [{"width": 25}, {"mode": "L"}])
def test_pictures_of_different_size_or_kind_are_an_error_that_names_both(
    photo: Photo, folders: tuple[Path, Path], manager: PluginManager, other: dict[str, object]
) -> None:
    photo(folders[0] / "a.png", **other), photo(folders[1] / "a.png")
    result = evaluate(*folders, RGB, manager, LIMIT)
    assert result.scores == ()
    message = str(result.problems[0])
    assert str(folders[0] / "a.png") in message
    assert str(folders[1] / "a.png") in message
    assert "24x16, colour" in message


def test_one_broken_file_does_not_stop_the_others(
    photo: Photo, folders: tuple[Path, Path], manager: PluginManager
) -> None:
    for folder in folders:
        photo(folder / "good.png"), photo(folder / "broken.png")
    (folders[0] / "broken.png").write_bytes(b"not a picture")
    result = evaluate(*folders, RGB, manager, LIMIT)
    assert [score.name for score in result.scores] == ["good.png"]
    assert "broken.png" in str(result.problems[0])


def test_a_border_that_leaves_nothing_names_the_file(
    photo: Photo, folders: tuple[Path, Path], manager: PluginManager
) -> None:
    photo(folders[0] / "a.png"), photo(folders[1] / "a.png")
    result = evaluate(*folders, [Convention("rgb", border=8)], manager, LIMIT)
    assert "a border of 8 pixels leaves nothing of 24x16" in str(result.problems[0])


def test_nan_is_an_error_and_not_a_figure(folders: tuple[Path, Path], manager: PluginManager) -> None:
    for folder, value in zip(folders, (np.nan, 0.5), strict=True):
        folder.mkdir()
        tifffile.imwrite(folder / "a.tif", np.full((20, 20, 3), value, np.float32), photometric="rgb")
    result = evaluate(*folders, RGB, manager, LIMIT)
    assert "NaN" in str(result.problems[0])
