"""The descriptions of the classical upscalers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from restore.enlarging import Enlarging
from restore.errors import WeightsError
from restore.spec import Restorer, RestorerSpec, Runtime

_KEYS = "Keys: Cubic convolution interpolation for digital image processing, IEEE TASSP 1981"
_OPENCV = "OpenCV: Geometric image transformations, cv::resize"


def _loader(name: str) -> Callable[[Path | None, Runtime], Restorer]:
    """A `RestorerSpec.load` for one method; importing it waits until then."""

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        from restore_classic.upscale import METHODS, ClassicUpscaler

        if weights is not None:
            raise WeightsError(f"{name} is a method without weights.", path=weights, hint="Leave --weights out.")
        return ClassicUpscaler(METHODS[name], runtime)

    return load


def _spec(name: str, summary: str, *sources: str) -> RestorerSpec:
    return RestorerSpec(
        name=name,
        task="upscale",
        summary=summary,
        options=Enlarging,
        load=_loader(name),
        output_size=Enlarging.output_size,
        scales="any",
        sources=sources,
    )


UPSCALERS = (
    _spec("bicubic", "Bicubic as in MATLAB (a = -0.5): soft, the yardstick of every benchmark", _KEYS),
    _spec(
        "lanczos",
        "Lanczos with three lobes, as in MATLAB and Pillow: a little sharper than bicubic, rings at edges",
        "Duchon: Lanczos filtering in one and two dimensions, Journal of Applied Meteorology 1979",
    ),
    _spec("opencv-nearest", "OpenCV's nearest neighbour: every pixel a block; for pixel art", _OPENCV),
    _spec("opencv-linear", "OpenCV's bilinear: blurred, never rings", _OPENCV),
    _spec("opencv-cubic", "OpenCV's bicubic (a = -0.75): sharper than MATLAB's, more halo at edges", _KEYS, _OPENCV),
    _spec("opencv-lanczos4", "OpenCV's Lanczos with four lobes: sharpest of them, rings most", _OPENCV),
)
