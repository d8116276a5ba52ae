"""One picture out of several: the options of every fuser, and what is written beside its result. Free of torch."""

from __future__ import annotations

from pydantic import Field

from restore.spec import Companion, Options

WEIGHTS = Companion("weights", ".png")
"""The map of who contributed where, see `restore.contribution_map`."""


class Fusing(Options):
    """What can be asked of every method that makes one picture of several."""

    weights_map: bool = Field(
        default=False,
        description="Also write, beside each result, a picture of which frame contributed where (STEM.weights.png).",
    )


def companions_of(options: Fusing) -> tuple[Companion, ...]:
    """What is written beside the result for these options: a `RestorerSpec.companions` of any fuser."""
    return (WEIGHTS,) if options.weights_map else ()
