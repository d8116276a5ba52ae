"""The only pixel types that cross a border between core, codecs and plugins.

Pixels keep the depth of their file (8-bit, 16-bit or float): a 100-megapixel photograph stays at 300 MB instead of
1.2 GB, and what is not changed can be written back bit for bit. Float tensors exist only piece by piece inside
``restore.toolkit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
"""``(H, W, C)``, C = 1 (grey) or 3 (RGB, never BGR); uint8, uint16 or float32, C-contiguous."""

_ROWS = 256

DEPTHS = (np.uint8, np.uint16, np.float32)


@dataclass(frozen=True)
class Metadata:
    """Everything around the pixels that a run keeps.

    Attributes:
        source_format: Upper-case name of the format the picture came from ("JPEG", "PNG", "TIFF", "HEIF", "RAW" …).
        exif: The EXIF block as a TIFF structure without its six-byte prefix; its orientation tag is already 1.
        xmp: The XMP packet, UTF-8.
        iptc: The IPTC-IIM records (JPEG: the Photoshop 8BIM resource block as found).
        icc: The ICC profile of the pixels.
        dpi: Horizontal and vertical pixels per inch.
        jpeg_quality: The estimated libjpeg quality (1 to 100) of a JPEG source.
        jpeg_subsampling: Chroma subsampling of a JPEG source: "4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1" or "grey".
        orientation: The EXIF orientation the file had, 1 to 8; the pixels are upright already.
        compression: How the source was compressed where a format has a choice: TIFF "none", "lzw", "deflate" …; WebP
            "lossless" or "lossy".
        accessed_ns: Access time of the source file in nanoseconds since the epoch.
        modified_ns: Modification time of the source file in nanoseconds since the epoch.
        warnings: What could not be read or kept, one sentence each; the engine shows them, they never stop a run.
        left_out: What the file holds beside the picture and no result has (a mask, a video), one sentence each; shown
            where the result is not a copy of the file.
    """

    source_format: str = ""
    exif: bytes | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    jpeg_quality: int | None = None
    jpeg_subsampling: str | None = None
    compression: str | None = None
    orientation: int = 1
    accessed_ns: int | None = None
    modified_ns: int | None = None
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Image:
    """One upright picture.

    Attributes:
        pixels: ``(H, W, C)`` array, C = 1 or 3 (RGB). uint8 in 0..255, uint16 in 0..65535, or float32 with 1.0 = white
            (values outside [0, 1] are allowed and kept).
        alpha: ``(H, W)`` array of the same dtype, or None for an opaque picture. Not premultiplied.
        metadata: Everything else that came with the file.

    Raises:
        ValueError: The arrays do not have these shapes or types (a programming error, never a user's).
    """

    pixels: Pixels
    alpha: Pixels | None = None
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        p = self.pixels
        if p.ndim != 3 or p.shape[2] not in (1, 3) or 0 in p.shape:
            raise ValueError(f"pixels must be (H, W, 1) or (H, W, 3) and not empty, got {p.shape}")
        if p.dtype.type not in DEPTHS:
            raise ValueError(f"pixels must be uint8, uint16 or float32, got {p.dtype}")
        if self.alpha is not None and (self.alpha.shape != p.shape[:2] or self.alpha.dtype != p.dtype):
            raise ValueError(f"alpha must be {p.shape[:2]} {p.dtype}, got {self.alpha.shape} {self.alpha.dtype}")

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return int(self.pixels.shape[2])

    @property
    def is_grey(self) -> bool:
        """Whether the picture has a single channel."""
        return self.channels == 1

    @property
    def white(self) -> float:
        """The value of white in this depth: 255, 65535 or 1.0."""
        return 1.0 if self.pixels.dtype == np.float32 else float(np.iinfo(self.pixels.dtype).max)

    def with_pixels(self, pixels: Pixels, alpha: Pixels | None = None) -> Image:
        """The same picture with other pixels; alpha is kept unless another one is given.

        Args:
            pixels: ``(H', W', C)``; where the size changes, ``alpha`` of the new size must be given if there is one.
            alpha: ``(H', W')`` or None to keep the present one.
        """
        return replace(self, pixels=pixels, alpha=self.alpha if alpha is None else alpha)

    def with_warnings(self, *sentences: str) -> Image:
        """The same picture with more sentences for the user."""
        if not sentences:
            return self
        return replace(self, metadata=replace(self.metadata, warnings=(*self.metadata.warnings, *sentences)))


class SeriesKind(Enum):
    """Why several frames were taken of one scene."""

    EXPOSURE = "exposure"
    FOCUS = "focus"
    INFRARED = "infrared"


@dataclass(frozen=True)
class Observation:
    """What was observed, to be restored: the input of every restorer.

    Attributes:
        frames: One image (denoise, upscale, inpaint) or several of one size (fuse). The first is the reference: its
            place, its metadata and what moves in it are kept. In an infrared pair it is the visible frame.
        mask: Boolean ``(H, W)``, True = missing; only for restorers that need it.
        mask_found: Whether a detector was asked for the mask, alone or beside what the user said is missing: then the
            holes are damage of an otherwise good picture, and their edges are a guess.
        kind: Why there are several frames; None where nobody said.
        names: What the frames are called, for legends; empty, or one per frame.

    Raises:
        ValueError: No frame, frames of different sizes, a mask of another size, or not one name per frame.
    """

    frames: tuple[Image, ...]
    mask: npt.NDArray[np.bool_] | None = None
    mask_found: bool = False
    kind: SeriesKind | None = None
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.frames:
            raise ValueError("an observation needs at least one frame")
        sizes = {f.pixels.shape[:2] for f in self.frames}
        if len(sizes) > 1:
            raise ValueError(f"frames must have one size, got {sorted(sizes)}")
        if self.mask is not None and (self.mask.dtype != np.bool_ or self.mask.shape not in sizes):
            raise ValueError(f"the mask must be boolean {sizes.pop()}, got {self.mask.dtype} {self.mask.shape}")
        if self.names and len(self.names) != len(self.frames):
            raise ValueError(f"{len(self.frames)} frames have {len(self.names)} names")

    @property
    def image(self) -> Image:
        """The first (for most restorers the only) frame."""
        return self.frames[0]


@dataclass(frozen=True)
class Restoration:
    """What a restorer may return instead of an `Image`: the picture and further ones that are written beside it.

    Attributes:
        image: The restored picture.
        companions: In the order of `restore.spec.RestorerSpec.companions`. Each may have any size, depth and channels.
            It is written with the metadata it holds: give it the picture's own only where they are true of it (an
            uncertainty map was not taken at the photograph's place).
        account: What was found in the picture and done to it, as plain JSON values, where that differs from picture to
            picture: kept in the journal, see docs/pipelines.md. Its "summary" is one line for people.
        untouched: Nothing was done: the source's own file is the result, whichever way its pixels lie in it.
    """

    image: Image
    companions: tuple[Image, ...] = ()
    account: Mapping[str, object] | None = None
    untouched: bool = False


def picture_of(answer: Image | Restoration) -> Image:
    """The restored picture itself, of either thing that a restorer may return."""
    return answer.image if isinstance(answer, Restoration) else answer


def unchanged(before: Image, after: Image) -> bool:
    """Whether two pictures have the same pixels and alpha; compared in strips, up to the first difference."""
    return _same(before.pixels, after.pixels) and _same(before.alpha, after.alpha)


def _same(a: Pixels | None, b: Pixels | None) -> bool:
    """Equality without an array of the picture's size in between."""
    if a is None or b is None or a is b:
        return a is b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return all(np.array_equal(a[row : row + _ROWS], b[row : row + _ROWS]) for row in range(0, a.shape[0], _ROWS))
