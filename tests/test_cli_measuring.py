"""`restore evaluate` as users meet it, and tables of figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restore.cli import measuring, tables
from restore.errors import ExitCode

Photo = Callable[..., Path]
Cli = Callable[..., Any]


@pytest.fixture
def folders(photo: Photo, tmp_path: Path) -> tuple[Path, Path]:
    """Two folders, one picture identical, one too small for SSIM and in another format."""
    for name in ("same.png", "tiny.png"):
        photo(tmp_path / "restored" / name, width=24 if name == "same.png" else 8)
    photo(tmp_path / "reference" / "same.png")
    photo(tmp_path / "reference" / "tiny.jpg", width=8)
    return tmp_path / "restored", tmp_path / "reference"


def test_the_table_states_the_convention_and_what_the_mean_leaves_out(cli: Cli, folders: tuple[Path, Path]) -> None:
    outcome = cli("evaluate", *folders)
    assert outcome.code == ExitCode.OK
    for text in (
        "same.png",
        "psnr_rgb",
        "ssim_y",
        "mean",
        "inf",
        "Y (BT.601, 16-235; grey pictures as they are), border 0",
    ):
        assert text in outcome.out
    assert "psnr_rgb: 1 identical picture (inf) left out of the mean" in outcome.out
    assert "ssim_rgb: not defined for 1 picture, left out of the mean" in outcome.out


def test_json_is_one_document_that_every_parser_takes(cli: Cli, folders: tuple[Path, Path]) -> None:
    outcome = cli("evaluate", *folders, "--json", "--space", "grey", "--border", 1)
    document = json.loads(outcome.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    same, tiny = document["images"]
    assert same == {"image": "same.png", "psnr_grey": "inf", "ssim_grey": 1.0}
    assert tiny["ssim_grey"] is None
    assert document["conventions"][0]["border"] == 1
    assert document["mean"]["psnr_grey"] == {"value": tiny["psnr_grey"], "identical": 1, "undefined": 0}


def test_csv_has_a_line_for_each_picture_in_full_precision(
    cli: Cli, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    cli("evaluate", *folders, "--csv", tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ["same.png", "tiny.png"]
    assert rows[0]["psnr_rgb"] == "inf"
    assert rows[1]["ssim_rgb"] == ""
    assert len(rows[1]["psnr_rgb"]) > 10


def test_a_table_never_takes_the_place_of_a_picture(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    restored, reference = photo(tmp_path / "a.png"), photo(tmp_path / "b.png")
    disguised, unknown = tmp_path / "c.csv", tmp_path / "d.dat"
    disguised.write_bytes(reference.read_bytes())
    unknown.write_bytes(reference.read_bytes())
    for table, said in (
        (reference, "is one of the pictures compared"),
        (tmp_path / "new.jpg", "is no name for a table"),
        (disguised, "exists, and is no table"),
        (tmp_path, "is a folder"),
    ):
        outcome = cli("evaluate", restored, reference, "--csv", table)
        assert outcome.code in (ExitCode.USAGE, ExitCode.OUTPUT)
        assert said in outcome.err
        assert outcome.out == "", "refused before anything is measured"
    assert "is one of the pictures" in cli("evaluate", restored, unknown, "--csv", unknown).err
    assert reference.read_bytes() == disguised.read_bytes() == unknown.read_bytes()


@pytest.mark.parametrize("before", ["", "image,psnr_rgb\na.png,inf\n", "\ufeffBild;PSNR\na.png;3,5\n"])
def test_a_table_of_before_is_replaced(cli: Cli, photo: Photo, tmp_path: Path, before: str) -> None:
    table, picture = tmp_path / "t.csv", photo(tmp_path / "a.png")
    table.write_text(before, "utf-8")
    assert cli("evaluate", picture, picture, "--csv", table).code == ExitCode.OK
    assert table.read_text("utf-8").startswith("image,psnr_rgb,ssim_rgb,")


def test_a_text_that_is_no_table_stays(cli: Cli, photo: Photo, tmp_path: Path) -> None:
    notes, picture = tmp_path / "notes.txt", photo(tmp_path / "a.png")
    notes.write_text("Ask her who this is.\n", "utf-8")
    assert "exists, and is no table" in cli("evaluate", picture, picture, "--csv", notes).err
    assert notes.read_text("utf-8") == "Ask her who this is.\n"


def test_a_missing_partner_is_named_and_the_exit_code_says_some_failed(cli: Cli, folders: tuple[Path, Path]) -> None:
    (folders[1] / "tiny.jpg").unlink()
    outcome = cli("evaluate", *folders)
    assert outcome.code == ExitCode.SOME_FAILED
    assert f"{folders[0] / 'tiny.png'}: has no partner in {folders[1]}" in outcome.err
    assert "same.png" in outcome.out


def test_nothing_that_could_be_measured_is_an_input_error(cli: Cli, folders: tuple[Path, Path], photo: Photo) -> None:
    outcome = cli("evaluate", folders[0] / "same.png", photo(folders[1] / "wide.png", width=99))
    assert outcome.code == ExitCode.INPUT
    assert "24x16" in outcome.err
    assert "99x16" in outcome.err


def test_the_spaces_offered_are_those_there_are() -> None:
    from typing import get_args

    from restore.metrics import Space

    assert get_args(Space) == measuring.SPACES


def test_tables_of_undefined_values_show_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    tables.show_table("", [{"name": "a", "x": float("nan"), "y": None, "z": float("inf")}], {"x": 2})
    assert capsys.readouterr().out.split()[-4:] == ["a", "-", "-", "inf"]
