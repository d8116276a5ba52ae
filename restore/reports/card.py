"""One photo as a page shows it: every text, number and picture, ready for the template."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np

from restore.diagnose.words import Line, lines
from restore.display import Histogram, Shown, as_webp
from restore.reports.looking import Look, Picture
from restore.reports.photo import Photo, Step
from restore.stamps import Stamp


@dataclass(frozen=True)
class Embedded:
    """A picture of a card: its place among the card's pictures, its size in pixels, whether it has transparency."""

    px: int
    width: int
    height: int
    is_clear: bool


@dataclass(frozen=True)
class Other(Embedded):
    """A frame, a mask or a map."""

    label: str
    is_frame: bool


Stage = tuple[str, str, Embedded | None, Embedded | None]
"""A pair of pictures under a slider: which view it is, its label, before and after."""


@dataclass(frozen=True)
class Card:
    """What the template ``photo.html.j2`` needs; texts are not escaped yet."""

    name: str
    state: str
    warned: bool
    keys: Mapping[str, str]
    stages: tuple[Stage, ...]
    reason: str | None
    warnings: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    others: tuple[Other, ...]
    histograms: tuple[tuple[str, str, str], ...]
    findings: tuple[Line, ...]
    px: tuple[str, ...]

    @property
    def faults(self) -> tuple[Line, ...]:
        """Only the findings that say that something is wrong."""
        return tuple(line for line in self.findings if line.is_fault)


def card(photo: Photo, look: Look, quality: int, page: Path) -> Card:
    """Bring a photo into the form of the page.

    Args:
        photo: What became of it.
        look: What was seen of it.
        quality: Of its pictures, see `restore.reports.sizes.Sizes`.
        page: The page's own file: links are relative to its folder.
    """
    px = _Pictures(quality)
    stages = tuple(_stages(look, px))
    others = tuple(_other(each, look, px) for each in look.others)
    return Card(
        name=photo.name,
        state=photo.state,
        warned=bool(photo.warnings or look.troubles),
        keys=dict(_keys(photo, look)),
        stages=stages,
        reason=photo.reason,
        warnings=(*photo.warnings, *look.troubles),
        facts=tuple(_facts(photo, look)),
        links=tuple(_links(photo, page)),
        others=others,
        histograms=tuple(_histograms(look)),
        findings=() if look.findings is None else tuple(lines(look.findings)),
        px=tuple(px.data),
    )


class _Pictures:
    """The pictures of one card, each encoded once."""

    def __init__(self, quality: int) -> None:
        self._quality = quality
        self.data: list[str] = []
        self._known: dict[int, Embedded] = {}

    def add(self, shown: Shown) -> Embedded:
        """Encode a picture, unless that was done already."""
        if id(shown) not in self._known:
            self.data.append(base64.b64encode(as_webp(shown, self._quality)).decode())
            self._known[id(shown)] = Embedded(len(self.data) - 1, shown.shape[1], shown.shape[0], shown.shape[2] == 4)
        return self._known[id(shown)]


def _stages(look: Look, px: _Pictures) -> Iterator[Stage]:
    if look.before is not None or look.after is not None:
        before, after = (None if each is None else px.add(each.shown) for each in (look.before, look.after))
        yield "whole", "Whole picture", before, after
    if look.details is not None:
        yield "detail", "Detail 1:1", px.add(look.details[0]), px.add(look.details[1])


def _other(picture: Picture, look: Look, px: _Pictures) -> Other:
    place = px.add(picture.shown)
    is_frame = picture.file.role == "frame" and look.after is not None
    role = picture.file.role
    label = f"{role}: {picture.file.path.name}" if role in ("frame", "mask") else role
    return Other(place.px, place.width, place.height, place.is_clear, label, is_frame)


def _keys(photo: Photo, look: Look) -> Iterator[tuple[str, str]]:
    """What photos can be put in order by."""
    if photo.state == "done":
        yield "seconds", f"{photo.seconds:.3f}"
    if look.change is not None and look.change.psnr is not None and math.isfinite(look.change.psnr):
        yield "change", f"{look.change.psnr:.3f}"
    if look.score is not None and math.isfinite(look.score.after.get("psnr_rgb", math.nan)):
        yield "score", f"{look.score.after['psnr_rgb']:.3f}"


