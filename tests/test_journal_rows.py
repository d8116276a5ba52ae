"""Rows of the journal: what goes in comes out, whatever the file names are."""

from __future__ import annotations

import os

import pytest

from restore.journal_rows import Recipe, Source, decoded, encoded, entry_of, run_of, sources_as_text
from restore.stamps import Stamp

NOT_UTF8 = os.fsdecode(b"photo \xff.png")
RECIPE = Recipe("conv-dae", "0" * 64, '{"sigma": "auto"}', "{}", "1.0")


@pytest.mark.parametrize("name", ["a.png", "Größe 東京 🎞.png", NOT_UTF8])
def test_names_of_every_kind_come_back(name: str) -> None:
    assert decoded(encoded(name)) == name
    assert isinstance(encoded(name), bytes if name == NOT_UTF8 else str)


def test_an_entry_comes_back_with_its_sources() -> None:
    sources = (Source(f"/in/{NOT_UTF8}", Stamp(10, 20, 30), "ab"), Source("/in/b.png", Stamp(1, 2, 3), "cd"))
    entry = entry_of(
        (encoded(NOT_UTF8), 7, "r", "done", encoded(f"{NOT_UTF8} exists"), None, sources_as_text(sources),
         5, 6, 0, "ef", None, 1.5, 12.0, '["no room"]', '{"summary": "x"}')
    )  # fmt: skip
    assert entry.output == NOT_UTF8
    assert entry.sources == sources
    assert entry.reason == f"{NOT_UTF8} exists"
    assert entry.stamp == Stamp(5, 6, 0)
    assert entry.warnings == ("no room",)
    assert entry.exit_code == 0
    assert entry.account == {"summary": "x"}


def test_an_entry_that_was_only_planned_holds_nothing() -> None:
    entry = entry_of(("a.png", 1, "r", "planned", *[None] * 12))
    assert (entry.sources, entry.stamp, entry.sha256, entry.warnings, entry.seconds) == ((), None, None, (), 0.0)


@pytest.mark.parametrize("change", ["model", "weights", "options", "settings"])
def test_everything_that_shapes_a_result_changes_the_digest(change: str) -> None:
    values = {"model": "a", "weights": None, "options": "{}", "settings": "{}", "version": "1"}
    assert Recipe(**values).digest != Recipe(**values | {change: "other"}).digest  # type: ignore[arg-type]


def test_an_update_alone_is_no_reason_to_do_all_again() -> None:
    assert RECIPE.digest == Recipe(RECIPE.model, RECIPE.weights, RECIPE.options, RECIPE.settings, "2.0").digest


def test_a_run_comes_back_with_its_recipe() -> None:
    values = (3, "2026-11-21T06:00:00+00:00", None, "here", 42, 10, None, None, None, None)
    recipe = (RECIPE.digest, RECIPE.model, RECIPE.weights, RECIPE.options, RECIPE.settings, RECIPE.version)
    row = run_of((*values, *recipe))
    assert (row.recipe, row.id, row.process, row.inputs, row.ended) == (RECIPE, 3, 42, 10, None)
    assert run_of((*values, *[None] * 6)).recipe is None
