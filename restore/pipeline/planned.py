"""The steps of a pipeline as plain values, and each tied to its restorer in this process."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from restore.contracts import promised_companions
from restore.errors import InputError, UsageError, WeightsError
from restore.masks.detecting import Finder, finder_of
from restore.masks.request import Masking
from restore.pipeline.masking import MaskKeys
from restore.result_size import result_size, size_is_found
from restore.spec import Makes, Needs, Options, RestorerSpec
from restore.stamps import content_hash

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_PROBES = ((8, 9), (333, 517), (6000, 4000))
"""Heights and widths that tell whether a step keeps its picture's size."""


@dataclass(frozen=True)
class PlannedStep:
    """One step as plain values, which can be sent to another process.

    Attributes:
        model: Name of the restorer.
        options: What is said of its options, by the names of their fields.
        weights: A weights file of the user's, or None for the shipped ones.
        mask: What is said of what is missing, for a restorer that needs to know.
        why: Why it is taken, for people; None where a user has said so.
    """

    model: str
    options: Mapping[str, object] = field(default_factory=dict)
    weights: Path | None = None
    mask: MaskKeys | None = None
    why: str | None = None


@dataclass(frozen=True)
class Link:
    """One step with everything it needs in this process, loaded or not.

    Attributes:
        planned: The step.
        spec: Its restorer.
        options: An instance of the restorer's options model.
        masking: What is missing, for a restorer that needs to know.
        finder: Who looks for damage, where somebody is asked.
        uses_found: Whether the mask is what a step before has found.
    """

    planned: PlannedStep
    spec: RestorerSpec
    options: Options
    masking: Masking | None = None
    finder: Finder | None = None
    uses_found: bool = False

    @classmethod
    def of(cls, step: PlannedStep, manager: PluginManager) -> Link:
        """Tie a step to its restorer; loads nothing.

        Raises:
            PluginError: There is no such model, or no model that finds damage by itself.
            WeightsError: The weights of that one cannot be read.
        """
        spec = manager.restorer(step.model)
        options = manager.completed(spec, spec.options.model_validate(dict(step.options)), step.weights)
        if spec.needs is not Needs.IMAGE_AND_MASK:
            return cls(step, spec, options)
        keys = step.mask or MaskKeys()
        masking = keys.masking(manager)
        return cls(step, spec, options, masking, finder_of(masking, manager), keys.uses_found)

    @property
    def told(self) -> dict[str, object]:
        """What is said of it in accounts: task, model, and the options that differ from the model's defaults."""
        options = self.options.model_dump(mode="json", exclude_defaults=True)
        asked: dict[str, object] = {} if self.masking is None else self.masking.told
        if self.uses_found:
            asked = {"found": True, **asked}
        return {
            "task": self.spec.task,
            "model": self.spec.name,
            "options": {name.replace("_", "-"): value for name, value in options.items()},
            "mask": asked or None,
        }

    def recipe(self) -> dict[str, object]:
        """All that shapes its results, as plain JSON values: files by their content.

        Raises:
            WeightsError: Its weights cannot be read.
            UsageError: A file that its options name cannot be read.
        """
        path = self.planned.weights or self.spec.weights
        said: dict[str, object] = {"task": self.spec.task, "model": self.spec.name}
        if path is not None:
            try:
                said["weights"] = content_hash(path)
            except OSError as error:
                hint = f"They belong to the model '{self.spec.name}'; check `weights` of that step."
                raise WeightsError(f"cannot be read: {error.strerror}.", path=path, hint=hint) from error
        said["options"] = self.options.model_dump(mode="json")
        files = {name: _content(value) for name, value in self.options if isinstance(value, Path)}
        masking = None if self.masking is None else self.masking.settings | {"found": self.uses_found}
        return said | ({"files": files} if files else {}) | ({"mask": masking} if masking else {})

    @property
    def keeps_size(self) -> bool:
        """Whether its results are as large as its pictures."""
        if size_is_found(self.spec, self.options):
            return False
        try:
            return all(result_size(self.spec, self.options, *size) == size for size in _PROBES)
        except InputError:  # it cannot make every size, so it makes others
            return False


def _content(path: Path) -> str:
    try:
        return content_hash(path)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}.", path=path, hint="A step's options name it.") from error


def chained(steps: Sequence[PlannedStep], manager: PluginManager) -> tuple[Link, ...]:
    """Tie steps to their restorers, and refuse those that cannot follow each other.

    Raises:
        ChainError: They cannot; says which step, and why.
        PluginError, WeightsError: As `Link.of`.
    """
    links = tuple(Link.of(step, manager) for step in steps)
    for index, link in enumerate(links):
        problem = _problem(links, index, link)
        if problem is not None:
            raise ChainError(index, *problem)
    return links


class ChainError(UsageError):
    """Steps that cannot follow each other.

    Args:
        index: Of the step that is wrong, from 0.
        message: What is wrong with it.
        hint: What to do.
    """

    def __init__(self, index: int, message: str, hint: str) -> None:
        super().__init__(f"step {index + 1}: {message}", hint=hint)
        self.index, self.said = index, message


def _problem(links: Sequence[Link], index: int, link: Link) -> tuple[str, str] | None:
    """Why a step cannot stand in its place, and what to do."""
    name, before = f"'{link.spec.name}'", links[:index]
    if link.spec.needs is Needs.FRAMES:
        return (
            f"{name} makes one picture of several, and a pipeline has one picture at a time.",
            f"Run `restore {link.spec.task}` by itself, then the pipeline on its results.",
        )
    if link.spec.makes is Makes.MASK and not any(each.uses_found for each in links[index + 1 :]):
        return (
            f"{name} finds damage, and no step after it fills what is found.",
            'Add a step that fills it, like task = "inpaint"; masks alone are made by `restore detect`.',
        )
    if link.uses_found:
        places = [place for place, each in enumerate(before) if each.spec.makes is Makes.MASK]
        if not places:
            return (
                f"{name} fills what is missing, and nothing says what that is.",
                'Give mask = "auto", mask = "alpha", mask-color or box, or put a step with task = "detect" before it.',
            )
        if not all(each.keeps_size for each in before[places[-1] + 1 :]):
            return (
                f"{name} fills what was found before the picture changed its size.",
                'Put the step with task = "detect" right before it.',
            )
    if any(size_is_found(each.spec, each.options) for each in before) and not link.keeps_size:
        return (
            f"{name} changes the size of a picture whose size is only found on the way, so that nobody can tell how "
            "large results become.",
            "Put it before the step that crops, or run it by itself afterwards.",
        )
    return _same_names(before, link)


def _same_names(before: Sequence[Link], link: Link) -> tuple[str, str] | None:
    """Refuse two steps that write files of one name beside a result."""
    taken = {(each.name, each.extension) for other in before for each in promised_companions(other.spec, other.options)}
    for each in promised_companions(link.spec, link.options):
        if (each.name, each.extension) in taken:
            said = f"'{link.spec.name}' writes '{each.name}' beside each result, and so does a step before it."
            return said, "Leave the option that asks for it out of one of them."
    return None


def nearest(name: str, names: Sequence[str], what: str) -> str:
    """Advice on a name that does not exist: the nearest one, or all."""
    close = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean '{close[0]}'?" if close else f"{what}: {', '.join(names)}."
