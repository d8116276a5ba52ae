"""Damage that is found by itself: a restorer of the task `DETECT` is asked what is missing (``--mask auto``)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.answers import checked
from restore.errors import PluginError, WeightsError
from restore.image import Image, Observation
from restore.masks.growing import Mask
from restore.masks.request import Detector, Masking
from restore.spec import Makes, Options, Restorer, RestorerSpec
from restore.stamps import content_hash

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_log = logging.getLogger("restore")

DETECT = "detect"
"""The task whose restorers find damage."""

WIDE = 24
"""Edge in pixels of a square that is wide for damage; in pictures of more than 1200 a fiftieth of the shorter edge."""


@dataclass(frozen=True)
class Finder:
    """A detector that is known in this process, loaded or not.

    Attributes:
        spec: Its description.
        options: An instance of its options.
    """

    spec: RestorerSpec
    options: Options

    def find(self, restorer: Restorer, image: Image) -> Mask:
        """Look for damage in a picture.

        Args:
            restorer: The loaded detector.
            image: Upright.

        Returns:
            ``(H, W)``, True = damaged.

        Raises:
            PluginError: What the detector returned is no mask of this picture.
        """
        answer = restorer.restore(Observation((image,)), self.options)
        found: Mask = checked(answer, image, self.spec, self.options).image.pixels[..., 0] != 0
        return found


def detector_of(manager: PluginManager) -> Detector:
    """The default detector, with its default options, as plain values; loads nothing.

    Raises:
        PluginError: No plugin has one, or it makes no masks.
        WeightsError: Its weights cannot be read.
    """
    if not manager.restorers(DETECT):
        raise PluginError(
            f"--mask auto needs a model that finds damage, and none of the plugins has one (task '{DETECT}').",
            hint="Make masks by hand and give them with --mask FOLDER; `restore models` lists what is there.",
        )
    spec = manager.default_restorer(DETECT)
    if spec.makes is not Makes.MASK:
        raise PluginError(
            f"the model '{spec.name}' is for the task '{DETECT}', but makes no masks.",
            hint="This is a defect of the plugin: `restore plugins` says where it comes from.",
        )
    try:
        weights = None if spec.weights is None else content_hash(spec.weights)
    except OSError as error:
        raise WeightsError(
            f"cannot be read: {error.strerror}.",
            path=spec.weights,
            hint=f"They belong to the model '{spec.name}', which --mask auto asks. Make masks by hand or with `restore "
            "detect --weights FILE`, and give them with --mask FOLDER.",
        ) from error
    return Detector(spec.name, weights, spec.options().model_dump(mode="json"))


def finder_of(masking: Masking | None, manager: PluginManager) -> Finder | None:
    """Who looks for damage in a run, again in the process that does it; None where nobody does.

    Raises:
        PluginError: There is no such restorer any more.
    """
    if masking is None or masking.detector is None:
        return None
    spec = manager.restorer(masking.detector.model)
    return Finder(spec, spec.options.model_validate(dict(masking.detector.options)))


def tell_found(mask: Mask, source: Path) -> None:
    """Say in the log (``-v``) how much of a picture was found damaged; to count the places takes its time.

    Args:
        mask: ``(H, W)``, True = damaged.
        source: The picture's file.
    """
    if _log.isEnabledFor(logging.INFO):
        count = places(mask)
        share = np.count_nonzero(mask) / mask.size
        much = f"{share:.3%}" if share >= 1e-5 else "under 0.001%"
        where = "1 place" if count == 1 else f"{count} places"
        _log.info("%s: %s", source, f"{much} is damaged, in {where}" if count else "no damage was found")


def places(mask: Mask) -> int:
    """How many pieces a mask has; pixels that touch at a corner belong together."""
    import cv2

    # Outlines take little memory; a map of labels would take four bytes for every pixel.
    outlines = cv2.findContours(np.ascontiguousarray(mask).view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    tree = outlines[1]
    return 0 if tree is None else int((np.asarray(tree).reshape(-1, 4)[:, 3] < 0).sum())


def wide_find(found: Mask) -> str | None:
    """A warning for the user where a detector has found something wide.

    Scratches, hair and dust are narrow. Stains are not, but nor is what detectors take for them: clouds, reflections.

    Args:
        found: ``(H, W)``, True = damaged, before it is grown.

    Returns:
        None where all is narrow. What holds a square of `WIDE` is told of, what is narrower than half of that is not.
    """
    import cv2

    cell = max(WIDE, min(found.shape) // 50) // 2
    rows, columns = (length // cell for length in found.shape)
    # Rows first, in whole lines: fifteen times as fast as both at once.
    bands: Mask = np.logical_and.reduce(found[: rows * cell].reshape(rows, cell, found.shape[1]), axis=1)
    full = bands[:, : columns * cell].reshape(rows, columns, cell).all(axis=2)
    if not full.any():
        return None
    count, _, pieces, _ = cv2.connectedComponentsWithStats(full.astype(np.uint8))
    left, top, width, height, _ = pieces[1 + int(pieces[1:, cv2.CC_STAT_AREA].argmax())].tolist()
    place = f"at {int((left + width / 2) * cell)},{int((top + height / 2) * cell)}"
    where = place if count == 2 else f"in {count - 1} places, most {place}"
    return (
        f"Wide damage was found {where}: a stain, or a part of the picture? `restore detect` writes masks to look at, "
        "to edit and to give back."
    )
