"""Where the corners of a photographed print are: four straight edges that enclose much of the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.correct.light import Floats, reduced, white_of
from restore.correct.warping import border_colour
from restore.image import Pixels

Points = npt.NDArray[np.float64]
"""``(N, 2)``: x and y in pixels, the middle of the first pixel being 0, 0."""

SMALLEST = 0.1
"""Share of the picture that a print takes at least."""

LARGEST = 0.98
"""Above it, it is the picture's own frame."""

CONTRAST = 0.04
"""Step of display values across a print's edge that is taken for one."""

AS_GOOD = 0.15
"""Of quadrilaterals whose support differs by less, the largest is the print: what lies in it is its margin's edge."""

_CONTOUR = 7.0
"""Pixels of the reduced picture by which a contour may lie off."""

_MEASURED = 300_000
_SAMPLES = 96


@dataclass(frozen=True)
class Corners:
    """A print in a photograph.

    Attributes:
        points: ``(4, 2)``, x and y of the upper left, upper right, lower right and lower left corner.
        confidence: 0 to 1: along how much of its worst edge there is an edge, and a straight one.
    """

    points: Points
    confidence: float


def estimate_corners(pixels: Pixels) -> Corners | None:
    """Find a print's corners: the best quadrilateral among contours, its edges then fitted to the pixels themselves.

    Contours of Canny edges (Canny 1986) and of what differs from the picture's border (Otsu 1979), followed as by
    Suzuki and Abe (1985) and simplified as by Douglas and Peucker (1973); OpenCV's parts. The edges are found between
    pixels across each side, in the whole picture, and fitted by robust straight lines.

    Args:
        pixels: ``(H, W, C)``.

    Returns:
        None where there is nothing that looks like a print.
    """
    small = reduced(pixels, _MEASURED)
    scale = np.array([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0]])
    found = [_straightness(small, quad, _CONTOUR) for quad in _candidates(small)]
    if not found:
        return None
    enough = max(support for _, support in found) - AS_GOOD
    best = (max((quad for quad, support in found if support >= enough), key=_area) + 0.5) * scale - 0.5
    reach = 2.5 * float(scale.max())
    for step in (reach, max(reach / 3, 2.0)):
        best, support = _straightness(pixels, best, step)
    return Corners(best, support)


def ordered(points: Points) -> Points:
    """Four corners in the order of `Corners`, whatever theirs: clockwise, from the one nearest to the upper left.

    Raises:
        ValueError: They are not the corners of a convex quadrilateral.
    """
    middle = points - points.mean(axis=0)
    clockwise = points[np.argsort(np.arctan2(middle[:, 1], middle[:, 0]))]
    sides = np.roll(clockwise, -1, axis=0) - clockwise
    following = np.roll(sides, -1, axis=0)
    if (sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0] <= 1e-9).any():
        raise ValueError("the four points are not the corners of a convex quadrilateral")
    return np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)


def _candidates(small: Floats) -> Iterator[Points]:
    """Convex quadrilaterals that fill a contour well."""
    import cv2

    height, width = small.shape[:2]
    for mask in _masks(small):
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for contour in contours:
            hull = cv2.convexHull(contour)
            area = cv2.contourArea(hull)
            if area < SMALLEST * height * width:
                continue
            length = cv2.arcLength(hull, True)
            for part in (0.01, 0.02, 0.03, 0.05):
                quad = cv2.approxPolyDP(hull, part * length, True)
                if len(quad) <= 4:
                    break
            if len(quad) != 4 or abs(cv2.contourArea(quad) / area - 1) > 0.08 or area > LARGEST * height * width:
                continue
            yield ordered(quad.reshape(4, 2).astype(np.float64))


def _masks(small: Floats) -> Iterator[npt.NDArray[np.uint8]]:
    """What may show a print's outline in white."""
    import cv2

    eight_bit = np.rint(small.clip(0, 1) * 255).astype(np.uint8)
    smooth = cv2.GaussianBlur(eight_bit, (0, 0), 1.5).reshape(small.shape)
    for low, high in ((20, 60), (60, 160)):
        edges = np.max([cv2.Canny(smooth[..., c], low, high) for c in range(small.shape[2])], axis=0)
        for edge in (3, 9):
            yield cv2.dilate(edges, np.ones((edge, edge), np.uint8))
    away = np.abs(smooth.astype(np.float32) - np.array(border_colour(smooth), np.float32)).max(axis=2)
    middle, _ = cv2.threshold(away.astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    for level in (middle, middle / 2, middle / 4):
        mask = (away > level).astype(np.uint8) * 255
        yield cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))


