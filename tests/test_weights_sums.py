"""The lists of sha256 beside shipped weights: current, and readable by `sha256sum -c`."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from restore.errors import WeightsError
from restore.weights.sums import NAME, read_sums, sums_text, write_sums

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = sorted({path.parent for path in (ROOT / "plugins").glob("*/weights/*.safetensors")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_the_list_beside_shipped_weights_is_current(folder: Path) -> None:
    path = folder / NAME
    assert path.is_file() and path.read_text("utf-8") == sums_text(folder), (
        "weights have changed: run `python scripts/write_weights_sums.py`"
    )


def test_weights_are_shipped() -> None:
    assert len(FOLDERS) >= 4


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "a name.safetensors").write_bytes(b"one")
    (tmp_path / "b.safetensors").write_bytes(b"two")
    (tmp_path / "card.md").write_bytes(b"three")
    write_sums(tmp_path)
    sums = {"a name.safetensors": b"one", "b.safetensors": b"two"}
    assert read_sums(tmp_path) == {name: hashlib.sha256(content).hexdigest() for name, content in sums.items()}


def test_the_usual_program_reads_it_too(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"one")
    write_sums(tmp_path)
    (tmp_path / "check").write_bytes((tmp_path / NAME).read_bytes())
    done = subprocess.run(["sha256sum", "-c", "check"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "a.safetensors: OK\n"


def test_a_folder_without_a_list_has_none(tmp_path: Path) -> None:
    assert read_sums(tmp_path) == {}


@pytest.mark.parametrize("content", [b"nonsense\n", b"0123  a.safetensors\n", b"\xff\xfe"])
def test_a_damaged_list_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(WeightsError, match=f"{NAME}: (line 1 is not|cannot be read)"):
        read_sums(tmp_path)
