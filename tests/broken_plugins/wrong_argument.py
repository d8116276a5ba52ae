"""Asks for an argument that the hook does not have."""

from pathlib import Path

from restore.image import Image
from restore.spec import hookimpl


@hookimpl
def read_image(file_name: Path) -> Image | None:
    return None
