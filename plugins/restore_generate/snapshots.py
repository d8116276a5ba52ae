"""Samples of the same latents, kept while a model learns: what the animation of its training is made of."""

from __future__ import annotations

import math
from pathlib import Path

import torch

from restore_generate.grids import write_grid
from restore_generate.models import Generative
from restore_generate.validation import samples

FOLDER = "frames"
ROWS = 8
WIDEST = 16
"""Most classes that get a column each."""


class Snapshots:
    """Keeps sheets of samples in the work folder of a training, each named by its step.

    The steps grow by a constant factor, for a model learns most at the beginning: their number grows with the logarithm
    of the training's length, whatever that is. They depend on nothing but the step, and the noise is always the same,
    so that a resumed training goes on as if it had never stopped.

    Args:
        work: Of the training. Sheets of later steps than `step` are of a training that is lost, and removed.
        often: Sheets in the time in which the steps double; 0 keeps none.
        step: Steps done already.
        classes: How many classes the model is asked for: a column for each; 0 where there are none.
        device: Where the model is.
    """

    def __init__(self, work: Path, often: int, step: int, classes: int, device: torch.device) -> None:
        self.folder = work / FOLDER
        self.often, self.classes, self.device = often, classes, device
        self.columns = classes if 1 < classes <= WIDEST else ROWS
        for path, at in kept(self.folder):
            if at > step:
                path.unlink()

    def due(self, step: int, last: bool = False) -> bool:
        """Whether a sheet is kept after so many steps, at least one; after the last one is, wherever that is."""
        if not self.often:
            return False
        return last or step == 1 or self._place(step) > self._place(step - 1)

    def _place(self, step: int) -> int:
        return math.floor(self.often * math.log2(step))

    def keep(self, model: Generative, step: int) -> None:
        """Write a sheet.

        Args:
            model: In evaluation mode.
            step: Steps done.

        Raises:
            OutputError: The sheet cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        pictures = samples(model, ROWS * self.columns, self.classes, self.device)
        write_grid(self.folder / f"{step:07d}.png", pictures, self.columns, enlarged=1)


def kept(folder: Path, prefix: str = "") -> list[tuple[Path, int]]:
    """Sheets of a training with their steps, in order.

    Args:
        folder: Where to look; nothing is found where there is none.
        prefix: Of the names, before the step.
    """
    found = [(path, path.stem.removeprefix(prefix)) for path in folder.glob(f"{prefix}*.png")]
    return sorted(((path, int(step)) for path, step in found if step.isdecimal()), key=lambda each: each[1])
