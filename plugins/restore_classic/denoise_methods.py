"""The classical denoisers, each a function of the noisy picture, its noise level and the method's options.

How the defaults were chosen: white Gaussian noise of sigma 15, 25 and 50 on the CBSD68 photographs 0003, 0020 and 0041,
unclipped, in colour and as one grey channel; for each parameter, of a coarse grid, the value that serves all three
levels best. What the defaults reach there (``restore benchmark denoise THREE --sigma 15 --sigma 25 --sigma 50 -m nlm``
and so on, without and with ``--grey``, seed 0, November 2026; PSNR over RGB and over the grey channel):

================  =====================  =====================
method            colour 15 / 25 / 50    grey 15 / 25 / 50
================  =====================  =====================
noisy             24.70 / 20.40 / 14.94  24.68 / 20.35 / 14.83
nlm               32.05 / 29.36 / 26.04  30.21 / 27.72 / 24.78
nlm, norm l2      29.18 / 26.58 / 23.76  30.13 / 27.70 / 24.48
bilateral         31.24 / 28.38 / 24.41  29.70 / 27.47 / 24.13
wavelet           30.72 / 28.04 / 24.93  29.21 / 26.79 / 24.21
tv                30.07 / 27.97 / 25.30  30.12 / 27.99 / 25.28
================  =====================  =====================
"""

from __future__ import annotations

import cv2
import numpy as np
from skimage.restoration import denoise_tv_chambolle, denoise_wavelet

from restore_classic.denoise import Planes
from restore_classic.denoisers import BilateralOptions, Bm3dOptions, NlmOptions, TvOptions, WaveletOptions

OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [1 / 2, 0, -1 / 2], [1 / 4, -1 / 2, 1 / 4]], dtype=np.float32)
"""RGB to luminance and two colour differences, as CBM3D does it (Dabov et al. 2007)."""


def nlm(noisy: Planes, sigma: float, options: NlmOptions) -> Planes:
    """Non-local means by OpenCV.

    ``norm="l2"`` rounds to 8 bits (values outside [0, 1] are clipped) and calls ``fastNlMeansDenoisingColored``, for
    grey ``fastNlMeansDenoising``. ``norm="l1"`` stretches each plane over 16 bits, so that nothing is clipped.

    Args:
        noisy: ``(H, W, C)``.
        sigma: Noise level on the same scale.
        options: `NlmOptions`; ``h`` left out is 0.8 (luminance), 0.9 (colour) and 0.75 (grey) for l1, 0.65 in colour
            and 0.9 in grey for l2.
    """
    if options.norm == "l2":
        return _nlm_8bit(noisy, sigma, options)
    if noisy.shape[2] == 1:
        return _nlm_plane(noisy[..., 0], sigma * (options.h or 0.75), options)[..., None]
    planes = noisy @ OPPONENT.T
    spread = sigma * np.sqrt((OPPONENT**2).sum(axis=1))  # the noise level in each plane
    for c, best in enumerate((0.8, 0.9, 0.9)):
        planes[..., c] = _nlm_plane(planes[..., c], float(spread[c]) * (options.h or best), options)
    restored: Planes = planes @ np.linalg.inv(OPPONENT).T.astype(np.float32)
    return restored


def _nlm_plane(plane: Planes, h: float, options: NlmOptions) -> Planes:
    """Non-local means of one ``(H, W)`` plane in 16 bits, over its own range of values."""
    low, high = float(plane.min()), float(plane.max())
    if high == low:
        return plane.copy()
    steps = 65535 / (high - low)
    stretched = np.rint((plane - low) * steps).astype(np.uint16)
    smooth = cv2.fastNlMeansDenoising(stretched, [h * steps], None, options.patch, options.window, cv2.NORM_L1)
    restored: Planes = smooth.astype(np.float32) / np.float32(steps) + np.float32(low)
    return restored


def _nlm_8bit(noisy: Planes, sigma: float, options: NlmOptions) -> Planes:
    """What most programs do: OpenCV's 8-bit functions."""
    pixels = np.rint(np.clip(noisy, 0, 1) * 255).astype(np.uint8)
    if noisy.shape[2] == 1:
        h = 255 * sigma * (options.h or 0.9)
        smooth = cv2.fastNlMeansDenoising(pixels, None, h, options.patch, options.window)[..., None]
    else:
        h = 255 * sigma * (options.h or 0.65)
        # The function names its channels BGR; converting to Lab in that order is all it does with them.
        bgr = np.ascontiguousarray(pixels[..., ::-1])
        smooth = cv2.fastNlMeansDenoisingColored(bgr, None, h, h, options.patch, options.window)[..., ::-1]
    restored: Planes = smooth.astype(np.float32) / np.float32(255)
    return restored


def bilateral(noisy: Planes, sigma: float, options: BilateralOptions) -> Planes:
    """The bilateral filter by OpenCV, in float32.

    OpenCV adds up the differences of the channels, which is why colour wants a wider range than grey.

    Args:
        noisy: ``(H, W, C)``.
        sigma: Noise level on the same scale.
        options: `BilateralOptions`.
    """
    width = options.sigma_range or (2.75 if noisy.shape[2] == 1 else 4.5)
    smooth: Planes = cv2.bilateralFilter(noisy, -1, width * sigma, options.sigma_space)
    return smooth.reshape(noisy.shape)


def wavelet(noisy: Planes, sigma: float, options: WaveletOptions) -> Planes:
    """Wavelet shrinkage with BayesShrink thresholds by scikit-image; colour in YCbCr.

    Args:
        noisy: ``(H, W, C)``.
        sigma: Noise level on the same scale.
        options: `WaveletOptions`.
    """
    grey = noisy.shape[2] == 1
    smooth = denoise_wavelet(
        noisy[..., 0] if grey else noisy,
        sigma=sigma,
        wavelet=options.wavelet,
        mode=options.mode,
        method="BayesShrink",
        convert2ycbcr=not grey,
        channel_axis=None if grey else -1,
        rescale_sigma=True,
    )
    restored: Planes = smooth.astype(np.float32).reshape(noisy.shape)
    return restored


def tv(noisy: Planes, sigma: float, options: TvOptions) -> Planes:
    """Total-variation denoising after Chambolle by scikit-image.

    Args:
        noisy: ``(H, W, C)``.
        sigma: Noise level on the same scale.
        options: `TvOptions`.
    """
    weight = options.weight * sigma
    smooth = denoise_tv_chambolle(noisy, weight=weight, max_num_iter=options.iterations, channel_axis=-1)
    restored: Planes = smooth.astype(np.float32)
    return restored


def bm3d(noisy: Planes, sigma: float, options: Bm3dOptions) -> Planes:
    """BM3D by the bm3d package, in float64; colour in its opponent space.

    Args:
        noisy: ``(H, W, C)``.
        sigma: Noise level on the same scale.
        options: `Bm3dOptions`.
    """
    import bm3d as package

    # The package divides by the range of each opponent plane; where one is flat (as in a grey picture stored as RGB)
    # the channels go through it one by one.
    planes = noisy.astype(np.float64)
    if noisy.shape[2] == 3 and np.ptp(planes @ OPPONENT.T, axis=(0, 1)).min() > 0:
        smooth = package.bm3d_rgb(planes, sigma, options.profile)
    else:
        smooth = np.stack(
            [package.bm3d(planes[..., c], sigma, options.profile) for c in range(noisy.shape[2])], axis=-1
        )
    restored: Planes = smooth.astype(np.float32).reshape(noisy.shape)
    return restored
