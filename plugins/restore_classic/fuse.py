"""Run a classical fuser over one series: depth, colour beside infrared, the map of shares, the same for every one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

from restore.contribution_map import contribution_map
from restore.errors import InputError
from restore.fusing import Fusing
from restore.image import Image, Observation, Restoration, SeriesKind
from restore.series.kind import kind_of
from restore.spec import Runtime
from restore_classic.frames import STRIP, Canvas, Frames, Shares
from restore_classic.laplacian import laplacian
from restore_classic.mertens import mertens

Method = Callable[[Frames, Any, Canvas, Shares | None], None]
"""Takes the frames and the method's options, fills the canvas, and adds up who contributed where, if that is asked."""


def average(frames: Frames, options: Fusing, canvas: Canvas, shares: Shares | None) -> None:
    """The mean of all frames: less noise where they are alike, a veil where they are not.

    Args:
        frames: The series.
        options: Not used.
        canvas: Takes the result.
        shares: Equal ones everywhere, so that nothing is added.
    """
    for top in range(0, frames.height, STRIP):
        bottom = min(top + STRIP, frames.height)
        total = frames.rows(0, top, bottom).astype(np.float64)
        for number in range(1, frames.count):
            total += frames.rows(number, top, bottom)
        canvas.put(top, (total / frames.count).astype(np.float32))


METHODS: Mapping[str, Method] = {"mertens": mertens, "laplacian": laplacian, "average": average}
"""By the name of the model."""


class ClassicFuser:
    """A `Restorer` around one method.

    Args:
        method: What fuses.
        runtime: Only ``threads`` matters: the number OpenCV uses (None leaves OpenCV's own choice).
    """

    def __init__(self, method: Method, runtime: Runtime) -> None:
        self.method = method
        if runtime.threads is not None:
            cv2.setNumThreads(runtime.threads)

    def restore(self, observation: Observation, options: Fusing) -> Image | Restoration:
        """Return one picture in the depth and with the channels, alpha and metadata of the first frame.

        Frames of visible light and infrared are fused in luma (0.299 R + 0.587 G + 0.114 B) alone; the colours stay
        those of the first frame. Whether they are is what the observation says, or else what the pixels say.

        Args:
            observation: Two or more frames of one size and depth, aligned; the first is the reference.
            options: The options model of the method.

        Raises:
            InputError: There is one frame only, or a float frame holds NaN or infinite values.
        """
        images = observation.frames
        if len(images) < 2:
            raise InputError("there is one frame only.", hint="A fusion needs two frames at least.")
        kind = observation.kind or kind_of(images)
        frames, canvas = Frames(images, kind is SeriesKind.INFRARED), Canvas(images[0])
        shares = Shares(frames) if options.weights_map else None
        self.method(frames, options, canvas, shares)
        result = images[0].with_pixels(canvas.pixels)
        if shares is None:
            return result
        size = images[0].height, images[0].width
        return Restoration(result, (contribution_map(shares.normalised(), observation.names, size),))
