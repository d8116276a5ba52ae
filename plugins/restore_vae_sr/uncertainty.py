"""The map of what was invented, as numbers and as a picture to look at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from restore.heat_map import heat_map
from restore.image import Image, Metadata


def measured(spread: npt.NDArray[np.float32]) -> Image:
    """The map as numbers: grey float, standard deviations in grey levels of 255.

    Args:
        spread: ``(H, W)`` in [0, 1] units.
    """
    return Image(np.ascontiguousarray(spread[:, :, None] * np.float32(255)), metadata=Metadata())


def drawn(spread: npt.NDArray[np.float32]) -> Image:
    """The map in perceptually uniform colours with a scale bar; dark where the picture is sure.

    Args:
        spread: ``(H, W)`` in [0, 1] units.
    """
    return heat_map(spread * np.float32(255), caption="standard deviation", unit="8-bit grey levels")
