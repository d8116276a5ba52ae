"""AVIF of 8, 10 and 12 bit.

Read: pixels by libavif through imagecodecs (Pillow cuts to 8 bit), the rest by Pillow. Written: 8 bit by Pillow with
full colour resolution; 16-bit pixels as 12 bit by OpenCV, the one encoder at hand that stores both depth and metadata.
"""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

import cv2
import imagecodecs
import numpy as np
from PIL import Image as PillowImage
from PIL.AvifImagePlugin import AvifImageFile

from restore.codecs import exif
from restore.codecs.depth import stretch, unstretch
from restore.codecs.samples import join_alpha, split_alpha
from restore.codecs.source import SPLIT_ADVICE, Source
from restore.image import Image, Metadata

LEAST_QUALITY = 92


def read(source: Source) -> Image:
    """Read an AVIF as stored; 10 and 12 bit become uint16 over the full range.

    Raises:
        restore.errors.InputError: Truncated, animated, too large or damaged.
    """
    data = source.data()
    source.file.seek(0)
    # The plugin's class and not `Image.open`, whose own limit on pixels is a global of the process. It expresses the
    # container's own rotation as an EXIF orientation and leaves the pixels as they are.
    header = AvifImageFile(source.file)
    source.check_size(*header.size)
    source.check_single(header.n_frames, "frames", SPLIT_ADVICE)
    samples = imagecodecs.avif_decode(data)
    if samples.dtype != np.uint8:
        samples = stretch(samples, (1 << _bit_depth(data)) - 1)
    block = header.info.get("exif")
    metadata = Metadata(
        source_format="AVIF",
        exif=exif.strip_prefix(block) if block else None,
        xmp=header.info.get("xmp"),
        icc=header.info.get("icc_profile"),
    )
    return replace(split_alpha(samples), metadata=metadata)


def _bit_depth(data: bytes) -> int:
    """Return 10 or 12 from the AV1 configuration box (AV1 in ISOBMFF, section 2.3.3)."""
    box = data.find(b"av1C")
    twelve = 0x20
    return 12 if box >= 0 and data[box + 6] & twelve else 10


def write(image: Image, file: BinaryIO, quality: int | None, warnings: list[str]) -> None:
    """Write 8-bit pixels as 8 bit and 16-bit ones as 12 bit.

    Args:
        image: The picture; grey with alpha is written as RGB with alpha.
        file: Where to.
        quality: 1 to 100, or None for the source's, at least 92.
        warnings: Takes what could not be kept.

    Raises:
        ValueError: The encoder refused.
    """
    meta = image.metadata
    level = max(LEAST_QUALITY, meta.jpeg_quality or 0) if quality is None else quality
    if image.is_grey and image.alpha is not None:
        image = replace(image, pixels=np.repeat(image.pixels, 3, axis=2))
    samples = join_alpha(image)
    if samples.dtype == np.uint8:
        # Pillow takes an EXIF block apart where it has an orientation, and breaks MakerNotes in doing so.
        block = exif.without_orientation(meta.exif) if meta.exif else b""
        picture = PillowImage.fromarray(samples)
        sampling = "4:0:0" if samples.ndim == 2 else "4:4:4"
        picture.save(
            file, "AVIF", quality=level, subsampling=sampling, exif=block, xmp=meta.xmp or b"", icc_profile=meta.icc
        )
        return
    warnings.append("AVIF holds at most 12 bits per sample; its 16 bits were rounded.")
    samples = unstretch(samples, 4095)
    if samples.ndim == 3:
        samples = cv2.cvtColor(samples, cv2.COLOR_RGB2BGR if samples.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    blocks = {
        cv2.IMAGE_METADATA_EXIF: meta.exif,
        cv2.IMAGE_METADATA_XMP: meta.xmp,
        cv2.IMAGE_METADATA_ICCP: meta.icc,
    }
    kinds = [kind for kind, block in blocks.items() if block]
    contents = [np.frombuffer(block, np.uint8) for block in blocks.values() if block]
    settings = [cv2.IMWRITE_AVIF_DEPTH, 12, cv2.IMWRITE_AVIF_QUALITY, level]
    done, encoded = cv2.imencodeWithMetadata(".avif", samples, kinds, contents, settings)
    if not done:
        raise ValueError("OpenCV could not encode it")
    file.write(encoded.data)
