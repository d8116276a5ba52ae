"""Lessons for `gan-inpaint` from an earlier generator of its own kind.

A network that was trained briefly fills a hole a little otherwise when the picture is turned, though nothing in the
task has a direction. The mean of its eight fillings is nearer to the truth than each of them (R. Timofte, R. Rothe,
L. Van Gool: Seven ways to improve example-based single image super resolution, CVPR 2016), and nearly as sharp close
to a hole's edge, where all agree. A generator that is shown these means learns from answers without what nobody could
have known of the truth, which is most of what it is corrected for otherwise (G. Hinton, O. Vinyals, J. Dean:
Distilling the knowledge in a neural network, 2015).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from restore.toolkit.device import Machine
from restore.toolkit.training import load_checkpoint, save_checkpoint
from restore.weights import header
from restore_gan_inpaint.execution import INTEGERS, Execution
from restore_gan_inpaint.exercises import Exercises
from restore_gan_inpaint.interpolation import pooled
from restore_gan_inpaint.loading import generator_of
from restore_gan_inpaint.quantization import integers_are_quick

log = logging.getLogger("restore")

ORIENTATIONS = 8
"""Of a square: four rotations, each mirrored or not."""

AT_ONCE = 8
"""Crops that the teacher fills at once."""


def turned(x: Tensor, orientation: int) -> Tensor:
    """``(…, H, H)`` in one of the eight orientations of a square; 0 is as it was."""
    return _mirrored(x.transpose(-1, -2) if orientation & 4 else x, orientation)


def turned_back(x: Tensor, orientation: int) -> Tensor:
    """What `turned` did, undone."""
    x = _mirrored(x, orientation)
    return x.transpose(-1, -2) if orientation & 4 else x


def _mirrored(x: Tensor, orientation: int) -> Tensor:
    return x.flip([dim for dim, bit in ((-1, 1), (-2, 2)) if orientation & bit])


class Teacher:
    """A trained generator that fills every hole in eight orientations.

    Args:
        weights: Its file.
        device: Where it runs; on CPUs that are quick at it in integers of 8 bits.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
    """

    def __init__(self, weights: Path, device: torch.device) -> None:
        generator, ranges = generator_of(weights)
        whole = device.type == "cpu" and ranges is not None and integers_are_quick()
        machine = Machine(device, INTEGERS if whole else torch.float32, torch.get_num_threads())
        self.device = device
        self.network = Execution(generator, machine, ranges)

    @torch.no_grad()
    def fillings(self, truth: Tensor, missing: Tensor) -> Tensor:
        """The mean of the eight fillings.

        Args:
            truth: ``(N, 3, H, H)`` in [0, 1]; what is missing of it is not looked at.
            missing: ``(N, 1, H, H)``, 1 = missing.

        Returns:
            ``(N, 3, H, H)`` in [0, 1]; known pixels as they are.
        """
        given = torch.cat([(truth - 0.5) * (1 - missing), missing], 1)
        total = torch.zeros_like(truth)
        for k in range(ORIENTATIONS):
            x = turned(given, k).contiguous()
            filled, features = self.network.coarse(pooled(x))
            total += turned_back(self.network.fine(x, filled, features), k)
        return torch.where(missing > 0, (total / ORIENTATIONS + 0.5).clamp(0, 1), truth)


class Lessons:
    """Exercises that a teacher has done before, learned from in all orientations.

    Args:
        done: As of `prepared`.
        taught: How much of what to come near to is the teacher's answer, 0 to 1; the rest is what was taken.
        seed: Of the order in which they are learned.
    """

    def __init__(self, done: Mapping[str, Tensor], taught: float, seed: int) -> None:
        self.done = [done[name] for name in ("truth", "missing", "answers")]
        self.taught = taught
        self.random = np.random.default_rng([seed, 7])

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """See `Exercises.batch`."""
        which = self.random.integers(len(self.done[0]), size=count)
        how = self.random.integers(ORIENTATIONS, size=count)
        truth, missing, answers = (
            torch.stack([turned(each[int(n)], int(k)) for n, k in zip(which, how, strict=True)]).float()
            for each in self.done
        )
        return truth / 255, missing, (truth + self.taught * (answers - truth)) / 255


def prepared(file: Path, weights: Path, exercises: Exercises, count: int, device: torch.device) -> dict[str, Tensor]:
    """Let a teacher do exercises, or read again what the same one did before this training was interrupted.

    Args:
        file: Where they are kept.
        weights: The teacher's.
        exercises: What it is given.
        count: How much of that; each takes 7 bytes per pixel of memory.
        device: Where the teacher runs.

    Returns:
        "truth" and "answers" ``(count, 3, H, H)``, "missing" ``(count, 1, H, H)``, in bytes.

    Raises:
        WeightsError: The teacher's weights are missing, damaged or of another model.
    """
    whose = header(weights)["sha256"]
    if file.exists():
        kept = load_checkpoint(file)
        if kept["teacher"] == whose and len(kept["truth"]) == count:
            return {name: value for name, value in kept.items() if name != "teacher"}
    teacher = Teacher(weights, device)
    parts: dict[str, list[Tensor]] = {"truth": [], "missing": [], "answers": []}
    for begin in range(0, count, AT_ONCE):
        size = min(AT_ONCE, count - begin)
        truth, missing, _ = exercises.batch(size)
        answers = teacher.fillings(truth.to(device), missing.to(device)).cpu()
        for name, values in (("truth", truth * 255), ("missing", missing), ("answers", answers * 255)):
            parts[name].append(values.round().to(torch.uint8))
        if begin // 1000 != (begin + size) // 1000:
            log.info("the teacher has filled %d of %d crops", begin + size, count)
    done = {name: torch.cat(each) for name, each in parts.items()}
    save_checkpoint(file, {**done, "teacher": whose})
    return done
