"""Findings in words, for people: one line for each thing that can be wrong, with how sure it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from restore.diagnose.findings import Findings

SURE = 0.5
"""Confidence from which on a finding is taken for one."""

_CLIPPED = 0.001
"""Share of clipped pixels from which on it is something to look at."""


@dataclass(frozen=True)
class Line:
    """One finding.

    Attributes:
        name: What it is about.
        text: What was found.
        confidence: 0 to 1: how sure the figure is; for casts, fading and skew, how sure it is that there is any.
        is_fault: Whether something is wrong, as far as can be told.
    """

    name: str
    text: str
    confidence: float
    is_fault: bool


def lines(findings: Findings) -> Iterator[Line]:
    """All findings, those without a fault too."""
    f = findings
    kind = ", stronger in the light" if f.noise.light > f.noise.dark else ", stronger in the dark"
    said = f"σ {f.noise.sigma:.1f} of 255{kind if f.noise.signal_dependent else ''}"
    yield Line("noise", said, f.noise.confidence, f.noise.sigma >= 3 and f.noise.confidence >= SURE)
    yield _jpeg(f)
    blurred = f.blur.sigma >= 1.5 and f.blur.confidence >= SURE
    yield Line("blur", f"σ {f.blur.sigma:.1f} px where it is sharpest", f.blur.confidence, blurred)
    poor = f.resolution.share < 0.7 and f.resolution.confidence >= SURE
    yield Line(
        "detail", f"{f.resolution.share:.0%} of the resolution".replace("%", " %"), f.resolution.confidence, poor
    )
    yield _colour(f)
    faded = f.fading.confidence >= SURE
    weak = not faded and f.fading.low_contrast >= SURE
    said = "faded: black has become pale" if faded else "weak contrast" if weak else "black and white are there"
    sure = f.fading.confidence if faded else f.fading.low_contrast if weak else 1 - f.fading.low_contrast
    yield Line("contrast", said, sure, faded or weak)
    black, white = max(f.clipping.black), max(f.clipping.white)
    clipped = max(black, white) >= _CLIPPED and f.clipping.confidence >= SURE
    said = f"{black:.1%} at black, {white:.1%} at white".replace("%", " %")
    yield Line("clipping", said, f.clipping.confidence, clipped)
    leans = f.skew.confidence >= SURE
    said = f"{abs(f.skew.angle):.1f}° {'clockwise' if f.skew.angle > 0 else 'anticlockwise'}" if leans else "none found"
    yield Line("skew", said, f.skew.confidence, leans and abs(f.skew.angle) >= 0.2)
    if f.damage.share is not None:
        said = f"{f.damage.share:.2%} of the picture".replace("%", " %")
        yield Line("damage", said, f.damage.confidence, f.damage.share > 0)


def _jpeg(f: Findings) -> Line:
    if f.jpeg.quality is None:
        return Line("JPEG", "no traces", 1.0, False)
    where = "in the pixels" if f.jpeg.source == "pixels" else "in the file"
    said = f"quality {f.jpeg.quality}, {where}"
    return Line("JPEG", said, f.jpeg.confidence, f.jpeg.quality < 75 and f.jpeg.confidence >= SURE)


def _colour(f: Findings) -> Line:
    if f.grey.grey:
        said = "grey with a tint" if f.grey.tinted else "grey"
        return Line("colour", said, f.grey.confidence, f.grey.tinted)
    if f.cast.confidence >= SURE:
        return Line("colour", f"a cast of {f.cast.angle:.0f}°", f.cast.confidence, True)
    return Line("colour", "no cast to be sure of", 1 - f.cast.confidence, False)
