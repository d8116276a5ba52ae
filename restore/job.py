"""What a run is to do, in one value that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.contracts import promised_companions
from restore.masks.request import Masking
from restore.planning import Plan
from restore.result_size import Growth, growth_of
from restore.series.request import Series
from restore.spec import Options, RestorerSpec, Runtime

JOBS = 2
"""Reading and writing threads each: enough to hide them behind a network on a CPU."""


@dataclass(frozen=True)
class FailureLimit:
    """When so many pictures have failed that something is plainly wrong.

    Attributes:
        count: Stop at this many failures, or None.
        share: Stop when more than this share (0 to 1) of what was tried has failed, or None.
        least: How many must have been tried before a share says anything.
    """

    count: int | None = None
    share: float | None = None
    least: int = 20

    def reached(self, failed: int, tried: int) -> bool:
        """Whether to stop."""
        if self.count is not None and failed >= self.count:
            return True
        return self.share is not None and tried >= self.least and failed > self.share * tried

    def __str__(self) -> str:
        """As it is given on the command line."""
        return f"{self.count}" if self.count is not None else f"{(self.share or 0) * 100:g}%"


@dataclass(frozen=True)
class Job:
    """Everything a run needs to know; holds no loaded model, so it can be sent to another process.

    Attributes:
        plan: Which file becomes which.
        spec: The restorer.
        options: An instance of the restorer's options model.
        runtime: Device, precision, tile, threads; ``memory`` bounds the whole process, pictures in flight included.
        weights: A weights file, or None for the shipped ones.
        overwrite: Replace a result that has appeared since the plan was made.
        max_pixels: Larger pictures, and larger results, are refused before anything is computed.
        quality: 1 to 100 for lossy formats, or None to follow the source.
        jobs: Reading threads, and as many writing threads.
        ahead: Read the next picture while one is restored. False: one picture at a time, from reading to writing.
        provenance: Write what was done into the XMP of the results.
        max_failures: When to stop early, or None for never.
        masking: What is missing in the pictures, for a restorer that needs a mask; where it names files, the plan has
            been through `restore.masks.pairing.with_masks`.
        series: What is done with several frames before a restorer that needs them sees them; the plan then comes from
            `restore.series_planning.plan_series`.

    Raises:
        ValueError: The plan's companions are not those that the restorer promises for these options (a programming
            error: give `restore.planning.plan` what `restore.contracts.promised_companions` says).
    """

    plan: Plan
    spec: RestorerSpec
    options: Options
    runtime: Runtime = field(default_factory=Runtime)
    weights: Path | None = None
    overwrite: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS
    quality: int | None = None
    jobs: int = JOBS
    ahead: bool = True
    provenance: bool = True
    max_failures: FailureLimit | None = None
    masking: Masking | None = None
    series: Series | None = None

    def __post_init__(self) -> None:
        if self.plan.items and self.plan.companions != promised_companions(self.spec, self.options):
            raise ValueError("the plan is not made for what this restorer writes beside each result")

    @property
    def growth(self) -> Growth | None:
        """Pixels of a result per pixel of its picture; None where results are as large as the pictures."""
        return None if self.spec.output_size is None else partial(growth_of, self.spec, self.options)
