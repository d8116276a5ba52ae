"""How large a photo becomes, and what its steps hold: known before it is looked at, so that no run fails over it."""

from __future__ import annotations

from collections.abc import Mapping

from restore.auto.means import Means, means
from restore.auto.request import UPSCALE, AutoRun
from restore.auto.rules import MOST, Verdict
from restore.errors import InputError
from restore.masks.detecting import DETECT
from restore.pipeline.description import working_bytes_of
from restore.pipeline.planned import Link, PlannedStep
from restore.plugin_manager import PluginManager
from restore.result_size import result_size

LOOKING = 128 << 20
"""Bytes held at most while a photo is looked at, before any step: 115 MiB were measured, from a megapixel on."""


def growth_of(options: AutoRun, height: int, width: int, found: Means, manager: PluginManager) -> Verdict | None:
    """Whether a photo is enlarged, and why not where that was asked for and cannot be done.

    Args:
        options: What was asked for.
        height: Rows of the photo, or of the piece of it that is tried.
        width: Columns of it.
        found: What there is to enlarge photos with.
        manager: Knows the models.

    Returns:
        None where nothing was asked for, or the photo is large enough.
    """
    asked, growing = options.enlarging, options.growing(height, width)
    if asked is None or growing is None:
        return None
    whole = found.possible(Verdict(UPSCALE, "smaller than was asked for", asked.model_dump(exclude_none=True)))
    if whole.options is None:
        return whole
    link = Link.of(PlannedStep(found.specs[UPSCALE].name, whole.options), manager)
    try:
        result_size(link.spec, link.options, *(options.whole or (height, width)))
    except InputError as error:
        return Verdict(UPSCALE, f"{whole.why}, but {error.message.rstrip('.')}")
    return Verdict(UPSCALE, whole.why, growing.model_dump(exclude_none=True))


def output_size(manager: PluginManager, options: AutoRun, height: int, width: int) -> tuple[int, int]:
    """Height and width of the result; see `restore.spec.RestorerSpec`."""
    growing = options.growing(height, width)
    if growing is None:
        return height, width
    growth = growth_of(options, height, width, means(manager), manager)
    return (height, width) if growth is None or growth.options is None else growing.output_size(height, width)


def working_bytes(manager: PluginManager, options: AutoRun, height: int, width: int, channels: int, bits: int) -> int:
    """What the hungriest of all steps that may be taken holds, in the depth between steps."""
    found = means(manager)
    growth = growth_of(options, height, width, found, manager)
    asked: dict[str, Mapping[str, object]] = {task: MOST.get(task, {}) for task in options.allowed}
    if growth is not None and growth.options is not None:
        asked[UPSCALE] = growth.options
    if "inpaint" in asked and DETECT in found.specs:
        asked = {DETECT: {}, **asked}
    steps = [PlannedStep(found.specs[task].name, given) for task, given in asked.items() if task in found.specs]
    links = [Link.of(step, manager) for step in steps]
    return max(LOOKING, working_bytes_of(links, options, height, width, channels, bits))
