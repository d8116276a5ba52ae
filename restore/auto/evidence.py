"""What the rules of `restore auto` look at: the findings of `restore diagnose`, and what cleaning a sample shows.

Noise hides pale black, and scratches are black and white themselves. Therefore light and colours are measured on a
sample from which both were taken. What a denoiser takes away there is a witness for noise that a camera or JPEG has
smoothed, which no statistics of flat parts can tell from texture. And scratches that noise has hidden come to light.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from restore.correct.cast import apply_gains
from restore.correct.light import MEASURED, reduced
from restore.diagnose import ColourCast, Fading, Findings, diagnose, diagnose_cast, diagnose_fading, noise_level
from restore.diagnose.sampling import tiles
from restore.image import Image, Pixels
from restore.masks.growing import Mask

TRIED_FROM = 1.0
"""Sigma of the noise, by `restore.diagnose`, from which on a sample is denoised to see; 27 % of sound photographs."""

AGAIN_FROM = 3.0
"""Sigma from which damage is looked for again once the noise is gone: less does not hide it, and is left alone."""

FILLED = 3
"""Pixels round damage that its filling is made of, in the sample."""

Cleaner = Callable[[Pixels], Pixels]
"""Takes the noise from a piece of a picture, ``(H, W, C)`` in its own depth."""

Detector = Callable[[Pixels], Mask]
"""Marks the damage of a piece of a picture, ``(H, W)``, True = damaged."""


@dataclass(frozen=True)
class Evidence:
    """What is known about a picture.

    Attributes:
        findings: See `restore.diagnose`.
        flat_noise: Noise by a second method, see `restore.diagnose.noise_level`; texture seldom deceives both.
        removed: Root mean square of what a denoiser took from the sample, in 8-bit grey levels; None where none tried.
        uncovered: Share of the denoised sample that a detector finds damaged; None where it did not look again.
        repeated: Share of the sample's pixels that equal their left neighbour: high where a program has drawn.
        fading: As the findings', of the cleaned sample.
        cast: Likewise.
        balanced: The fading that is left once the cast is taken away.
    """

    findings: Findings
    flat_noise: float
    removed: float | None
    uncovered: float | None
    repeated: float
    fading: Fading
    cast: ColourCast
    balanced: Fading


def gathered(
    image: Image, damage: Mask | None = None, cleaner: Cleaner | None = None, detector: Detector | None = None
) -> Evidence:
    """Look at a picture; about a second, whatever its size, and as long as the models take for a megapixel.

    Args:
        image: The picture.
        damage: What a detector found, ``(H, W)``, True = damaged; None where none was asked.
        cleaner: A denoiser; None where there is none.
        detector: Looks again where noise was taken away; None where there is none.
    """
    findings = diagnose(image, damage)
    pixels = image.pixels
    if pixels.dtype == np.float32:
        pixels = np.nan_to_num(pixels, posinf=1.0)
    sample = list(tiles(pixels))
    repeated = float(np.mean([(tile[:, 1:] == tile[:, :-1]).all(2).mean() for tile in sample]))
    holes = [np.zeros(tile.shape[:2], np.bool_) for tile in sample]
    if damage is not None:
        holes = [mask[..., 0] for mask in tiles(damage[..., None])]
    removed = uncovered = None
    if cleaner is not None and findings.noise.sigma >= TRIED_FROM:
        cleaned = [cleaner(tile) for tile in sample]
        removed = _difference(sample, cleaned, holes) * 255 / image.white
        sample = cleaned
        if detector is not None and max(findings.noise.sigma, removed) >= AGAIN_FROM:
            seen = [detector(tile) for tile in sample]
            uncovered = _share(seen)
            holes = [before | after for before, after in zip(holes, seen, strict=True)]
    sample = [_filled(tile, mask) for tile, mask in zip(sample, holes, strict=True)]
    small = reduced(np.concatenate(sample, axis=1), MEASURED)
    cast = diagnose_cast(small, findings.grey)
    balanced = diagnose_fading(apply_gains(small, cast.gains))
    return Evidence(findings, noise_level(pixels), removed, uncovered, repeated, diagnose_fading(small), cast, balanced)


def document(findings: Findings) -> dict[str, object]:
    """All figures as `restore diagnose --json` has them, to three digits, for the journal."""
    rounded = _rounded(asdict(findings))
    assert isinstance(rounded, dict)
    return rounded


def _filled(tile: Pixels, mask: Mask) -> Pixels:
    """A tile without its damage, as 8 bits: good enough to measure light on."""
    import cv2

    if not mask.any():
        return tile
    white = 1.0 if tile.dtype == np.float32 else float(np.iinfo(tile.dtype).max)
    values = (tile / white * 255 + 0.5).clip(0, 255).astype(np.uint8)
    holes = np.ascontiguousarray(mask).view(np.uint8)
    filled = cv2.inpaint(values, holes, FILLED, cv2.INPAINT_TELEA).reshape(tile.shape)
    result = tile.copy()
    result[mask] = (filled[mask] * (white / 255)).astype(tile.dtype)
    return result


def _difference(before: Sequence[Pixels], after: Sequence[Pixels], holes: Sequence[Mask]) -> float:
    """Root mean square of the difference outside the holes."""
    squares = [((a.astype(np.float32) - b) ** 2)[~hole] for a, b, hole in zip(before, after, holes, strict=True)]
    return float(np.sqrt(np.concatenate(squares).mean())) if any(map(len, squares)) else 0.0


def _share(masks: Sequence[Mask]) -> float:
    return sum(int(mask.sum()) for mask in masks) / sum(mask.size for mask in masks)


def _rounded(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_rounded(each) for each in value]
    return float(f"{value:.3g}") if isinstance(value, float) else value
