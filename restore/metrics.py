"""PSNR and SSIM with everything stated that changes their value: colour space, border, data range.

The same pair of pictures differs by more than a decibel between conventions (luma is about 1.7 dB above RGB), so a
figure without its `Convention` means nothing. The arithmetic is scikit-image's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from restore.errors import PluginError
from restore.hookspecs import Metric
from restore.image import Pixels

Space = Literal["rgb", "y", "grey"]

SSIM_WINDOW = 11
"""Edge of SSIM's Gaussian window in pixels (sigma 1.5, cut at 3.5 sigma); smaller pictures have no SSIM."""

_BT601 = np.array([65.481, 128.553, 24.966]) / 255
_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Convention:
    """What a figure was measured on; printed with every table.

    Attributes:
        space: "rgb": all channels as stored (one channel for grey pictures). "y": luma by ITU-R BT.601 studio swing,
            16 to 235 of 255, as MATLAB's ``rgb2ycbcr`` gives it for floats (not rounded); a picture of one channel is
            taken as it is, as super-resolution's figures are (Set14 has one such). "grey": full-swing luma
            0.299 R + 0.587 G + 0.114 B, as MATLAB's ``rgb2gray`` and OpenCV have it; grey pictures unchanged.
        border: Pixels left out along every edge.
        data_range: White minus black, the peak of PSNR. Integers are divided by 255 or 65535, floats are taken as they
            are, and everything is clipped to [0, 1]: 1.0 therefore holds for every depth (and for Y too, as is custom).
    """

    space: Space = "rgb"
    border: int = 0
    data_range: float = 1.0

    def __str__(self) -> str:
        return self.words(f"border {self.border}")

    def words(self, border: str) -> str:
        """The convention, with the border in words of one's own."""
        names = {
            "rgb": "RGB",
            "y": "Y (BT.601, 16-235; grey pictures as they are)",
            "grey": "grey (0.299 R + 0.587 G + 0.114 B)",
        }
        return (
            f"{names[self.space]}, {border}, data range {self.data_range:g} (clipped, not rounded); "
            f"SSIM: Gaussian window {SSIM_WINDOW}x{SSIM_WINDOW}, sigma 1.5, mean of channels"
        )


@dataclass(frozen=True)
class Mean:
    """The mean of one measure over several pictures.

    Attributes:
        value: Arithmetic mean of the finite values. Infinite if every picture was identical to its reference, NaN if
            the measure was defined for none.
        identical: How many infinite values (identical pictures in PSNR) were left out.
        undefined: How many NaN (pictures too small for SSIM) were left out.
    """

    value: float
    identical: int = 0
    undefined: int = 0


def unit_scale(pixels: Pixels) -> npt.NDArray[np.float64]:
    """Bring pixels of any depth to float64 in [0, 1].

    Args:
        pixels: Integers are divided by the largest value of their type; floats are clipped.

    Raises:
        TypeError: The pixels are neither unsigned integers nor floats.
    """
    if pixels.dtype.kind == "u":
        return pixels.astype(np.float64) / np.iinfo(pixels.dtype).max
    if pixels.dtype.kind != "f":
        raise TypeError(f"pixels must be unsigned integers or floats, got {pixels.dtype}")
    return np.clip(pixels.astype(np.float64), 0.0, 1.0)


def prepare(pixels: Pixels, convention: Convention) -> npt.NDArray[np.float64]:
    """Bring pixels into the colour space and cut the border.

    Args:
        pixels: ``(H, W, C)``, C = 1 or 3 (RGB), any depth.
        convention: What to measure on.

    Returns:
        ``(H - 2 border, W - 2 border, C')`` float64 in [0, 1]; C' = 1 for "y" and "grey".

    Raises:
        ValueError: The shape is another, or the border leaves nothing.
    """
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ValueError(f"pixels must be (H, W, 1) or (H, W, 3), got {pixels.shape}")
    if convention.border < 0 or min(pixels.shape[:2]) <= 2 * convention.border:
        raise ValueError(
            f"a border of {convention.border} leaves nothing of {pixels.shape[1]}x{pixels.shape[0]} pixels"
        )
    b = convention.border
    scaled = unit_scale(pixels[b : pixels.shape[0] - b, b : pixels.shape[1] - b])
    if convention.space == "rgb" or scaled.shape[2] == 1:
        return scaled
    if convention.space == "y":
        return _project(scaled, _BT601) + 16 / 255
    return _project(scaled, _LUMA)


