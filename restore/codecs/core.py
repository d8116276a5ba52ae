"""The core's own codecs as a plugin, asked last. Imports the codecs only when a picture is read or written."""

from __future__ import annotations

from pathlib import Path

from restore.image import Image
from restore.spec import hookimpl


@hookimpl(trylast=True)
def read_image(path: Path, max_pixels: int) -> Image:
    """Read every format the core knows; see `restore.codecs.reading.read`."""
    from restore.codecs.reading import read

    return read(path, max_pixels)


@hookimpl(trylast=True)
def write_image(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
    """Write every format the core knows; see `restore.codecs.writing.write`."""
    from restore.codecs.writing import write

    return write(image, path, quality)
