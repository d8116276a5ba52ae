"""What a report tells of one photo, and of the runs: plain values, from a journal or from a run without one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from restore.diagnose.findings import Findings
from restore.journal_rows import Recipe
from restore.plugin_manager import PluginManager
from restore.stamps import Stamp, is_unchanged

State = Literal["done", "skipped", "failed", "left"]
STATES: tuple[State, ...] = ("done", "skipped", "failed", "left")
"""The last: planned by a run that stopped or was killed before its turn came."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when a run had it in hand.

    Attributes:
        path: Where it was.
        stamp: What the file system said then; None where nobody noted it.
        sha256: Of its content then; None likewise.
        role: What it was to the result: "input", "frame", "mask", "result" or the name of what lies beside it.
    """

    path: Path
    role: str
    stamp: Stamp | None = None
    sha256: str | None = None

    def trouble(self) -> str | None:
        """What has become of it since, as the end of a sentence; None where it is as it was, or nobody knows."""
        now = Stamp.of(self.path)
        if now is None:
            return "is not there any more: it was moved, renamed or deleted"
        if self.stamp is None or not self.sha256 or is_unchanged(self.path, self.stamp, self.sha256):
            return None
        return "has changed since"


@dataclass(frozen=True, slots=True)
class Step:
    """One restorer's part in a result.

    Attributes:
        model: The restorer's name.
        options: Its options as plain JSON values.
        weights: sha256 of its weights; None where it has none.
        version: Of restore; "" where it is not known.
        task: What it is for; "" where it is not known.
        why: Why it was taken for this photo; "" where it is taken for all.
        changed: Whether it changed any pixel, as far as that is known.
        seconds: It alone took, without reading and writing; None where that is not known.
        notes: What it said of this photo, one sentence each.
    """

    model: str
    options: Mapping[str, object] = field(default_factory=dict)
    weights: str | None = None
    version: str = ""
    task: str = ""
    why: str = ""
    changed: bool = True
    seconds: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Photo:
    """One result, whether it was made or not.

    Attributes:
        name: What the report calls it.
        state: What became of it.
        result: The file that was, or would have been, written.
        inputs: What it was made from: one picture, or the frames of a series; none where that was never noted.
        mask: The file that said what is missing, or None.
        beside: What was written beside it.
        steps: What was done to it, in order.
        reason: Why it was skipped, failed or left.
        is_dangerous: Whether reading it took the process down, so that nothing here may read it again.
        seconds: Spent on it.
        megapixels: Of the input.
        warnings: What could not be kept, one sentence each.
        summary: What was done to it, on one line; "" where nobody said so.
        left_out: What was not done, and why, one sentence each.
        findings: What was found before it, where somebody looked.
    """

    name: str
    state: State
    result: File
    inputs: tuple[File, ...] = ()
    mask: File | None = None
    beside: tuple[File, ...] = ()
    steps: tuple[Step, ...] = ()
    reason: str | None = None
    is_dangerous: bool = False
    seconds: float = 0.0
    megapixels: float = 0.0
    warnings: tuple[str, ...] = ()
    summary: str = ""
    left_out: tuple[str, ...] = ()
    findings: Findings | None = None


@dataclass(frozen=True)
class Account:
    """What a report is about.

    Attributes:
        title: What the run was about: the folder of the results, or the one result.
        photos: In the order in which they are shown.
        facts: What is true of all, label and text, for the head of the page.
        runs: What each run did, one row each with the same keys; the first one first.
    """

    title: str
    photos: Sequence[Photo]
    facts: tuple[tuple[str, str], ...] = ()
    runs: tuple[Mapping[str, str], ...] = ()

    def count(self, state: State) -> int:
        """How many photos are in a state."""
        return sum(photo.state == state for photo in self.photos)

    @property
    def seconds(self) -> float:
        """Spent on all results that were made."""
        return sum(photo.seconds for photo in self.photos if photo.state == "done")

    @property
    def megapixels(self) -> float:
        """Of the inputs of all results that were made."""
        return sum(photo.megapixels for photo in self.photos if photo.state == "done")


Defaults = Mapping[str, Mapping[str, object]]
"""The defaults of each model's options, by its name."""


def defaults_of(manager: PluginManager) -> Defaults:
    """The defaults of all models, as the journal would have them."""
    return {spec.name: spec.options.model_construct().model_dump(mode="json") for spec in manager.restorers()}


def steps_of(recipe: Recipe | None, defaults: Defaults) -> tuple[Step, ...]:
    """What a recipe does to every picture: one step, or those of a pipeline, which its options list.

    Only options that differ from the model's defaults of today are told. What is said of masks counts as an option.
    """
    if recipe is None:
        return ()
    options = _object(recipe.options)
    inner = options.get("steps")
    if isinstance(inner, list) and inner and all(isinstance(each, dict) and "model" in each for each in inner):
        return tuple(_step(each, recipe.version, defaults) for each in inner)
    whole = {"model": recipe.model, "options": options, "weights": recipe.weights}
    return (_step({**whole, "mask": settings_of(recipe).get("mask")}, recipe.version, defaults),)


def _step(said: Mapping[str, Any], version: str, defaults: Defaults) -> Step:
    usual, options = defaults.get(said["model"], {}), said.get("options") or {}
    told = {name: value for name, value in options.items() if value != usual.get(name)}
    mask = {"mask": said["mask"]} if said.get("mask") else {}
    return Step(said["model"], {**told, **mask}, said.get("weights"), version, said.get("task") or "")


def settings_of(recipe: Recipe | None) -> Mapping[str, object]:
    """What else shapes the results of a recipe."""
    return {} if recipe is None else _object(recipe.settings)


def _object(text: str) -> dict[str, object]:
    """A JSON object; empty where the text, of a journal that was changed by hand, is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
