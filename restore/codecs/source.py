"""What every reader gets: the open file, the limit, and a place for warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from restore.codecs.quiet import printable
from restore.errors import InputError

DAMAGED_HINT = "The file is damaged or incomplete; copy it again from where it came from."


@dataclass
class Source:
    """One file being read.

    Attributes:
        path: For messages only; the content comes from `file`.
        file: The file, open for reading in binary.
        max_pixels: The largest picture that will be decoded.
        warnings: What could not be read or kept, one sentence each.
        left_out: What only a copy of the file keeps, one sentence each.
    """

    path: Path
    file: BinaryIO
    max_pixels: int
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def data(self) -> bytes:
        """Return the whole file."""
        self.file.seek(0)
        return self.file.read()

    def warn(self, sentence: str) -> None:
        """Note, once, something that could not be read or kept."""
        sentence = printable(sentence)  # some of them quote the file
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def leave_out(self, sentence: str) -> None:
        """Note, once, something beside the picture that is not read."""
        if sentence not in self.left_out:
            self.left_out.append(sentence)

    def check_size(self, width: int, height: int) -> None:
        """Refuse an empty or too large picture, from its header and before any pixel is decoded.

        Raises:
            InputError: No pixels, or more than `max_pixels`.
        """
        if width <= 0 or height <= 0:
            raise InputError(f"has no pixels ({width} x {height}).", path=self.path, hint=DAMAGED_HINT)
        if width * height > self.max_pixels:
            raise InputError(
                f"is {width} x {height} pixels, {width * height / 1e6:,.0f} megapixels; "
                f"the limit is {self.max_pixels / 1e6:,.0f}.",
                path=self.path,
                hint="If the file is to be trusted, raise the limit with --max-pixels.",
            )

    def check_single(self, count: int, what: str, advice: str) -> None:
        """Refuse animations and documents.

        Args:
            count: How many pictures the file holds.
            what: "frames" or "pages".
            advice: What to do instead, a full sentence.

        Raises:
            InputError: There is more than one.
        """
        if count > 1:
            kind = "an animation" if what == "frames" else "a document"
            raise InputError(
                f"is {kind} of {count} {what}; only single pictures are restored.", path=self.path, hint=advice
            )

    def truncated(self) -> InputError:
        """The error for a file that ends too early."""
        return InputError("is truncated: the picture's data ends too early.", path=self.path, hint=DAMAGED_HINT)

    def unsupported(self, sentence: str, hint: str) -> InputError:
        """The error for a valid file of a kind that is not read."""
        return InputError(sentence, path=self.path, hint=hint)


SPLIT_ADVICE = "Split it into single pictures first, for example with ImageMagick's `magick in.ext frame_%03d.png`."
