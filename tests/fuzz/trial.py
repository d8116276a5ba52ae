"""One damaged file is read, and written where it could be read: what must hold, and whether it did."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from restore.codecs.formats import output_suffix
from restore.codecs.header import peek
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import InputError, OutputError, RestoreError
from restore.image import Image, Metadata

MAX_PIXELS = 1_000_000
LONGEST_MESSAGE = 600
READ, REFUSED = "read", "refused"


@dataclass(frozen=True)
class Verdict:
    """What became of one file.

    Attributes:
        outcome: "read", "refused", or what is wrong in a word or two: a finding.
        detail: The error's text, or all there is to know about the finding.
        accepted: Why a file that was only truncated could be read: "nothing lost" or "with a warning".
        seconds: How long it took; filled in by the worker.
        peak: By how many bytes the process grew; filled in by the worker.
    """

    outcome: str
    detail: str = ""
    accepted: str = ""
    seconds: float = 0.0
    peak: int = 0

    @property
    def is_finding(self) -> bool:
        """Whether something is wrong."""
        return self.outcome not in (READ, REFUSED)


class Trial:
    """Reads and writes in a folder of its own.

    Args:
        folder: For the files written; exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wholes: dict[Path, Image | None] = {}

    def run(self, path: Path, whole: Path | None = None) -> Verdict:
        """Read a file, check what comes of it, and write it.

        Args:
            path: The damaged file.
            whole: The file it was before it was cut off, where nothing else was done to it.
        """
        try:
            peek(path)
            try:
                image = read(path, MAX_PIXELS)
            except RestoreError as error:
                return _judge_error(error, path)
            if problem := _odd(image):
                return Verdict("odd picture", problem)
            if not _same(read(path, MAX_PIXELS), image):
                return Verdict("not deterministic", "read twice, it is another picture")
            accepted = ""
            if whole is not None:
                accepted = self._judge_truncation(image, whole)
                if not accepted:
                    return Verdict("silent loss", f"{image.pixels.shape}, {image.metadata.warnings}")
            return replace(self._write(image, path), accepted=accepted)
        except BaseException:
            return Verdict("exception", traceback.format_exc())

    def _judge_truncation(self, image: Image, whole: Path) -> str:
        """Return why a truncated file may be read; empty if it must not."""
        if whole not in self._wholes:
            try:
                self._wholes[whole] = read(whole, MAX_PIXELS)
            except InputError:
                self._wholes[whole] = None
        before = self._wholes[whole]
        if before is None:
            return "now a single picture"  # an animation, cut behind its first frame
        if _same(image, before) and _blocks(image.metadata) == _blocks(before.metadata):
            return "nothing lost"
        return "with a warning" if set(image.metadata.warnings) - set(before.metadata.warnings) else ""

    def _write(self, image: Image, path: Path) -> Verdict:
        """Write losslessly, read again and compare; write in the format it came from."""
        for name in ("out.png", "out.tif"):
            target = self._folder / name
            write(image, target)
            if name == "out.png" and image.pixels.dtype == np.float32:
                continue
            if not _same(read(target, MAX_PIXELS), image):
                return Verdict("changed by writing", name)
        own = output_suffix(path.suffix).lower()
        try:
            write(image, self._folder / f"own{own}")
        except OutputError as error:
            if "cannot hold" not in str(error) and "at most" not in str(error):
                return Verdict("not written", str(error))
        return Verdict(READ)


def _judge_error(error: RestoreError, path: Path) -> Verdict:
    text = str(error)
    if not isinstance(error, InputError) or error.path != path or not error.hint:
        return Verdict("poor error", f"{type(error).__name__}: {text}")
    if len(text) - len(str(path)) > LONGEST_MESSAGE or not text.isprintable():
        return Verdict("poor error", f"{len(text)} characters: {text[:2000]!r}")
    if isinstance(error.__cause__, MemoryError):
        return Verdict("memory", text)
    return Verdict(REFUSED, text)


def _odd(image: Image) -> str:
    """Return what is wrong with a picture, or nothing."""
    if image.width * image.height > MAX_PIXELS:
        return f"{image.width} x {image.height} pixels are more than allowed"
    if not image.pixels.flags.c_contiguous:
        return "its pixels are not contiguous"
    for warning in image.metadata.warnings:
        if len(warning) > LONGEST_MESSAGE or not warning.isprintable():
            return f"a poor warning: {warning[:2000]!r}"
    return f"{len(image.metadata.warnings)} warnings" if len(image.metadata.warnings) > 12 else ""


def _same(one: Image, other: Image) -> bool:
    if one.pixels.dtype != other.pixels.dtype or (one.alpha is None) != (other.alpha is None):
        return False
    nan = one.pixels.dtype.kind == "f"
    if one.alpha is not None and other.alpha is not None and not np.array_equal(one.alpha, other.alpha, equal_nan=nan):
        return False
    return bool(np.array_equal(one.pixels, other.pixels, equal_nan=nan))


def _blocks(meta: Metadata) -> tuple[object, ...]:
    return meta.exif, meta.xmp, meta.iptc, meta.icc, meta.dpi
