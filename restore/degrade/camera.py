"""Noise as cameras leave it."""

from __future__ import annotations

import torch
from kornia.color import CFA, linear_rgb_to_rgb, raw_to_rgb, rgb_to_linear_rgb, rgb_to_raw
from kornia.filters import gaussian_blur2d
from torch import Generator, Tensor

from restore.degrade.colour import TO_YCC
from restore.degrade.compression import jpeg
from restore.degrade.noise import uniform


def camera_noise(clean: Tensor, generator: Generator) -> Tensor:
    """Add noise as a camera's sensor and processing leave it: signal-dependent, correlated, then compressed.

    `sensor_noise` of any phone or larger camera, by day and by night; three quarters of the pictures are then saved
    as JPEG.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W multiples of 16.
        generator: On the device of `clean`.

    Returns:
        ``(N, 3, H, W)`` rounded to 8 bits, in [0, 1].
    """
    n = clean.shape[0]
    noise = sensor_noise(clean, (-9.2, -4.4), generator)
    noisy = ((clean + noise).clamp(0, 1) * 255).round() / 255
    quality = uniform(n, 75, 100, generator)
    subsample = bool(torch.rand(1, generator=generator, device=clean.device) < 0.4)
    saved = uniform(n, 0, 1, generator) < 0.75
    return torch.where(saved, jpeg(noisy, quality, subsample), noisy)


def sensor_noise(clean: Tensor, log_shot: tuple[float, float], generator: Generator) -> Tensor:
    """The noise alone that a sensor and the processing behind it add to pictures.

    The picture is taken back to linear sensor values, mosaicked, given shot and read noise, demosaicked and developed
    again (after Brooks et al., Unprocessing images for learned raw denoising, CVPR 2019). Only the difference between
    the noisy and the noise-free development is returned, so that demosaicking blur is not part of what a network
    learns to undo. Half of the pictures get the smoothing of an in-camera noise reduction, stronger on colour.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W even and at least 6.
        log_shot: From where to where the logarithm of the shot noise (variance per linear signal, white = 1) is drawn.
            Brooks et al. found -9.2 to -4.4 in phones.
        generator: On the device of `clean`.

    Returns:
        ``(N, 3, H, W)``, to be added to `clean`.
    """
    n = clean.shape[0]
    linear, gains, curve = _to_sensor(clean, generator)
    # Brooks et al. fit log(read) to log(shot) over phones.
    shot = uniform(n, *log_shot, generator)
    read = 2.18 * shot + 1.2 + 0.26 * torch.randn(n, 1, 1, 1, generator=generator, device=clean.device)
    patterns = (CFA.BG, CFA.GB, CFA.RG, CFA.GR)
    cfa = patterns[int(torch.randint(4, (1,), generator=generator, device=clean.device))]
    raw = rgb_to_raw(linear, cfa)
    spread = (shot.exp() * raw + read.exp()).sqrt()
    noisy_raw = raw + spread * torch.randn(raw.shape, generator=generator, device=clean.device)
    before, after = (_develop(raw_to_rgb(r.clamp(0, 1), cfa), gains, curve) for r in (raw, noisy_raw))
    return _in_camera_smoothing(after - before, generator)


def _to_sensor(clean: Tensor, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Linear sensor values in [0, 1], the white-balance gains to undo, and the strength of the tone curve."""
    n = clean.shape[0]
    curve = uniform(n, 0, 1, generator)
    # The inverse of the smoothstep 3x² - 2x³, mixed with the identity.
    x = clean.clamp(0, 1)
    bent = 0.5 - torch.sin(torch.asin((1 - 2 * x).clamp(-1, 1)) / 3)
    linear = rgb_to_linear_rgb(curve * bent + (1 - curve) * x)
    gains = torch.cat([uniform(n, 1.2, 2.6, generator), torch.ones_like(curve), uniform(n, 1.2, 2.2, generator)], 1)
    exposure = uniform(n, 0.5, 1.0, generator)
    return linear / gains * exposure, gains / exposure, curve


def _develop(sensor: Tensor, gains: Tensor, curve: Tensor) -> Tensor:
    """White balance, sRGB curve and tone curve: the inverse of `_to_sensor`, up to a curve that is not exact."""
    rgb = linear_rgb_to_rgb((sensor * gains).clamp(0, 1))
    bent: Tensor = curve * (3 * rgb**2 - 2 * rgb**3) + (1 - curve) * rgb
    return bent


def _in_camera_smoothing(noise: Tensor, generator: Generator) -> Tensor:
    """Blur the noise of half of the pictures, its colour more than its lightness."""
    n = noise.shape[0]
    luma = (noise * noise.new_tensor(TO_YCC[0])[None, :, None, None]).sum(1, keepdim=True)
    widths = uniform(n, 0.3, 1.0, generator).reshape(n, 1), uniform(n, 0.5, 2.5, generator).reshape(n, 1)
    soft = gaussian_blur2d(luma, 5, widths[0].expand(n, 2))
    soft_colour = gaussian_blur2d(noise - luma, 11, widths[1].expand(n, 2))
    both = uniform(n, 0, 1, generator)
    return torch.where(both < 0.25, soft, luma) + torch.where(both < 0.5, soft_colour, noise - luma)
