"""Frames of one series laid over each other: which one stays, where the others are, and the part that all of them show.

What stays is the frame in `frames[0]` of an observation, see `reference_of`. A frame is moved only where that makes the
frames agree better; one that lies right already stays as it is, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from restore.errors import InputError
from restore.image import Image, SeriesKind
from restore.series.coarse import View, agreement, rough_place
from restore.series.fine import FEWEST, Matches, Patcher, places, simplest
from restore.series.geometry import STILL, Matrix, reach, scaled
from restore.series.kind import visible_first
from restore.series.reduction import factor_to, grey_of, reduced
from restore.series.warping import common_box, cropped, warped

EDGE = 768
"""Longest side of the small copies in which frames are first looked for."""

LEAST_SHIFT = 0.1
"""Pixels: frames that lie nearer than this to where they should stay as they are."""

LEAST_AREA = 0.2
"""Share of the reference that all frames must show."""

_WELL_EXPOSED = 0.2
"""Of white: how far from the middle a brightness may lie to be well exposed, as a standard deviation."""
_AGREEING = 0.25
"""Agreement of small copies from which two frames surely show one scene."""
_GAIN = 0.05
"""By how much a rough movement that no patch confirms must improve the agreement."""
_GAIN_OF_INFRARED, _LOSS = 0.03, 0.02
"""By how much a movement that patches agree on must improve it for infrared, whose patches err more; and by how much it
may fall short for all others, since a part of a pixel is not to be seen in small copies."""
_LAYOUT = 0.7
"""Correlation of light and dark over the whole picture from which two frames are not said to show different scenes."""
_TELLING = 0.3
"""Share of the reference that must be seen in both frames to say that they do not show one scene."""


@dataclass(frozen=True)
class Place:
    """Where a frame lies over the reference.

    Attributes:
        matrix: Where the reference's pixels are in it; `STILL` itself where it stays as it is.
        agreement: How well the small copies agree there, -1 to 1.
        patches: How many patches confirm it.
    """

    matrix: Matrix
    agreement: float
    patches: int

    @property
    def is_sure(self) -> bool:
        """Whether the two frames surely show one scene."""
        return self.agreement >= _AGREEING or self.patches >= FEWEST


def reference_of(frames: Sequence[Image], kind: SeriesKind) -> int:
    """Which frame the others are to be laid over.

    Args:
        frames: Of one size, as they were given.
        kind: Of exposure, the one that is best exposed in the mean of its pixels (well-exposedness of Mertens, Kautz
            and Van Reeth, Exposure Fusion, 2007); of infrared, the visible one; of focus, the first.
    """
    if kind is SeriesKind.FOCUS:
        return 0
    if kind is SeriesKind.INFRARED:
        return visible_first(frames)
    greys = [grey_of(reduced(each, factor_to(each.height, each.width, EDGE // 4))) for each in frames]
    return int(np.argmax([float(np.exp(-(((grey - 0.5) / _WELL_EXPOSED) ** 2) / 2).mean()) for grey in greys]))


def align(frames: list[Image], paths: Sequence[Path], kind: SeriesKind) -> tuple[str, ...]:
    """Lay frames over the first one, and crop all of them to what all of them show.

    Args:
        frames: The reference first; replaced one by one, so that at most one more is held at a time.
        paths: Their files, for the messages.
        kind: Of the series.

    Returns:
        What the user should know, one sentence each.

    Raises:
        InputError: Two frames show nothing in common.
    """
    height, width = frames[0].height, frames[0].width
    matrices, warnings = _matrices(frames, paths, kind)
    box = common_box([each for each in matrices if each is not STILL], height, width)
    if box is None or (box[1] - box[0]) * (box[3] - box[2]) < LEAST_AREA * height * width:
        farthest = max(range(1, len(frames)), key=lambda index: reach(matrices[index], height, width))
        raise _no_overlap(paths[farthest], paths[0], "overlaps too little with")
    for index, matrix in enumerate(matrices):
        frame = frames[index]
        moved = frame if matrix is STILL else warped(frame, matrix)
        frames[index] = cropped(moved, box)
        del frame, moved
    return warnings


def _matrices(frames: Sequence[Image], paths: Sequence[Path], kind: SeriesKind) -> tuple[list[Matrix], tuple[str, ...]]:
    """Where the reference's pixels are in each frame; and a sentence for each that could not be found.

    A frame that cannot be found over the reference (the ends of a long bracket, of a deep stack) is looked for over
    those that have been found already.
    """
    factor = factor_to(frames[0].height, frames[0].width, EDGE)
    views = [View.of(grey_of(reduced(frame, factor)), kind) for frame in frames]
    matrices: dict[int, Matrix] = {0: STILL}
    warnings = []
    for index in _nearest_first(views):
        place, over = place_of((frames[0], frames[index]), (views[0], views[index]), kind), 0
        for other in reversed(matrices):
            if place.is_sure or kind is SeriesKind.INFRARED:
                break
            if other != 0:
                again = place_of((frames[other], frames[index]), (views[other], views[index]), kind)
                place, over = (again, other) if again.is_sure else (place, over)
        if not place.is_sure and _is_told(views[over], views[index], kind):
            raise _no_overlap(paths[index], paths[over], "shows nothing in common with")
        if not place.is_sure and kind is not SeriesKind.INFRARED:
            warnings.append(
                f"{paths[index].name} could not be aligned: too little is seen both in it and in another frame."
            )
        matrix = place.matrix @ matrices[over] if over else place.matrix
        matrices[index] = matrix if reach(matrix, frames[0].height, frames[0].width) >= LEAST_SHIFT else STILL
    return [matrices[index] for index in range(len(frames))], tuple(warnings)


def _nearest_first(views: Sequence[View]) -> list[int]:
    """The frames but the first, those first that are as bright as it is."""
    levels = [float(np.median(view.grey)) for view in views]
    return sorted(range(1, len(views)), key=lambda index: abs(levels[index] - levels[0]))


def place_of(images: tuple[Image, Image], views: tuple[View, View], kind: SeriesKind) -> Place:
    """Where the second of two frames lies over the first.

    Args:
        images: Both, of one size.
        views: Their small copies.
        kind: Of the series.
    """
    height, width = images[0].height, images[0].width
    factor = factor_to(height, width, EDGE)
    rough, score = rough_place(*views, kind)
    score_still = agreement(*views, STILL)
    middles = places(views[0], factor, height, width)
    patcher = Patcher.of(images, views, kind)
    matches, fitted = _fitted(patcher, middles, scaled(rough, factor), factor)
    if fitted is None and rough is not STILL:  # the rough place may be a mistake, and the frames lie right already
        matches, fitted = _fitted(patcher, middles, STILL, factor)
        if fitted is None and score >= max(_AGREEING, score_still + _GAIN):
            return Place(scaled(rough, factor), score, 0)
    if fitted is None:
        return Place(STILL, score_still, 0)
    its, count = agreement(*views, scaled(fitted, 1 / factor)), len(matches.here)
    least = score_still + _GAIN_OF_INFRARED if kind is SeriesKind.INFRARED else score_still - _LOSS
    if reach(fitted, height, width) < LEAST_SHIFT or its < least:
        return Place(STILL, score_still, count)
    return Place(fitted, its, count)


def _fitted(patcher: Patcher, middles: np.ndarray, start: Matrix, factor: int) -> tuple[Matches, Matrix | None]:
    """A movement that patches agree on, in rounds from small copies to full size; None where they do not."""
    height, width = patcher.reference.height, patcher.reference.width
    matches, matrix = Matches(np.empty((0, 2)), np.empty((0, 2))), start
    for step in sorted({1, min(2, factor), max(1, factor // 2)}, reverse=True):
        matches = patcher.matches(middles, matrix, step)
        if len(matches.here) < FEWEST:
            return matches, None
        found = simplest(matches, height, width)
        if found is None:
            return matches, None
        matrix = found
    matches = patcher.matches(middles, matrix, 1) if matrix is not STILL else matches
    if len(matches.here) >= FEWEST and (found := simplest(matches, height, width)) is not None:
        matrix = found
    return matches, matrix


def _is_told(reference: View, frame: View, kind: SeriesKind) -> bool:
    """Whether enough is seen in both frames to say that they show different scenes; of infrared it never is.

    Not where light and dark are spread alike: of a flower before a wood, one frame may show nothing that the other
    does.
    """
    import cv2

    if kind is SeriesKind.INFRARED or float((reference.seen & frame.seen).mean()) < _TELLING:
        return False
    small = [cv2.resize(view.ranks, (24, 24), interpolation=cv2.INTER_AREA).ravel() for view in (reference, frame)]
    return min(float(each.std()) for each in small) == 0 or float(np.corrcoef(*small)[0, 1]) < _LAYOUT


def _no_overlap(one: Path, other: Path, what: str) -> InputError:
    return InputError(
        f"{what} {other}: they do not look like one scene.",
        path=one,
        hint="If they are one series, give --no-align, which takes frames as they are; else group them in another way "
        "(--group-by), or name the frames of one series only.",
    )
