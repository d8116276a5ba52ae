"""Times as users write them, for the commands of the core and of plugins."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[float]):
    """A time such as ``90``, ``30m`` or ``2.5h``, in seconds; never 0."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the text; numbers without a unit are seconds."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", str(value).strip())
        if not match or float(match[1]) == 0:
            self.fail(f"{value!r} is not a time. Write 90s, 30m, 2.5h or 1d.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]
