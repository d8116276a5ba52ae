"""When a photo needs what, and how much of it: the rules of `restore auto`, each threshold with what it was chosen by.

Whoever sends a box of photos wants the spoilt ones mended and the others left alone, so a doubtful finding is none:
every rule asks how sure a finding is, mostly two witnesses. Never automatic: dehazing (fog is no fault), cropping and
deskewing (what a scan's border is, its owner knows), sharpening (blur is mostly meant), enlarging (unless asked for).

The shares below are of photographs of the training data, reduced to 512 pixels where they are larger: 231 sound ones,
and 8 to 27 spoilt by each known amount (`restore.degrade`). What the rules do to others is in docs/auto.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from restore.auto.evidence import Evidence
    from restore.diagnose import ColourCast, Fading

COARSE, JPEG_SURE = 80, 0.5
"""The highest libjpeg quality whose traces are taken away, and how sure it must be, where only the pixels tell.

Of sound photographs, saved at 95, none; of those saved at 20, 50 and 75 all, also with noise under it.
"""

NOISY, NOISE_SURE, FLAT_NOISE, AGREED = 3.0, 0.6, 2.5, 0.35
"""Sigma in grey levels, its confidence, and what `restore.diagnose.noise_level` must say as well, also per sigma.

Of sound photographs none; of those with sigma 6, 12 and 25 all: there the second is 0.44 to 0.74 of the first, in a
baboon's fur 0.31. Sigma alone takes the texture of 5 % for noise.
"""

REMOVED = 4.0
"""Or so much, in grey levels, is what the denoiser takes from a sample that hardly seems noisy: a camera's noise.

Of the sound photographs of CBSD68 it takes less than 2 (the worst comes out at 44.6 dB, see the card of conv-dae).
"""

OFF_AXIS, CAST_SURE, PLAIN = 0.5, 0.3, 0.7
"""Stops towards green or magenta, at least as many as towards blue or orange, and how sure that must be; or how many.

Of 251 sound photographs 0.8 %; of those with casts of 1 and 1.5 stops in all hues a seventh and 40 %. Without the axis,
at a confidence of 0.95: 3 % of the sound ones, all of them blue or orange, and a third to a half of the others. Harm
weighs more than help here.
"""

PALE = ((0.1, 0.03, 0.05, 0.0), (0.15, 0.15, 0.02, -0.05), (0.15, 0.05, 0.05, -1.0))
"""Black in red, in green and blue, red's above green's and blue's above green's, as display values; one row is enough.

Of dyes cyan, which takes up red, fades most and magenta, which takes up green, least (`restore.degrade.fading`). Where
the channels are in that order, little is enough; much tells nearly without. Of 427 sound photographs 0.7 %, and two
graphs; of those that have lost 35 to 50 % of cyan's density 78 %, of 50 to 70 % 87 %.
"""

WHITE_LEFT = 0.9
"""White as a display value: faded pictures keep it."""

REDDER = 0.05
"""Black in red above green's where a picture without contrast has faded, too."""

GONE = ((0.2, 0.9), (0.25, 0.92))
"""Display values of the darkest and the lightest channel; one pair is enough.

Of 427 sound photographs one; of those whose black was moved to 0.1 to 0.3 and white to 0.7 to 0.85 54 %. A pair of 0.15
and 0.88 takes no more of the first and 77 % of the others, but of these some become worse than they were: those that
had been pale before.
"""

DRAWN = 0.75
"""Share of pixels that equal their neighbour: such a picture was drawn by a program, and its colours are meant.

Of 120 photographs at most 0.7; graphs reach 0.8 and more.
"""

DAMAGED, TOO_MUCH = 0.0025, 0.1
"""Shares of the picture: less may be masts, highlights or twigs, and more is texture taken for damage.

`damage-unet` finds the first in none of CBSD68's 68 sound photographs (0.0024 at most), and in 4 of 25 held back from
its training, with clouds, apples and twigs; its weights before found it in 13 of 25 with scratches on 0.2 to 1 %. The
second is a guess: none came near.
"""

GRAINY = 12.0
"""Sigma in grey levels above which what a detector says of the noisy picture is not believed: `damage-unet` has learned
with grain up to 10. Under noise of 25 it took mortar between bricks for scratches, and filling them broke the lines.
"""

UNCOVERED = 0.005
"""Share of the denoised picture, where noise was taken away.

It is twice `DAMAGED`, since thin lines come to light as well: of 17 photographs of CBSD68 with noise of 15, 25 and 40
and no scratches none has more than 0.0002, but a rocket's masts 0.0034 and the wall with the mortar 0.0041. Scratches
on 0.2 to 1 % show as 0.006 to 0.009 where they are found, and as half of that under the noise.
"""

MOST: Mapping[str, Mapping[str, object]] = {
    "correct": {"white_balance": "shades-of-grey", "fading": 1.0, "contrast": 1.0},
}
"""The most that a step is asked for, to reckon memory with."""


@dataclass(frozen=True)
class Verdict:
    """Whether a photo needs a step.

    Attributes:
        task: The step.
        why: Why it is needed, or why not; a few words.
        options: What it is asked for, by field names; None where it is not needed.
    """

    task: str
    why: str
    options: Mapping[str, object] | None = None


def judged(evidence: Evidence) -> tuple[Verdict, ...]:
    """A verdict on every step, in the order in which steps are taken: what came last over a picture goes first.

    Where only the denoised picture shows its damage, it is filled there, from clean surroundings.
    """
    denoise = _denoise(evidence)
    if denoise.options is not None and (uncovered := _uncovered(evidence)) is not None:
        return _dejpeg(evidence), denoise, uncovered, _correct(evidence)
    return _dejpeg(evidence), _inpaint(evidence), denoise, _correct(evidence)


