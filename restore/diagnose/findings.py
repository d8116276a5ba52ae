"""Everything that is found out about one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.correct.light import MEASURED, reduced
from restore.correct.skew import Skew, estimate_skew
from restore.diagnose.bandwidth import Resolution, estimate_resolution
from restore.diagnose.clipping import Clipping, measure_clipping
from restore.diagnose.colour import ColourCast, Fading, Greyness, diagnose_cast, diagnose_fading, diagnose_grey
from restore.diagnose.noise import Noise, estimate_noise
from restore.diagnose.quality import Jpeg, estimate_jpeg
from restore.diagnose.sharpness import Blur, estimate_blur
from restore.image import Image, Pixels


@dataclass(frozen=True)
class Damage:
    """Scratches, dust, tears, as a detector finds them.

    Attributes:
        share: Of the pixels that are damaged, 0 to 1; None where nobody looked, which is not the same as none.
        confidence: 0 to 1; 0 where nobody looked.
    """

    share: float | None
    confidence: float


NOT_LOOKED_FOR = Damage(None, 0.0)


@dataclass(frozen=True)
class Findings:
    """What `diagnose` found; each part with its confidence.

    Attributes:
        width: Of the picture, in pixels.
        height: Likewise.
        noise: See `restore.diagnose.noise`.
        jpeg: See `restore.diagnose.quality`.
        blur: See `restore.diagnose.sharpness`.
        resolution: See `restore.diagnose.bandwidth`.
        grey: See `restore.diagnose.colour`.
        cast: Likewise.
        fading: Likewise.
        clipping: See `restore.diagnose.clipping`.
        skew: See `restore.correct.skew`.
        damage: What a detector found, if one was asked.
    """

    width: int
    height: int
    noise: Noise
    jpeg: Jpeg
    blur: Blur
    resolution: Resolution
    grey: Greyness
    cast: ColourCast
    fading: Fading
    clipping: Clipping
    skew: Skew
    damage: Damage


def diagnose(image: Image, damage: npt.NDArray[np.bool_] | None = None) -> Findings:
    """Find out what is wrong with a picture; about a second, whatever its size.

    Noise, blocks, blur and resolution are measured on tiles in the picture's own pixels, the rest on a copy
    of a megapixel.

    Args:
        image: The picture.
        damage: What a detector found, ``(H, W)``, True = damaged; None where none was asked.
    """
    pixels = _finite(image.pixels)
    image = image.with_pixels(pixels)
    small = reduced(pixels, MEASURED)
    noise = estimate_noise(pixels)
    grey = diagnose_grey(small)
    return Findings(
        width=image.width,
        height=image.height,
        noise=noise,
        jpeg=estimate_jpeg(image),
        blur=estimate_blur(pixels, noise.sigma),
        resolution=estimate_resolution(pixels, noise.sigma),
        grey=grey,
        cast=diagnose_cast(small, grey),
        fading=diagnose_fading(small),
        clipping=measure_clipping(pixels),
        skew=estimate_skew(small),
        damage=NOT_LOOKED_FOR if damage is None else Damage(float(damage.mean()), 1.0),
    )


def _finite(pixels: Pixels) -> Pixels:
    """The same pixels; of floats, what is no number is black, and what is infinite white."""
    if pixels.dtype.kind != "f" or np.isfinite(pixels).all():
        return pixels
    return np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0)
