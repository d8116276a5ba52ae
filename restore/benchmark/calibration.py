"""Is a map of uncertainty honest? Predicted standard deviations beside actual errors.

A map is calibrated where errors are as large as it says: of normally distributed errors, 68 % lie within one standard
deviation and 95 % within two. Whether it knows *where* errors are is another question, answered by Spearman's rank
correlation, which no factor on the map can change. Everything is in 8-bit grey levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from restore.contracts import promised_companions
from restore.errors import PluginError, UsageError
from restore.image import Pixels
from restore.metrics import Convention, prepare
from restore.spec import Companion, Options, RestorerSpec

Floats = npt.NDArray[np.float64]

MAP = Companion("uncertainty", ".tif")
"""What a model promises that can be measured: ``(H, W, 1)`` float32, the standard deviation of each of a pixel's
channels in 8-bit grey levels, in the size of the result."""


def place_of_map(spec: RestorerSpec, options: Options, label: str) -> int:
    """Which of a model's companions is its map.

    Args:
        spec: The model.
        options: What it will be given.
        label: How messages call it.

    Raises:
        UsageError: It promises none with these options.
    """
    promised = promised_companions(spec, options)
    if MAP not in promised:
        raise UsageError(
            f"{label} makes no map of uncertainty that could be measured.",
            hint="Leave out --uncertainty, or measure models with an option --uncertainty, and leave that on.",
        )
    return promised.index(MAP)


def calibration(restored: Pixels, reference: Pixels, spread: Pixels, border: int, label: str) -> dict[str, float]:
    """Both measures of one picture.

    Args:
        restored: ``(H, W, C)`` of any depth.
        reference: The truth, in the same shape.
        spread: The map, see `MAP`.
        border: Pixels left out along every edge.
        label: How messages call the model.

    Returns:
        "rank_correlation" and "within_2_sigma", see `rank_correlation` and `share_within`.

    Raises:
        PluginError: The map has another shape or depth, or values that are no standard deviations.
    """
    if spread.shape != (*restored.shape[:2], 1) or spread.dtype != np.float32:
        wanted = f"{(*restored.shape[:2], 1)} float32"
        raise PluginError(f"the map of {label} is {spread.shape} {spread.dtype}; {wanted} was expected.")
    if not np.isfinite(spread).all() or spread.min() < 0:
        raise PluginError(f"the map of {label} has values that are not finite or below zero.")
    sigma = without_border(spread[:, :, 0], border)
    return {
        "rank_correlation": rank_correlation(sigma, luma_errors(restored, reference, border)),
        "within_2_sigma": share_within(sigma, channel_errors(restored, reference, border), 2),
    }


def without_border(values: npt.NDArray[Any], border: int) -> npt.NDArray[Any]:
    """``(H, W, …)`` without `border` pixels along every edge."""
    return values[border : values.shape[0] - border, border : values.shape[1] - border]


def luma_errors(restored: Pixels, reference: Pixels, border: int) -> Floats:
    """How far each pixel's luma is off: BT.601 in full swing (0.299 R + 0.587 G + 0.114 B, not rounded).

    Returns:
        ``(H - 2 border, W - 2 border)``, at least 0, in 8-bit grey levels.
    """
    return np.abs(_difference(restored, reference, Convention("grey", border)))[:, :, 0]


def channel_errors(restored: Pixels, reference: Pixels, border: int) -> Floats:
    """How far each channel is off, with its sign: ``(H - 2 border, W - 2 border, C)`` in 8-bit grey levels."""
    return _difference(restored, reference, Convention("rgb", border))


def _difference(restored: Pixels, reference: Pixels, convention: Convention) -> Floats:
    difference: Floats = (prepare(restored, convention) - prepare(reference, convention)) * 255
    return difference


def rank_correlation(predicted: npt.NDArray[Any], actual: npt.NDArray[Any]) -> float:
    """Spearman's rank correlation, ties sharing their mean rank.

    Returns:
        From -1 to 1: 1 where a larger prediction always goes with a larger error, 0 where one says nothing about the
        other. NaN where either is the same everywhere and has no order.
    """
    predicted, actual = predicted.ravel(), actual.ravel()
    if (predicted == predicted[0]).all() or (actual == actual[0]).all():
        return float("nan")
    return float(spearmanr(predicted, actual).statistic)


def share_within(sigma: npt.NDArray[Any], errors: Floats, multiple: float) -> float:
    """Share, from 0 to 1, of the errors of all channels that are at most so many standard deviations.

    Args:
        sigma: ``(H, W)``.
        errors: ``(H, W, C)``.
        multiple: Of the standard deviation.
    """
    return float(np.mean(np.abs(errors) <= multiple * sigma[..., None]))


def calibration_curve(sigma: npt.NDArray[Any], errors: Floats, bins: int) -> tuple[Floats, Floats]:
    """Predicted beside actual errors, in bins of equally many pixels from the surest to the least sure.

    Args:
        sigma: ``(N,)``, at least one pixel for each bin.
        errors: ``(N, C)``.
        bins: How many.

    Returns:
        The root mean square of the prediction and of the errors in each bin, both ``(bins,)``; equal where a map is
        calibrated.
    """
    order = np.array_split(np.argsort(sigma, kind="stable"), bins)
    predicted = np.array([np.sqrt(np.mean(np.square(sigma[pixels], dtype=np.float64))) for pixels in order])
    return predicted, np.array([np.sqrt(np.mean(np.square(errors[pixels]))) for pixels in order])


def reliability_curve(sigma: npt.NDArray[Any], errors: Floats, nominal: Sequence[float]) -> Floats:
    """Which share of errors lies in the central interval that should hold the share `nominal` of them.

    The interval is that of a normal distribution around the result: 95 % are 1.96 standard deviations to either side.

    Args:
        sigma: ``(N,)``.
        errors: ``(N, C)``.
        nominal: Shares between 0 and 1, both excluded.
    """
    normal = NormalDist()
    return np.array([share_within(sigma, errors, normal.inv_cdf((1 + share) / 2)) for share in nominal])
