"""`restore report`, and the flags `--report`, `--contact-sheet` and `--truth` of the commands that write results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PillowImage

from restore.errors import ExitCode
from restore.journal import FOLDER
from restore.plugin_manager import PluginManager

PhotoFile = Callable[..., Path]
Cli = Callable[..., Any]
Listing = Callable[[Path], list[str]]


@pytest.fixture
def made(tmp_path: Path, photo: PhotoFile, cli: Cli) -> Path:
    """A folder of results, one of them failed."""
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "deep" / "b.jpg")
    (tmp_path / "in" / "broken.png").write_bytes(b"nothing")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    return tmp_path / "out"


def test_a_page_is_made_of_a_folder_of_results(made: Path, cli: Cli) -> None:
    done = cli("report", made)
    assert done.code == ExitCode.OK and "report.html (3 photos" in done.out
    text = (made / "report.html").read_text()
    assert "3 = 2 done + 0 skipped + 1 failed" in text and text.count("<article") == 3


def test_it_says_what_it_has_written_and_changes_nothing_else(made: Path, cli: Cli, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.png"
    document = json.loads(cli("report", made, "-o", page, "--contact-sheet", sheet, "--json").out)
    assert document == {
        "photos": 3,
        "report": str(page),
        "bytes": page.stat().st_size,
        "contact_sheet": str(sheet),
    }
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before
    with PillowImage.open(sheet) as picture:
        assert picture.format == "PNG"


def test_the_truth_is_paired_as_evaluate_does_and_the_means_are_told(made: Path, cli: Cli, tmp_path: Path) -> None:
    evaluated = json.loads(cli("evaluate", made, tmp_path / "in", "--json").out)
    cli("report", made, "--truth", tmp_path / "in")
    text = (made / "report.html").read_text()
    mean = evaluated["mean"]["psnr_rgb"]["value"]
    assert f"{mean:.2f} dB over 2 photos" in text
    assert cli("report", made, "--truth", tmp_path / "gone").code == ExitCode.INPUT


def test_findings_are_told_when_asked_for(made: Path, cli: Cli) -> None:
    cli("report", made)
    assert "All findings" not in (made / "report.html").read_text()
    cli("report", made, "--findings")
    assert (made / "report.html").read_text().count("All findings") == 2


def test_a_folder_without_a_journal_is_answered_with_the_next_step(tmp_path: Path, cli: Cli) -> None:
    done = cli("report", tmp_path)
    assert done.code == ExitCode.OUTPUT and "holds no journal" in done.err
    assert list(tmp_path.iterdir()) == []


def test_any_command_writes_a_report_of_its_own_run(tmp_path: Path, photo: PhotoFile, cli: Cli, made: Path) -> None:
    photo(tmp_path / "new" / "c.png")
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.png"
    done = cli("denoise", tmp_path / "new", "-o", made, "--report", page, "--contact-sheet", sheet)
    assert done.code == ExitCode.OK and "report:" in done.out and sheet.exists()
    text = page.read_text()
    assert text.count("<article") == 1 and "c.png" in text, "and not what other runs have put there"
    photo(tmp_path / "new" / "d.png")
    cli("denoise", tmp_path / "new", "-o", made, "--report", page)
    assert page.read_text().count("<article") == 2, "of a resumed run all of its photos"


def test_json_stays_one_document(tmp_path: Path, photo: PhotoFile, cli: Cli) -> None:
    done = cli(
        "denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "b.png", "--json", "--report", tmp_path / "r.html"
    )
    assert json.loads(done.out)["done"] == 1 and done.err == ""


def test_a_single_result_without_a_journal_has_a_report_too(
    tmp_path: Path, photo: PhotoFile, cli: Cli, listing_of: Listing
) -> None:
    photo(tmp_path / "a.png")
    done = cli(
        "denoise", tmp_path / "a.png", "-o", tmp_path / "b.png", "--report", tmp_path / "r.html", "--truth",
        tmp_path / "a.png", "--companions", "1",
    )  # fmt: skip
    assert done.code == ExitCode.OK
    text = (tmp_path / "r.html").read_text()
    assert text.count("<article") == 1 and "mean PSNR RGB" in text and "negative" in text
    assert not (tmp_path / FOLDER).exists()


def test_in_place_the_kept_original_is_the_before(tmp_path: Path, photo: PhotoFile, cli: Cli) -> None:
    photo(tmp_path / "photos" / "a.png")
    page = tmp_path / "r.html"
    cli("denoise", tmp_path / "photos", "--in-place", "--backup", tmp_path / "backup", "--report", page)
    assert '<a href="backup/a.png">before</a>' in page.read_text()


def test_the_report_of_a_series_shows_its_frames(
    tmp_path: Path, photo: PhotoFile, averager: Any, run_cli: Callable[..., Any]
) -> None:
    frames = [photo(tmp_path / "in" / f"{number}.png", 64, 64) for number in (1, 2, 3)]
    manager = PluginManager.of({"averager": averager})
    out = f"{tmp_path / 'out'}/"
    assert run_cli(manager, "fuse", *frames, "-o", out, "--report", tmp_path / "r.html").code == ExitCode.OK
    text = (tmp_path / "r.html").read_text()
    assert text.count("data-frame=") == 3 and '<a href="in/3.png">frame 3</a>' in text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--report", "r.txt"), ExitCode.USAGE, "ends in .html"),
        (("--report", "diary.html"), ExitCode.OUTPUT, "no report of restore"),
        (("--contact-sheet", "s.jpg"), ExitCode.OUTPUT, "ends in .png"),
        (("--contact-sheet", "in/s.png"), ExitCode.USAGE, "taken for a photo"),
        (("--truth", "in"), ExitCode.USAGE, "Add --report"),
        (("--report", "r.html", "--truth", "gone"), ExitCode.USAGE, "Check --truth"),
        (("--report", "r.html", "--dry-run"), ExitCode.USAGE, "dry run"),
        (("--report", "r.html", "--watch"), ExitCode.USAGE, "at any time"),
    ],
)
def test_what_could_not_be_written_is_refused_before_anything_is_restored(
    words: tuple[str, ...],
    code: ExitCode,
    said: str,
    tmp_path: Path,
    photo: PhotoFile,
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    photo(tmp_path / "in" / "a.png")
    Path("diary.html").write_text("mine")
    done = cli("denoise", "in", "-o", "out", *words)
    assert done.code == code and said in done.err
    assert not Path("out").exists() and Path("diary.html").read_text() == "mine"


def test_after_an_interruption_no_report_is_made_but_how_is_said(tmp_path: Path, photo: PhotoFile, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png", 13)
    page = tmp_path / "r.html"
    done = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--trouble", "interrupt", "--report", page)
    assert done.code == ExitCode.INTERRUPTED and "restore report" in done.err and not page.exists()
