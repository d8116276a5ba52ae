"""How close results come to the truth, where that is known; paired and measured as `restore evaluate` does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.errors import InputError, PluginError, RestoreError
from restore.evaluate import pair_up
from restore.image import Image
from restore.metrics import Convention, mean, measure
from restore.plugin_manager import PluginManager
from restore.reports.photo import Photo

CONVENTIONS = (Convention("rgb"), Convention("y"))
"""As `restore evaluate` has them."""


@dataclass(frozen=True)
class Score:
    """The measures of one photo.

    Attributes:
        after: Of the result, by name ("psnr_rgb").
        before: Of the input; empty where it has another size or kind than the truth.
    """

    after: Mapping[str, float]
    before: Mapping[str, float]


class Truth:
    """What results should look like.

    Args:
        results: The result, or the folder of all.
        reference: The truth: a file, or a folder; its pictures have the results' relative paths, whatever their suffix.
        manager: Reads the pictures and knows further metrics.
        max_pixels: Larger pictures are refused.

    Raises:
        InputError: The truth is not there, or holds no pictures.
        UsageError: One is a file and the other a folder.
    """

    def __init__(self, results: Path, reference: Path, manager: PluginManager, max_pixels: int) -> None:
        self._reference: dict[Path, Path] = {}
        try:
            pairs, _ = pair_up(results, reference)
            self._reference = {pair.restored: pair.reference for pair in pairs}
        except InputError as error:
            if error.path != results:  # where nothing was made there is nothing to measure, which is no trouble here
                raise
        self._manager = manager
        self._max_pixels = max_pixels

    def measured(self, photo: Photo, before: Image | None, after: Image) -> tuple[Score | None, str | None]:
        """Measure one result.

        Returns:
            The score, or None with the reason why there is none.
        """
        place = self._reference.get(photo.result.path)
        if place is None:
            return None, "no picture of the truth belongs to it"
        try:
            truth = self._manager.read_image(place, self._max_pixels)
            if not _comparable(after, truth):
                return None, f"the truth {place.name} has another size or kind"
            was = {} if before is None or not _comparable(before, truth) else self._measure(before, truth)
            return Score(self._measure(after, truth), was), None
        except PluginError:
            raise
        except RestoreError as error:
            return None, f"the truth cannot be compared with: {error}"

    def _measure(self, image: Image, truth: Image) -> dict[str, float]:
        return measure(image.pixels, truth.pixels, CONVENTIONS, self._manager.metrics())


def means(scores: Sequence[Score]) -> dict[str, tuple[float | None, float]]:
    """The mean of each measure before and after; before only where all have it, so that both are of the same photos."""
    found = {}
    for name in dict.fromkeys(name for score in scores for name in score.after):
        after = mean(score.after[name] for score in scores if name in score.after).value
        before = [score.before[name] for score in scores if name in score.before]
        found[name] = (mean(before).value if len(before) == len(scores) else None, after)
    return {name: pair for name, pair in found.items() if not math.isnan(pair[1])}


def _comparable(image: Image, truth: Image) -> bool:
    return image.pixels.shape == truth.pixels.shape
