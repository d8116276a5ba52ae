"""PNG files that restore has drawn to be looked at: known again by a mark, so that no photo is ever written over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from restore.codecs.atomic import atomic_path, output_error
from restore.errors import OutputError

_MARK = "drawn by restore: "
"""In the text chunk "Software", which a PNG written here begins with."""


def save_drawing(pixels: npt.NDArray[np.uint8], path: Path, kind: str) -> None:
    """Write a drawing, whole or not at all.

    Args:
        pixels: ``(H, W, 3)``, sRGB.
        path: Where; replaced if it is a drawing of the same kind. Its folder is made.
        kind: What it is, in two words ("contact sheet").

    Raises:
        OutputError: It cannot be written, or something else stands in its place.
    """
    from PIL import Image as PillowImage
    from PIL.PngImagePlugin import PngInfo

    check_drawing(path, kind)
    about = PngInfo()
    about.add_text("Software", f"{_MARK}{kind}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, path) from error
    with atomic_path(path) as temporary:
        PillowImage.fromarray(pixels).save(temporary, "PNG", pnginfo=about, compress_level=6)


def check_drawing(path: Path, kind: str) -> None:
    """Refuse a place that is not for a PNG, or holds anything but an earlier drawing of the same kind.

    Raises:
        OutputError: It does.
    """
    if path.suffix.lower() != ".png":
        raise OutputError(f"is no name for a {kind}.", path=path, hint="Give a name that ends in .png.")
    try:
        with path.open("rb") as file:
            ours = f"{_MARK}{kind}".encode() in file.read(200)
    except FileNotFoundError:
        return
    except OSError as error:
        raise output_error(error, path) from error
    if not ours:
        raise OutputError(f"exists, and is no {kind} of restore.", path=path, hint="Give it another name.")
