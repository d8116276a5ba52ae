"""Colour casts: found by what photographs are like on the whole, taken away in linear light; white balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from restore.correct.light import LUMINANCE, Curve, Floats, apply_curves, reduced, to_display, to_linear
from restore.errors import InputError
from restore.image import Pixels

Assumption = Literal["grey-world", "shades-of-grey"]

NORM = 6
"""The Minkowski norm that Finlayson and Trezzi found best."""

LARGEST = 8.0
"""The largest gain: beyond it one channel holds little but noise."""

DOUBTFUL, CERTAIN = 3.0, 12.0
"""Degrees of a cast that all estimates agree on, at which confidence leaves 0 and reaches 1.

Of 65 sound photographs (every second of CBSD68, and others) three quarters are below 4.4 and nine tenths below 10.6:
evenings and lamps do have a colour.
"""

_CLIPPED, _DARK = 0.98, 0.02
"""Display values whose colour says nothing: a clipped channel hides it, noise drowns it."""

_AROUND = 2


@dataclass(frozen=True)
class Gains:
    """What each channel's linear light is multiplied with."""

    red: float
    green: float
    blue: float

    @property
    def array(self) -> npt.NDArray[np.float64]:
        """``(3,)``."""
        return np.array([self.red, self.green, self.blue])


NEUTRAL = Gains(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Cast:
    """A colour cast.

    Attributes:
        gains: What takes it away; grey keeps its luminance.
        angle: Between the colour of the light and grey, in degrees, in linear RGB; 0 for none.
        confidence: 0 to 1: how sure it is that there is a cast at all, and not merely things of one colour.
    """

    gains: Gains
    angle: float
    confidence: float


def estimate_cast(pixels: Pixels, assumption: Assumption = "shades-of-grey") -> Cast:
    """Find the colour of the light from the whole picture.

    Grey-world takes the mean for grey (Buchsbaum, A spatial processor model for object colour perception, J. Franklin
    Institute 1980); shades of grey takes the Minkowski mean of order 6, in which bright things count for more
    (Finlayson, Trezzi, Shades of gray and colour constancy, CIC 2004). Clipped and nearly black pixels are left out.

    The confidence asks how far these two, the brightest part of the picture (Land's white patch) and its edges (van de
    Weijer et al., Edge-based color constancy, TIP 2007) agree on a cast: what only some of them see is a thing that is
    coloured itself.

    Args:
        pixels: ``(H, W, C)``; grey ones have no cast.
        assumption: Which of the two the gains come from.
    """
    if pixels.shape[2] == 1:
        return Cast(NEUTRAL, 0.0, 0.0)
    values = reduced(pixels)
    usable = (values.max(axis=2) < _CLIPPED) & (values.max(axis=2) > _DARK)
    light = to_linear(values.clip(0, None))
    if usable.sum() < max(usable.size // 1000, 1):
        return Cast(NEUTRAL, 0.0, 0.0)
    means = {"grey-world": _mean(light[usable], 1), "shades-of-grey": _mean(light[usable], NORM)}
    votes = [*means.values(), _brightest(light), _edges(light, usable)]
    chosen = means[assumption]
    return Cast(_gains(chosen), _angle(chosen), _agreement(chosen, votes))


def gains_of_neutral(pixels: Pixels, x: int, y: int) -> Gains:
    """What makes the things at a place grey: the mean light of 5 x 5 pixels.

    Args:
        pixels: ``(H, W, C)``.
        x: Column.
        y: Row.

    Raises:
        InputError: The place lies outside the picture, is black, or is clipped in some channel.
    """
    height, width, channels = pixels.shape
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(f"has no pixel at {x},{y}: it is {width} x {height}.", hint="Give --neutral inside it.")
    if channels == 1:
        return NEUTRAL
    here = pixels[max(y - _AROUND, 0) : y + _AROUND + 1, max(x - _AROUND, 0) : x + _AROUND + 1]
    values = reduced(here)
    mean = to_linear(values).reshape(-1, 3).mean(axis=0)
    if mean.min() <= 0.001 or values.max() >= 1:
        what = "white, with a clipped channel" if values.max() >= 1 else "black in some channel"
        raise InputError(f"is {what} at {x},{y}.", hint="Give a --neutral that is grey: its colour must be there.")
    return _gains(mean.astype(np.float64))


def cast_curves(gains: Gains, strength: float = 1.0) -> tuple[Curve, ...]:
    """The gains as one curve for each channel, in linear light (von Kries' adaptation in the picture's own primaries).

    Args:
        gains: The gains.
        strength: Power that they are raised to; 0 for none, 1 for all of it.
    """
    return tuple(_gain_curve(float(gain)) for gain in gains.array**strength)


def apply_gains(pixels: Pixels, gains: Gains, strength: float = 1.0) -> Pixels:
    """Multiply the linear light of each channel.

    Args:
        pixels: ``(H, W, C)``; grey ones come back as they are.
        gains: With what.
        strength: See `cast_curves`.
    """
    if strength == 0 or gains == NEUTRAL or pixels.shape[2] == 1:
        return pixels
    return apply_curves(pixels, cast_curves(gains, strength))


def _gain_curve(gain: float) -> Curve:
    def curve(values: Floats) -> Floats:
        return to_display(to_linear(values) * np.float32(gain))

    return curve


def _gains(light: npt.NDArray[np.float64]) -> Gains:
    """What makes light of this colour grey without making it brighter or darker."""
    found = (LUMINANCE @ light) / np.maximum(light, 1e-9)
    red, green, blue = found.clip(1 / LARGEST, LARGEST).tolist()
    return Gains(red, green, blue)


def _mean(light: Floats, norm: int) -> npt.NDArray[np.float64]:
    powers = light.astype(np.float64) ** norm
    result: npt.NDArray[np.float64] = powers.reshape(-1, 3).mean(axis=0) ** (1 / norm)
    return result


def _brightest(light: Floats) -> npt.NDArray[np.float64]:
    """The mean of the brightest hundredth, clipped or not: what is clipped to white shows that white is white."""
    flat = light.reshape(-1, 3)
    brightness = flat.sum(axis=1)
    bright = flat[brightness >= np.quantile(brightness, 0.99)]
    result: npt.NDArray[np.float64] = bright.mean(axis=0, dtype=np.float64)
    return result


def _edges(light: Floats, usable: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """The Minkowski mean of the differences between neighbours; of everything where there are none."""
    across, down = np.diff(light, axis=1)[:-1], np.diff(light, axis=0)[:, :-1]
    strong = np.sqrt(across**2 + down**2)[usable[:-1, :-1]]
    found = _mean(strong, NORM) if strong.size else np.zeros(3)
    return found if found.min() > 1e-6 else np.ones(3)


def _angle(light: npt.NDArray[np.float64]) -> float:
    cosine = light.sum() / (np.sqrt(3) * max(float(np.linalg.norm(light)), 1e-12))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def _agreement(chosen: npt.NDArray[np.float64], votes: list[npt.NDArray[np.float64]]) -> float:
    """How large a cast in the chosen one's direction all votes see, between doubtful and certain."""
    grey = np.ones(3) / np.sqrt(3)
    offsets = [vote / max(float(vote @ grey), 1e-12) - grey for vote in (chosen, *votes)]
    size = float(np.linalg.norm(offsets[0]))
    if size < 1e-6:
        return 0.0
    agreed = min(float(offset @ offsets[0]) / size for offset in offsets[1:])
    degrees = np.degrees(np.arctan(max(agreed, 0.0)))
    return float(np.clip((degrees - DOUBTFUL) / (CERTAIN - DOUBTFUL), 0, 1))
