"""The flags that say what is missing in the pictures, for tasks with models that fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from restore.errors import UsageError
from restore.masks.detecting import detector_of
from restore.masks.request import GROW_FOUND, MOST, TOLERANCE, Box, Masking, check_masking, parse_colour
from restore.plugin_manager import PluginManager
from restore.spec import Needs, RestorerSpec
from restore.walking import kind_of

ALPHA, AUTO = "alpha", "auto"
"""What ``--mask`` takes beside a path; a file of that name is ``./alpha``."""


def takes_masks(specs: Sequence[RestorerSpec]) -> bool:
    """Whether some of a task's restorers fill what a mask marks."""
    return any(spec.needs is Needs.IMAGE_AND_MASK for spec in specs)


def mask_flags() -> list[click.Parameter]:
    """Make the flags; `masking_of` understands their values."""
    return [
        click.Option(
            ["--mask"],
            type=click.Path(),
            metavar="FILE|FOLDER|alpha|auto",
            help="What is missing. FILE: a mask for all pictures, white where something is missing, as large as they "
            "are. FOLDER: masks with the pictures' names and tree, in any image format. alpha: what is transparent in "
            "the picture; the result is opaque. auto: damage that is found by itself, as `restore detect` does.",
        ),
        click.Option(["--invert-mask"], is_flag=True, help="In mask files black is missing, not white."),
        click.Option(
            ["--mask-color"], metavar="COLOR", help="What has this colour in the picture is missing, like '#ff00ff'."
        ),
        click.Option(
            ["--tolerance"],
            type=click.IntRange(0, 255),
            metavar="N",
            help=f"By how much of 255 each channel may differ from --mask-color. [default: {TOLERANCE}]",
        ),
        click.Option(
            ["--box"],
            multiple=True,
            metavar="X,Y,W,H",
            help="This rectangle is missing too, in pixels of the upright picture; negative X or Y count from the "
            "right or lower edge. May be repeated.",
        ),
        click.Option(
            ["--grow"],
            type=click.IntRange(0, MOST),
            metavar="N",
            help=f"Enlarge what is missing by so many pixels. [default: 0, or {GROW_FOUND} with --mask auto]",
        ),
        click.Option(
            ["--feather"],
            type=click.IntRange(0, MOST),
            metavar="N",
            default=0,
            help="Mix filling and picture over so many pixels further, for a soft seam.",
        ),
    ]


NAMES = frozenset(name for flag in mask_flags() if (name := flag.name) is not None)
"""The parameters' names."""


def masking_of(values: Mapping[str, Any], spec: RestorerSpec, manager: PluginManager) -> Masking | None:
    """What the flags say is missing; None for a model that takes no mask.

    Args:
        values: The command's parameters by name.
        spec: The chosen model.
        manager: Knows who finds damage by itself; only asked for ``--mask auto``.

    Raises:
        UsageError: The flags contradict each other, or say nothing for a model that needs a mask.
        PluginError: ``--mask auto`` without a model for it.
        WeightsError: That model's weights cannot be read.
    """
    given = {name: values[name] for name in NAMES & values.keys() if values[name] not in (None, False, 0, ())}
    if spec.needs is not Needs.IMAGE_AND_MASK and not given:
        return None
    word = given.get("mask")
    place = mask_place(word)
    colour = None if "mask_color" not in given else parse_colour(given["mask_color"])
    if colour is None and values.get("tolerance") is not None:
        raise UsageError("--tolerance is for --mask-color.", hint="Add --mask-color, or leave it out.")
    if place is None and "invert_mask" in given:
        raise UsageError("--invert-mask is for --mask FILE or FOLDER.", hint="Add --mask, or leave it out.")
    masking = Masking(
        place,
        alpha=word == ALPHA,
        colour=colour,
        tolerance=TOLERANCE if values.get("tolerance") is None else values["tolerance"],
        boxes=tuple(Box.parse(text) for text in given.get("box", ())),
        invert="invert_mask" in given,
        grow=_grow(values.get("grow"), word),
        feather=given.get("feather", 0),
        # Only for a model that takes masks: with another one these flags are refused, whoever could find damage.
        detector=detector_of(manager) if word == AUTO and spec.needs is Needs.IMAGE_AND_MASK else None,
    )
    check_masking(spec, masking)
    if place is not None:
        _check_apart(place, values["inputs"])
    return masking


def mask_place(word: str | None) -> Path | None:
    """The file or folder that ``--mask`` names, or None where it is one of its words or not given."""
    return None if word in (None, ALPHA, AUTO) else Path(word)


def _grow(given: int | None, word: str | None) -> int:
    """By how much the mask grows."""
    return given if given is not None else GROW_FOUND if word == AUTO else 0


def _check_apart(place: Path, inputs: Sequence[str]) -> None:
    """Refuse a folder of masks in which the pictures lie too: which of the files are which?"""
    if kind_of(place) != "folder":
        return
    for text in inputs:
        if kind_of(Path(text)) == "folder" and Path(text).resolve().is_relative_to(place.resolve()):
            raise UsageError(
                f"--mask {place} holds the pictures of {text} too.", hint="Put the masks into a folder of their own."
            )
