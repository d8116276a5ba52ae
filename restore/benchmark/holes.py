"""How well a hole was filled: what PSNR and SSIM of the whole picture hide under all that was never missing."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity

from restore.image import Pixels
from restore.metrics import SSIM_WINDOW, Convention, prepare

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def hole_measures(restored: Pixels, reference: Pixels, mask: Mask) -> dict[str, float]:
    """All measures of one filled picture, beside those that every picture has.

    Args:
        restored: ``(H, W, C)`` of any depth.
        reference: The truth, in the same shape.
        mask: ``(H, W)``, True = missing; something must be.

    Returns:
        "psnr_hole", "ssim_hole", "l1_hole" (per cent of white), "gradient_hole" (see `gradient_energy`, the result's
        divided by the truth's), and "l1_rgb" of the whole picture in per cent of white. All but the gradient on the
        channels as stored.
    """
    a, b = prepare(restored, Convention()), prepare(reference, Convention())
    error = np.abs(a - b)
    mse = float(np.mean(np.square(error[mask])))
    true = gradient_energy(reference, mask)
    return {
        "psnr_hole": -10 * math.log10(mse) if mse else math.inf,
        "ssim_hole": _ssim(a, b, mask),
        "l1_hole": 100 * float(np.mean(error[mask])),
        "gradient_hole": gradient_energy(restored, mask) / true if true else math.nan,
        "l1_rgb": 100 * float(np.mean(error)),
    }


def _ssim(a: Floats, b: Floats, mask: Mask) -> float:
    """The mean of SSIM over all windows whose middle is missing and that lie inside the picture; NaN for none.

    As `restore.metrics.ssim`; the windows of a hole's edge also see what was never missing.
    """
    reach = SSIM_WINDOW // 2
    inside = np.zeros_like(mask)
    inside[reach : mask.shape[0] - reach, reach : mask.shape[1] - reach] = True
    if min(mask.shape) < SSIM_WINDOW or not (mask & inside).any():
        return math.nan
    _, local = structural_similarity(
        b,
        a,
        data_range=1.0,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        full=True,
    )
    return float(local[mask & inside].mean())


def gradient_energy(pixels: Pixels, mask: Mask) -> float:
    """The mean of the squared gradient of luma over missing pixels: less than the truth's is a blur.

    Sobel's 3x3 kernels on 0.299 R + 0.587 G + 0.114 B in full swing, in [0, 1]; pixels at a hole's edge see known ones.

    Args:
        pixels: ``(H, W, C)`` of any depth.
        mask: ``(H, W)``.
    """
    luma = prepare(pixels, Convention("grey"))[..., 0]
    across, down = (cv2.Sobel(luma, cv2.CV_64F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    energy: Floats = np.square(across) + np.square(down)
    return float(energy[mask].mean())
