"""The kinds of restorers that `restore plugins new` has templates for, by task, and how they differ in words."""

from __future__ import annotations

from dataclasses import dataclass

from restore.cli.group import existing
from restore.enlarging import Enlarging
from restore.errors import UsageError
from restore.plugin_manager import PluginManager
from restore.spec import Makes, Needs

_DEGRADE = "from restore.degrade"


@dataclass(frozen=True)
class Kind:
    """What a restorer needs and makes, as far as the written files depend on it.

    Attributes:
        name: "picture", "upscale", "inpaint", "detect" or "fuse": names its templates.
        untrained: What the untrained network does, for the README.
        try_it: Arguments of the task's command for a first try.
        fields: The option that the model begins with: "strength", "threshold" or none.
        options: What its options derive from.
        imports: What plugin.py takes from `restore.spec`.
        spec_lines: Further arguments of the `RestorerSpec`; CLS stands for the name of the class.
        score: What validation measures.
        crop: Edge of the crops it learns from.
        crop_rule: What else must be true of that edge, for its documentation.
        with_what: What the tests show it beside a picture, for their documentation.
        test_size: Height and width at which tiles are tried: more than a tile, and what --scale makes of it.
    """

    name: str
    untrained: str
    try_it: str = "PHOTO -o OUT"
    fields: str = ""
    options: str = "Options"
    imports: str = "Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl"
    spec_lines: tuple[str, ...] = ()
    score: str = "psnr"
    crop: int = 64
    crop_rule: str = ""
    with_what: str = ""
    test_size: str = "150, 200"


PICTURE = Kind("picture", "pictures come out as they went in", fields="strength")

KINDS = {
    Needs.IMAGE: PICTURE,
    Needs.IMAGE_AND_MASK: Kind(
        "inpaint",
        "holes are filled with the colours next to them",
        try_it="PHOTO -o OUT --mask MASK",
        imports="Needs, Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl",
        spec_lines=("needs=Needs.IMAGE_AND_MASK", "working_bytes=_working_bytes"),
        with_what=", and a mask",
    ),
    Needs.FRAMES: Kind(
        "fuse",
        "the result is the mean of all frames",
        try_it="FRAME FRAME -o OUT",
        imports="Needs, Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl",
        spec_lines=("needs=Needs.FRAMES",),
        with_what=", in two frames",
    ),
}
"""By what a model needs; without a mask as its result, and in the size of its input."""

UPSCALE = Kind(
    "upscale",
    "it enlarges with bicubic weights and adds nothing",
    try_it="PHOTO -o OUT --scale 2",
    options="Enlarging",
    imports="Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl",
    spec_lines=("output_size=CLSOptions.output_size", 'scales="any"', "working_bytes=_working_bytes"),
    crop=72,
    crop_rule=", a multiple of 12",
    test_size="75, 100",
)

DETECT = Kind(
    "detect",
    "it finds nothing",
    try_it="PHOTO -o MASK",
    fields="threshold",
    imports="Makes, Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl",
    spec_lines=("makes=Makes.MASK",),
    score="log_likelihood",
)

LESSONS = {
    "noise": (f"{_DEGRADE} import gaussian_noise, uniform", "the network learns from them with white noise added"),
    "jpeg": (f"{_DEGRADE} import jpeg, uniform", "the network learns from them saved as JPEG of many qualities"),
    "fading": (f"{_DEGRADE} import fading, uniform", "the network learns from them faded like old prints"),
    "reduced": (
        f"{_DEGRADE}.reduction import matrix, reduce, resample",
        "the network learns from them reduced two, three and four times",
    ),
    "focus": (f"{_DEGRADE} import focus_split", "the network learns from them put out of focus in two places"),
    "holes": (
        "from restore.holes import KINDS\nfrom restore.holes.drawing import draw_hole",
        "the network learns from them with holes cut by chance",
    ),
    "damage": (
        f"{_DEGRADE} import dusty, scratched, uniform",
        "the network learns from them, half of them with scratches and dust",
    ),
}
"""What it is trained with: the imports of train.py, and a clause for the README."""

_LESSON_OF_TASK = {"dejpeg": "jpeg", "correct": "fading"}
_LESSON_OF_KIND = {"upscale": "reduced", "fuse": "focus", "inpaint": "holes", "detect": "damage"}

_WITHOUT_TEMPLATE = {
    "degrade": "`restore degrade` spoils pictures by a list of kinds of its own, which plugins do not add to",
    "stylize": "the models of `restore stylize` are told a second picture, for which there is no template",
}


def kind_of(task: str, name: str, manager: PluginManager) -> Kind:
    """Which templates serve a task.

    Args:
        task: A task that somebody serves, or `name` itself for a new one.
        name: Of the new model.
        manager: Knows the tasks there are.

    Raises:
        UsageError: There is no such task, or none of the templates fits it.
    """
    known = manager.tasks()
    if task in _WITHOUT_TEMPLATE:
        raise UsageError(f"{_WITHOUT_TEMPLATE[task]}.", hint="docs/plugins.md shows how a plugin is written by hand.")
    if task not in known:
        if task == name:
            return PICTURE
        tasks = existing("Tasks", task, [one for one in known if one not in _WITHOUT_TEMPLATE])
        hint = f"{tasks} For a new command `restore {name}` say --task {name}."
        raise UsageError(f"there is no task '{task}'.", hint=hint)
    if task == "correct":  # what stands there now may crop a scan; a new model of the task need not
        return PICTURE
    served = manager.default_restorer(task)
    if served.makes is Makes.MASK:
        return DETECT
    if served.output_size is not None or served.size_is_found is not None:
        if issubclass(served.options, Enlarging):
            return UPSCALE
        raise UsageError(
            f"models of `restore {task}` change the size of pictures in a way for which there is no template.",
            hint="Take another --task and see `output_size` in docs/plugins.md.",
        )
    return KINDS[served.needs]


def lesson_of(task: str, kind: Kind) -> str:
    """Which of `LESSONS` the training of a task begins with."""
    return _LESSON_OF_TASK.get(task) or _LESSON_OF_KIND.get(kind.name, "noise")
