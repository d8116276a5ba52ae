"""docs/python.md: its code runs as it stands, and its table lists the public names, all of them and no others."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

import restore

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "python.md").read_text("utf-8")


def test_the_code_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "sample_images", tmp_path / "sample_images")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL):
        exec(compile(block, "docs/python.md", "exec"), names)
    said = capsys.readouterr().out
    assert "Its channels stand first: give np.moveaxis(array, 0, -1)" in said
    assert "0 2 0" in said and said.count("skipped restored") == 2
    assert (tmp_path / "coffee.png").exists()
    array, large, same = names["array"], names["large"], names["same"]
    assert isinstance(array, np.ndarray) and isinstance(large, np.ndarray) and isinstance(same, np.ndarray)
    assert (array.shape, large.shape, same.shape) == ((64, 96, 3), (128, 192, 3), (128, 192, 3))
    assert isinstance(names["batch"], torch.Tensor) and names["batch"].shape == (2, 3, 64, 64)
    assert isinstance(names["restored"], restore.Picture)


def test_all_code_blocks_are_run() -> None:
    assert set(re.findall(r"^```(\w*)$", TEXT, flags=re.MULTILINE)) == {"python", ""}


def test_ten_lines_restore_a_picture_of_every_kind() -> None:
    block = re.search(r"^```python\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert block
    lines = [line for line in block[1].splitlines() if line and "import" not in line]
    assert len(lines) == 10


def test_the_table_lists_the_public_names() -> None:
    table = TEXT.partition("## Everything there is")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)", table, flags=re.MULTILINE)
    assert sorted(listed) == sorted(restore.__all__)


def test_every_public_name_is_there_and_documented() -> None:
    for name in restore.__all__:
        assert getattr(restore, name).__doc__
    assert set(restore.__all__) <= set(dir(restore))


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert [target for target in targets if not (ROOT / "docs" / target).exists()] == []


def test_the_example_is_among_what_mypy_checks_strictly() -> None:
    """Types are part of what users rely on: an array in is an array out."""
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    assert mypy["strict"] and "docs/examples" in mypy["files"]
