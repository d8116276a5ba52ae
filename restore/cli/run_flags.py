"""The flags that say how a run treats trouble, and what becomes of its results beside the pixels."""

from __future__ import annotations

import re

import click

from restore.job import FailureLimit

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def run_flags() -> list[click.Parameter]:
    """Make them."""
    return [
        click.Option(
            ["--timeout"],
            type=Seconds(),
            metavar="TIME",
            help="Give a picture up when reading, restoring or writing it takes longer, like 90s or 5min.",
        ),
        click.Option(
            ["--max-failures"],
            type=Limit(),
            metavar="N|N%",
            help=f"Stop early when so many have failed; a share counts from {FailureLimit().least} tried.",
        ),
        click.Option(
            ["--isolate/--no-isolate"],
            default=True,
            help="Work in a process of its own, so that a crash costs one picture and not the run. [default: isolate]",
        ),
        click.Option(
            ["--provenance/--no-provenance"],
            default=True,
            help="Write what was done into the XMP of the results. [default: provenance]",
        ),
    ]


class Seconds(click.ParamType[float]):
    """A time: ``90``, ``90s``, ``1.5min``, ``2h``."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Parse it; more than nothing."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(s|m|min|h)?\s*", str(value), re.IGNORECASE)
        seconds = float(found[1]) * _UNITS[(found[2] or "").lower()] if found else 0.0
        if seconds <= 0:
            self.fail(f"{value!r} is not a time: write 90s, 5min or a number of seconds.", param, ctx)
        return seconds


class Limit(click.ParamType[FailureLimit]):
    """A number of failures, or a share: ``10``, ``5%``."""

    name = "limit"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> FailureLimit:
        """Parse it: at least one failure, or a share of 0 to 100 %."""
        if isinstance(value, FailureLimit):
            return value
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(%?)\s*", str(value))
        if found and found[2] and float(found[1]) <= 100:
            return FailureLimit(share=float(found[1]) / 100)
        if found and not found[2] and float(found[1]) >= 1 and float(found[1]).is_integer():
            return FailureLimit(count=int(float(found[1])))
        return self.fail(f"{value!r} is not a limit: write a number of files like 10, or a share like 5%.", param, ctx)
