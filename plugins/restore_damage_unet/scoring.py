"""How well two masks agree, with a tolerance: the edge of damage is a matter of taste."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Agreement:
    """Counts of pixels; those of several pictures can be added.

    Attributes:
        marked: Predicted to be damaged.
        right: Of those, within the tolerance of a damaged one.
        damaged: Damaged in truth.
        found: Of those, within the tolerance of a predicted one.
    """

    marked: int = 0
    right: int = 0
    damaged: int = 0
    found: int = 0

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(
            self.marked + other.marked,
            self.right + other.right,
            self.damaged + other.damaged,
            self.found + other.found,
        )

    @property
    def precision(self) -> float:
        """Share of the predicted pixels that are right; 1 where none is predicted."""
        return self.right / self.marked if self.marked else 1.0

    @property
    def recall(self) -> float:
        """Share of the damaged pixels that are found; 1 where none is damaged."""
        return self.found / self.damaged if self.damaged else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def agreement(predicted: npt.NDArray[np.bool_], truth: npt.NDArray[np.bool_], tolerance: int = 1) -> Agreement:
    """Compare a predicted mask with the truth.

    Args:
        predicted: ``(H, W)``.
        truth: The same shape.
        tolerance: How far off a pixel may be in either direction, diagonals included, in pixels.
    """
    kernel = np.ones((2 * tolerance + 1, 2 * tolerance + 1), np.uint8)
    near_truth, near_predicted = (cv2.dilate(m.astype(np.uint8), kernel) > 0 for m in (truth, predicted))
    counts = (predicted, predicted & near_truth, truth, truth & near_predicted)
    return Agreement(*(int(np.count_nonzero(m)) for m in counts))
