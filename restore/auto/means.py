"""What there is here to mend photos with: the model that serves each step, or why none does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from restore.auto.request import STEPS, UPSCALE
from restore.auto.rules import Verdict
from restore.loading import missing_requirements
from restore.masks.detecting import DETECT
from restore.plugin_manager import PluginManager
from restore.spec import Makes, Needs, RestorerSpec


@dataclass(frozen=True)
class Means:
    """What there is to mend photos with.

    Attributes:
        specs: The model that serves each task.
        missing: Of the tasks that no model serves here, why not.
    """

    specs: Mapping[str, RestorerSpec]
    missing: Mapping[str, str]

    def possible(self, verdict: Verdict) -> Verdict:
        """The verdict, taken back where nothing here can do its step."""
        if verdict.options is None:
            return verdict
        if verdict.task in self.missing:
            return Verdict(verdict.task, f"{verdict.why}, but {self.missing[verdict.task]}")
        unknown = verdict.options.keys() - self.specs[verdict.task].options.model_fields.keys()
        if unknown:
            name = self.specs[verdict.task].name
            return Verdict(verdict.task, f"{verdict.why}, but the model {name} has no option {', '.join(unknown)}")
        return verdict


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
