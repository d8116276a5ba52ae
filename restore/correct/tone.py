"""Brightness: exposure in linear light, and gamma."""

from __future__ import annotations

import numpy as np

from restore.correct.light import Curve, Floats, apply_curves, to_display, to_linear
from restore.image import Pixels


def exposure_curve(ev: float) -> Curve:
    """Exposure as a curve: linear light times two to the power of `ev`, as another exposure time would have it.

    Args:
        ev: In stops (exposure values, ISO 2720): 1 for twice the light.
    """
    gain = np.float32(2.0**ev)

    def curve(values: Floats) -> Floats:
        return to_display(to_linear(values) * gain)

    return curve


def gamma_curve(gamma: float) -> Curve:
    """Gamma as a curve: display values to the power of ``1 / gamma``, black and white staying what they are.

    Odd about zero. Poynton, Digital Video and HD, 2012, chapter 27, on gamma and what else is called so.

    Args:
        gamma: Above 1 lightens the middle, below 1 darkens it.
    """
    power = np.float32(1 / gamma)

    def curve(values: Floats) -> Floats:
        return np.copysign(np.abs(values) ** power, values)

    return curve


def apply_exposure(pixels: Pixels, ev: float, strength: float = 1.0) -> Pixels:
    """Expose again; what is brighter than white then is clipped in 8 and 16 bit.

    Args:
        pixels: ``(H, W, C)``.
        ev: In stops.
        strength: Of the stops.
    """
    return pixels if ev * strength == 0 else apply_curves(pixels, [exposure_curve(ev * strength)])


def apply_gamma(pixels: Pixels, gamma: float, strength: float = 1.0) -> Pixels:
    """Lighten or darken the middle tones.

    Args:
        pixels: ``(H, W, C)``.
        gamma: See `gamma_curve`.
        strength: Power that gamma is raised to.
    """
    return pixels if gamma**strength == 1 else apply_curves(pixels, [gamma_curve(gamma**strength)])
