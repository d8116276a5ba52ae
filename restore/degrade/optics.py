"""What lenses and moving cameras do: blur of several shapes, and dark corners."""

from __future__ import annotations

import math

import torch
from kornia.color import linear_rgb_to_rgb, rgb_to_linear_rgb
from scipy.fft import next_fast_len
from torch import Tensor

from restore.degrade.blur import disc_kernel, gaussian_kernel
from restore.degrade.reduction import mirrored


def gaussian_blur(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Blur by round Gaussians, cut off at four standard deviations.

    Args:
        pictures: ``(N, C, H, W)``; taken as mirrored beyond its borders.
        sigma: Standard deviation in pixels, ``(N, 1, 1, 1)``; 0 for no blur.
    """
    reach = math.ceil(4 * float(sigma.max()))
    one, none = torch.ones_like(sigma[:, 0]), torch.zeros_like(sigma[:, 0])
    return _convolved(pictures, gaussian_kernel(sigma[:, 0], one, none, reach))


def motion_blur(pictures: Tensor, length: Tensor, angle: Tensor) -> Tensor:
    """Blur along a straight way at even speed, its edges antialiased.

    Args:
        pictures: ``(N, C, H, W)``; taken as mirrored beyond its borders.
        length: Of the way, in pixels, ``(N, 1, 1, 1)``; 1 for no blur.
        angle: In radians, ``(N, 1, 1, 1)``: 0 along the rows, growing counter-clockwise.
    """
    reach = math.ceil(float(length.max()) / 2) + 1
    return _convolved(pictures, motion_kernel(length[:, 0], angle[:, 0], reach))


def motion_kernel(length: Tensor, angle: Tensor, reach: int) -> Tensor:
    """A way as a kernel: a line one pixel thick.

    Args:
        length: ``(N, 1, 1)``, in pixels.
        angle: ``(N, 1, 1)``, in radians, counter-clockwise from the rows.
        reach: Pixels to each side.

    Returns:
        ``(N, K, K)`` with K = 2·reach + 1 and sum 1.
    """
    line = torch.arange(-reach, reach + 1, device=length.device, dtype=length.dtype)
    y, x = -line[None, :, None], line[None, None, :]
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    kernel = ((length + 1) / 2 - along.abs()).clamp(0, 1) * (1 - across.abs()).clamp(0, 1)
    kernel = kernel / kernel.sum((1, 2), keepdim=True)
    still = ((y == 0) & (x == 0)).to(kernel)
    return torch.lerp(still, kernel, (length - 1).clamp(0, 1))  # antialiased, a short slanted way would be a blot


def defocus(pictures: Tensor, radius: Tensor) -> Tensor:
    """What a lens out of focus makes: every point a disc. As `restore.degrade.focus.defocused`, for any size.

    Args:
        pictures: ``(N, C, H, W)``; taken as mirrored beyond its borders.
        radius: Of the disc, in pixels, ``(N, 1, 1, 1)``; 0 for no blur.
    """
    reach = math.ceil(float(radius.max())) + 1
    return _convolved(pictures, disc_kernel(radius[:, 0], reach))


def to_light(pictures: Tensor) -> Tensor:
    """Linear light of sRGB values; values beyond [0, 1] are clipped."""
    linear: Tensor = rgb_to_linear_rgb(pictures.clamp(0, 1))
    return linear


def to_values(light: Tensor) -> Tensor:
    """The sRGB values of linear light; what is beyond white is clipped."""
    values: Tensor = linear_rgb_to_rgb(light.clamp(0, 1))
    return values


def vignette(pictures: Tensor, strength: Tensor) -> Tensor:
    """Darken the corners by the fourth power of the cosine, in linear light.

    Natural vignetting: the light falls with the fourth power of the cosine of the angle from the axis (e.g. D. B.
    Goldman, Vignette and exposure calibration and compensation, IEEE TPAMI 32, 2010). The field of view is chosen so
    that the corners lose what is asked for; the middle of the picture lies on the axis.

    Args:
        pictures: ``(N, 3, H, W)`` in [0, 1], sRGB.
        strength: Share of the light lost in the corners, 0 to below 1, ``(N, 1, 1, 1)``.
    """
    height, width = pictures.shape[2:]
    y, x = (torch.linspace(-1, 1, edge, device=pictures.device) * edge for edge in (height, width))
    squared = (y[:, None] ** 2 + x[None] ** 2) / (height**2 + width**2)
    tangent = (1 - strength) ** -0.5 - 1  # cos⁴ = 1 / (1 + tan²)², at the corner 1 - strength
    return to_values(to_light(pictures) / (1 + tangent * squared) ** 2)


def _convolved(pictures: Tensor, kernel: Tensor) -> Tensor:
    """Pictures ``(N, C, H, W)`` with each one's kernel ``(N, K, K)``, mirrored at their borders, by way of spectra."""
    height, width = pictures.shape[2:]
    reach = kernel.shape[1] // 2
    rows, columns = (mirrored(-reach, edge + reach, edge).to(pictures.device) for edge in (height, width))
    wide = pictures[:, :, rows][:, :, :, columns]
    size = [next_fast_len(edge + 4 * reach, real=True) for edge in (height, width)]
    spectrum = torch.fft.rfft2(wide, s=size) * torch.fft.rfft2(kernel[:, None], s=size)
    whole: Tensor = torch.fft.irfft2(spectrum, s=size)
    return whole[..., 2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width]
