"""The steps of photos as pipeline files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from restore_classic import plugin as classic
from restore_correct import plugin as correct

from restore.auto.writing import check_place, write_plans
from restore.errors import OutputError
from restore.pipeline import PlannedStep, read_pipeline
from restore.planning import Items, Plan, WorkItem
from restore.plugin_manager import PluginManager

ACCOUNT: dict[str, Any] = {
    "summary": "denoise, correct",
    "steps": [
        {"task": "denoise", "model": "nlm", "options": {}, "mask": None, "why": "noise of sigma 20"},
        {"task": "correct", "model": "correct", "options": {"white-balance": "grey-world"}, "mask": None, "why": "x"},
    ],
    "left_out": [{"task": "inpaint", "why": "damage: not looked for"}],
}
NOTHING: dict[str, Any] = {"summary": "left as it is", "steps": [], "left_out": []}


def plan_of(tmp_path: Path, *names: str) -> Plan:
    items = Items(WorkItem((tmp_path / "in" / name,), tmp_path / "out" / name) for name in names)
    return Plan(items, folder=tmp_path / "out")


def test_one_photo_has_one_file_that_runs_and_says_why(tmp_path: Path) -> None:
    plan, place = plan_of(tmp_path, "a.jpg"), tmp_path / "mine.toml"
    assert write_plans(place, plan, {tmp_path / "out" / "a.jpg": ACCOUNT}, overwrite=False) == ([place], [])
    text = place.read_text("utf-8")
    assert "# not inpaint: damage: not looked for" in text
    assert "[[step]]  # noise of sigma 20" in text
    manager = PluginManager.of({"classic": classic, "correct": correct})
    assert read_pipeline(place, manager) == (
        PlannedStep("nlm"),
        PlannedStep("correct", {"white_balance": "grey-world"}),
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        ("two\nlines\x1b.png", r"two\nlines\x1b.png"),
        ("Grüße 👋.png", "Grüße 👋.png"),
    ],
)
def test_a_name_that_is_no_text_or_several_lines_still_gives_a_pipeline(tmp_path: Path, name: str, shown: str) -> None:
    place = tmp_path / "mine.toml"
    write_plans(place, plan_of(tmp_path, name), {tmp_path / "out" / name: ACCOUNT}, overwrite=False)
    assert f"# What `restore auto` chose for {shown}. To run it" in place.read_text("utf-8")
    assert len(read_pipeline(place, PluginManager.of({"classic": classic, "correct": correct}))) == 2


def test_several_photos_have_a_file_each_in_their_tree_and_those_that_need_nothing_none(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "a.jpg", "album/a.png", "album/b.png")
    out = tmp_path / "out"
    accounts = {out / "a.jpg": ACCOUNT, out / "album/a.png": ACCOUNT, out / "album/b.png": NOTHING}
    written, _ = write_plans(tmp_path / "plans", plan, accounts, overwrite=False)
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "plans/a.jpg.toml",
        "plans/album/a.png.toml",
    ]


def test_a_file_that_somebody_may_have_edited_is_kept(tmp_path: Path) -> None:
    plan, place = plan_of(tmp_path, "a.jpg"), tmp_path / "mine.toml"
    place.write_text("edited")
    accounts = {tmp_path / "out" / "a.jpg": ACCOUNT}
    assert write_plans(place, plan, accounts, overwrite=False) == ([], [place])
    assert place.read_text() == "edited"
    assert write_plans(place, plan, accounts, overwrite=True) == ([place], [])


def test_a_place_that_cannot_hold_the_plans_is_refused_beforehand(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="one file, but there are several photos"):
        check_place(tmp_path / "mine.toml", plan_of(tmp_path, "a.jpg", "b.jpg"))
    with pytest.raises(OutputError, match=r"End it with \.toml"):
        check_place(tmp_path / "mine", plan_of(tmp_path, "a.jpg"))
    check_place(tmp_path, plan_of(tmp_path, "a.jpg"))
    check_place(tmp_path / "plans", plan_of(tmp_path, "a.jpg", "b.jpg"))
