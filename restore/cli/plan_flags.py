"""The flags that say which pictures are meant and where results go, and the plan that they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import click

from restore.errors import UsageError
from restore.in_place import plan_in_place
from restore.masks.pairing import with_masks
from restore.masks.request import Masking
from restore.naming import Naming
from restore.planning import Plan, plan
from restore.selection import Selection, moment
from restore.series.request import Series
from restore.series_planning import plan_series
from restore.spec import Companion, Makes, RestorerSpec


def plan_flags() -> list[click.Parameter]:
    """Make the flags; `planned` understands their values."""
    return [
        click.Option(
            ["--include"],
            multiple=True,
            metavar="PATTERN",
            help="Only files that match, below their input folder and whatever their case: '*.jpg' in any folder, "
            "'scans/' a folder with all in it, '/2024/*.tif' from the input folder on, '**/' any folders between, as "
            "in a .gitignore. May be repeated: one must match.",
        ),
        click.Option(
            ["--exclude"],
            multiple=True,
            metavar="PATTERN",
            help="No files that match, even if --include names them. '!PATTERN' takes back an earlier --exclude.",
        ),
        click.Option(
            ["--since"],
            metavar="WHEN",
            help="Only files changed since: a date (2026-11-01), a date and time (2026-11-01T18:30) or an age (90min, "
            "12h, 7d, 2w).",
        ),
        click.Option(
            ["--suffix"],
            metavar="TEXT",
            default="",
            help="Put TEXT behind names: '_restored' makes a_restored.jpg of a.jpg. OUT may then be the input folder.",
        ),
        click.Option(["--format"], metavar="NAME", help="Write all results as jpg, png, tif, webp, avif, bmp or ppm."),
        click.Option(["--in-place"], is_flag=True, help="Replace the originals, instead of -o; needs --backup."),
        click.Option(
            ["--backup"],
            metavar="DIR",
            help="Where --in-place keeps each original, in the inputs' tree, before it is replaced.",
        ),
    ]


def planned(
    values: Mapping[str, Any],
    spec: RestorerSpec,
    *,
    writable: Collection[str] | None,
    list_collisions: bool | None = None,
    companions: tuple[Companion, ...] = (),
    masking: Masking | None = None,
    series: Series | None = None,
    masks_of: Naming | None = None,
) -> Plan:
    """Make the plan that the flags ask for.

    Args:
        values: The command's parameters by name.
        spec: The restorer; says what results are called.
        writable: Suffixes a result may have; None for any.
        list_collisions: See `restore.planning.plan`; None for a dry run only.
        companions: What is written beside each result.
        masking: What is missing in the pictures, for a restorer that needs to know.
        series: Which of them are frames of one series, for a restorer that needs several.
        masks_of: How the pictures are called that masks belong to, see `restore.naming.Naming`.

    Raises:
        UsageError, InputError, OutputError: See `restore.planning.plan`, `restore.in_place.plan_in_place`,
            `restore.series_planning.plan_series` and `restore.masks.pairing.with_masks`.
    """
    if spec.makes is Makes.MASK and values["in_place"]:
        raise UsageError(
            "--in-place would put a mask in the place of each picture.", hint="Name a folder for the masks with -o."
        )
    since = None if values["since"] is None else moment(values["since"], datetime.now().astimezone())
    selection = Selection(values["include"], values["exclude"], since, None if masking is None else masking.place)
    naming = Naming.of(spec, values["suffix"], values["format"], masks_of)
    the_plan = _without_masks(values, writable, list_collisions, companions, selection, naming, series)
    return the_plan if masking is None else with_masks(the_plan, masking)


def _without_masks(
    values: Mapping[str, Any],
    writable: Collection[str] | None,
    list_collisions: bool | None,
    companions: tuple[Companion, ...],
    selection: Selection,
    naming: Naming,
    series: Series | None,
) -> Plan:
    """The plan of the pictures, whatever is missing in them."""
    _check_place(values)
    listed = values["dry_run"] if list_collisions is None else list_collisions
    if values["in_place"]:
        return plan_in_place(
            values["inputs"],
            values["backup"],
            writable=writable,
            selection=selection,
            overwrite=values["overwrite"],
            list_collisions=listed,
            companions=companions,
        )
    plan_results = plan if series is None else partial(plan_series, series=series)
    return plan_results(
        values["inputs"],
        values["output"],
        overwrite=values["overwrite"],
        writable=writable,
        selection=selection,
        naming=naming,
        list_collisions=listed,
        companions=companions,
    )


def _check_place(values: Mapping[str, Any]) -> None:
    """Refuse flags that name no place for the results, or two."""
    if not values["in_place"]:
        if values["backup"] is not None:
            raise UsageError("--backup is for --in-place; with -o originals are never changed.", hint="Leave it out.")
        if values["output"] is None:
            raise UsageError("no place for the results is named.", hint="Add -o OUT, or --in-place --backup DIR.")
        return
    if values["backup"] is None:
        raise UsageError("--in-place needs a folder for the originals.", hint="Add --backup DIR.")
    for flag, given in (("-o", values["output"]), ("--suffix", values["suffix"]), ("--format", values["format"])):
        if given:
            raise UsageError(f"{flag} and --in-place contradict each other.", hint="Leave one of them out.")
