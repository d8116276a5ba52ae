"""Colour: casts and fading, told apart by where black and white lie, and pictures that are grey in truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restore.correct.cast import NEUTRAL, Gains, estimate_cast
from restore.correct.levels import Levels, estimate_fading
from restore.correct.light import LUMA, Floats, reduced, to_linear
from restore.image import Pixels

_ENDS = 0.002
"""Share of the pixels beyond black and beyond white."""

_WHITE_SHOWS = (1.0, 4.0)
"""Degrees of the cast that white must show for the confidence to leave 0 and to reach 1 …"""

_ALL_SHOW, _EXCEPTIONS = (0.0, 3.0), 0.2
"""… and degrees of it that all of the picture must show, but for this share."""

_TELLING = (0.15, 0.99)
"""Display values of the brightest channel between which a colour can be told."""

_PALE = (0.12, 0.24)
"""Display values of black at which the confidence that a picture has faded leaves 0 and reaches 1.

Of 34 sound photographs (every second of CBSD68) black is above the middle of them in 9 %; where cyan has lost half of
its density (`restore.degrade.fading`), in 68 %; where it has lost 70 %, in all.
"""

_GREY, _COLOURED = 2.0, 6.0
"""Grey levels by which colours may differ from a single tint, at which that confidence leaves 1 and reaches 0."""

_TINTED = 1.0
"""Grey levels between channels from which on grey has a tint."""


@dataclass(frozen=True)
class ColourCast:
    """A colour cast.

    Attributes:
        gains: What takes it away, see `restore.correct.cast`.
        angle: Between the colour of the light and grey, in degrees; 0 for none.
        confidence: 0 to 1: how sure it is that it is the light, and no thing of one colour: all ways to find a cast
            agree, white shows it, and so does nearly all of the picture.
    """

    gains: Gains
    angle: float
    confidence: float


@dataclass(frozen=True)
class Fading:
    """Faded dyes, and weak contrast.

    Attributes:
        levels: What undoes it, see `restore.correct.levels`.
        black: Display value of the darkest luma, 0 to 1: pale where dyes have faded.
        white: Of the lightest.
        span: Of luma between its black and white by `restore.correct.levels`; 1 for full contrast.
        confidence: 0 to 1: how sure it is that black has become pale.
        low_contrast: 0 to 1: how sure it is that contrast is weak, whatever the reason.
    """

    levels: Levels
    black: float
    white: float
    span: float
    confidence: float
    low_contrast: float


@dataclass(frozen=True)
class Greyness:
    """Whether a picture is grey in truth.

    Attributes:
        grey: Whether all of its colours are those of one tint.
        tint: Red, green and blue less luma, in 8-bit grey levels, at middle lightness; (0, 0, 0) where it is coloured.
        confidence: 0 to 1: how sure that is, either way.
    """

    grey: bool
    tint: tuple[float, float, float]
    confidence: float

    @property
    def tinted(self) -> bool:
        """Whether it is grey with a tint."""
        return self.grey and max(self.tint) - min(self.tint) > _TINTED


def diagnose_cast(pixels: Pixels, grey: Greyness) -> ColourCast:
    """Find a cast of the light, and ask white and everything else about it.

    The colour of the light multiplies: white shows it as strongly as anything, and next to nothing is free of it.
    Things of one colour, and faded dyes, leave white as it is. A grey picture's tint is no cast.

    An evening's light is a cast like any, so that this stays a guess: of 23 sound photographs (every third of CBSD68)
    17 % have a confidence above 0.5; of the same under `restore.degrade.colour_cast` of 1.6 stops 100 % where it is
    green, 91 % red, 17 % blue; of 0.8 stops 96, 43 and 4 %; of faded ones none.

    Args:
        pixels: ``(H, W, C)``.
        grey: What `diagnose_grey` found.
    """
    if pixels.shape[2] == 1 or grey.grey:
        return ColourCast(NEUTRAL, 0.0, 0.0)
    cast = estimate_cast(pixels)
    values = reduced(pixels).reshape(-1, 3)
    brightest = values.max(axis=1)
    telling = values[(brightest > _TELLING[0]) & (brightest < _TELLING[1])]
    if not len(telling) or cast.gains == NEUTRAL:
        return ColourCast(cast.gains, cast.angle, 0.0)
    white = np.quantile(values, [1 - _ENDS], axis=0).astype(np.float32)
    shown = float(_degrees(white, cast.gains)[0])
    least = float(np.quantile(_degrees(telling, cast.gains), _EXCEPTIONS))
    sure = cast.confidence * _ramp(shown, *_WHITE_SHOWS) * _ramp(least, *_ALL_SHOW)
    return ColourCast(cast.gains, cast.angle, sure)


def _degrees(values: Floats, gains: Gains) -> Floats:
    """How far display values ``(N, 3)`` lie from grey in the direction of the light's colour, ``(N,)``."""
    light = 1 / gains.array
    offset = light / light.mean() - 1
    direction = offset / max(float(np.linalg.norm(offset)), 1e-12)
    linear = to_linear(values).clip(1e-4, None)
    along = (linear / linear.mean(axis=1, keepdims=True) - 1) @ direction
    degrees: Floats = np.degrees(np.arctan(along / np.sqrt(3)))
    return degrees


def diagnose_fading(pixels: Pixels) -> Fading:
    """Find black that has become pale, and contrast that is weak.

    Dyes that fade lose density where there was most of it: in the shadows. Pictures that are dark, or of fog, have weak
    contrast as well, but only fog has pale shadows.

    Args:
        pixels: ``(H, W, C)``.
    """
    found = estimate_fading(pixels)
    luma = _luma(reduced(pixels))
    black, white = np.quantile(luma, [_ENDS, 1 - _ENDS]).clip(0, 1).tolist()
    flat = white - black < 0.1
    pale = 0.0 if flat else _ramp(black, *_PALE)
    return Fading(found.levels, black, white, found.span, pale, found.confidence)


def diagnose_grey(pixels: Pixels) -> Greyness:
    """Find whether every channel is a function of luma alone, as in scans of black and white prints, toned or not.

    Args:
        pixels: ``(H, W, C)``.
    """
    if pixels.shape[2] == 1:
        return Greyness(True, (0.0, 0.0, 0.0), 1.0)
    values = reduced(pixels, 40_000).clip(0, 1).reshape(-1, 3) * 255
    luma = _luma(values)
    place = np.clip(luma / 8, 0, 31).astype(np.intp)
    counts = np.maximum(np.bincount(place, minlength=32), 1)
    offsets = values - luma[:, None]
    curve = np.stack([np.bincount(place, offsets[:, c], 32) / counts for c in range(3)], axis=1)
    left = float(np.quantile(np.abs(offsets - curve[place]).max(axis=1), 0.98))
    sure = _ramp(left, _COLOURED, _GREY)
    if sure < 0.5:
        return Greyness(False, (0.0, 0.0, 0.0), 1 - sure)
    red, green, blue = np.average(curve, axis=0, weights=counts).tolist()
    return Greyness(True, (red, green, blue), sure)


def _luma(values: Floats) -> Floats:
    luma: Floats = values[..., 0] if values.shape[-1] == 1 else values @ LUMA
    return luma


def _ramp(value: float, zero: float, one: float) -> float:
    return float(np.clip((value - zero) / (one - zero), 0, 1))
