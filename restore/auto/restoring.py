"""`restore auto` as a restorer: looks at each photo, chooses the steps, runs them as a pipeline, and tells why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from restore.auto.means import means
from restore.auto.request import UPSCALE, AutoOptions, AutoRun
from restore.auto.rules import Verdict, judged
from restore.auto.sizes import growth_of, output_size, working_bytes
from restore.image import Image, Observation, Pixels, Restoration, picture_of
from restore.masks.detecting import DETECT, Finder
from restore.pipeline.chain import Models, run_links
from restore.pipeline.masking import FOUND, MaskKeys
from restore.pipeline.planned import Link, PlannedStep, chained
from restore.plugin_manager import PluginManager
from restore.spec import Restorer, RestorerSpec, Runtime
from restore.stamps import content_hash

if TYPE_CHECKING:
    from restore.masks.growing import Mask

NAME = TASK = "auto"

_ADVICE = "Ask for less with --upscale-to, or give the result to `restore upscale` with another -m."

_log = logging.getLogger("restore")


@dataclass(frozen=True)
class Choice:
    """What is to be done to one picture.

    Attributes:
        steps: In their order; none where it needs nothing.
        account: For the journal, with nothing done yet.
        damage: What a detector found, where steps are to go by that; else they look for themselves.
        kept_size: Why the picture is not enlarged though that was asked for; None where it is, or was not asked for.
    """

    steps: tuple[PlannedStep, ...]
    account: dict[str, object]
    damage: Mask | None = None
    kept_size: str | None = None

    def noted(self, image: Image) -> Image:
        """The picture with a note where it is smaller than was asked for."""
        return image if self.kept_size is None else image.with_warnings(f"{self.kept_size}. {_ADVICE}")


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
            return Restoration(choice.noted(image), account=choice.account, untouched=True)
        links = chained(choice.steps, self._manager)
        done = run_links([self._models.link(link) for link in links], image, found=choice.damage)
        rows = [] if done.account is None else done.account["steps"]
        assert isinstance(rows, list)
        changed = [f"{row['task']} ({row['why']})" for row in rows if row["changed"]]
        summary = _summary(changed, "what was taken for a fault proved to be none", choice.kept_size)
        account = choice.account | {"steps": rows, "summary": summary}
        if not changed:
            return Restoration(choice.noted(image), account=account, untouched=True)
        return replace(done, image=choice.noted(done.image), account=account)

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
        growth = growth_of(options, image.height, image.width, self._means, self._manager)
        verdicts += [] if growth is None else [growth]
        steps = self._steps(verdicts)
        taken = [f"{verdict.task} ({verdict.why})" for verdict in verdicts if verdict.options is not None]
        kept_size = f"not enlarged: it is {growth.why}" if growth is not None and growth.options is None else None
        account: dict[str, object] = {
            "summary": _summary(taken, "nothing that would surely help was found", kept_size),
            "findings": document(evidence.findings),
            "steps": [],
            "left_out": [{"task": each.task, "why": each.why} for each in verdicts if each.options is None],
        }
        _log.info("%s", account["summary"])
        # What was found in the picture as it came serves steps that see it as it came.
        as_it_came = damage is not None and bool(steps) and steps[0].model == self._means.specs[DETECT].name
        return Choice(steps, account, damage if as_it_came else None, kept_size)

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
        if verdict.task not in options.allowed:
            return Verdict(verdict.task, "not asked for (--steps)")
        if verdict.task == "inpaint" and verdict.options is None and DETECT in self._means.missing:
            return Verdict(verdict.task, f"{verdict.why} ({self._means.missing[DETECT]})")
        return self._means.possible(verdict)

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
        output_size=partial(output_size, manager),
        scales="any",
        working_bytes=partial(working_bytes, manager),
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


def _summary(done: Sequence[str], nothing: str, kept_size: str | None) -> str:
    """What is done, or why nothing is, in one line."""
    said = ", ".join(done) or f"left as it is: {nothing}"
    return said if kept_size is None else f"{said}; {kept_size}"
