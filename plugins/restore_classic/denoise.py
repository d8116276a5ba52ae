"""Run a classical denoiser over one picture: noise level, strength and depth, the same for every method."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from skimage.restoration import estimate_sigma

from restore.errors import InputError
from restore.image import Image, Observation, Pixels
from restore.spec import Runtime
from restore_classic.denoisers import DenoiseOptions

Planes = npt.NDArray[np.float32]
"""``(H, W, C)``, C = 1 or 3 (RGB), at least `SMALLEST` high and wide; black 0, white 1, values outside allowed."""

Method = Callable[[Planes, float, Any], Planes]
"""Takes the noisy picture, sigma on the same scale and the method's options; returns a new picture of that shape."""

SMALLEST = 32
"""Shorter edges are mirrored out to this: wavelets, BM3D's blocks and the noise estimate need some room."""

INVISIBLE = 1e-6
"""Noise below this (white is 1) is rounding: a fifteenth of a step in 16 bits."""


class ClassicDenoiser:
    """A `Restorer` around one method.

    Args:
        method: What denoises.
        runtime: Only ``threads`` matters: the number OpenCV uses (None leaves OpenCV's own choice).
    """

    def __init__(self, method: Method, runtime: Runtime) -> None:
        self.method = method
        if runtime.threads is not None:
            cv2.setNumThreads(runtime.threads)

    def restore(self, observation: Observation, options: DenoiseOptions) -> Image:
        """Return the denoised picture in the depth it came in; float pictures are not clipped.

        The very same pixels come back at strength 0, or where there is no noise to remove (`INVISIBLE`).

        Args:
            observation: One frame of any depth, grey or RGB.
            options: The options model of the method.

        Raises:
            InputError: A float picture holds NaN or infinite values.
        """
        image = observation.image
        if options.strength == 0 or options.sigma == 0:
            return image
        noisy = _roomy(image.pixels).astype(np.float32) / np.float32(image.white)
        if not np.isfinite(noisy).all():
            raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")
        sigma = noise_level(noisy) if options.sigma == "auto" else options.sigma / 255
        if sigma < INVISIBLE:
            return image
        denoised = self.method(noisy, sigma * max(options.strength, 1.0), options)
        if options.strength < 1:
            denoised = (noisy + options.strength * (denoised - noisy)).astype(np.float32)
        return image.with_pixels(_in_depth(denoised[: image.height, : image.width], image))


def _roomy(pixels: Pixels) -> Pixels:
    """The picture, mirrored beyond its right and lower border where an edge is shorter than `SMALLEST`."""
    missing = [max(0, SMALLEST - length) for length in pixels.shape[:2]]
    if not any(missing):
        return pixels
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")


def noise_level(noisy: Planes) -> float:
    """Estimate the standard deviation of white noise, averaged over the channels.

    The median of the finest diagonal wavelet coefficients (Donoho and Johnstone 1994), by scikit-image. Noise that
    demosaicing or JPEG has smoothed is underestimated.

    Args:
        noisy: ``(H, W, C)``, at least `SMALLEST` in both directions.

    Returns:
        Sigma on the scale of the picture; 0 for pictures without any fine detail.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the median of no coefficients, where all are zero
        sigmas = np.array([estimate_sigma(noisy[..., c]) for c in range(noisy.shape[2])])
    return float(np.nan_to_num(sigmas).mean())


def _in_depth(pixels: Planes, like: Image) -> Pixels:
    """Bring pixels in [0, 1] back to the depth of a picture, rounding to whole steps."""
    if like.pixels.dtype == np.float32:
        return np.ascontiguousarray(pixels, dtype=np.float32)
    steps = np.rint(np.clip(pixels, 0, 1) * np.float32(like.white))
    return np.ascontiguousarray(steps.astype(like.pixels.dtype))
