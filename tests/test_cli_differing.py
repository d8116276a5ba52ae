"""The command `diff`: figures, maps, recorded treatments; no picture is ever overwritten by a map."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.provenance import Treatment, with_provenance

Photo = Callable[..., Path]
Cli = Callable[..., Any]

DONE = Treatment("nlm", "ab" * 32, {"strength": 0.5}, "0.1.0")


@pytest.fixture
def pair(tmp_path: Path, photo: Photo) -> tuple[Path, Path]:
    """A picture and its inverse, whose XMP says so."""
    before = photo(tmp_path / "before.png")
    image = read(before)
    write(with_provenance(image.with_pixels(255 - image.pixels), DONE), tmp_path / "after.png")
    return before, tmp_path / "after.png"


def test_two_files_are_compared(cli: Cli, pair: tuple[Path, Path]) -> None:
    done = cli("diff", *pair)
    assert done.code == 0
    for word in ("PSNR", "ΔE mean", "changed", "after.png", "recorded in 1 picture: nlm (weights abababababab", "sRGB"):
        assert word in done.out


def test_the_document_has_full_figures(cli: Cli, pair: tuple[Path, Path]) -> None:
    document = json.loads(cli("diff", *pair, "--json").out)
    (image,) = document["images"]
    assert image["treatments"] == [
        {"model": "nlm", "weights": "ab" * 32, "options": {"strength": 0.5}, "version": "0.1.0"}
    ]
    assert image["changed"] == 1
    assert image["delta_e_max"] >= image["delta_e_p95"] >= image["delta_e_mean"] > 1
    assert (image["scale"], image["alpha_changed"], image["map"]) == (1, None, None)


def test_equal_pictures_are_inf_and_nothing_recorded_is_said(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")
    done = cli("diff", path, path)
    assert "inf" in done.out and "no treatment recorded in 1 picture" in done.out
    assert json.loads(cli("diff", path, path, "--json").out)["images"][0]["psnr"] == "inf"


def test_a_map_is_drawn(cli: Cli, pair: tuple[Path, Path], tmp_path: Path) -> None:
    done = cli("diff", *pair, "-o", tmp_path / "new" / "map.png")
    assert done.code == 0 and "map.png" in done.out
    assert Pillow.open(tmp_path / "new" / "map.png").width >= 480


def test_folders_get_a_tree_of_maps(
    cli: Cli, photo: Photo, tmp_path: Path, listing_of: Callable[[Path], list[str]]
) -> None:
    for name in ("x.png", "deep/y.jpg"):
        photo(tmp_path / "before" / name)
        photo(tmp_path / "after" / name, mode="L")
    assert cli("diff", tmp_path / "before", tmp_path / "after", "-o", tmp_path / "maps").code == 0
    assert listing_of(tmp_path / "maps") == ["deep", "deep/y.png", "x.png"]


def test_maps_of_pictures_that_differ_in_their_suffix_keep_it(
    cli: Cli, photo: Photo, tmp_path: Path, listing_of: Callable[[Path], list[str]]
) -> None:
    for name in ("x.png", "x.jpg"):
        photo(tmp_path / "before" / name)
        photo(tmp_path / "after" / name, mode="L")
    assert cli("diff", tmp_path / "before", tmp_path / "after", "-o", tmp_path / "maps").code == 0
    assert listing_of(tmp_path / "maps") == ["x.jpg.png", "x.png.png"]


def test_one_bad_pair_does_not_stop_the_others(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        photo(tmp_path / "before" / name)
    photo(tmp_path / "after" / "a.png")
    photo(tmp_path / "after" / "b.png", width=25)
    photo(tmp_path / "after" / "c.png")
    done = cli("diff", tmp_path / "before", tmp_path / "after")
    assert done.code == 8
    assert "a.png" in done.out
    assert "25x16, but 24x16" in done.err and "c.png: has no partner" in done.err


@pytest.mark.parametrize("victim", ["before.png", "after.png", "other.png"])
def test_no_picture_is_overwritten_by_a_map(
    cli: Cli, pair: tuple[Path, Path], photo: Photo, tmp_path: Path, victim: str
) -> None:
    photo(tmp_path / "other.png", width=9)
    bytes_before = (tmp_path / victim).read_bytes()
    assert cli("diff", *pair, "-o", tmp_path / victim).code == 4
    assert (tmp_path / victim).read_bytes() == bytes_before
    if victim != "other.png":
        assert cli("diff", *pair, "-o", tmp_path / victim, "--overwrite").code == 4
        assert (tmp_path / victim).read_bytes() == bytes_before
    else:
        assert cli("diff", *pair, "-o", tmp_path / victim, "--overwrite").code == 0


@pytest.mark.parametrize("side", ["before", "after"])
def test_maps_never_lie_among_the_pictures(cli: Cli, photo: Photo, tmp_path: Path, side: str) -> None:
    for folder in ("before", "after"):
        photo(tmp_path / folder / "a.jpg")
    done = cli("diff", tmp_path / "before", tmp_path / "after", "-o", tmp_path / side / "maps")
    assert done.code == 2 and "lies inside" in done.err


def test_a_map_of_another_format_is_refused(cli: Cli, pair: tuple[Path, Path], tmp_path: Path) -> None:
    done = cli("diff", *pair, "-o", tmp_path / "map.jpg")
    assert done.code == 2 and ".png" in done.err
