"""What the user says about series: plain values that can be sent to another process; free of heavy imports."""

from __future__ import annotations

import re
from dataclasses import dataclass

from restore.errors import UsageError
from restore.image import SeriesKind
from restore.spec import Needs, RestorerSpec

AUTO = "auto"
"""The mode in which the pixels tell why the frames were taken."""

MODES = (AUTO, *(kind.value for kind in SeriesKind))

SUFFIX, EXIF = "suffix", "exif"
"""Ways to group by words; the third one is a number."""


@dataclass(frozen=True)
class Grouping:
    """Which files of a folder are one series.

    Attributes:
        by: ``"exif"`` (taken one after the other with one camera) or ``"suffix"`` (one name before the last part).
        count: Every so many files, in natural order, instead; None for `by`.
    """

    by: str = EXIF
    count: int | None = None

    @classmethod
    def parse(cls, text: str) -> Grouping:
        """Read ``exif``, ``suffix`` or a number of at least 2.

        Raises:
            UsageError: It is none of these.
        """
        word = text.strip().lower()
        if word in (SUFFIX, EXIF):
            return cls(word)
        if re.fullmatch(r"\d{1,4}", word) and int(word) >= 2:
            return cls("count", int(word))
        raise UsageError(
            f"--group-by {text!r} is no way to group files.",
            hint="Write exif (camera and time), suffix (scene_1.jpg scene_2.jpg) or how many files each series has, "
            "like 3.",
        )

    def __str__(self) -> str:
        """As it is given on the command line."""
        return str(self.count) if self.count is not None else self.by


@dataclass(frozen=True)
class Series:
    """What is done with several frames before a model sees them.

    Attributes:
        mode: Why they were taken: one of `MODES`.
        align: Lay them over each other and crop them to what all of them show.
        deghost: In exposure brackets, take what moved from the reference only.
        group_by: Which files are one series; None: those that are named are one, those of folders are grouped by EXIF.
            What it gives is part of the plan, so that it does not count among what shapes a result.
    """

    mode: str = AUTO
    align: bool = True
    deghost: bool = True
    group_by: Grouping | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise UsageError(f"--mode {self.mode!r} is no kind of series.", hint=f"There are: {', '.join(MODES)}.")

    @property
    def kind(self) -> SeriesKind | None:
        """Why the frames were taken; None where the pixels are to tell."""
        return None if self.mode == AUTO else SeriesKind(self.mode)

    @property
    def settings(self) -> dict[str, object]:
        """What shapes results, as plain JSON values."""
        return {"mode": self.mode, "align": self.align, "deghost": self.deghost}


def check_series(spec: RestorerSpec, series: Series | None) -> None:
    """Refuse frames for a restorer that takes one picture, and one picture for a restorer that needs frames.

    Raises:
        UsageError: Says what to do instead.
    """
    if spec.needs is Needs.FRAMES and series is None:
        raise UsageError(
            f"the model '{spec.name}' needs {spec.needs.value}, and this run has single pictures.",
            hint="From a script: plan with restore.series_planning.plan_series, and give the Job a Series.",
        )
    if spec.needs is not Needs.FRAMES and series is not None:
        raise UsageError(
            f"the model '{spec.name}' takes single pictures, not series of frames.", hint="Choose another model."
        )
