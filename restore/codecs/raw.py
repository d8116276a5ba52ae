"""Camera RAW, developed by LibRaw through rawpy (the extra ``[raw]``)."""

from __future__ import annotations

import numpy as np

from restore.codecs import exif, jpeg_header
from restore.codecs.colour import srgb_profile
from restore.codecs.source import DAMAGED_HINT, Source
from restore.errors import InputError
from restore.image import Image, Metadata


def read(source: Source) -> Image:
    """Develop a RAW file: camera white balance, sRGB, no automatic brightening, upright.

    Returns:
        uint16 RGB.

    Raises:
        restore.errors.InputError: The extra is not installed, the camera is unknown, or the file is damaged.
    """
    try:
        import rawpy
    except ImportError:
        raise source.unsupported(
            "is a camera RAW file; reading it needs the extra `raw`.",
            "Install it with: pip install 'restore-photos[raw]'.",
        ) from None
    source.file.seek(0)
    try:
        with rawpy.imread(source.file) as raw:
            source.check_size(raw.sizes.width, raw.sizes.height)
            block = _exif(source)
            pixels = raw.postprocess(output_bps=16, use_camera_wb=True, no_auto_bright=True)
    except rawpy.LibRawFileUnsupportedError:
        raise source.unsupported(
            "is not a RAW file LibRaw knows.", "Update rawpy, or convert the file to DNG or TIFF first."
        ) from None
    except rawpy.LibRawError as error:
        raise InputError(f"cannot be developed ({_text(error)}).", path=source.path, hint=DAMAGED_HINT) from error
    metadata = Metadata(source_format="RAW", exif=block, icc=srgb_profile())
    return Image(np.ascontiguousarray(pixels), metadata=metadata)


def _text(error: Exception) -> str:
    """LibRaw's messages arrive as bytes."""
    first = error.args[0] if error.args else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)


def _exif(source: Source) -> bytes | None:
    """Return the camera's EXIF with the orientation reset: from the file where it is a TIFF, else from its preview."""
    data = source.data()
    try:
        if data[:4] in (b"II*\0", b"MM\0*"):
            block = exif.from_tiff(data)
        else:
            preview = data.find(b"\xff\xd8\xff\xe1")
            block = jpeg_header.parse(data[preview:]).exif if preview >= 0 else None
        return exif.upright(block) if block else None
    except ValueError as error:
        source.warn(f"Its EXIF cannot be read ({error}) and is left out.")
        return None
