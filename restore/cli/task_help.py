"""What the help of a task's command says about its results."""

from __future__ import annotations

from collections.abc import Sequence

from restore.cli.series_flags import takes_series
from restore.spec import Makes, RestorerSpec


def places(specs: Sequence[RestorerSpec]) -> str:
    """What OUT is."""
    if takes_series(specs):
        return (
            "Files that are named are the frames of one series; in folders, series are found (--group-by). OUT is a "
            "file for one series of named files, else a folder that mirrors the inputs: a.fused.jpg is made of a.jpg "
            "and the frames after it. Originals are never changed."
        )
    return "OUT is a file for one input file, else a folder that mirrors the inputs."


def kept(specs: Sequence[RestorerSpec], *, lossless: bool) -> str:
    """What becomes of originals, and how results are called where not as they."""
    if lossless:
        return "Results of JPEG, WebP and AVIF are PNG, unless --format or OUT says so. Originals are never changed."
    if takes_series(specs):
        return ""
    if all(spec.makes is Makes.MASK for spec in specs):
        return "Masks are PNG: a.png is that of a.jpg. Originals are never changed."
    return "Originals are never changed, unless --in-place says so."
