"""Why several frames were taken of one scene, told from their pixels: exposure, focus, or visible light and infrared.

Measured on small copies, in this order:

1. A frame without any colour beside a coloured one is infrared. Where all are grey, one of another kind of light is:
   much is seen in both frames, and yet what they show does not go together, in the order of its brightness, in any
   place.
2. Where the frames differ in brightness nearly everywhere, it is exposure.
3. Else it is focus.

The limits are set by 180 pairs of infrared and visible, 20 of exposure and 25 of focus (RoadScene, MEFB, MFIFB); all of
infrared and exposure are told rightly, and 24 of focus: the last has a whole step of exposure between its frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from restore.image import Image, SeriesKind
from restore.series.reduction import Plane, factor_to, grey_of, reduced
from restore.series.structure import GAMMA, detail, ranks, seen

TINTLESS, TINTED = 0.004, 0.01
"""Mean difference of the channels, as a share of white, below which a frame is grey, and above which it is coloured."""

SEEN_IN_BOTH = 0.8
"""Share of the picture that must be neither black nor white in both frames to tell by what they show."""

ALIKE = 0.5
"""Correlation of what two frames show, at the best place, below which they are of different light. Of infrared and
grey visible pairs 97 % lie below, all pairs of focus above."""

STEP = 0.45
"""Median difference of brightness in steps of exposure (of a display's gamma) from which it is exposure."""

_EDGE, _LEVELS = 192, 96


def kind_of(frames: Sequence[Image]) -> SeriesKind:
    """Tell why these frames were taken.

    Args:
        frames: Two or more of one size, of any depth and number of channels, not necessarily aligned.
    """
    small = [reduced(frame, factor_to(frame.height, frame.width, _EDGE)) for frame in frames]
    greys = [grey_of(each) for each in small]
    tints = [_tint(each) for each in small]
    clear = [float(seen(grey).mean()) for grey in greys]
    coloured = max(tints) > TINTED
    if any(tint < TINTLESS and share > 1 - SEEN_IN_BOTH for tint, share in zip(tints, clear, strict=True)) and coloured:
        return SeriesKind.INFRARED
    if not coloured and any(_of_other_light(greys[0], grey) for grey in greys[1:]):
        return SeriesKind.INFRARED
    steps = [_steps(greys[0], grey) for grey in greys]
    return SeriesKind.EXPOSURE if max(steps) - min(steps) >= STEP else SeriesKind.FOCUS


def visible_first(frames: Sequence[Image]) -> int:
    """Which frame of an infrared series is the visible one: the one with most colour; the first where none has any."""
    return int(np.argmax([round(_tint(reduced(f, factor_to(f.height, f.width, _EDGE))), 3) for f in frames]))


def _tint(pixels: npt.NDArray[np.float32]) -> float:
    """How far the channels are apart in the mean."""
    return float((pixels.max(2) - pixels.min(2)).mean())


def _of_other_light(one: Plane, other: Plane) -> bool:
    """Whether much is seen in both frames and does not go together."""
    visible = seen(one), seen(other)
    if float((visible[0] & visible[1]).mean()) < SEEN_IN_BOTH:
        return False
    return _best_correlation(detail(ranks(one), visible[0]), detail(ranks(other), visible[1]), visible) < ALIKE


def _best_correlation(one: Plane, other: Plane, visible: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]) -> float:
    """The highest correlation of two pictures among shifts up to a tenth of them, over what is seen in both."""
    import cv2

    height, width = one.shape
    reach = max(2, max(height, width) // 10)
    if min(height, width) <= 4 * reach:
        inner = one, other, visible[0] & visible[1]
        norm = float(np.sqrt((one[inner[2]] ** 2).sum() * (other[inner[2]] ** 2).sum()))
        return float((one * other)[inner[2]].sum()) / norm if norm > 0 else 1.0
    middle = slice(reach, height - reach), slice(reach, width - reach)
    mask = visible[0][middle].astype(np.float32)
    found = cv2.matchTemplate(other, np.ascontiguousarray(one[middle]), cv2.TM_CCORR_NORMED, mask=mask)
    sound = found[np.isfinite(found)]
    return float(sound.max()) if sound.size else 1.0


def _steps(one: Plane, other: Plane) -> float:
    """By how many steps of exposure the second frame is brighter than the first, in the median of places."""
    import cv2

    blurred = [cv2.GaussianBlur(each, (0, 0), max(each.shape) / _LEVELS * 2) for each in (one, other)]
    return float(GAMMA * np.median(np.log2((blurred[1] + 0.01) / (blurred[0] + 0.01))))
