"""The finished picture: frames weighted at full resolution, and what they lack added; bands of rows at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from restore.image import Pixels
from restore.toolkit.pixels import PixelReader, to_pixels
from restore_latent_fusion.colours import Hues, completed
from restore_latent_fusion.fusion import Fusion
from restore_latent_fusion.losses import luma
from restore_latent_fusion.model import COARSE, PATCH
from restore_latent_fusion.reading import FrameReader
from restore_latent_fusion.resampling import interpolated, means

_BAND = 128
"""Rows at a time."""


def assembled(found: Fusion, readers: Sequence[FrameReader], like: Pixels) -> Pixels:
    """The fused picture.

    Args:
        found: Of the series.
        readers: Of its frames.
        like: Pixels of the first frame ``(H, W, C)``: size, depth and number of channels of the result; where the
            readers give luma its colours are kept: luma alone is exchanged.
    """
    height, width, channels = like.shape
    out = np.empty_like(like)
    colours = PixelReader(like, 1) if readers[0].grey else None
    with torch.inference_mode():
        for top in range(0, height, _BAND):
            bottom = min(height, top + _BAND)
            fused = _band(found, readers, top, bottom, width)
            if colours is not None:
                kept = colours(top, bottom, 0, width).clamp_(0, 1)
                fused = kept + (luma(fused) - luma(kept))
            fused = fused if channels == 3 else luma(fused)
            out[top:bottom] = to_pixels(fused.clamp_(0, 1), like.dtype)
    return out


def _band(found: Fusion, readers: Sequence[FrameReader], top: int, bottom: int, width: int) -> Tensor:
    """Rows `top` to `bottom` of the result, ``(1, 3, bottom - top, width)``."""
    first, last, rows = _around(top, bottom, COARSE, found.weights.shape[1])
    weighted = torch.zeros(1, 3, bottom - top, width)
    hues = Hues()
    for reader, weights in zip(readers, found.weights[:, None, first:last], strict=True):
        window = reader(first * COARSE, last * COARSE, 0, width)
        weighted.addcmul_(window[:, :, rows], interpolated(weights, COARSE)[:, :, rows, :width])
        if found.bracket:
            half = _halved(window)[..., : weights.shape[2]]
            hues.add(half, weights[None, ..., : half.shape[3]])
    change = hues.change()
    coarse = _rows(found.coarse, PATCH, top, bottom, width)
    lacking = _rows(found.lacking, COARSE, top, bottom, width)
    added = None if change is None else interpolated(change[0], COARSE)[:, :, rows, :width]
    return completed(weighted, coarse, lacking, added)


def _halved(window: Tensor) -> Tensor:
    """Half as fine, and mirrored by a column beyond the right border, as the whole picture is in `FrameReader`."""
    half = means(window, COARSE)
    return torch.cat([half, half[..., -1:]], 3)


def _rows(x: Tensor, factor: int, top: int, bottom: int, width: int) -> Tensor:
    """Rows of ``(C, H/factor, W/factor)`` at full resolution, ``(1, C, bottom - top, width)``."""
    first, last, rows = _around(top, bottom, factor, x.shape[1])
    return interpolated(x[:, first:last], factor)[:, :, rows, :width]


def _around(top: int, bottom: int, factor: int, height: int) -> tuple[int, int, slice]:
    """Between which of `height` coarse rows the rows `top` to `bottom` are interpolated, and where these then are."""
    first, last = max(0, top // factor - 1), min(height, -(-bottom // factor) + 1)
    return first, last, slice(top - first * factor, bottom - first * factor)
