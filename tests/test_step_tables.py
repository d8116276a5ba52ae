"""Tables of steps: where in the file each key stands, so that a mistake can be told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.step_tables import read_tables

TEXT = """# a comment
[[step]]
task = "denoise"
"odd key" = 1

[[ step ]]  # why
box = [
  "1,2,3,4",
]
task = "inpaint"
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "steps.toml"
    file.write_text(text)
    return file


def test_each_key_is_found_in_its_own_step(tmp_path: Path) -> None:
    first, second = read_tables(written(tmp_path, TEXT), "pipeline", "task")
    assert (first.values["task"], second.values["task"]) == ("denoise", "inpaint")
    assert (first.line("task"), first.line("odd key"), second.line("box"), second.line("task")) == (3, 4, 7, 10)
    assert first.line("box") == 2, "what is not there is told where its step begins"


def test_the_mark_that_editors_on_windows_begin_with_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "steps.toml"
    file.write_text(TEXT, "utf-8-sig")
    assert [step.values["task"] for step in read_tables(file, "pipeline", "task")] == ["denoise", "inpaint"]


def test_a_refusal_names_file_line_and_advice(tmp_path: Path) -> None:
    file = written(tmp_path, TEXT)
    refusal = read_tables(file, "pipeline", "task")[1].refusal("task", "no.", "Do it.")
    assert str(refusal) == f"{file}: line 10: no. Do it."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no steps. Each step is a table [[step]] with task"),
        ("[[steps]]\ntask = 1", "line 1: there is no 'steps' in a pipeline"),
        ("step = [1]", "holds no steps"),
        ("[[step]]\ntask = ", "is no TOML"),
    ],
)
def test_a_file_without_steps_is_refused_with_what_a_step_looks_like(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read_tables(written(tmp_path, text), "pipeline", "task")
    assert said in str(error.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(UsageError, match=r"photo\.jpg: cannot be read as a pipeline: it is no text"):
        read_tables(file, "pipeline", "task")