def _dejpeg(evidence: Evidence) -> Verdict:
    jpeg = evidence.findings.jpeg
    if jpeg.quality is None or jpeg.confidence < JPEG_SURE:
        return Verdict("dejpeg", "no traces of JPEG to be sure of")
    return Verdict("dejpeg", f"JPEG of quality {jpeg.quality}", {} if _is_coarse(evidence) else None)


def _inpaint(evidence: Evidence) -> Verdict:
    share = evidence.findings.damage.share
    if share is None:
        return Verdict("inpaint", "damage: not looked for")
    if share < DAMAGED:
        return Verdict("inpaint", "no damage" if share == 0 else f"hardly any damage ({share:.3%})")
    if share > TOO_MUCH:
        return Verdict("inpaint", f"{share:.0%} looks damaged, which is too much to be true")
    sigma = evidence.findings.noise.sigma
    if sigma > GRAINY:
        return Verdict("inpaint", f"{share:.2%} looks damaged, but under noise of sigma {sigma:.0f} that is not sure")
    return Verdict("inpaint", f"{share:.2%} is damaged", {})


def _uncovered(evidence: Evidence) -> Verdict | None:
    """What the denoised picture says of damage, where it shows enough to be filled there."""
    share = evidence.uncovered
    if share is None or not UNCOVERED <= share <= TOO_MUCH:
        return None
    return Verdict("inpaint", f"{share:.2%} is damaged, as is seen without the noise", {})


def _denoise(evidence: Evidence) -> Verdict:
    noise, removed = evidence.findings.noise, evidence.removed or 0.0
    said = f"noise of sigma {noise.sigma:.1f}"
    if noise.sigma >= NOISY:
        agreed = evidence.flat_noise >= max(FLAT_NOISE, AGREED * noise.sigma)
        if agreed and noise.confidence >= NOISE_SURE:
            return Verdict("denoise", said, {})
        return Verdict("denoise", f"{said}, or texture")
    if removed >= REMOVED and not _is_coarse(evidence):
        return Verdict("denoise", f"noise of sigma {removed:.1f}, as a trial shows", {})
    return Verdict("denoise", said)


def _correct(evidence: Evidence) -> Verdict:
    """Colours and contrast in one step, each only where it is plainly wrong."""
    if _is_drawn(evidence):
        return Verdict("correct", "drawn, not taken: its colours are meant")
    options: dict[str, object] = {}
    reasons = []
    fading = evidence.fading
    if _is_unnatural(evidence.cast):
        options["white_balance"] = "shades-of-grey"
        reasons.append(f"a cast of {evidence.cast.angle:.0f} degrees")
        fading = evidence.balanced
    if _is_faded(fading):
        options["fading"] = 1.0
        reasons.append("faded")
    elif _is_flat(fading):
        options["fading" if _is_reddish(fading) else "contrast"] = 1.0
        reasons.append("weak contrast")
    if options:
        return Verdict("correct", ", ".join(reasons), options)
    return Verdict("correct", "colours and contrast as sound photos have them")


def _is_coarse(evidence: Evidence) -> bool:
    """Whether JPEG has left so much that a denoiser would take it for noise."""
    quality = evidence.findings.jpeg.quality
    return quality is not None and quality <= COARSE and evidence.findings.jpeg.confidence >= JPEG_SURE


def _is_drawn(evidence: Evidence) -> bool:
    return evidence.repeated >= DRAWN and not _is_coarse(evidence)


def _is_unnatural(cast: ColourCast) -> bool:
    """Whether the light has a colour that neither sun, sky nor lamps have: off the axis from blue to orange.

    An evening's light, shade and a lamp's are casts to every method that knows only the picture, and to take them away
    does harm; scans, old prints and fluorescent tubes are green or magenta.
    """
    warm, green = axes(cast)
    sure = abs(green) >= PLAIN or (cast.confidence >= CAST_SURE and abs(green) >= OFF_AXIS)
    return sure and abs(green) >= abs(warm)


def axes(cast: ColourCast) -> tuple[float, float]:
    """The colour of the light in stops along two axes: from blue to orange, and from magenta to green."""
    red, green, blue = (-math.log2(gain) for gain in (cast.gains.red, cast.gains.green, cast.gains.blue))
    return (red - blue) / math.sqrt(2), (2 * green - red - blue) / math.sqrt(6)


def _is_faded(fading: Fading) -> bool:
    """Whether black has become pale and reddish, as where cyan, the least stable dye, has gone, and white is left."""
    if len(fading.levels.black) != 3 or max(fading.levels.white) < WHITE_LEFT:
        return False
    red, green, blue = fading.levels.black
    found = red, min(green, blue), red - green, blue - green
    return red >= blue and any(all(a >= b for a, b in zip(found, least, strict=True)) for least in PALE)


def _is_reddish(fading: Fading) -> bool:
    """Whether black is paler in red than in green and blue."""
    if len(fading.levels.black) == 1:
        return False
    red, green, blue = fading.levels.black
    return red - green >= REDDER and red > blue


def _is_flat(fading: Fading) -> bool:
    """Whether black and white are both gone; pale black alone may be fog, or a fashion."""
    black, white = min(fading.levels.black), max(fading.levels.white)
    return any(black >= dark and white <= light for dark, light in GONE)
