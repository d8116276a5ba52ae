"""The rule for clean photographs: what has nothing to be mended comes out as it went in, or nearly.

What "nearly" means depends on the task. Tasks that change a picture on purpose, and those that nobody here knows, have
no such rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from restore.conformance.trials import Bench, scratches
from restore.image import Image, Observation, Pixels
from restore.metrics import psnr
from restore.resampling import resized
from restore.spec import Needs, RestorerSpec

ON_PURPOSE = {
    "degrade": "it spoils pictures on purpose",
    "stylize": "it changes the look of pictures on purpose",
    "correct": "it changes pictures as it is told",
}


@dataclass(frozen=True)
class Bound:
    """What a task may do to clean photographs.

    Attributes:
        measured: A figure of one photograph and what became of it.
        least: The figure is not below it; for shares of a mask, which are negative, nearest to 0 is best.
        words: How the figure is told; takes it as ``{:…}``.
    """

    measured: Callable[[Bench, Pixels], float]
    least: float
    words: str


def unharmed(bench: Bench) -> str:
    """Clean photographs keep within the bound of the task; the worst one counts.

    Sharp ones: 256 x 256 pixels of scikit-image's, reduced to half, so that their own noise is averaged out.
    """
    bound = BOUNDS[bench.spec.task]
    worst = min(bound.measured(bench, photograph) for photograph in photographs())
    said = bound.words.format(abs(worst))
    assert worst >= bound.least, f"{said}; the bound is {abs(bound.least):g}"
    return f"{said} at worst (bound: {abs(bound.least):g})"


def not_due(spec: RestorerSpec) -> str:
    """Why the rule does not apply to a restorer, or ""."""
    if spec.size_is_found is not None:
        return "a result of another size cannot be held against its photograph"
    if spec.task in BOUNDS:
        return ""
    return ON_PURPOSE.get(spec.task, f"nobody knows what the task '{spec.task}' may change in a clean photograph")


@cache
def photographs() -> tuple[Pixels, ...]:
    """Clean ones, uint8 ``(128, 128, 3)``."""
    from skimage.data import astronaut, coffee

    return _halved(astronaut()[20:276, 130:386]), _halved(coffee()[80:336, 140:396])


def _halved(pixels: Pixels) -> Pixels:
    """The mean of every 2x2 pixels."""
    height, width, channels = pixels.shape
    mean = pixels.reshape(height // 2, 2, width // 2, 2, channels).mean(axis=(1, 3))
    halved: Pixels = np.rint(mean).astype(np.uint8)
    return halved


def _fidelity(bench: Bench, photograph: Pixels) -> float:
    """PSNR of the result, reduced to the photograph's size where it is larger; frames and known pixels are clean."""
    image = Image(photograph.copy())  # of one that is used again: restorers may break the rule for inputs
    observation = Observation((image,))
    if bench.spec.needs is Needs.FRAMES:
        observation = Observation((image, image))
    elif bench.spec.needs is Needs.IMAGE_AND_MASK:
        observation = Observation((image,), scratches(image.height, image.width))
    pixels = bench.answer(observation).image.pixels
    if pixels.shape != photograph.shape:
        pixels = resized(pixels, *photograph.shape[:2])
    return min(psnr(pixels, photograph), 99.0)


def _marked(bench: Bench, photograph: Pixels) -> float:
    """Minus the share, in per cent, that is taken for damage."""
    return -100 * float((bench.restore(Image(photograph.copy())).pixels == 255).mean())


_PSNR = "PSNR {:.1f} dB"

BOUNDS = {
    "denoise": Bound(_fidelity, 35, f"{_PSNR} to a clean photograph"),
    "dejpeg": Bound(_fidelity, 38, f"{_PSNR} to a photograph without traces"),
    "upscale": Bound(_fidelity, 30, f"{_PSNR} of the enlargement, reduced again, to its photograph"),
    "inpaint": Bound(_fidelity, 28, f"{_PSNR} to a photograph under two fine scratches"),
    "fuse": Bound(_fidelity, 35, f"{_PSNR} to a photograph that was fused with itself"),
    "detect": Bound(_marked, -2, "{:.2f} % of a clean photograph marked"),
}
"""By task."""
