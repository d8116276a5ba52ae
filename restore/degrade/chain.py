"""Does to pictures what a chain of descriptions says, each picture with numbers and chance of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from restore.degradations import kinds
from restore.degradations.kinds import Step
from restore.degrade import ageing, marks, noise, optics, saving
from restore.degrade.camera import sensor_noise
from restore.degrade.reduction import mirrored, reduced


@dataclass(frozen=True)
class Degraded:
    """What a chain made of pictures.

    Attributes:
        pictures: ``(N, 3, h, w)``; noise is not clipped, JPEG and WebP round to 8 bits.
        mask: ``(N, 1, h, w)`` bool, where damage lies; None where no step of the chain damages.
        warnings: What could not be done, one sentence each.
    """

    pictures: Tensor
    mask: Tensor | None = None
    warnings: tuple[str, ...] = field(default=())


def degraded(clean: Tensor, steps: Iterable[Step], generator: Generator, *, grey: bool = False) -> Degraded:
    """Apply a chain, step after step.

    A number given as a range is drawn for each picture; a batch's pictures differ. A mask follows what comes after the
    damage: it is reduced with the picture (what is partly damaged is damaged) and grows as far as a blur carries.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], RGB.
        steps: What is done, in this order.
        generator: On the device of `clean`; all chance comes from it.
        grey: The pictures have one channel, repeated: then a colour cast is left out, which a warning says.

    Raises:
        ValueError: The pictures are too small or too large for a step; says which.
    """
    now = Degraded(clean)
    for step in steps:
        now = _skipped(now) if grey and isinstance(step, kinds.Cast) else _APPLY[type(step)](now, step, generator)
    return now


def drawn(span: tuple[float, float], like: Tensor, generator: Generator) -> Tensor:
    """A number for each picture, ``(N, 1, 1, 1)``: the fixed one, or one drawn evenly from the range."""
    if span[0] == span[1]:
        return torch.full((len(like), 1, 1, 1), span[0], device=like.device)
    return noise.uniform(len(like), *span, generator)


def _skipped(now: Degraded) -> Degraded:
    said = "has no colour, so that it was given no colour cast"
    return Degraded(now.pictures, now.mask, (*now.warnings, said))


def _changed(now: Degraded, pictures: Tensor) -> Degraded:
    return Degraded(pictures, now.mask, now.warnings)


def _damaged(now: Degraded, done: tuple[Tensor, Tensor]) -> Degraded:
    pictures, mask = done
    return Degraded(pictures, mask if now.mask is None else now.mask | mask, now.warnings)


def _gaussian(now: Degraded, step: kinds.Gaussian, generator: Generator) -> Degraded:
    sigma = drawn(step.sigma, now.pictures, generator) / 255
    if not step.grey:
        return _changed(now, noise.gaussian_noise(now.pictures, sigma, generator))
    alone = noise.gaussian_noise(torch.zeros_like(now.pictures[:, :1]), sigma, generator)
    return _changed(now, now.pictures + alone)


def _poisson_gaussian(now: Degraded, step: kinds.PoissonGaussian, generator: Generator) -> Degraded:
    photons, read = drawn(step.photons, now.pictures, generator), drawn(step.read, now.pictures, generator) / 255
    return _changed(now, noise.poisson_gaussian(now.pictures, photons, read, generator))


def _camera(now: Degraded, step: kinds.Camera, generator: Generator) -> Degraded:
    height, width = now.pictures.shape[2:]
    rows, columns = (mirrored(0, max(edge + edge % 2, 6), edge).to(now.pictures.device) for edge in (height, width))
    whole = now.pictures[:, :, rows][:, :, :, columns].clamp(0, 1)
    low, high = (math.log(end) for end in step.shot)
    added = sensor_noise(whole, (low, high), generator)[:, :, :height, :width]
    return _changed(now, now.pictures + added)


def _speckle(now: Degraded, step: kinds.Speckle, generator: Generator) -> Degraded:
    return _changed(now, noise.speckle(now.pictures, drawn(step.sigma, now.pictures, generator), generator))


def _salt_and_pepper(now: Degraded, step: kinds.SaltAndPepper, generator: Generator) -> Degraded:
    share, salt = (drawn(span, now.pictures, generator) for span in (step.share, step.salt))
    return _changed(now, noise.salt_and_pepper(now.pictures, share, salt, generator))


def _banding(now: Degraded, step: kinds.Banding, generator: Generator) -> Degraded:
    sigma = drawn(step.sigma, now.pictures, generator) / 255
    rows, columns = step.direction != "columns", step.direction != "rows"
    return _changed(now, noise.banding(now.pictures, sigma, generator, rows=rows, columns=columns))


def _blurred(now: Degraded, blur: Callable[[Tensor], Tensor], linear: bool) -> Degraded:
    mask = now.mask
    if mask is not None:
        mask = blur(mask.to(now.pictures)) > 0.5 / 255
    if linear:
        return Degraded(optics.to_values(blur(optics.to_light(now.pictures))), mask, now.warnings)
    return Degraded(blur(now.pictures), mask, now.warnings)


def _gaussian_blur(now: Degraded, step: kinds.GaussianBlur, generator: Generator) -> Degraded:
    sigma = drawn(step.sigma, now.pictures, generator)
    return _blurred(now, lambda each: optics.gaussian_blur(each, sigma), step.linear)


def _motion_blur(now: Degraded, step: kinds.MotionBlur, generator: Generator) -> Degraded:
    length, angle = (drawn(span, now.pictures, generator) for span in (step.length, step.angle))
    return _blurred(now, lambda each: optics.motion_blur(each, length, angle.deg2rad()), step.linear)


def _defocus(now: Degraded, step: kinds.Defocus, generator: Generator) -> Degraded:
    radius = drawn(step.radius, now.pictures, generator)
    return _blurred(now, lambda each: optics.defocus(each, radius), step.linear)


def _reduce(now: Degraded, step: kinds.Reduce, generator: Generator) -> Degraded:
    high, wide = (edge - edge % step.scale for edge in now.pictures.shape[2:])
    if min(high, wide) < 1:
        raise ValueError(f"pictures of {now.pictures.shape[3]} x {now.pictures.shape[2]} pixels are too small for it")
    pictures = reduced(now.pictures[:, :, :high, :wide], step.scale, step.kernel, step.antialias)
    mask = now.mask
    if mask is not None:
        mask = F.max_pool2d(mask[:, :, :high, :wide].float(), step.scale) > 0
    return Degraded(pictures, mask, now.warnings)


def _jpeg(now: Degraded, step: kinds.Jpeg, generator: Generator) -> Degraded:
    quality = drawn(step.quality, now.pictures, generator)
    return _changed(now, saving.saved_as_jpeg(now.pictures, quality, step.subsampling == "4:2:0"))


def _webp(now: Degraded, step: kinds.Webp, generator: Generator) -> Degraded:
    return _changed(now, saving.saved_as_webp(now.pictures, drawn(step.quality, now.pictures, generator)))


def _fading(now: Degraded, step: kinds.Fading, generator: Generator) -> Degraded:
    strength, tint = (drawn(span, now.pictures, generator) for span in (step.strength, step.tint))
    return _changed(now, ageing.fading(now.pictures, strength, tint))


def _cast(now: Degraded, step: kinds.Cast, generator: Generator) -> Degraded:
    strength, hue = (drawn(span, now.pictures, generator) for span in (step.strength, step.hue))
    return _changed(now, ageing.colour_cast(now.pictures, strength, hue.deg2rad()))


def _vignette(now: Degraded, step: kinds.Vignette, generator: Generator) -> Degraded:
    return _changed(now, optics.vignette(now.pictures, drawn(step.strength, now.pictures, generator)))


def _scratches(now: Degraded, step: kinds.Scratches, generator: Generator) -> Degraded:
    share = drawn(step.share, now.pictures, generator)
    return _damaged(now, marks.scratched(now.pictures, share, step.tone, generator))


def _dust(now: Degraded, step: kinds.Dust, generator: Generator) -> Degraded:
    share = drawn(step.share, now.pictures, generator)
    return _damaged(now, marks.dusty(now.pictures, share, step.tone, generator))


def _creases(now: Degraded, step: kinds.Creases, generator: Generator) -> Degraded:
    return _damaged(now, marks.creased(now.pictures, drawn(step.count, now.pictures, generator), generator))


def _missing(now: Degraded, step: kinds.Missing, generator: Generator) -> Degraded:
    share, fill = (drawn(span, now.pictures, generator) for span in (step.share, step.fill))
    return _damaged(now, marks.torn(now.pictures, share, step.shape, fill, generator))


_APPLY: dict[type[Step], Callable[..., Degraded]] = {
    kinds.Gaussian: _gaussian,
    kinds.PoissonGaussian: _poisson_gaussian,
    kinds.Camera: _camera,
    kinds.Speckle: _speckle,
    kinds.SaltAndPepper: _salt_and_pepper,
    kinds.Banding: _banding,
    kinds.GaussianBlur: _gaussian_blur,
    kinds.MotionBlur: _motion_blur,
    kinds.Defocus: _defocus,
    kinds.Reduce: _reduce,
    kinds.Jpeg: _jpeg,
    kinds.Webp: _webp,
    kinds.Fading: _fading,
    kinds.Cast: _cast,
    kinds.Vignette: _vignette,
    kinds.Scratches: _scratches,
    kinds.Dust: _dust,
    kinds.Creases: _creases,
    kinds.Missing: _missing,
}
"""How each kind is done."""
