"""Where a frame lies over the reference to a part of a pixel, told from patches of the full pictures.

A rough place from small copies is off by some pixels of the full pictures. Where there is most to be seen, some tens of
patches are compared at full size, each for its own small shift (by the enhanced correlation coefficient, Evangelidis
and Psarakis 2008); on these, one movement of the whole frame is agreed, without those that moved by themselves. The
time this takes does not depend on the size of the pictures.

Of all movements the simplest is taken that explains the shifts about as well as any: nothing, a shift, a turn with a
change of scale (as focus breathes), a homography (as a hand-held camera turns).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import numpy as np
import numpy.typing as npt

from restore.image import Image, SeriesKind
from restore.series.coarse import View
from restore.series.geometry import STILL, Matrix, Points, corners, is_plausible, moved, shift
from restore.series.reduction import Plane, grey_of
from restore.series.structure import comparable, even, rank_table, seen

SIZE = 80
"""Edge of a patch, in pixels of its step."""

GRID = (8, 6)
"""Patches across and down."""

FEWEST = 5
"""Patches that must agree for a movement to be told from them."""

LEAST_CORRELATION = 0.6
_LEAST_OF_INFRARED = 0.35
_NEAR = 8.0
"""Pixels of its step by which a patch may be away from where the rough movement puts it."""
_TRUSTED = 0.25
"""Pixels by which a patch may well be off."""
_SLACK, _FLOOR = 1.2, 0.03
"""A simpler movement is taken where the median patch is off by at most so many times, and pixels, more."""
_SLACK_OF_STILL, _FLOOR_OF_STILL = 1.5, 0.1
"""The same for frames that stay as they are: to move one costs it some sharpness."""


@dataclass(frozen=True)
class Matches:
    """Where patches of the reference are found in a frame, by x and y."""

    here: Points
    there: Points

    def error(self, matrix: Matrix) -> float:
        """By how many pixels a movement misses them, in the median."""
        return float(np.median(np.linalg.norm(moved(self.here, matrix) - self.there, axis=1)))


def places(view: View, factor: int, height: int, width: int) -> Points:
    """The middles of patches in the reference: in each part of it, where most is to be seen.

    Args:
        view: Its small copy.
        factor: By which it is smaller.
        height: Rows of the reference.
        width: Columns of the reference.
    """
    import cv2

    block = max(3, SIZE // max(2 * factor, 4))
    strength = cv2.cornerMinEigenVal(view.shown, min(block, 31), ksize=3)
    strength *= cv2.boxFilter(view.seen.astype(np.float32), -1, (block, block))
    rows, columns = strength.shape
    margin = min(SIZE // 2 / factor, rows / 4, columns / 4)
    strength[: round(margin)] = strength[rows - round(margin) :] = 0
    strength[:, : round(margin)] = strength[:, columns - round(margin) :] = 0
    least = 0.01 * float(np.quantile(strength, 0.99))
    found = []
    for top, bottom in _parts(rows, GRID[1]):
        for left, right in _parts(columns, GRID[0]):
            part = strength[top:bottom, left:right]
            row, column = np.unravel_index(int(part.argmax()), part.shape)
            if part[row, column] > max(least, 1e-12):
                found.append((left + column, top + row))
    middle = np.array(found, np.float64).reshape(-1, 2) * factor + (factor - 1) / 2
    return cast(Points, middle.clip(0, [width - 1, height - 1]))


def _parts(length: int, count: int) -> Iterator[tuple[int, int]]:
    edges = [round(length * each / count) for each in range(count + 1)]
    return ((a, b) for a, b in pairwise(edges) if b > a)


@dataclass(frozen=True)
class Patcher:
    """Compares patches of the reference with those of a frame.

    Attributes:
        reference: The frame that stays.
        frame: The one that is to be laid over it.
        tables: The ranks of both ones' brightness.
        kind: Of the series.
    """

    reference: Image
    frame: Image
    tables: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
    kind: SeriesKind

    @classmethod
    def of(cls, images: tuple[Image, Image], views: tuple[View, View], kind: SeriesKind) -> Patcher:
        """Make one from both frames, the reference first, and their small copies."""
        return cls(*images, (rank_table(views[0].grey), rank_table(views[1].grey)), kind)

    def matches(self, middles: Points, start: Matrix, step: int) -> Matches:
        """Where patches are found.

        Args:
            middles: Of them, in the reference.
            start: Where they roughly are.
            step: Pixels of the pictures per pixel of a patch, each way.
        """
        here, there = [], []
        for middle in middles:
            found = self._offset(middle, start, step)
            if found is not None:
                here.append(middle)
                there.append(moved((middle + found)[None], start)[0])
        return Matches(np.array(here).reshape(-1, 2), np.array(there).reshape(-1, 2))

    def _offset(self, middle: npt.NDArray[np.float64], start: Matrix, step: int) -> npt.NDArray[np.float64] | None:
        """How far from where it should be a patch is, in pixels of the reference; None where it cannot be told."""
        import cv2

        greys = [window(image, middle, m, step) for image, m in ((self.reference, STILL), (self.frame, start))]
        if greys[0] is None or greys[1] is None:
            return None
        visible = [seen(grey) for grey in greys if grey is not None]
        both = visible[0] & visible[1]
        if both.mean() < 0.5:
            return None
        one, other = (
            comparable(even(grey, self.kind, table), where, self.kind)
            for grey, table, where in zip(greys, self.tables, visible, strict=True)
            if grey is not None
        )
        if not one[both].any() or not other[both].any():
            return None
        least = _LEAST_OF_INFRARED if self.kind is SeriesKind.INFRARED else LEAST_CORRELATION
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-5)
        try:
            score, warp = cv2.findTransformECC(
                one, other, np.eye(2, 3, dtype=np.float32), cv2.MOTION_TRANSLATION, criteria, both.view(np.uint8), 5
            )
        except cv2.error:  # it found no way up
            return None
        offset = warp[:, 2].astype(np.float64)
        return offset * step if score >= least and np.linalg.norm(offset) <= _NEAR else None


def window(image: Image, middle: npt.NDArray[np.float64], matrix: Matrix, step: int) -> Plane | None:
    """What a frame shows in the place of a patch of the reference.

    Args:
        image: The frame.
        middle: Of the patch, in the reference.
        matrix: Where the reference's pixels are in the frame.
        step: Pixels per pixel of the patch, each way.

    Returns:
        Brightness of `SIZE` x `SIZE` pixels; None where the patch is not wholly inside the frame.
    """
    import cv2

    edge = SIZE * step
    origin = np.floor(middle) - edge // 2
    there = moved(origin + corners(edge, edge), matrix)
    low, high = np.floor(there.min(axis=0)).astype(int), np.ceil(there.max(axis=0)).astype(int)
    if (low < 0).any() or high[0] >= image.width or high[1] >= image.height or (high - low > 3 * edge).any():
        return None
    part = image.pixels[low[1] : high[1] + 1, low[0] : high[0] + 1]
    grey = grey_of(part.astype(np.float32) / np.float32(image.white))
    whole = shift(-low[0], -low[1]) @ matrix @ shift(*origin)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    found = cv2.warpPerspective(grey, whole, (edge, edge), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cast(Plane, found if step == 1 else cv2.resize(found, (SIZE, SIZE), interpolation=cv2.INTER_AREA))


def simplest(matches: Matches, height: int, width: int) -> Matrix | None:
    """The simplest movement that explains where patches are found about as well as any; None where none is plausible.

    Args:
        matches: At least `FEWEST`.
        height: Rows of the reference.
        width: Columns of the reference.
    """
    candidates = [each for each in _movements(matches) if is_plausible(each, height, width)]
    errors = [matches.error(each) for each in candidates]
    least = min(errors, default=0.0)
    for candidate, error in zip(candidates, errors, strict=True):
        still = candidate is STILL
        if error <= (_SLACK_OF_STILL if still else _SLACK) * least + (_FLOOR_OF_STILL if still else _FLOOR):
            return candidate
    return None


def _movements(matches: Matches) -> Sequence[Matrix]:
    """Movements that explain matches, the simplest first."""
    import cv2

    found = [STILL, shift(*np.median(matches.there - matches.here, axis=0))]
    if len(matches.here) >= 2 * FEWEST:
        similar, _ = cv2.estimateAffinePartial2D(
            matches.here, matches.there, method=cv2.RANSAC, ransacReprojThreshold=1.0, maxIters=4000, confidence=0.999
        )
        if similar is not None:
            found.append(_settled(matches, np.array([similar[0, 0], similar[1, 0], *similar[:, 2]]), _similarity))
    if len(matches.here) >= 3 * FEWEST:
        homography, _ = cv2.findHomography(matches.here, matches.there, cv2.USAC_MAGSAC, 1.0)
        if homography is not None:
            found.append(_settled(matches, (homography / homography[2, 2]).ravel()[:8], _homography))
    return found


def _similarity(values: npt.NDArray[np.float64]) -> Matrix:
    """A turn with a change of scale, and a shift: cosine and sine times the scale, x, y."""
    c, s, x, y = values
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])


def _homography(values: npt.NDArray[np.float64]) -> Matrix:
    """The first eight of its nine values."""
    return np.append(values, 1.0).reshape(3, 3)


def _settled(
    matches: Matches, start: npt.NDArray[np.float64], made: Callable[[npt.NDArray[np.float64]], Matrix]
) -> Matrix:
    """A movement improved on all matches; those that are far off count little (Cauchy's loss)."""
    from scipy.optimize import least_squares

    def misses(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return cast(npt.NDArray[np.float64], (moved(matches.here, made(values)) - matches.there).ravel())

    return made(least_squares(misses, start, loss="cauchy", f_scale=_TRUSTED, x_scale="jac").x)
