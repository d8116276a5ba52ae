"""Nothing is wrong with this one, but it provides no restorer: it reads a format."""

from pathlib import Path

from restore.image import Image
from restore.spec import hookimpl


@hookimpl
def read_image(path: Path) -> Image | None:
    return None
