"""Pictures of every format that carry everything, made by programs that are not ours, and what becomes of one."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import tifffile
from PIL import Image as Pillow

from restore.codecs.colour import srgb_profile
from restore.image import Image, Pixels
from restore.provenance import Treatment

DONE = Treatment("nlm", None, {"strength": 1.0}, "0.1.0")
TIME = 1_234_567_890_123_456_700

OUTPUTS = {".gif": ".png", ".heic": ".jpg", ".dng": ".tif"}
FORMATS = {
    **{"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WebP": ".webp", "AVIF": ".avif", "BMP": ".bmp", "PPM": ".ppm"},
    **{"GIF → PNG": ".gif", "HEIC → JPEG": ".heic", "RAW (DNG) → TIFF": ".dng"},
}
TARGETS = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "AVIF": ".avif", "BMP": ".bmp", "PPM": ".ppm"}

ARGUMENTS = Path(__file__).with_name("metadata.args")
"""What ExifTool writes into every source."""


def exiftool(*arguments: object) -> str:
    """Run ExifTool; a warning (a tag that a format has no place for) is none of our business."""
    return subprocess.run(["exiftool", *map(str, arguments)], capture_output=True, text=True, check=False).stdout


@dataclass
class Trip:
    """One picture's way: what both readers saw before and after, and what the writer said."""

    source: Path
    output: Path
    before: Image
    after: Image
    said: tuple[str, ...]
    tags_before: dict[str, Any]
    tags_after: dict[str, Any]


def colours(channels: int = 3, dtype: str = "uint8") -> Pixels:
    """A smooth picture, wider than high, no two corners alike."""
    rows, columns = np.mgrid[:32, :48] / 48.0
    pixels = np.stack([rows, columns, 0.3 + rows * columns], axis=2)[..., :channels]
    white = 1.2 if dtype == "float32" else np.iinfo(dtype).max
    scaled: Pixels = (pixels * white).astype(dtype)
    return scaled


def make(path: Path, channels: int = 3, dtype: str = "uint8", alpha: bool = False) -> None:
    """Write a picture with a program that is not ours."""
    pixels = colours(channels, dtype)
    if alpha:
        pixels = np.dstack([pixels, colours(1, dtype)])
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    if path.suffix == ".dng":
        make_dng(path)
    elif path.suffix == ".tif":
        kind = {"photometric": "rgb" if channels == 3 else "minisblack", "extrasamples": ["unassalpha"] * alpha or None}
        tifffile.imwrite(path, flat, compression="lzw", metadata=None, software=False, **kind)
    elif dtype == "uint16" or (path.suffix == ".bmp" and alpha):
        order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(pixels.shape[2], [0])
        avif = path.suffix == ".avif"
        samples = np.ascontiguousarray(pixels[..., order] // (16 if avif else 1))  # which takes 12 bits as they are
        assert cv2.imwrite(str(path), samples, [cv2.IMWRITE_AVIF_DEPTH, 12] if avif else [])
    else:
        picture = Pillow.fromarray(flat)
        turned = Pillow.Exif()
        turned[0x0112] = 6
        settings: dict[str, dict[str, Any]] = {
            ".jpg": {"quality": 95, "subsampling": 2, "dpi": (300, 300)}, ".webp": {"lossless": True},
            ".avif": {"quality": 95, "exif": turned, "icc_profile": srgb_profile()},
        }  # fmt: skip
        if path.suffix == ".heic":
            pillow_heif.from_pillow(picture).save(path, quality=95, icc_profile=srgb_profile())
        else:
            picture.save(path, **settings.get(path.suffix, {"dpi": (300, 300)}))


def make_dng(path: Path) -> None:
    """Write a DNG of 48 x 32 sensor pixels (Adobe DNG specification 1.4, the required tags only)."""
    identity = b"".join(struct.pack("<ii", int(i % 4 == 0), 1) for i in range(9))
    tags = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, bytes([0, 1, 1, 2]), True), (50717, 3, 1, 65535, True)]
    tags += [(50706, 1, 4, bytes([1, 4, 0, 0]), True), (50708, 2, 0, "Maker Model", True), (50714, 3, 1, 0, True)]
    tags += [(50721, 10, 9, identity, True), (50728, 5, 3, struct.pack("<6I", *[1] * 6), True), (50778, 3, 1, 21, True)]
    tifffile.imwrite(path, colours(1, "uint16")[..., 0], photometric=32803, metadata=None, extratags=tags)


PIXELS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "8 bit": (make, (".jpg", ".png", ".tif", ".webp", ".avif", ".bmp", ".ppm", ".gif", ".heic")),
    "16 bit": (lambda path: make(path, dtype="uint16"), (".png", ".tif", ".avif", ".ppm", ".dng")),
    "floating point": (lambda path: make(path, dtype="float32"), (".tif",)),
    "grey": (lambda path: make(path, channels=1), (".jpg", ".png", ".tif", ".avif", ".bmp", ".ppm")),
    "grey, 16 bit": (lambda path: make(path, channels=1, dtype="uint16"), (".png", ".tif", ".avif")),
    "transparency": (lambda path: make(path, alpha=True), (".png", ".tif", ".webp", ".avif", ".bmp")),
    "palette": (lambda path: Pillow.fromarray(colours()).quantize(200).save(path), (".png", ".tif", ".bmp", ".gif")),
}
"""Kinds of pixels: how a source is made, and the formats that hold them."""


def make_sources(folder: Path) -> list[Path]:
    """Make all sources in a new folder."""
    (folder / "out").mkdir()
    (folder / "srgb.icc").write_bytes(srgb_profile())
    Pillow.fromarray(colours()[:16, :16]).save(folder / "thumbnail.jpg")
    full = [folder / f"full{suffix}" for suffix in FORMATS.values()]
    for path in full:
        make(path)
    make(folder / "every.tif", dtype="uint16")
    full.append(folder / "every.tif")
    files = f"-ICC_Profile<={folder}/srgb.icc", f"-ThumbnailImage<={folder}/thumbnail.jpg"
    exiftool("-q", "-overwrite_original", "-@", ARGUMENTS, *files, *full)
    for name, (maker, suffixes) in PIXELS.items():
        full += [folder / f"{name}{suffix}" for suffix in suffixes]
        for suffix in suffixes:
            maker(folder / f"{name}{suffix}")
    for path in full:
        os.utime(path, ns=(TIME, TIME))
    return full


def tags_of(folders: list[Path]) -> dict[Path, dict[str, Any]]:
    """What ExifTool sees in each file, by "group:tag"; ICC profiles as their bytes' text."""
    listed = json.loads(exiftool("-json", "-G1", "-n", "-struct", "-a", "-all", "-JPEGQualityEstimate", *folders))
    return {Path(tags["SourceFile"]): tags for tags in listed}
