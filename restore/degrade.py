"""What spoils photographs, as batched tensors: one implementation for training, benchmarks and tests.

Everything takes and returns float tensors ``(N, 3, H, W)``, RGB, 0 = black, 1 = white, works on the tensor's own
device, and draws from the given generator only, so that a seed fixes the result. Where kornia has the part, kornia
does it.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from kornia.color import CFA, linear_rgb_to_rgb, raw_to_rgb, rgb_to_linear_rgb, rgb_to_raw
from kornia.filters import gaussian_blur2d
from torch import Generator, Tensor

_LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA_TABLE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
    (99, 99, 99, 99, 99, 99, 99, 99),
)
_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


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


def jpeg(rgb: Tensor, quality: Tensor, subsample: bool) -> Tensor:
    """What a baseline JPEG of this quality leaves of the pictures.

    kornia's codec rounds softly so that gradients can flow; a saved file's coefficients are whole numbers, and that is
    the damage, so this one rounds. Tables and quality scale are those of Annex K of ITU-T T.81 as libjpeg uses them.

    Args:
        rgb: ``(N, 3, H, W)``, H and W multiples of 16.
        quality: ``(N, 1, 1, 1)`` or ``(N,)``, 1 to 100.
        subsample: Halve the colour channels in both directions (4:2:0), else 4:4:4.

    Returns:
        ``(N, 3, H, W)`` rounded to 8 bits, in [0, 1].

    Raises:
        ValueError: H or W is not a multiple of 16.
    """
    if rgb.shape[2] % 16 or rgb.shape[3] % 16:
        raise ValueError(f"height and width must be multiples of 16, got {tuple(rgb.shape)}")
    matrix = rgb.new_tensor(_TO_YCC)
    pixels = (rgb.clamp(0, 1) * 255).round()
    ycc = torch.einsum("ij,njhw->nihw", matrix, pixels)
    luma, chroma = ycc[:, :1] - 128, ycc[:, 1:]
    q = quality.reshape(-1).clamp(1, 100)
    luma = _quantise(luma, rgb.new_tensor(_LUMA_TABLE), q) + 128
    if subsample:
        small = _quantise(F.avg_pool2d(chroma, 2), rgb.new_tensor(_CHROMA_TABLE), q)
        chroma = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    else:
        chroma = _quantise(chroma, rgb.new_tensor(_CHROMA_TABLE), q)
    back = torch.einsum("ij,njhw->nihw", torch.linalg.inv(matrix), torch.cat([luma, chroma], 1))
    return back.round().clamp(0, 255) / 255


def _quantise(plane: Tensor, table: Tensor, quality: Tensor) -> Tensor:
    """Round the DCT coefficients of every 8x8 block to multiples of the scaled table."""
    n, c, h, w = plane.shape
    k = torch.arange(8, device=plane.device, dtype=plane.dtype)
    dct = torch.cos((2 * k[None] + 1) * k[:, None] * torch.pi / 16) / 2
    dct[0] /= 2**0.5
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None]
    steps = ((table * scale + 50) / 100).floor().clamp(1, 255)[:, None, None, None]
    blocks = plane.reshape(n, c, h // 8, 8, w // 8, 8).transpose(3, 4)
    coefficients = dct @ blocks @ dct.T
    coefficients = (coefficients / steps).round() * steps
    return (dct.T @ coefficients @ dct).transpose(3, 4).reshape(n, c, h, w)


def camera_noise(clean: Tensor, generator: Generator) -> Tensor:
    """Add noise as a camera's sensor and processing leave it: signal-dependent, correlated, then compressed.

    The picture is taken back to linear sensor values, mosaicked, given shot and read noise, demosaicked and developed
    again (after Brooks et al., Unprocessing images for learned raw denoising, CVPR 2019). Only the difference between
    the noisy and the noise-free development is added to the picture, so that demosaicking blur is not part of what a
    network learns to undo. Half of the pictures get the smoothing of an in-camera noise reduction, stronger on colour;
    three quarters are saved as JPEG.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W multiples of 16.
        generator: On the device of `clean`.

    Returns:
        ``(N, 3, H, W)`` rounded to 8 bits, in [0, 1].
    """
    n = clean.shape[0]
    linear, gains, curve = _to_sensor(clean, generator)
    # Brooks et al. fit log(read) to log(shot) over phones; the range is widened downwards to larger sensors.
    log_shot = uniform(n, -9.2, -4.4, generator)
    log_read = 2.18 * log_shot + 1.2 + 0.26 * torch.randn(n, 1, 1, 1, generator=generator, device=clean.device)
    patterns = (CFA.BG, CFA.GB, CFA.RG, CFA.GR)
    cfa = patterns[int(torch.randint(4, (1,), generator=generator, device=clean.device))]
    raw = rgb_to_raw(linear, cfa)
    spread = (log_shot.exp() * raw + log_read.exp()).sqrt()
    noisy_raw = raw + spread * torch.randn(raw.shape, generator=generator, device=clean.device)
    before, after = (_develop(raw_to_rgb(r.clamp(0, 1), cfa), gains, curve) for r in (raw, noisy_raw))
    noise = _in_camera_smoothing(after - before, generator)
    noisy = ((clean + noise).clamp(0, 1) * 255).round() / 255
    quality = uniform(n, 75, 100, generator)
    subsample = bool(torch.rand(1, generator=generator, device=clean.device) < 0.4)
    saved = uniform(n, 0, 1, generator) < 0.75
    return torch.where(saved, jpeg(noisy, quality, subsample), noisy)


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
    luma = (noise * noise.new_tensor(_TO_YCC[0])[None, :, None, None]).sum(1, keepdim=True)
    widths = uniform(n, 0.3, 1.0, generator).reshape(n, 1), uniform(n, 0.5, 2.5, generator).reshape(n, 1)
    soft = gaussian_blur2d(luma, 5, widths[0].expand(n, 2))
    soft_colour = gaussian_blur2d(noise - luma, 11, widths[1].expand(n, 2))
    both = uniform(n, 0, 1, generator)
    return torch.where(both < 0.25, soft, luma) + torch.where(both < 0.5, soft_colour, noise - luma)


def grey(rgb: Tensor) -> Tensor:
    """The luma of BT.601 in all three channels; ``(N, 3, H, W)`` in and out."""
    weights = rgb.new_tensor(_TO_YCC[0])[None, :, None, None]
    return (rgb * weights).sum(1, keepdim=True).expand_as(rgb)
