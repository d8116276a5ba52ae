"""The flags of ``--watch``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from restore.cli.run_flags import Seconds
from restore.errors import UsageError
from restore.walking import kind_of

SETTLE = 2.0
"""Seconds that a file must have stayed the same before it is taken for complete."""


def watch_flags() -> list[click.Parameter]:
    """Make them; `check_watch` holds them together."""
    return [
        click.Option(
            ["--watch"],
            is_flag=True,
            help="Then wait for new and changed pictures in the input folders, and restore them too, until Ctrl-C. "
            "Returns 0 if none failed, 8 if some did, 130 if some were left.",
        ),
        click.Option(
            ["--settle"],
            type=Seconds(),
            metavar="TIME",
            help="With --watch: how long a file must have stayed the same to be complete. [default: 2s]",
        ),
        click.Option(
            ["--poll"],
            is_flag=True,
            help="With --watch: look again and again, where the system does not tell: network drives.",
        ),
    ]


def check_watch(values: Mapping[str, Any]) -> None:
    """Refuse flags that make no sense together.

    Args:
        values: The command's parameters by name.

    Raises:
        UsageError: ``--watch`` with a dry run or an input that is no folder, or its other flags without it.
    """
    if not values["watch"]:
        for flag, given in (("--settle", values["settle"] is not None), ("--poll", values["poll"])):
            if given:
                raise UsageError(f"{flag} is for --watch.", hint="Add --watch, or leave it out.")
        return
    if values["dry_run"]:
        raise UsageError("--watch and --dry-run contradict each other.", hint="Leave one of them out.")
    for text in values["inputs"]:
        if kind_of(Path(text)) != "folder":
            raise UsageError(
                "--watch waits for pictures in folders.",
                path=text,
                hint="Name an existing folder, and what is meant in it with --include and --exclude.",
            )
