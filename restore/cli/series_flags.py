"""The flags that say which files are frames of one series and what is done with them, for tasks that fuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from restore.errors import UsageError
from restore.series.request import MODES, Grouping, Series
from restore.spec import Needs, RestorerSpec


def takes_series(specs: Sequence[RestorerSpec]) -> bool:
    """Whether some of a task's restorers need several frames."""
    return any(spec.needs is Needs.FRAMES for spec in specs)


def series_flags() -> list[click.Parameter]:
    """Make the flags; `series_of` understands their values."""
    return [
        click.Option(
            ["--group-by"],
            metavar="exif|suffix|N",
            help="Which files of a folder are one series. exif: taken by one camera within seconds; where "
            "the exposures of a bracket begin again, the next series begins. suffix: names that differ in their last "
            "part, like scene_1.jpg scene_2.jpg or x_infrared.jpg x_visible.jpg. N: every N files in natural order. "
            "[default: "
            "files that are named are one series, those of folders go by exif]",
        ),
        click.Option(
            ["--mode"],
            type=click.Choice(MODES),
            default=MODES[0],
            show_default=True,
            help="Why the frames were taken; auto tells it from the pixels, series by series.",
        ),
        click.Option(
            ["--align/--no-align"],
            default=True,
            help="Lay the frames over each other, as is needed for hand-held series and for focus stacks, and crop "
            "them to what all of them show. What lies right already is not touched. [default: align]",
        ),
        click.Option(
            ["--deghost/--no-deghost"],
            default=True,
            help="In exposure brackets, take what moved from the best exposed frame only. [default: deghost]",
        ),
    ]


NAMES = frozenset(name for flag in series_flags() if (name := flag.name) is not None)
"""The parameters' names."""


def series_of(values: Mapping[str, Any], spec: RestorerSpec) -> Series | None:
    """What the flags say about series; None for a model that takes single pictures.

    Args:
        values: The command's parameters by name.
        spec: The chosen model.

    Raises:
        UsageError: They make no sense, or contradict the model or other flags.
    """
    if spec.needs is not Needs.FRAMES:
        given = [flag for flag, other in _DEFAULTS.items() if values.get(flag, other) != other]
        if given:
            raise UsageError(
                f"--{given[0].replace('_', '-')} is for models that fuse frames, and '{spec.name}' takes one picture.",
                hint="Leave it out, or choose another model.",
            )
        return None
    if values["in_place"]:
        raise UsageError(
            "--in-place cannot be done with series: each result has several originals.",
            hint="Name a place for the results with -o.",
        )
    if values["watch"]:
        raise UsageError(
            "--watch cannot be done with series: nothing says when the last frame of one has arrived.",
            hint="Run the same command again when there are new series: what is done already is left alone.",
        )
    by = None if values["group_by"] is None else Grouping.parse(values["group_by"])
    return Series(values["mode"], values["align"], values["deghost"], by)


_DEFAULTS: dict[str, object] = {"group_by": None, "mode": MODES[0], "align": True, "deghost": True}