def _area(quad: Points) -> float:
    x, y = quad.T
    return 0.5 * abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1)))


def _straightness(pixels: Pixels, quad: Points, reach: float) -> tuple[Points, float]:
    """Fit the sides to the edges within reach of them: new corners, and the support of the worst side, 0 to 1.

    The old corners stay where a side finds too few edges to be fitted.
    """
    import cv2

    lines, supports = [], []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        places, steps = _edge_along(pixels, start, end, reach)
        seen = places[steps > CONTRAST]
        if len(seen) < _SAMPLES // 8:
            return quad, 0.0
        for _ in range(2):
            vx, vy, x, y = cv2.fitLine(seen.astype(np.float32), cv2.DIST_HUBER, 0, 1e-4, 1e-4).ravel().tolist()
            off = np.abs((seen - [x, y]) @ [-vy, vx])
            near = off <= max(2 * float(np.median(off)), 0.3)
            if near.sum() >= _SAMPLES // 8:
                seen = seen[near]
        vx, vy, x, y = cv2.fitLine(seen.astype(np.float32), cv2.DIST_L2, 0, 1e-4, 1e-4).ravel().tolist()
        lines.append(np.array([-vy, vx, vy * x - vx * y]))
        supports.append(float((np.abs((places - [x, y]) @ [-vy, vx])[steps > CONTRAST] <= max(0.3 * reach, 1)).sum()))
    fitted = []
    for before, after in zip(np.roll(lines, 1, axis=0), lines, strict=True):
        crossing = np.cross(before, after)
        if abs(crossing[2]) < 1e-6:
            return quad, 0.0
        fitted.append(crossing[:2] / crossing[2])
    corners = np.array(fitted)
    if np.abs(corners - quad).max() > 4 * reach:
        return quad, 0.0
    return corners, min(supports) / _SAMPLES


def _edge_along(pixels: Pixels, start: Points, end: Points, reach: float) -> tuple[Points, npt.NDArray[np.float64]]:
    """The strongest step across a side at places along it, found between pixels, and how strong it is."""
    along = end - start
    length = max(float(np.hypot(*along)), 1e-9)
    across = np.array([-along[1], along[0]]) / length
    step = max(reach / 40, 0.25)
    offsets = np.arange(-reach - 2 * step, reach + 2.5 * step, step)
    middles = start + np.linspace(0.05, 0.95, _SAMPLES)[:, None] * along
    profile = _sampled(pixels, middles[:, None] + offsets[None, :, None] * across)
    wide = max(round(1 / step), 1)  # a step is seen over two pixels
    change = np.abs(profile[:, 2 * wide :] - profile[:, : -2 * wide]).max(axis=2)
    offsets = offsets[wide : wide + change.shape[1]]
    sizes = change.max(axis=1)
    # Where a sharp edge makes a plateau, its middle is meant.
    weights = np.where(change > 0.9 * sizes[:, None], change, 0) + 1e-12
    found = (weights * offsets).sum(axis=1) / weights.sum(axis=1)
    return middles + found[:, None] * across, sizes


def _sampled(pixels: Pixels, places: Points) -> npt.NDArray[np.float64]:
    """Display values between pixels, bilinearly; beyond the border its own."""
    height, width = pixels.shape[:2]
    x, y = (places[..., axis].clip(0, edge - 1) for axis, edge in ((0, width), (1, height)))
    left, top = x.astype(int), y.astype(int)
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = (x - left)[..., None], (y - top)[..., None]
    upper = pixels[top, left] * (1 - u) + pixels[top, right] * u
    lower = pixels[below, left] * (1 - u) + pixels[below, right] * u
    result: npt.NDArray[np.float64] = (upper * (1 - v) + lower * v) / white_of(pixels.dtype)
    return result
