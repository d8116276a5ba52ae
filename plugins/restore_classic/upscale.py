"""Run a classical upscaler over one picture: size, transparency and depth, the same for every method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt

from restore.enlarging import Enlarging, left_as_it_is
from restore.errors import InputError
from restore.image import Image, Observation, Pixels
from restore.resampling import CUBIC, LANCZOS3, resized
from restore.spec import Runtime

Plane = npt.NDArray[np.float32]

Method = Callable[[Pixels, int, int], Pixels]
"""Takes ``(H, W, C)`` of any depth, a height and a width; returns it in that size and the same depth."""

_FLOOR = np.float32(1e-3)
"""What a fully transparent pixel still weighs, so that its colour is its neighbours' and not undefined."""

_COLUMNS = 256
"""Columns of a transparent picture enlarged at a time."""


def _by_opencv(interpolation: int, pixels: Pixels, height: int, width: int) -> Pixels:
    """``cv2.resize``, which drops the axis of a single channel."""
    result: Pixels = cv2.resize(pixels, (width, height), interpolation=interpolation)
    return result.reshape(height, width, *pixels.shape[2:])


METHODS: Mapping[str, Method] = {
    "bicubic": partial(resized, kernel=CUBIC),
    "lanczos": partial(resized, kernel=LANCZOS3),
    "opencv-nearest": partial(_by_opencv, cv2.INTER_NEAREST_EXACT),
    "opencv-linear": partial(_by_opencv, cv2.INTER_LINEAR),
    "opencv-cubic": partial(_by_opencv, cv2.INTER_CUBIC),
    "opencv-lanczos4": partial(_by_opencv, cv2.INTER_LANCZOS4),
}
"""By the name of the model."""


class ClassicUpscaler:
    """A `Restorer` around one method.

    Args:
        method: What enlarges.
        runtime: Only ``threads`` matters: the number OpenCV uses (None leaves OpenCV's own choice).
    """

    def __init__(self, method: Method, runtime: Runtime) -> None:
        self.method = method
        if runtime.threads is not None:
            cv2.setNumThreads(runtime.threads)

    def restore(self, observation: Observation, options: Enlarging) -> Image:
        """Return the enlarged picture in the depth it came in; float pictures keep what a kernel overshoots.

        A picture that is as large as was asked for comes back as it is, with a note.

        Args:
            observation: One frame of any depth, grey or RGB, with or without alpha.
            options: How much larger.

        Raises:
            InputError: A float picture holds NaN or infinite values.
        """
        image = observation.image
        height, width = options.output_size(image.height, image.width)
        if (height, width) == (image.height, image.width):
            return left_as_it_is(image)
        planes = [image.pixels] if image.alpha is None else [image.pixels, image.alpha]
        if image.pixels.dtype == np.float32 and not all(np.isfinite(plane).all() for plane in planes):
            raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")
        if image.alpha is None or (image.alpha == image.white).all():
            alpha = None if image.alpha is None else np.full((height, width), image.white, image.alpha.dtype)
            return image.with_pixels(self.method(image.pixels, height, width), alpha)
        return self._with_alpha(image, image.alpha, height, width)

    def _with_alpha(self, image: Image, alpha: Pixels, height: int, width: int) -> Image:
        """Weigh every colour by its alpha, or what a picture hides would show as fringes along its outlines.

        T. Porter, T. Duff, "Compositing digital images", SIGGRAPH 1984. As floats, a large result would take many times
        its memory: one channel at a time is made wide, and then, some columns at a time, tall.
        """
        pixels = np.empty((height, width, image.channels), image.pixels.dtype)
        visible = np.empty((height, width), image.pixels.dtype)
        given = alpha.astype(np.float32) / np.float32(image.white) + _FLOOR
        weights = self.method(given, image.height, width)
        for channel in range(image.channels):
            colours = self.method(image.pixels[..., channel].astype(np.float32) * given, image.height, width)
            for left in range(0, width, _COLUMNS):
                here = slice(left, min(left + _COLUMNS, width))
                weight, colour = (
                    self.method(np.ascontiguousarray(wide[:, here]), height, here.stop - left)
                    for wide in (weights, colours)
                )
                if channel == 0:
                    share: Plane = np.clip(weight - _FLOOR, 0, 1)
                    visible[:, here] = _in_depth(share * np.float32(image.white), image)
                weight[np.abs(weight) < _FLOOR / 2] = _FLOOR / 2  # kernels overshoot below zero, too
                colour /= weight
                pixels[:, here, channel] = _in_depth(colour, image)
        return image.with_pixels(pixels, visible)


def _in_depth(plane: Plane, like: Image) -> Pixels:
    """Floats on a picture's scale, in its depth; whole numbers are rounded and clipped."""
    if like.pixels.dtype == np.float32:
        return plane
    return np.clip(np.rint(plane), 0, like.white).astype(like.pixels.dtype)
