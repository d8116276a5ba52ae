"""`restore auto` as a restorer: looks at each photo, chooses the steps, runs them as a pipeline, and tells why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from restore.auto.request import STEPS, AutoOptions, AutoRun
from restore.auto.rules import MOST, Verdict, judged
from restore.image import Image, Observation, Pixels, Restoration, picture_of
from restore.loading import missing_requirements
from restore.masks.detecting import DETECT, Finder
from restore.pipeline.chain import Models, run_links
from restore.pipeline.description import working_bytes_of
from restore.pipeline.masking import FOUND, MaskKeys
from restore.pipeline.planned import Link, PlannedStep, chained
from restore.plugin_manager import PluginManager
from restore.spec import Makes, Needs, Restorer, RestorerSpec, Runtime
from restore.stamps import content_hash

if TYPE_CHECKING:
    from restore.masks.growing import Mask

NAME = TASK = "auto"
UPSCALE = "upscale"

LOOKING = 128 << 20
"""Bytes held at most while a photo is looked at, before any step: 115 MiB were measured, from a megapixel on."""

_log = logging.getLogger("restore")


@dataclass(frozen=True)
class Means:
    """What there is to mend photos with.

    Attributes:
        specs: The model that serves each task.
        missing: Of the tasks that no model serves here, why not.
    """

    specs: Mapping[str, RestorerSpec]
    missing: Mapping[str, str]


def means(manager: PluginManager) -> Means:
    """Find the default model of every step that `restore auto` may take, without loading any.

    Args:
        manager: Knows the models.
    """
    specs, missing = {}, {}
    for task in (*STEPS, DETECT, UPSCALE):
        if not manager.restorers(task):
            missing[task] = f"no plugin has a model for {task}"
            continue
        spec = manager.default_restorer(task)
        wanted = {"detect": spec.makes is Makes.MASK, "inpaint": spec.needs is Needs.IMAGE_AND_MASK}
        if spec.weights is not None and not spec.weights.is_file():
            missing[task] = f"the model {spec.name} has no weights here"
        elif missing_requirements(spec):
            missing[task] = f"the model {spec.name} needs {', '.join(missing_requirements(spec))}"
        elif wanted.get(task, spec.needs is Needs.IMAGE):
            specs[task] = spec
        else:
            missing[task] = f"the model {spec.name} does not do that"
    return Means(specs, missing)


@dataclass(frozen=True)
class Choice:
    """What is to be done to one picture.

    Attributes:
        steps: In their order; none where it needs nothing.
        account: For the journal, with nothing done yet.
        damage: What a detector found, where steps are to go by that; else they look for themselves.
    """

    steps: tuple[PlannedStep, ...]
    account: dict[str, object]
    damage: Mask | None = None


class Automatic:
    """Looks at each photo and does only what helps.

    Args:
        manager: Knows and loads the models.
        models: Loaded as they are needed: a box of sound photos needs none.
    """

    def __init__(self, manager: PluginManager, models: Models) -> None:
        self._manager, self._models, self._means = manager, models, means(manager)

    def restore(self, observation: Observation, options: AutoRun) -> Restoration:
        """Mend one photo, or leave its file untouched; see `restore.spec.Restorer`."""
        image = observation.image
        choice = self.choose(image, options)
        if not choice.steps:
            return Restoration(image, account=choice.account, untouched=True)
        links = chained(choice.steps, self._manager)
        done = run_links([self._models.link(link) for link in links], image, found=choice.damage)
        rows = [] if done.account is None else done.account["steps"]
        assert isinstance(rows, list)
        changed = [f"{row['task']} ({row['why']})" for row in rows if row["changed"]]
        summary = ", ".join(changed) or "left as it is: what was taken for a fault proved to be none"
        account = choice.account | {"steps": rows, "summary": summary}
        if not changed:
            return Restoration(image, account=account, untouched=True)
        return replace(done, account=account)

    def planned(self, image: Image, options: AutoRun) -> dict[str, object]:
        """An account of what would be done to a photo: its steps, with nothing done yet."""
        choice = self.choose(image, options)
        rows = [Link.of(step, self._manager).told | {"why": step.why} for step in choice.steps]
        return choice.account | {"steps": rows}

    def choose(self, image: Image, options: AutoRun) -> Choice:
        """Look at a photo and say what it needs, doing nothing to it.

        Args:
            image: The photo.
            options: Which steps may be taken.

        Raises:
            PluginError, WeightsError, DeviceError: The model that finds damage cannot be loaded, or fails.
        """
        from restore.auto.evidence import document, gathered

        detector = self._detector(options)
        damage = None if detector is None else detector(image)
        again = None if detector is None else lambda pixels: detector(Image(pixels))
        evidence = gathered(image, damage, self._cleaner(options), again)
        verdicts = [self._allowed(verdict, options) for verdict in judged(evidence)]
        growing = options.growing(image.height, image.width)
        if growing is not None:
            said = growing.model_dump(exclude_none=True)
            verdicts.append(self._allowed(Verdict(UPSCALE, "smaller than was asked for", said), options))
        steps = self._steps(verdicts)
        taken = [f"{verdict.task} ({verdict.why})" for verdict in verdicts if verdict.options is not None]
        account: dict[str, object] = {
            "summary": ", ".join(taken) or "left as it is: nothing that would surely help was found",
            "findings": document(evidence.findings),
            "steps": [],
            "left_out": [{"task": each.task, "why": each.why} for each in verdicts if each.options is None],
        }
        _log.info("%s", account["summary"])
        # What was found in the picture as it came serves steps that see it as it came.
        as_it_came = damage is not None and bool(steps) and steps[0].model == self._means.specs[DETECT].name
        return Choice(steps, account, damage if as_it_came else None)

    def _cleaner(self, options: AutoRun) -> Callable[[Pixels], Pixels] | None:
        """What takes the noise from a sample, where that may be done and something can."""
        specs = self._means.specs
        if "denoise" not in options.allowed or "denoise" not in specs:
            return None
        link = Link.of(PlannedStep(specs["denoise"].name), self._manager)

        def cleaned(pixels: Pixels) -> Pixels:
            restorer = self._models.link(link).restorer
            return picture_of(restorer.restore(Observation((Image(pixels),)), link.options)).pixels

        return cleaned

    def _detector(self, options: AutoRun) -> Callable[[Image], Mask] | None:
        """What finds damage, where something can and holes may be filled."""
        specs = self._means.specs
        if "inpaint" not in options.allowed or not {"inpaint", DETECT} <= specs.keys():
            return None
        loaded = self._models.link(Link.of(PlannedStep(specs[DETECT].name), self._manager))
        return partial(Finder(loaded.link.spec, loaded.link.options).find, loaded.restorer)

    def _allowed(self, verdict: Verdict, options: AutoRun) -> Verdict:
        """The verdict, taken back where its step was not asked for, or nothing can do it."""
        if verdict.task != UPSCALE and verdict.task not in options.allowed:
            return Verdict(verdict.task, "not asked for (--steps)")
        if verdict.task == "inpaint" and verdict.options is None and DETECT in self._means.missing:
            return Verdict(verdict.task, f"{verdict.why} ({self._means.missing[DETECT]})")
        if verdict.options is None:
            return verdict
        if verdict.task in self._means.missing:
            return Verdict(verdict.task, f"{verdict.why}, but {self._means.missing[verdict.task]}")
        unknown = verdict.options.keys() - self._means.specs[verdict.task].options.model_fields.keys()
        if unknown:
            name = self._means.specs[verdict.task].name
            return Verdict(verdict.task, f"{verdict.why}, but the model {name} has no option {', '.join(unknown)}")
        return verdict

    def _steps(self, verdicts: Sequence[Verdict]) -> tuple[PlannedStep, ...]:
        """The verdicts as steps; damage is looked for in the picture as it came, or as it is without noise."""
        specs, steps, denoised = self._means.specs, list[PlannedStep](), False
        for verdict in verdicts:
            if verdict.options is None:
                continue
            denoised |= verdict.task == "denoise"
            mask = MaskKeys(mask=FOUND) if verdict.task == "inpaint" else None
            if mask is not None:
                steps.insert(len(steps) if denoised else 0, PlannedStep(specs[DETECT].name, why=verdict.why))
            steps.append(PlannedStep(specs[verdict.task].name, dict(verdict.options), mask=mask, why=verdict.why))
        return tuple(steps)


def auto_spec(manager: PluginManager) -> RestorerSpec:
    """Describe `restore auto`; loads nothing.

    Args:
        manager: Knows and loads the models.
    """

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        return Automatic(manager, Models(manager, runtime))

    return RestorerSpec(
        name=NAME,
        task=TASK,
        summary="Looks at each photo and does only what helps",
        options=AutoRun,
        load=load,
        output_size=_output_size,
        scales="any",
        working_bytes=partial(_working_bytes, manager),
    )


def auto_run(asked: AutoOptions, manager: PluginManager) -> AutoRun:
    """What was asked for, with the models that may serve it: by them results are told apart.

    Raises:
        WeightsError: Weights cannot be read.
    """
    found = means(manager)
    wanted = asked.allowed if asked.upscale_to is None else (*asked.allowed, UPSCALE)
    tasks = [task for task in wanted if task in found.specs]
    if "inpaint" in tasks and DETECT in found.specs:
        tasks.insert(0, DETECT)
    models = tuple(_identity(found.specs[task]) for task in tasks)
    return AutoRun(**asked.model_dump(), models=models)


def workers() -> PluginManager:
    """The installed plugins and `restore auto`, in another process; see `restore.batch.run_batch`."""
    manager = PluginManager.discover()
    manager.adopt(auto_spec(manager))
    return manager


def _identity(spec: RestorerSpec) -> dict[str, str]:
    """By what a model's results are told apart: its name and its weights."""
    named = {"task": spec.task, "model": spec.name}
    return named if spec.weights is None else named | {"weights": content_hash(spec.weights)}


def _output_size(options: AutoRun, height: int, width: int) -> tuple[int, int]:
    growing = options.growing(height, width)
    return (height, width) if growing is None else growing.output_size(height, width)


def _working_bytes(manager: PluginManager, options: AutoRun, height: int, width: int, channels: int, bits: int) -> int:
    """What the hungriest of all steps that may be taken holds, in the depth between steps."""
    specs = means(manager).specs
    growing = options.growing(height, width)
    asked: dict[str, Mapping[str, object]] = {task: MOST.get(task, {}) for task in options.allowed}
    if growing is not None:
        asked[UPSCALE] = growing.model_dump(exclude_none=True)
    if "inpaint" in asked and DETECT in specs:
        asked = {DETECT: {}, **asked}
    steps = [PlannedStep(specs[task].name, given) for task, given in asked.items() if task in specs]
    links = [Link.of(step, manager) for step in steps]
    return max(LOOKING, working_bytes_of(links, options, height, width, channels, bits))
