"""BMP: read by Pillow, BMP written by OpenCV, which keeps alpha."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL.BmpImagePlugin import BmpImageFile

from restore.codecs.png import METRE, per_inch
from restore.codecs.samples import split_alpha
from restore.codecs.source import Source
from restore.image import Image, Metadata


def read(source: Source) -> Image:
    """Read a BMP of any kind: 8 bit, grey where its palette is grey, alpha where its header says so.

    Raises:
        restore.errors.InputError: Truncated, too large or damaged.
    """
    source.file.seek(0)
    # The plugin's class and not `Image.open`, whose own limit on pixels is a global of the process.
    picture = BmpImageFile(source.file)
    source.check_size(*picture.size)
    dpi = picture.info.get("dpi")
    dpi = (per_inch(round(dpi[0] / METRE)), per_inch(round(dpi[1] / METRE))) if dpi and all(dpi) else None
    return replace(from_pillow(picture), metadata=Metadata(source_format="BMP", dpi=dpi))


def from_pillow(picture: PillowImage.Image) -> Image:
    """Return a Pillow picture of 8 bits or fewer as an image: grey, RGB, and alpha where it has transparency."""
    transparent = picture.has_transparency_data
    if picture.mode in ("1", "L") and not transparent:
        target = "L"
    else:
        target = picture.mode if picture.mode == "LA" else "RGBA" if transparent else "RGB"
    picture = picture if picture.mode == target else picture.convert(target)
    return split_alpha(np.asarray(picture))


def write(image: Image, file: BinaryIO) -> None:
    """Write 8-bit grey (with a grey palette), RGB, or RGB with alpha.

    Args:
        image: The picture; grey with alpha is written as RGB with alpha.
        file: Where to.
    """
    samples = image.pixels
    if image.alpha is not None:
        colour = samples if samples.shape[2] == 3 else np.repeat(samples, 3, axis=2)
        samples = np.dstack([colour[..., ::-1], image.alpha])
    elif samples.shape[2] == 3:
        samples = cv2.cvtColor(samples, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".bmp", samples)
    if not done:
        raise ValueError("OpenCV could not encode it")
    if image.metadata.dpi:
        # biXPelsPerMeter and biYPelsPerMeter of the BITMAPINFOHEADER.
        x, y = (min(2**31 - 1, max(1, round(v / METRE))) for v in image.metadata.dpi)
        encoded[38:46] = np.frombuffer(struct.pack("<ii", x, y), np.uint8)
    file.write(encoded.data)
