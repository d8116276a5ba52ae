"""Run the corrections that are asked for over one picture: first its geometry, then its values."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from restore.correct.border import apply_crop, estimate_border
from restore.correct.cast import Gains, cast_curves, estimate_cast, gains_of_neutral
from restore.correct.dehaze import apply_dehaze, estimate_haze
from restore.correct.dewarp import apply_dewarp
from restore.correct.levels import estimate_levels, level_curves
from restore.correct.light import Curve, Floats, apply_curves, is_grey, reduced, strips
from restore.correct.local_contrast import apply_local_curves, estimate_local_curves
from restore.correct.quadrilateral import Points, estimate_corners, ordered
from restore.correct.sharpen import apply_unsharp
from restore.correct.skew import estimate_skew
from restore.correct.tone import exposure_curve, gamma_curve
from restore.correct.warping import border_colour, turn
from restore.errors import InputError
from restore.image import Image, Observation, Pixels
from restore.spec import Runtime
from restore.toolkit.alpha import bled
from restore_correct.plugin import CorrectOptions, points_of

CONFIDENT = 0.5
"""Geometry is changed where what was found is at least so sure."""

CONFIDENT_OF_PRINT = 0.7
"""The same for prints: in some photographs a frame or a horizon reaches 0.6."""

LEVEL = 0.05
"""Degrees: what lies less askew is level, and not resampled for it."""

_FINER = 257
"""Steps of 16 bit in one of 8 bit."""


class Corrector:
    """A `Restorer` that does what its options ask for, and nothing else.

    Args:
        runtime: Only ``threads`` matters: the number OpenCV uses (None leaves OpenCV's own choice).
    """

    def __init__(self, runtime: Runtime) -> None:
        if runtime.threads is not None:
            cv2.setNumThreads(runtime.threads)

    def restore(self, observation: Observation, options: CorrectOptions) -> Image:
        """Return the corrected picture; the same one where nothing is found to correct.

        A picture whose three channels are equal stays exactly grey. What was looked for and not found is told in the
        metadata's warnings.

        Args:
            observation: One frame of any depth, grey or RGB.
            options: What to do.

        Raises:
            InputError: A float picture holds NaN or infinite values, or such large ones that they would become so;
                --corners or --neutral lie outside the picture or say nothing.
        """
        image = observation.image
        if not _is_finite(image.pixels):
            raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes of it is looked at below
            corrected = _corrected(image, options)
        if not _is_finite(corrected.pixels):
            raise InputError("holds values too large for these corrections.", hint="Divide them first: white is 1.")
        return corrected


def _corrected(image: Image, options: CorrectOptions) -> Image:
    gains = None
    if options.neutral is not None:
        x, y = points_of([options.neutral])[0]
        gains = gains_of_neutral(image.pixels, int(x), int(y))
    straight = _straightened(image, options)
    pixels = straight.pixels
    if options.dehaze or options.clahe or options.sharpen:  # they look at neighbours
        pixels = bled(pixels, straight.alpha)
    if pixels.shape[2] == 3 and is_grey(pixels):
        values = _with_values(np.ascontiguousarray(pixels[..., :1]), options, gains)
        pixels = np.ascontiguousarray(np.broadcast_to(values, pixels.shape))
    else:
        pixels = _with_values(pixels, options, gains)
    return straight.with_pixels(pixels)


def _is_finite(pixels: Pixels) -> bool:
    return pixels.dtype != np.float32 or all(np.isfinite(pixels[rows]).all() for rows in strips(pixels))


def _straightened(image: Image, options: CorrectOptions) -> Image:
    """The picture dewarped, or turned, and cropped."""
    if options.finds_print:
        image = _dewarped(image, options)
    if options.deskew:
        image = _deskewed(image, options)
    return _cropped(image) if options.crop else image


def _dewarped(image: Image, options: CorrectOptions) -> Image:
    if options.corners is not None:
        corners = _given_corners(options.corners, image)
    else:
        found = estimate_corners(image.pixels)
        if found is None or found.confidence < CONFIDENT_OF_PRINT:
            return image.with_warnings(
                "No print was found in it: it is left in its shape (--corners says where one is)."
            )
        corners = found.points
    alpha = None if image.alpha is None else apply_dewarp(image.alpha[..., None], corners)[..., 0]
    return image.with_pixels(apply_dewarp(bled(image.pixels, image.alpha), corners), alpha)


def _given_corners(texts: Sequence[str], image: Image) -> Points:
    points = np.array(points_of(texts))
    if (points > [image.width, image.height]).any():
        raise InputError(
            f"is {image.width} x {image.height}; --corners {' '.join(texts)} lie outside.",
            hint="Give them in pixels of the upright picture, x first.",
        )
    return ordered(points)


def _deskewed(image: Image, options: CorrectOptions) -> Image:
    skew = estimate_skew(image.pixels)
    if skew.confidence < CONFIDENT:
        return image.with_warnings("Its lines do not tell how it lies: it is not turned.")
    if abs(skew.angle) < LEVEL:
        return image
    pixels = bled(image.pixels, image.alpha)
    pixels = turn(pixels, skew.angle, options.edges, border_colour(pixels))
    alpha = None if image.alpha is None else turn(image.alpha[..., None], skew.angle, options.edges, (0.0,))[..., 0]
    return image.with_pixels(pixels, alpha)


def _cropped(image: Image) -> Image:
    border = estimate_border(image.pixels)
    if border.confidence < CONFIDENT:
        return image.with_warnings("No even background was found round it: it is not cropped.")
    alpha = None if image.alpha is None else apply_crop(image.alpha, border)
    return image.with_pixels(apply_crop(image.pixels, border), alpha)


def _with_values(pixels: Pixels, options: CorrectOptions, gains: Gains | None) -> Pixels:
    """The picture with its light, colours and contrast corrected; 8 bit in 16 where that takes several steps."""
    if options.value_steps == 0:
        return pixels
    finer = pixels.dtype == np.uint8 and options.value_steps > 1
    work = pixels.astype(np.uint16) * np.uint16(_FINER) if finer else pixels
    if options.dehaze:
        work = apply_dehaze(work, estimate_haze(work), options.dehaze)
    if options.tones:
        work = apply_curves(work, _curves(options, gains, reduced(work)))
    if options.clahe:
        work = apply_local_curves(work, estimate_local_curves(work, options.clahe_limit), options.clahe)
    if options.sharpen:
        work = apply_unsharp(work, options.sharpen, options.sharpen_radius, options.sharpen_threshold)
    return _coarse(work) if finer else work


def _curves(options: CorrectOptions, gains: Gains | None, small: Floats) -> list[Curve]:
    """All that treats each value by itself, joined so that it is rounded once: a curve for each channel.

    What the curves are made of is measured on a small copy that the earlier ones were applied to.
    """
    channels = small.shape[2]
    steps: list[Sequence[Curve]] = []

    def add(curves: Sequence[Curve]) -> None:
        nonlocal small
        steps.append(list(curves) * (channels if len(curves) == 1 else 1))
        small = apply_curves(small, steps[-1])

    if options.exposure:
        add([exposure_curve(options.exposure)])
    if channels == 3:
        if options.white_balance is not None:
            gains = estimate_cast(small, options.white_balance).gains
        if gains is not None and options.white_balance_strength:
            add(cast_curves(gains, options.white_balance_strength))
    if options.fading:
        add(level_curves(estimate_levels(small, joint=False, specks=True), options.fading))
    if options.contrast:
        add(level_curves(estimate_levels(small, joint=True, specks=True), options.contrast))
    if options.gamma != 1:
        add([gamma_curve(options.gamma)])
    return [_joined([step[channel] for step in steps]) for channel in range(channels)]


def _joined(curves: Sequence[Curve]) -> Curve:
    def curve(values: Floats) -> Floats:
        for each in curves:
            values = each(values)
        return values

    return curve


def _coarse(pixels: Pixels) -> Pixels:
    """16 bit back to the nearest 8 bit."""
    out = np.empty(pixels.shape, np.uint8)
    for rows in strips(pixels):
        out[rows] = (pixels[rows].astype(np.uint32) + _FINER // 2) // _FINER
    return out
