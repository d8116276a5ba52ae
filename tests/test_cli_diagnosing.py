"""The command `diagnose`: a table for people, a document for scripts; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restore.errors import ExitCode

Photo = Callable[..., Path]
Cli = Callable[..., Any]
SAMPLES = Path(__file__).resolve().parents[1] / "sample_images"


def test_a_table_says_what_is_wrong(cli: Cli) -> None:
    done = cli("diagnose", SAMPLES / "scan-16bit.tif", SAMPLES / "coffee-noisy.jpg")
    assert done.code == 0
    for word in ("scan-16bit.tif", "20.", "grey", "90", "2 pictures looked at", "Damage was not looked for"):
        assert word in done.out


def test_the_document_has_every_figure_and_its_confidence(cli: Cli) -> None:
    (image,) = json.loads(cli("diagnose", SAMPLES / "cat-cutout.png", "--json").out)["images"]
    assert image["image"].endswith("cat-cutout.png")
    assert image["noise"]["sigma"] == pytest.approx(15, rel=0.1)
    assert image["damage"] == {"looked_for": False, "share": None, "confidence": 0.0}
    assert image["grey"]["tinted"] is False
    parts = ("noise", "jpeg", "blur", "resolution", "grey", "cast", "fading", "clipping", "skew", "damage")
    assert all(0 <= image[part]["confidence"] <= 1 for part in parts)


def test_folders_are_gone_through_also_the_one_one_stands_in(
    cli: Cli, photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "deep" / "b.jpg")
    monkeypatch.chdir(tmp_path / "in" / "deep")
    images = json.loads(cli("diagnose", tmp_path / "in", "--json").out)["images"]
    assert [Path(image["image"]).name for image in images] == ["a.png", "b.jpg"]


def test_one_bad_file_does_not_stop_the_others(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "broken.png").write_bytes(b"nothing")
    done = cli("diagnose", tmp_path / "in")
    assert done.code == ExitCode.SOME_FAILED
    assert "a.png" in done.out and "broken.png" in done.err
    document = json.loads(cli("diagnose", tmp_path / "in", "--json").out)
    assert len(document["images"]) == 1 and "broken.png" in document["problems"][0]


def test_nothing_but_bad_files_is_an_error_of_input(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"nothing")
    assert cli("diagnose", tmp_path / "broken.png").code == ExitCode.INPUT
    assert cli("diagnose", tmp_path / "gone.png").code == ExitCode.INPUT
    assert cli("diagnose", photo(tmp_path / "a.png"), "--max-pixels", "10").code == ExitCode.INPUT


def test_nothing_is_written(cli: Cli, photo: Photo, tmp_path: Path, listing_of: Callable[[Path], list[str]]) -> None:
    path = photo(tmp_path / "a.png")
    before = path.read_bytes()
    cli("diagnose", tmp_path)
    assert listing_of(tmp_path) == ["a.png"]
    assert path.read_bytes() == before


def test_what_was_found_is_drawn_in_a_tree_like_the_pictures(
    cli: Cli, photo: Photo, tmp_path: Path, listing_of: Callable[[Path], list[str]]
) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "a.jpg")
    photo(tmp_path / "in" / "deep" / "b.tif")
    (tmp_path / "in" / "broken.png").write_bytes(b"nothing")
    out = tmp_path / "drawn"
    done = cli("diagnose", tmp_path / "in", "--picture", out)
    assert done.code == ExitCode.SOME_FAILED and "3 pictures of it drawn" in done.out
    assert listing_of(out) == ["a.jpg.png", "a.png.png", "deep", "deep/b.tif.png"]
    images = json.loads(cli("diagnose", tmp_path / "in" / "a.png", "--picture", out, "--json").out)["images"]
    assert images[0]["picture"] == str(out / "a.png.png"), "an earlier drawing is replaced"


def test_drawings_never_take_a_photos_place(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.jpg")
    inside = cli("diagnose", tmp_path / "in", "--picture", tmp_path / "in" / "drawn")
    assert inside.code == ExitCode.USAGE and "taken for pictures" in inside.err
    mine = photo(tmp_path / "drawn" / "a.jpg.png")
    before = mine.read_bytes()
    refused = cli("diagnose", tmp_path / "in", "--picture", tmp_path / "drawn")
    assert refused.code == ExitCode.OUTPUT and "no diagnosis" in refused.err
    assert mine.read_bytes() == before


def test_two_pictures_never_share_a_drawing(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    one, other = photo(tmp_path / "a" / "x.png"), photo(tmp_path / "b" / "x.png")
    done = cli("diagnose", one, other, "--picture", tmp_path / "drawn")
    assert done.code == ExitCode.USAGE
    assert str(one) in done.err and str(other) in done.err and "Name their folders" in done.err
    assert not (tmp_path / "drawn").exists()
    assert cli("diagnose", tmp_path / "a", tmp_path / "b", "--picture", tmp_path / "drawn").code == ExitCode.OK
    assert (tmp_path / "drawn" / "a" / "x.png.png").exists() and (tmp_path / "drawn" / "b" / "x.png.png").exists()