def _facts(photo: Photo, look: Look) -> Iterator[tuple[str, str]]:
    if photo.summary:
        yield "done", photo.summary
    for number, step in enumerate(photo.steps, 1):
        label = "model" if len(photo.steps) == 1 else f"step {number}"
        yield (label if photo.state == "done" else "asked for"), _step_of_photo(step)
    for text in photo.left_out:
        yield "left out", text
    sizes = [f"{each.width} × {each.height}" for each in (look.before, look.after) if each is not None]
    if sizes:
        yield "size", " → ".join(dict.fromkeys(sizes))
    if photo.state == "done":
        yield "took", f"{photo.seconds:.2f} s for {photo.megapixels:.2f} MP"
    if look.change is not None and look.change.psnr is not None:
        told = "nothing: every pixel is as it was" if math.isinf(look.change.psnr) else _decibels(look.change.psnr)
        yield "changed", told if math.isinf(look.change.psnr) else f"PSNR to the input {told}"
    if look.score is not None:
        for name, value in look.score.after.items():
            yield measure_in_words(name), _step_of(name, look.score.before.get(name), value)


def _step_of_photo(step: Step) -> str:
    """A step with what is known of it for this photo alone."""
    said = [step_in_words(step)]
    said += [f"because of {step.why}"] if step.why else []
    said += [] if step.changed else ["changed nothing"]
    said += [] if step.seconds is None else [f"{step.seconds:.2f} s"]
    return ". ".join([", ".join(said), *(note.rstrip(".") for note in step.notes)])


def step_in_words(step: Step) -> str:
    """``conv-dae: strength 0.7``; what is not set is left out."""
    options = {name.replace("_", "-"): value for name, value in step.options.items() if _is_set(value)}
    told = ", ".join(_in_words(name, options[name]) for name in sorted(options))
    name = f"{step.task} ({step.model})" if step.task else step.model
    return f"{name}: {told}" if told else name


def _in_words(name: str, value: object) -> str:
    """One option."""
    if value is True:
        return name
    if isinstance(value, dict):
        value = ", ".join(_in_words(str(key), each) for key, each in value.items() if _is_set(each))
    if isinstance(value, list):
        value = " ".join(map(str, value))
    return f"{name} {value}"


def _is_set(value: object) -> bool:
    return value not in (None, False, "", [], {})


def measure_in_words(name: str) -> str:
    """``PSNR RGB`` of ``psnr_rgb``."""
    measure, _, space = name.partition("_")
    known = {"psnr": "PSNR", "ssim": "SSIM"}
    return f"{known[measure]} {space.upper() if space != 'grey' else space}" if measure in known else name


def value_in_words(name: str, value: float) -> str:
    """A measure with as many digits as is custom."""
    if math.isnan(value):
        return "not defined"
    return _decibels(value) if name.startswith("psnr") else f"{value:.4f}"


def _step_of(name: str, before: float | None, after: float) -> str:
    said = value_in_words(name, after)
    return said if before is None else f"{value_in_words(name, before)} → {said}"


def _decibels(value: float) -> str:
    return "∞ dB" if math.isinf(value) else f"{value:.2f} dB"


def _links(photo: Photo, page: Path) -> Iterator[tuple[str, str]]:
    """The files themselves, those that are there: a page that is moved without them loses nothing else."""
    frames = len(photo.inputs) > 1
    files = [(f"frame {number}" if frames else "before", file) for number, file in enumerate(photo.inputs, 1)]
    files += [] if photo.mask is None else [("mask", photo.mask)]
    if photo.state == "done":
        files += [("after", photo.result), *((file.role, file) for file in photo.beside)]
    return ((label, _address(file.path, page)) for label, file in files if Stamp.of(file.path) is not None)


def _address(path: Path, page: Path) -> str:
    try:
        place = os.path.relpath(os.path.realpath(path), os.path.realpath(page.parent))
    except ValueError:  # on another drive
        return path.absolute().as_uri()
    return quote(os.fsencode(place.replace(os.sep, "/")))


def _histograms(look: Look) -> Iterator[tuple[str, str, str]]:
    """Label, curves as base64 (a byte for each bin, channel by channel), and in words; both on one scale."""
    found = [each for each in look.histograms if each is not None]
    if not found:
        return
    # A few values that pile up, as where a sky is all one blue, would flatten everything else.
    top = max(float(np.quantile(each.counts[:, 1:-1], 0.97)) for each in found) or 1.0
    for label, each in zip(("before", "after"), look.histograms, strict=True):
        if each is not None:
            levels = np.rint(np.minimum(each.counts / top, 1) * 255).astype(np.uint8)
            yield label, base64.b64encode(levels.tobytes()).decode(), _histogram_in_words(each)


def _histogram_in_words(each: Histogram) -> str:
    return f"mean {each.mean:.0f} of 255"
