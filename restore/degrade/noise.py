"""White noise, noise of light and of readout, and the drawing of parameters."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """Draw `count` numbers from [low, high), shaped ``(count, 1, 1, 1)`` on the generator's device."""
    return torch.rand(count, 1, 1, 1, generator=generator, device=generator.device) * (high - low) + low


def gaussian_noise(clean: Tensor, sigma: Tensor, generator: Generator) -> Tensor:
    """Add white Gaussian noise, not clipped.

    Args:
        clean: ``(N, C, H, W)``.
        sigma: Standard deviation in [0, 1] units, broadcastable to `clean`.
        generator: On the device of `clean`.
    """
    return clean + torch.randn(clean.shape, generator=generator, device=clean.device) * sigma


def poisson_gaussian(clean: Tensor, photons: Tensor, read: Tensor, generator: Generator) -> Tensor:
    """Count light, then read the count out: the variance is ``clean / photons + read²``; not clipped.

    After Foi et al., Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data, IEEE TIP 17,
    2008. White in space and in every channel on its own; `restore.degrade.camera_noise` has what a camera adds to it.

    Args:
        clean: ``(N, C, H, W)``; what is below 0 counts as black.
        photons: Quanta that make white, above 0, ``(N, 1, 1, 1)``.
        read: Standard deviation of the readout in [0, 1] units, ``(N, 1, 1, 1)``.
        generator: On the device of `clean`.
    """
    counted = torch.poisson(clean.clamp(min=0) * photons, generator=generator) / photons
    return gaussian_noise(counted, read, generator)


def speckle(clean: Tensor, sigma: Tensor, generator: Generator) -> Tensor:
    """Multiply by white Gaussian noise about 1, not clipped.

    Many independent looks at fully developed speckle, as ``imnoise(…, 'speckle')`` and the field's benchmarks mean it;
    J. W. Goodman, Some fundamental properties of speckle, JOSA 66, 1976, has the physics.

    Args:
        clean: ``(N, C, H, W)``.
        sigma: Standard deviation as a share of the value, ``(N, 1, 1, 1)``.
        generator: On the device of `clean`.
    """
    return gaussian_noise(clean, sigma * clean, generator)


def salt_and_pepper(clean: Tensor, share: Tensor, salt: Tensor, generator: Generator) -> Tensor:
    """Make single pixels white or black in all channels (impulse noise).

    Args:
        clean: ``(N, C, H, W)``.
        share: Of the pixels, 0 to 1, ``(N, 1, 1, 1)``.
        salt: Share of white among them, ``(N, 1, 1, 1)``.
        generator: On the device of `clean`.
    """
    n, _, height, width = clean.shape
    hit, white = (torch.rand(n, 1, height, width, generator=generator, device=clean.device) for _ in range(2))
    return torch.where(hit < share, (white < salt).to(clean), clean)


def banding(clean: Tensor, sigma: Tensor, generator: Generator, *, rows: bool = True, columns: bool = False) -> Tensor:
    """Offset whole lines: the row and column noise of a sensor's readout, not clipped.

    One normally distributed offset per line, the same for all its pixels and channels, after Wei et al., A
    physics-based noise formation model for extreme low-light raw denoising, CVPR 2020.

    Args:
        clean: ``(N, C, H, W)``.
        sigma: Standard deviation of the offsets in [0, 1] units, ``(N, 1, 1, 1)``.
        generator: On the device of `clean`.
        rows: Offset rows.
        columns: Offset columns.
    """
    n, _, height, width = clean.shape
    pictures = clean
    for wanted, shape in ((rows, (n, 1, height, 1)), (columns, (n, 1, 1, width))):
        if wanted:
            pictures = pictures + torch.randn(shape, generator=generator, device=clean.device) * sigma
    return pictures
