"""The flags of `--watch`: what makes no sense is refused before anything is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--settle", "3s"], "--settle is for --watch."),
        (["--poll"], "--poll is for --watch."),
        (["--watch", "--dry-run"], "--watch and --dry-run contradict each other."),
        (["--watch", "--settle", "soon"], "'soon' is not a time"),
    ],
)
def test_flags_that_make_no_sense_together_are_refused(
    tmp_path: Path, photo: Photo, cli: Cli, flags: list[str], message: str
) -> None:
    photo(tmp_path / "in" / "a.png")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", *flags)
    assert outcome.code == ExitCode.USAGE and message in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["a.png", "*.png", "nowhere"])
def test_only_folders_can_be_watched(tmp_path: Path, photo: Photo, cli: Cli, name: str) -> None:
    photo(tmp_path / "a.png")
    outcome = cli("denoise", tmp_path / name, "-o", tmp_path / "out", "--watch")
    assert outcome.code == ExitCode.USAGE
    assert f"{tmp_path}/{name}: --watch waits for pictures in folders. Name an existing folder" in outcome.err
