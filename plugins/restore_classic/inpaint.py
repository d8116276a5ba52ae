"""Run a classical inpainter over one picture: depth, and what lies outside the hole, the same for every method."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from skimage.restoration import inpaint_biharmonic

from restore.errors import InputError
from restore.image import Image, Observation, Pixels
from restore.spec import Options, Runtime
from restore.toolkit.missing import Mask, what_is_missing
from restore_classic.inpainters import BiharmonicOptions, RadiusOptions

Method = Callable[[Pixels, Mask, Any], Pixels]
"""Takes ``(H, W, C)`` uint8, or float32 on the scale of 8 bits (white 255, values outside allowed), a mask ``(H, W)``
with missing and known pixels, and the method's options; returns the filled picture in that shape and depth. What it
returns for known pixels is not used."""

GREY = 128
"""What missing pixels are set to before a method sees them, so that nothing depends on what they held."""

MARGIN = 8
"""Known pixels around a hole that `biharmonic` gets; its equation uses two, the rest bounds the values it may take."""


class ClassicInpainter:
    """A `Restorer` around one method.

    Args:
        method: What fills.
        runtime: Only ``threads`` matters: the number OpenCV uses (None leaves OpenCV's own choice).
    """

    def __init__(self, method: Method, runtime: Runtime) -> None:
        self.method = method
        if runtime.threads is not None:
            cv2.setNumThreads(runtime.threads)

    def restore(self, observation: Observation, options: Options) -> Image:
        """Return the picture with its hole filled, in the depth it came in; alpha is left as it is.

        8-bit pictures are filled in 8 bits. 16-bit and float pictures are filled in float32 and never pass through
        8 bits. Known pixels are those of the input, byte for byte, and where nothing is missing the very same pixels
        come back. What the missing pixels held has no influence.

        Args:
            observation: One frame of any depth, grey or RGB, and its mask.
            options: The options model of the method.

        Raises:
            InputError: There is no mask, it covers the whole picture or is too much for the method; or known pixels are
                NaN or infinite.
        """
        image, mask = observation.image, what_is_missing(observation)
        if mask is None:
            return image
        reach = options.radius + 3 if isinstance(options, RadiusOptions) else MARGIN
        around = _around(mask, reach)
        missing = np.ascontiguousarray(mask[around])
        filled = self.method(_prepared(image, around, missing), missing, options)
        pixels = image.pixels.copy()
        pixels[around][missing] = _in_depth(filled[missing], image)
        return image.with_pixels(pixels)


def _around(mask: Mask, reach: int) -> tuple[slice, slice]:
    """The rectangle that holds all missing pixels and `reach` more in every direction."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - reach), int(rows[-1]) + reach + 1),
        slice(max(0, int(columns[0]) - reach), int(columns[-1]) + reach + 1),
    )


def _prepared(image: Image, around: tuple[slice, slice], missing: Mask) -> Pixels:
    """The part of a picture that a method gets, with missing pixels grey.

    OpenCV's methods compare values with absolute steps that only make sense with white at 255 (in Telea's, a correction
    of at most 1.4), so that deeper pictures are brought to this scale, too.
    """
    part = image.pixels[around].copy()
    part[missing] = 0
    if part.dtype != np.uint8:
        part = part.astype(np.float32) * np.float32(255 / image.white)
        if not np.isfinite(part).all():
            raise InputError("the picture holds NaN or infinite pixels.", hint="Mark them in the mask, too.")
    part[missing] = GREY
    return part


def _in_depth(pixels: Pixels, like: Image) -> Pixels:
    """Filled pixels on the scale of 8 bits, in the depth of a picture; whole numbers are rounded and clipped."""
    if like.pixels.dtype == np.uint8:
        return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    scaled = pixels.astype(np.float64) * (like.white / 255)
    if like.pixels.dtype == np.float32:
        return scaled.astype(np.float32)
    return np.clip(np.rint(scaled), 0, like.white).astype(like.pixels.dtype)


def _by_opencv(flag: int, pixels: Pixels, mask: Mask, options: RadiusOptions) -> Pixels:
    """``cv2.inpaint``, which takes colour in 8 bits only; float goes through it channel by channel."""
    missing = mask.astype(np.uint8)
    if pixels.dtype == np.uint8:
        filled: Pixels = cv2.inpaint(pixels, missing, options.radius, flag)
        return filled.reshape(pixels.shape)
    channels = (np.ascontiguousarray(pixels[..., channel]) for channel in range(pixels.shape[2]))
    return np.stack([cv2.inpaint(channel, missing, options.radius, flag) for channel in channels], axis=-1)


telea: Method = partial(_by_opencv, cv2.INPAINT_TELEA)
"""Fast marching by OpenCV: pixel by pixel from the edge inwards, each a weighted mean of known ones in its radius."""

navier_stokes: Method = partial(_by_opencv, cv2.INPAINT_NS)
"""OpenCV's method after the Navier-Stokes equations: as `telea`, but weighted along lines of equal brightness."""


def biharmonic(pixels: Pixels, mask: Mask, options: BiharmonicOptions) -> Pixels:
    """The biharmonic equation by scikit-image, solved for one connected hole at a time in float64.

    What `skimage.restoration.inpaint_biharmonic` does with ``split_into_regions``, but that only the surroundings of
    each hole are made float, and that values are held between the least and the greatest of these surroundings instead
    of the whole picture's.

    Args:
        pixels: ``(H, W, C)``.
        mask: ``(H, W)``.
        options: `BiharmonicOptions`.

    Raises:
        InputError: A hole is larger than ``largest_hole``.
    """
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    grown = cv2.dilate(mask.astype(np.uint8), cross)  # holes nearer to each other than the equation reaches are one
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    sizes = np.bincount(labels[mask], minlength=count)
    if sizes.max() > options.largest_hole:
        raise InputError(
            f"the largest hole has {sizes.max()} pixels in one piece; biharmonic takes at most {options.largest_hole}.",
            hint="Use -m telea, or raise --largest-hole.",
        )
    filled = pixels.astype(np.float32)
    for hole in range(1, count):
        left, top, width, height = (int(value) for value in boxes[hole, :4])
        part = slice(max(0, top - MARGIN), top + height + MARGIN), slice(max(0, left - MARGIN), left + width + MARGIN)
        here = mask[part] & (labels[part] == hole)
        surroundings = pixels[part].astype(np.float64)
        surroundings[mask[part]] = surroundings[~mask[part]].mean(axis=0)  # other holes, too, are no surroundings
        solution = inpaint_biharmonic(surroundings, here, channel_axis=-1)
        filled[part][here] = solution[here]
    return filled
