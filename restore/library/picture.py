"""A picture as notebooks show it: with what it was before, and ready to be saved."""

from __future__ import annotations

import io
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restore.codecs.atomic import atomic_path
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import InputError, OutputError
from restore.image import Image, Restoration
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_log = logging.getLogger("restore")

SHOWN = 720
"""Pixels of the longer edge of a picture in a notebook."""
_GAP = 8
_DEPTHS = {"uint8": "8 bit", "uint16": "16 bit", "float32": "float"}


@dataclass(frozen=True, repr=False, eq=False)
class Picture(Image):
    """A picture that was read or restored.

    Attributes:
        pixels: ``(H, W, C)``, C = 1 (grey) or 3 (RGB); uint8 in 0..255, uint16 in 0..65535 or float32 with 1.0 = white.
        alpha: ``(H, W)`` of the same type, or None.
        metadata: Everything else that came with its file; `Picture.save` writes it again.
        before: The picture that this one was made of, shown beside it in notebooks; None for one that was read.
        companions: Further pictures that the model made, as its options asked for.
        account: What was found and done, as the model tells it; or None.
    """

    before: Image | None = None
    companions: tuple[Image, ...] = ()
    account: dict[str, Any] | None = field(default=None)

    def save(self, path: str | os.PathLike[str], *, quality: int | None = None, overwrite: bool = False) -> Path:
        """Write the picture with its metadata, whole or not at all; its name's ending says the format.

        What the format cannot keep goes to the logger "restore".

        Args:
            path: The file.
            quality: 1 to 100 for formats with losses; None for the source's.
            overwrite: Replace a file that exists.

        Returns:
            The file.

        Raises:
            OutputError: A file is there already, nobody writes the format, or it cannot be written.
        """
        target = Path(path)
        if not overwrite and (target.exists() or target.is_symlink()):
            raise OutputError("exists already.", path=target, hint="Choose another name, or say overwrite=True.")
        manager = PluginManager.discover()
        plain = Image(self.pixels, self.alpha, self.metadata)
        with atomic_path(target) as temporary:
            lost = manager.write_image(plain, temporary, quality)
        for sentence in lost:
            _log.warning("%s: %s", target, sentence)
        return target

    def __repr__(self) -> str:
        """Size, colours, depth, and where it comes from."""
        colours = ("grey" if self.is_grey else "RGB") + ("" if self.alpha is None else " with alpha")
        words = [f"{self.width} x {self.height}", colours, _DEPTHS[str(self.pixels.dtype)]]
        words += [self.metadata.source_format] if self.metadata.source_format else []
        return f"<{'Picture' if self.before is None else 'Restored picture'}: {', '.join(words)}>"

    def _repr_png_(self) -> bytes:
        """For notebooks: the picture; beside it, on the left, what it was before."""
        from PIL import Image as PillowImage

        from restore.display import overview

        shown = [_rgba(overview(each, SHOWN)) for each in (self.before, self) if each is not None]
        height = max(each.shape[0] for each in shown)
        width = sum(each.shape[1] for each in shown) + _GAP * (len(shown) - 1)
        sheet = PillowImage.new("RGBA", (width, height), (0, 0, 0, 0))
        left = 0
        for each in shown:
            sheet.paste(PillowImage.fromarray(each), (left, 0))
            left += each.shape[1] + _GAP
        data = io.BytesIO()
        sheet.save(data, "PNG", compress_level=1)
        return data.getvalue()


def open_image(path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_MAX_PIXELS) -> Picture:
    """Read a picture: upright, in the depth of its file, with everything around the pixels.

    Args:
        path: JPEG, PNG, TIFF, WebP, AVIF and whatever else is installed for.
        max_pixels: Larger pictures are refused: they may be decompression bombs.

    Raises:
        InputError: It cannot be read; says why.
    """
    return read_picture(Path(path), PluginManager.discover(), max_pixels)


def read_picture(file: Path, manager: PluginManager, max_pixels: int = DEFAULT_MAX_PIXELS) -> Picture:
    """`open_image` with plugins that are known already.

    Args:
        file: The picture.
        manager: Reads it.
        max_pixels: Larger pictures are refused.

    Raises:
        InputError: It cannot be read; says why.
    """
    try:
        image = manager.read_image(file, max_pixels)
    except OSError as error:
        hint = "Check its path, its rights and its disk."
        raise InputError(f"cannot be read: {error.strerror or error}.", path=file, hint=hint) from error
    return Picture(image.pixels, image.alpha, image.metadata)


def restored_picture(restoration: Restoration, before: Image) -> Picture:
    """What a model returned as a picture that knows what it was before."""
    image = restoration.image
    account = None if restoration.account is None else dict(restoration.account)
    given = Image(before.pixels, before.alpha, before.metadata)
    return Picture(image.pixels, image.alpha, image.metadata, given, restoration.companions, account)


def _rgba(shown: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Whatever channels there are as red, green, blue and alpha."""
    import numpy as np

    colours = np.broadcast_to(shown[..., : 1 if shown.shape[2] == 1 else 3], (*shown.shape[:2], 3))
    alpha = shown[..., 3:] if shown.shape[2] == 4 else np.full((*shown.shape[:2], 1), 255, np.uint8)
    return np.ascontiguousarray(np.concatenate([colours, alpha], axis=2))
