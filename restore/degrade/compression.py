"""What saving as JPEG leaves of pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from restore.degrade.colour import TO_YCC

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


def jpeg(rgb: Tensor, quality: Tensor, subsample: bool, *, whole: bool = False) -> Tensor:
    """What a baseline JPEG of this quality leaves of the pictures.

    kornia's codec rounds softly so that gradients can flow; a saved file's coefficients are whole numbers, and that is
    the damage, so this one rounds. Tables and quality scale are those of Annex K of ITU-T T.81 as libjpeg uses them.

    Args:
        rgb: ``(N, 3, H, W)``, H and W multiples of 16.
        quality: ``(N, 1, 1, 1)`` or ``(N,)``, 1 to 100.
        subsample: Halve the colour channels in both directions (4:2:0), else 4:4:4.
        whole: Round luma and colour to whole numbers before and after, as libjpeg does; twice as close to its files.

    Returns:
        ``(N, 3, H, W)`` rounded to 8 bits, in [0, 1].

    Raises:
        ValueError: H or W is not a multiple of 16.
    """
    if rgb.shape[2] % 16 or rgb.shape[3] % 16:
        raise ValueError(f"height and width must be multiples of 16, got {tuple(rgb.shape)}")
    matrix = rgb.new_tensor(TO_YCC)
    pixels = (rgb.clamp(0, 1) * 255).round()
    ycc = torch.einsum("ij,njhw->nihw", matrix, pixels)
    ycc = ycc.round() if whole else ycc
    luma, chroma = ycc[:, :1] - 128, ycc[:, 1:]
    q = quality.reshape(-1).clamp(1, 100)
    luma = _quantise(luma, rgb.new_tensor(_LUMA_TABLE), q) + 128
    if subsample:
        half = F.avg_pool2d(chroma, 2)
        small = _quantise(half.round() if whole else half, rgb.new_tensor(_CHROMA_TABLE), q)
        small = small.round().clamp(-128, 127) if whole else small
        chroma = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    else:
        chroma = _quantise(chroma, rgb.new_tensor(_CHROMA_TABLE), q)
    planes = torch.cat([luma, chroma], 1)
    planes = torch.cat([planes[:, :1].round().clamp(0, 255), planes[:, 1:].round()], 1) if whole else planes
    back = torch.einsum("ij,njhw->nihw", torch.linalg.inv(matrix), planes)
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
