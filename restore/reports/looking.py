"""Looks at one photo for a report: reads what is still there, and keeps nothing of it but what a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from restore.diagnose.findings import Findings, diagnose
from restore.display import Histogram, Shown, histogram, overview, part
from restore.errors import PluginError, RestoreError
from restore.image import Image
from restore.plugin_manager import PluginManager
from restore.reports.change import Change, changed
from restore.reports.photo import File, Photo
from restore.reports.sizes import Sizes
from restore.reports.truth import Score, Truth

_LARGE = 640
"""Edge of a whole picture from which on all frames are that large."""

MOST_BESIDE = 12
"""Frames, masks and maps shown of one result; of a longer series the first ones."""


@dataclass(frozen=True)
class Picture:
    """A picture in a page.

    Attributes:
        file: Where it is.
        shown: Its pixels, reduced.
        width: Of the file's picture, in pixels.
        height: Likewise.
    """

    file: File
    shown: Shown
    width: int
    height: int


@dataclass(frozen=True)
class Look:
    """What was seen of one photo.

    Attributes:
        before: The input, or the first frame; None where it cannot be shown.
        after: The result; likewise.
        details: The same part of both in the result's own pixels; None where the whole is shown so, or nothing differs.
        others: Further frames, the mask, what lies beside the result.
        histograms: Before and after.
        change: How they differ.
        score: Against the truth.
        findings: What is wrong with the input, where that was asked for.
        troubles: What is not as it was, or could not be looked at, one sentence each.
    """

    before: Picture | None = None
    after: Picture | None = None
    details: tuple[Shown, Shown] | None = None
    others: tuple[Picture, ...] = ()
    histograms: tuple[Histogram | None, Histogram | None] = (None, None)
    change: Change | None = None
    score: Score | None = None
    findings: Findings | None = None
    troubles: tuple[str, ...] = ()


class Looker:
    """Looks at photos one by one.

    Args:
        manager: Reads the pictures.
        sizes: How large they are shown.
        max_pixels: Larger pictures are not opened.
        truth: What results should look like, or None.
        findings: Whether to find out what is wrong with each input; about a second each.
    """

    def __init__(
        self, manager: PluginManager, sizes: Sizes, max_pixels: int, truth: Truth | None = None, findings: bool = False
    ) -> None:
        self._manager = manager
        self._sizes = sizes
        self._max_pixels = max_pixels
        self._truth = truth
        self._findings = findings

    def look(self, photo: Photo) -> Look:
        """Read a photo's files and see what is to be shown; whatever is wrong with them becomes a sentence.

        Raises:
            PluginError: A plugin's reader or metric is broken.
        """
        troubles: list[str] = []
        if photo.is_dangerous:
            return Look(troubles=tuple(_gone(photo.inputs)))
        before = self._read(photo.inputs[0], troubles, failed=photo.state == "failed") if photo.inputs else None
        after = self._read(photo.result, troubles) if photo.state == "done" else None
        change = None if before is None or after is None else changed(before, after, self._sizes.detail)
        score = None
        if after is not None and self._truth is not None:
            score, problem = self._truth.measured(photo, before, after)
            troubles += [] if problem is None else [f"Not measured: {problem}."]
        shown_before = None if before is None else self._picture(photo.inputs[0], before, self._sizes.overview)
        shown_after = None if after is None else self._picture(photo.result, after, self._sizes.overview)
        details = None if change is None else self._details(before, after, change)
        histograms = tuple(None if image is None else histogram(image) for image in (before, after))
        findings = photo.findings or (diagnose(before) if before is not None and self._findings else None)
        before = after = None  # of 100 megapixels each, while the frames are read
        others = self._others(photo, shown_before, troubles) if photo.state == "done" else ()
        return Look(
            before=shown_before,
            after=shown_after,
            details=details,
            others=others,
            histograms=(histograms[0], histograms[1]),
            change=change,
            score=score,
            findings=findings,
            troubles=tuple(troubles),
        )

    def _read(self, file: File, troubles: list[str], *, failed: bool = False) -> Image | None:
        """The picture in a file, if it is one; what is wrong with it is added to the troubles.

        Of a photo that failed the reason is told already, and that it cannot be shown is no news.
        """
        trouble = file.trouble()
        if trouble is not None:
            troubles.append(f"The {file.role} {file.path} {trouble}.")
        if trouble is not None and file.path.exists() is False:
            return None
        try:
            return self._manager.read_image(file.path, self._max_pixels)
        except PluginError:
            raise
        except RestoreError as error:
            if trouble is None and not failed:
                troubles.append(f"The {file.role} cannot be shown: {error}")
            return None

    def _edge(self, file: File) -> int:
        """Frames take the place of "before" under the slider, and are as large where there are not too many photos."""
        return self._sizes.overview if file.role == "frame" and self._sizes.overview >= _LARGE else self._sizes.small

    def _picture(self, file: File, image: Image, edge: int) -> Picture:
        return Picture(file, overview(image, edge), image.width, image.height)

    def _details(self, before: Image | None, after: Image | None, change: Change) -> tuple[Shown, Shown] | None:
        """The part that changed most, where the whole is not shown in its own pixels anyway."""
        if before is None or after is None or change.box is None or change.scale is None:
            return None
        if max(after.width, after.height) <= self._sizes.overview:
            return None
        return part(before, change.box, change.scale), part(after, change.box.times(change.scale))

    def _others(self, photo: Photo, first: Picture | None, troubles: list[str]) -> tuple[Picture, ...]:
        """Every frame, the mask, and what lies beside the result."""
        frames = photo.inputs if len(photo.inputs) > 1 else ()
        files = (*frames, *(() if photo.mask is None else (photo.mask,)), *photo.beside)
        found = []
        for file in files[:MOST_BESIDE]:
            if first is not None and file is first.file:
                found.append(first)
                continue
            image = None if frames and file is frames[0] else self._read(file, troubles)
            is_data = file.role != "frame" and image is not None and image.pixels.dtype == np.float32
            if image is not None and not is_data:  # floats of a map are figures in a unit of their own
                found.append(self._picture(file, image, self._edge(file)))
        if len(files) > MOST_BESIDE:
            troubles.append(f"{len(files) - MOST_BESIDE} more of its {len(files)} frames and maps are not shown here.")
        return tuple(found)


def _gone(files: Sequence[File]) -> list[str]:
    """Which files are not what they were, without opening any."""
    return [f"The {file.role} {file.path} {trouble}." for file in files if (trouble := file.trouble()) is not None]
