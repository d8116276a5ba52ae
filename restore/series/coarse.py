"""Where a frame roughly lies over the reference, told from small copies.

Several guesses are made, each by a method that is good at another trouble, and the one in whose place the two
frames agree best is taken and refined:

- Median-threshold bitmaps (G. Ward, Fast, Robust Image Registration for Compositing High Dynamic Range Photographs from
  Hand-Held Exposures, JGT 2003): a shift, whatever the exposure.
- Phase correlation (Kuglin and Hines 1975): a shift, also of soft and noisy frames.
- Features (Lowe, SIFT, IJCV 2004) on which a homography agrees (MAGSAC++, Barath et al., CVPR 2020): turns and tilts.
- Maximising the enhanced correlation coefficient (Evangelidis and Psarakis, PAMI 2008) refines the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from restore.image import SeriesKind
from restore.series.geometry import STILL, Matrix, is_plausible, shift
from restore.series.reduction import Plane
from restore.series.structure import Seen, comparable, even, ranks, seen

LEAST_IN_COMMON = 0.05
"""Share of the reference that must be seen in both frames for a guess to be judged."""

_FEATURES, _RATIO, _FEWEST = 2000, 0.8, 10
_PATIENCE = 60
_BITS = 6
"""Of median-threshold bitmaps: shifts of up to 2^6 pixels of the small copies."""


@dataclass(frozen=True)
class View:
    """A small copy of a frame, made ready to be compared.

    Attributes:
        grey: Brightness.
        ranks: The rank of each pixel's brightness.
        seen: Where something is seen.
        shown: What is the same in all frames of the series.
    """

    grey: Plane
    ranks: Plane
    seen: Seen
    shown: Plane

    @classmethod
    def of(cls, grey: Plane, kind: SeriesKind) -> View:
        """Make one.

        Args:
            grey: The small copy.
            kind: Of the series.
        """
        where = seen(grey)
        return cls(grey, ranks(grey), where, comparable(even(grey, kind), where, kind))


def agreement(reference: View, frame: View, matrix: Matrix) -> float:
    """How well two frames agree in what they show where both show something: the correlation, -1 to 1.

    Args:
        reference: The one.
        frame: The other one.
        matrix: Where the reference's pixels are in the frame.

    Returns:
        -1 where too little is seen in both.
    """
    import cv2

    height, width = reference.grey.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    there = cv2.warpPerspective(frame.shown, matrix, (width, height), flags=flags)
    where = cv2.warpPerspective(frame.seen.astype(np.uint8), matrix, (width, height), flags=flags) > 0
    where &= reference.seen
    if where.mean() < LEAST_IN_COMMON:
        return -1.0
    one, other = reference.shown[where], there[where]
    norm = float(np.sqrt(np.vdot(one, one) * np.vdot(other, other)))
    return float(np.vdot(one, other)) / norm if norm > 0 else 0.0


def rough_place(reference: View, frame: View, kind: SeriesKind) -> tuple[Matrix, float]:
    """Where a frame roughly lies, and how well the two agree there.

    Args:
        reference: The frame that stays.
        frame: The one that is to be laid over it.
        kind: Of the series.

    Returns:
        The movement in pixels of the small copies, `STILL` itself where no other place is better; and the agreement.
    """
    height, width = reference.grey.shape
    best, score = STILL, agreement(reference, frame, STILL)
    for guess in _guesses(reference, frame, kind):
        if is_plausible(guess, height, width) and (its := agreement(reference, frame, guess)) > score:
            best, score = guess, its
    refined = _refined(reference, frame, best)
    if is_plausible(refined, height, width) and (its := agreement(reference, frame, refined)) > score:
        best, score = refined, its
    return best, score


def _guesses(reference: View, frame: View, kind: SeriesKind) -> Iterator[Matrix]:
    if kind is SeriesKind.EXPOSURE:
        yield _by_bitmaps(reference, frame)
    yield _by_phase(reference, frame)
    if kind is not SeriesKind.INFRARED:
        yield from _by_features(reference, frame)


def _by_bitmaps(reference: View, frame: View) -> Matrix:
    import cv2

    bits = min(_BITS, min(reference.grey.shape).bit_length() - 1)
    if bits == 0:  # OpenCV's pyramid of a single pixel has no level at all, and it crashes
        return STILL
    one, other = (np.rint(view.grey * 255).clip(0, 255).astype(np.uint8) for view in (reference, frame))
    x, y = cv2.createAlignMTB(max_bits=bits).calculateShift(one, other)
    return shift(-x, -y)


def _by_phase(reference: View, frame: View) -> Matrix:
    import cv2

    height, width = reference.shown.shape
    if min(height, width) == 1:  # OpenCV takes no single column; and no movement of a line is plausible
        return STILL
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (x, y), _ = cv2.phaseCorrelate(reference.shown, frame.shown, window)
    return shift(x, y)


def _by_features(reference: View, frame: View) -> Iterator[Matrix]:
    """A homography, and a turn with a shift for where there are too few for it."""
    import cv2

    finder = cv2.SIFT.create(nfeatures=_FEATURES, contrastThreshold=0.02)
    found = [finder.detectAndCompute(_visible(view), None) for view in (reference, frame)]
    (here, what), (there, what_there) = found
    if what is None or what_there is None or min(len(here), len(there)) < _FEWEST:
        return
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(what, what_there, k=2)
    matches = [one for one, second in pairs if one.distance < _RATIO * second.distance]
    if len(matches) < _FEWEST:
        return
    one = np.array([here[match.queryIdx].pt for match in matches])
    other = np.array([there[match.trainIdx].pt for match in matches])
    homography, inside = cv2.findHomography(one, other, cv2.USAC_MAGSAC, 2.0)
    if homography is not None and inside is not None and inside.sum() >= _FEWEST:
        yield homography
    similar, _ = cv2.estimateAffinePartial2D(one, other, method=cv2.RANSAC, ransacReprojThreshold=2.0)
    if similar is not None:
        yield np.vstack([similar, [0, 0, 1]])


def _visible(view: View) -> np.ndarray:
    """A picture for the finder of features: ranks are evened out over the whole, this does it in each place."""
    import cv2

    even = np.rint(cv2.GaussianBlur(view.ranks, (0, 0), 0.8) * 255).astype(np.uint8)
    result: np.ndarray = cv2.createCLAHE(2.0, (8, 8)).apply(even)
    return result


def _refined(reference: View, frame: View, start: Matrix) -> Matrix:
    import cv2

    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _PATIENCE, 1e-5)
    mask = np.ascontiguousarray(frame.seen).view(np.uint8)
    result = start
    with suppress(cv2.error):  # it says so where it finds no way up: then what there is has to do
        _, found = cv2.findTransformECC(
            reference.shown, frame.shown, start.astype(np.float32), cv2.MOTION_HOMOGRAPHY, criteria, mask, 5
        )
        result = found.astype(np.float64)
    return result