def _project(pixels: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weighted sum of the channels, ``(H, W, 1)``."""
    luma: npt.NDArray[np.float64] = (pixels @ weights)[..., None]
    return luma


def psnr(restored: Pixels, reference: Pixels, convention: Convention = Convention()) -> float:
    """Peak signal-to-noise ratio in decibels: ``10 log10(data_range² / MSE)``, over all pixels and channels.

    Args:
        restored: ``(H, W, C)`` of any depth.
        reference: ``(H, W, C)`` of any depth, not necessarily the same.
        convention: What to measure on.

    Returns:
        Decibels; infinite for identical pictures.

    Raises:
        ValueError: The shapes differ, or the border leaves nothing.
    """
    a, b = _both(restored, reference, convention)
    if np.array_equal(a, b):
        return math.inf  # scikit-image would get here too, by dividing by zero
    return float(peak_signal_noise_ratio(b, a, data_range=convention.data_range))


def ssim(restored: Pixels, reference: Pixels, convention: Convention = Convention()) -> float:
    """Structural similarity, Wang et al. 2004: Gaussian window of sigma 1.5, population covariance, K 0.01 and 0.03.

    The mean over all positions where the window lies inside the picture, then over the channels. The picture is not
    shrunk first, as some programs do with large ones.

    Args:
        restored: ``(H, W, C)`` of any depth.
        reference: ``(H, W, C)`` of any depth, not necessarily the same.
        convention: What to measure on.

    Returns:
        At most 1 (identical); NaN where an edge is shorter than `SSIM_WINDOW`, for which SSIM is not defined.

    Raises:
        ValueError: The shapes differ, or the border leaves nothing.
    """
    a, b = _both(restored, reference, convention)
    if min(a.shape[:2]) < SSIM_WINDOW:
        return math.nan
    similarity: Any = structural_similarity(
        b,
        a,
        data_range=convention.data_range,
        channel_axis=-1,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    return float(similarity)


def measure(
    restored: Pixels, reference: Pixels, conventions: Sequence[Convention], further: Mapping[str, Metric]
) -> dict[str, float]:
    """All measures of one pair under each convention, named "psnr_rgb", "ssim_rgb", "psnr_y" and so on.

    Args:
        restored: ``(H, W, C)`` of any depth.
        reference: ``(H, W, C)`` of any depth, not necessarily the same.
        conventions: What to measure on; of different colour spaces.
        further: More metrics, see `restore.hookspecs.provide_metrics`; they get the prepared pixels.

    Raises:
        ValueError: The shapes differ, or the border leaves nothing.
        PluginError: A further metric failed; names it.
    """
    values = {}
    for convention in conventions:
        space = convention.space
        values[f"psnr_{space}"] = psnr(restored, reference, convention)
        values[f"ssim_{space}"] = ssim(restored, reference, convention)
        for name, metric in further.items():
            try:
                values[f"{name}_{space}"] = float(metric(*_both(restored, reference, convention)))
            except Exception as error:  # a plugin's, so anything can happen
                raise PluginError(f"the metric '{name}' failed: {type(error).__name__}: {error}.") from error
    return values


def mean(values: Iterable[float]) -> Mean:
    """The mean over pictures; a single identical picture must not make it infinite, so those are counted apart."""
    numbers = list(values)
    finite = [v for v in numbers if math.isfinite(v)]
    identical = sum(math.isinf(v) for v in numbers)
    undefined = sum(math.isnan(v) for v in numbers)
    if finite:
        return Mean(math.fsum(finite) / len(finite), identical, undefined)
    return Mean(math.inf if identical else math.nan, identical, undefined)


def as_json(value: float) -> float | str | None:
    """A number as JSON can hold it: infinite becomes "inf", undefined (NaN) becomes null."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")


def _both(
    restored: Pixels, reference: Pixels, convention: Convention
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    if restored.shape != reference.shape:
        raise ValueError(f"pictures to compare must have one shape, got {restored.shape} and {reference.shape}")
    return prepare(restored, convention), prepare(reference, convention)
