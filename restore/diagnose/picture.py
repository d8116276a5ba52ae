"""The findings of a photo as a picture to look at: where the noise is, what is clipped, which way the colours lean."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from restore.correct.cast import NEUTRAL
from restore.correct.light import to_display
from restore.diagnose.findings import Findings
from restore.diagnose.maps import clipping_marks, noise_map
from restore.diagnose.words import SURE, Line, lines
from restore.display import BINS, histogram, overview
from restore.heat_map import INK, PAPER, Pen, heat_map
from restore.image import Image

KIND = "diagnosis"
"""How such a drawing is known again, see `restore.drawn_png`."""

COLUMN, MARGIN, TEXT = 480, 24, 16
"""Pixels: width of a column, gaps, height of letters."""

WIDTH = 3 * COLUMN + 4 * MARGIN
"""Of the whole picture."""

_PHOTO_HEIGHT = 700
"""At most; lower for wide photos."""

_BLACK, _WHITE, _FAULT, _FINE, _PALE = (30, 90, 220), (220, 30, 30), (190, 50, 40), (60, 140, 80), (215, 215, 210)
_FAINTEST = 0.35
"""How strong the mark is where a single one of many pixels is clipped; 1 where all are."""

_CHROMA = 40.0
"""Of the outer circle of colours, in CIELAB."""

_CHANNELS = ((208, 52, 44), (35, 145, 63), (47, 111, 222))
_TOPS = (5.0, 10.0, 20.0, 40.0, 80.0)
_LINE = TEXT + 8

Canvas = npt.NDArray[np.uint8]


def findings_picture(image: Image, findings: Findings, name: str) -> Canvas:
    """Draw a photo, reduced, and what was found in it.

    Args:
        image: The photo.
        findings: What `restore.diagnose.diagnose` found in it.
        name: What it is called.

    Returns:
        ``(H, W, 3)`` 8-bit sRGB, 1536 pixels wide: the photo and the findings in words, below them the map of noise,
        the marks of clipping, the colours and the histogram.
    """
    photo = _opaque(overview(image, 2 * COLUMN + MARGIN))
    if photo.shape[0] > _PHOTO_HEIGHT:
        photo = _opaque(overview(image, _PHOTO_HEIGHT))
    words = _words(findings)
    upper = max(photo.shape[0], words.shape[0])
    panels = [_column(each) for each in (_noise(image), _clipping(image, findings), _colours(photo, image, findings))]
    head = MARGIN + 2 * _LINE
    height = head + upper + MARGIN + max(len(each) for each in panels) + MARGIN
    canvas = _paper(height, WIDTH)
    pen = Pen(WIDTH, TEXT + 4)
    pen.write(canvas, _shortened(name, WIDTH - 2 * MARGIN, pen), MARGIN, MARGIN + TEXT, 0)
    said = f"{findings.width} × {findings.height} pixels, shown {photo.shape[1]} × {photo.shape[0]}"
    Pen(WIDTH, TEXT).write(canvas, said, MARGIN, MARGIN + TEXT + _LINE, 0)
    _lay(canvas, _with_skew(photo, findings), head, MARGIN)
    _lay(canvas, words, head, 3 * MARGIN + 2 * COLUMN)
    for number, panel in enumerate(panels):
        _lay(canvas, panel, head + upper + MARGIN, MARGIN + number * (COLUMN + MARGIN))
    return canvas


def _words(findings: Findings) -> Canvas:
    """Every finding as two lines: what and how much, then how sure."""
    rows = list(lines(findings))
    if findings.damage.share is None:
        rows.append(Line("damage", "was not looked for", 0.0, False))
    canvas = _paper(len(rows) * 3 * TEXT + _LINE, COLUMN)
    pen, small = Pen(COLUMN, TEXT), Pen(COLUMN, TEXT - 3)
    for number, line in enumerate(rows):
        top = number * 3 * TEXT
        middle = (TEXT // 2, top + TEXT // 2 + 2)
        colour = _FAULT if line.is_fault else _FINE if line.confidence >= SURE else _PALE
        cv2.circle(canvas, middle, 6, colour, cv2.FILLED, cv2.LINE_AA)
        pen.write(canvas, line.name, 2 * TEXT, top + TEXT, 0)
        pen.write(canvas, _shortened(line.text, COLUMN - 7 * TEXT, pen), 7 * TEXT, top + TEXT, 0)
        bar = canvas[top + TEXT + 9 : top + TEXT + 13, 7 * TEXT : 7 * TEXT + 100]
        bar[:] = _PALE
        bar[:, : round(100 * line.confidence)] = INK
        small.write(canvas, f"sure: {line.confidence * 100:.0f} %", 7 * TEXT + 110, top + TEXT + 16, 0)
    legend = "red: to be looked at · green: nothing wrong · grey: cannot be told"
    small.write(canvas, legend, 0, len(canvas) - 6, 0)
    return canvas


def _noise(image: Image) -> Canvas:
    """The map of noise, and what it is."""
    drawn = heat_map(noise_map(image.pixels), caption="noise, sigma of 255; texture reads as noise", tops=_TOPS)
    return _opaque(overview(drawn, COLUMN)) if drawn.width > COLUMN or drawn.height > COLUMN else drawn.pixels


def _clipping(image: Image, findings: Findings) -> Canvas:
    """The photo in grey, with what is black or white in colours."""
    edge = COLUMN if image.width >= image.height else round(COLUMN * 0.8)
    grey = _opaque(overview(image, edge)).mean(axis=2, keepdims=True)
    panel: Canvas = np.rint(60 + grey.repeat(3, axis=2) * 0.55).astype(np.uint8)
    for marks, colour in zip(clipping_marks(image, edge), (_BLACK, _WHITE), strict=True):
        size = panel.shape[1], panel.shape[0]
        share = cv2.resize(marks, size, interpolation=cv2.INTER_NEAREST)[..., None]
        strength = np.where(share > 0, _FAINTEST + (1 - _FAINTEST) * share, 0)  # a single pixel must be seen, too
        panel = np.rint(panel * (1 - strength) + np.array(colour) * strength).astype(np.uint8)
    canvas = _paper(len(panel) + 2 * _LINE + 8, COLUMN)
    _lay(canvas, panel, 0, 0)
    pen = Pen(COLUMN, TEXT)
    shares = (max(findings.clipping.black), max(findings.clipping.white))
    x = 0
    for share, colour, end in zip(shares, (_BLACK, _WHITE), ("black", "white"), strict=True):
        canvas[len(panel) + 10 : len(panel) + 10 + TEXT, x : x + TEXT] = colour
        said = f"{share * 100:.1f} % at {end}"
        pen.write(canvas, said, x + TEXT + 8, len(panel) + 10 + TEXT - 2, 0)
        x += TEXT + 8 + pen.length(said) + MARGIN
    pen.write(canvas, "clipped in some channel; shares of the worst one", 0, len(panel) + 10 + TEXT + _LINE - 4, 0)
    return canvas


def _colours(photo: Canvas, image: Image, findings: Findings) -> Canvas:
    """The cast as an arrow among the photo's colours, and the histogram below."""
    disc, chart = _disc(photo, findings), _histogram(image, findings)
    return np.concatenate([disc, _paper(MARGIN // 2, COLUMN), chart])


def _disc(photo: Canvas, findings: Findings) -> Canvas:
    """All directions of colour as a disc (CIELAB a, b), the photo's colours in it, and the colour of the light."""
    size = 220
    canvas = _paper(size + _LINE, COLUMN)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    a, b = (x - size / 2) / (size / 2) * _CHROMA, (size / 2 - y) / (size / 2) * _CHROMA
    lab = np.stack([np.full_like(a, 88), a * 0.6, b * 0.6], axis=2)
    disc = np.rint(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1) * 255).astype(np.uint8)
    inside = np.hypot(a, b) <= _CHROMA
    canvas[:size, :size][inside] = disc[inside]
    small = cv2.resize(photo, (96, 64), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    found = cv2.cvtColor(small, cv2.COLOR_RGB2Lab).reshape(-1, 3)[:, 1:]
    for place in found[np.hypot(*found.T) <= _CHROMA]:
        cv2.circle(canvas, _place(place, size), 1, (150, 150, 150), cv2.FILLED, cv2.LINE_AA)
    middle = _place(np.zeros(2), size)
    cv2.drawMarker(canvas, middle, INK, cv2.MARKER_CROSS, 14, 1, cv2.LINE_AA)
    cast = findings.cast
    sure = cast.confidence >= SURE
    if cast.gains != NEUTRAL:
        light = 1 / cast.gains.array
        shown = to_display((light / light.max() * 0.5).astype(np.float32))
        tip = cv2.cvtColor(shown.reshape(1, 1, 3), cv2.COLOR_RGB2Lab).reshape(3)[1:]
        tip = tip * min(1.0, _CHROMA / max(float(np.hypot(*tip)), 1e-6))
        end = _place(tip, size)
        for colour, thickness in (((255, 255, 255), 6), (_FAULT if sure else INK, 2)):
            cv2.arrowedLine(canvas, middle, end, colour, thickness, cv2.LINE_AA)
    pen = Pen(COLUMN, TEXT)
    for number, text in enumerate(_cast_in_words(findings)):
        pen.write(canvas, text, size + MARGIN, 40 + number * _LINE, 0)
    pen.write(canvas, "dots: the photo's colours; cross: grey", 0, size + TEXT + 2, 0)
    return canvas


def _cast_in_words(findings: Findings) -> list[str]:
    cast, grey = findings.cast, findings.grey
    if grey.grey:
        return ["grey picture"] + (["with a tint"] if grey.tinted else [])
    if cast.gains == NEUTRAL:
        return ["no cast"]
    gains = cast.gains
    said = [f"light: {cast.angle:.0f}° from grey", f"gains {gains.red:.2f} {gains.green:.2f} {gains.blue:.2f}"]
    return said + (
        [f"a cast, {cast.confidence * 100:.0f} % sure"]
        if cast.confidence >= SURE
        else ["not sure: a cast,", "or coloured things"]
    )


def _histogram(image: Image, findings: Findings) -> Canvas:
    """How often which value comes, and where black and white lie."""
    height = 130
    canvas = _paper(height + _LINE, COLUMN)
    counts = histogram(image).counts
    top = float(np.quantile(counts[:, 1:-1], 0.97)) or 1.0
    cv2.rectangle(canvas, (0, 0), (COLUMN - 1, height), _PALE, 1)
    for value in (findings.fading.black, findings.fading.white):
        x = round(min(max(value, 0.0), 1.0) * (COLUMN - 1))
        for y in range(0, height, 8):
            cv2.line(canvas, (x, y), (x, y + 3), INK, 1)
    colours = _CHANNELS if len(counts) == 3 else (INK,)
    places = np.linspace(0, COLUMN - 1, BINS)
    for channel, colour in zip(counts, colours, strict=True):
        y = height - np.minimum(channel / top, 1) * (height - 4)
        points = np.rint(np.stack([places, y], axis=1)).astype(np.int32)
        cv2.polylines(canvas, [points], False, colour, 2, cv2.LINE_AA)
    said = f"black at {findings.fading.black * 255:.0f}, white at {findings.fading.white * 255:.0f} of 255 (dashed)"
    Pen(COLUMN, TEXT).write(canvas, said, 0, height + TEXT + 2, 0)
    return canvas


def _with_skew(photo: Canvas, findings: Findings) -> Canvas:
    """The photo, and where it leans a line that shows how."""
    if findings.skew.confidence < SURE or abs(findings.skew.angle) < 0.1:
        return photo
    photo = photo.copy()
    height, width = photo.shape[:2]
    rise = math.tan(math.radians(findings.skew.angle)) * width / 2
    ends = (0, round(height / 2 - rise)), (width - 1, round(height / 2 + rise))
    cv2.line(photo, *ends, (255, 255, 255), 4, cv2.LINE_AA)
    cv2.line(photo, *ends, _FAULT, 2, cv2.LINE_AA)
    return photo


def _place(colour: npt.NDArray[np.floating], size: int) -> tuple[int, int]:
    """Where a colour (a, b) lies on a disc."""
    return round(size / 2 * (1 + float(colour[0]) / _CHROMA)), round(size / 2 * (1 - float(colour[1]) / _CHROMA))


def _column(panel: Canvas) -> Canvas:
    """A panel as wide as a column."""
    canvas = _paper(len(panel), COLUMN)
    _lay(canvas, panel, 0, 0)
    return canvas


def _opaque(shown: Canvas) -> Canvas:
    """Three channels, what is transparent on paper."""
    if shown.shape[2] == 4:
        share = shown[..., 3:].astype(np.float32) / 255
        return np.rint(shown[..., :3] * share + PAPER * (1 - share)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(shown, (*shown.shape[:2], 3)))


def _lay(canvas: Canvas, panel: Canvas, top: int, left: int) -> None:
    canvas[top : top + panel.shape[0], left : left + panel.shape[1]] = panel


def _paper(height: int, width: int) -> Canvas:
    return np.full((height, width, 3), PAPER, np.uint8)


def _shortened(text: str, room: int, pen: Pen) -> str:
    """A text that fits, its beginning left out."""
    kept, label = len(text), text
    while pen.length(label) > room and kept > 2:
        kept -= 1
        label = f"…{text[len(text) - kept :]}"
    return label
