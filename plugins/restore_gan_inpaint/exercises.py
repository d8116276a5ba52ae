"""What `gan-inpaint` is given to fill while it learns, and what it is to come near to."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from restore.degrade import grey
from restore.toolkit.patches import CropSampler
from restore_gan_inpaint.damage import Holes


class Exercises(Protocol):
    """An endless supply of them."""

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Draw some.

        Returns:
            What was taken ``(count, 3, H, H)`` in [0, 1], what is missing of it ``(count, 1, H, H)``, 1 = missing, and
            what to come near to there, of the shape of the first.
        """
        ...


class Drawn:
    """Crops and holes drawn at random; to come near to is what was taken.

    Args:
        sampler: Where crops come from.
        holes: Where holes come from.
        colourless: Share of the crops that are made grey.
    """

    def __init__(self, sampler: CropSampler, holes: Holes, colourless: float) -> None:
        self.sampler = sampler
        self.holes = holes
        self.colourless = colourless

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """See `Exercises.batch`."""
        truth = self.sampler.batch(count)
        few = round(count * self.colourless)
        truth[:few] = grey(truth[:few])
        return truth, self.holes.batch(count), truth
