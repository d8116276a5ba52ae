"""Small valid files of every format that is read and of their variants, made by code."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image as Pillow
from PIL import ImageCms

WIDTH, HEIGHT = 45, 34
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" tiff:ImageWidth="45"/></x:xmpmeta>'
RECORDS = b"\x1c\x02\x78\x00\x07caption" * 3
PHOTOSHOP = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(RECORDS)) + RECORDS + b"\0" * (len(RECORDS) % 2)

Array = npt.NDArray[Any]


def corpus() -> dict[str, bytes]:
    """Return all files by name; the suffix of the name is the format's, what stands before it names the variant."""
    return {**_jpeg(), **_png(), **_tiff(), **_web(), **_bmp(), **_pnm(), **_gif(), **_heif(), **_raw()}


def picture(channels: int = 3, dtype: Any = np.uint8) -> Array:
    """A smooth picture with some noise, ``(H, W, C)``, or ``(H, W)`` for one channel."""
    y, x = np.mgrid[0 : 1 : HEIGHT * 1j, 0 : 1 : WIDTH * 1j]
    planes = np.dstack([x, y, 1 - x * y, (x + y) / 2])[..., :channels]
    values = np.clip(planes + np.random.default_rng(channels).normal(0, 0.02, planes.shape), 0, 1)
    white = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    out: Array = (values * white).astype(dtype)
    return out[..., 0] if channels == 1 else out


def exif_block() -> bytes:
    """An EXIF block with orientation, resolution, an EXIF directory with a MakerNote, and GPS."""
    exif = Pillow.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A], exif[0x011B], exif[0x0128] = 6, "Maker", 300.0, 300.0, 2
    exif.get_ifd(0x8769).update({0x9003: "2020:01:01 00:00:00", 0x927C: b"maker note" * 4, 0xA002: 45, 0xA003: 34})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 1.0, 2.0)})
    return exif.tobytes()


def icc_profile() -> bytes:
    """An sRGB profile."""
    profile: bytes = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile


def saved(pixels: Array | Pillow.Image, kind: str, **settings: Any) -> bytes:
    """Return what Pillow writes."""
    file = io.BytesIO()
    image = pixels if isinstance(pixels, Pillow.Image) else Pillow.fromarray(pixels)
    image.save(file, kind, **settings)
    return file.getvalue()


def _jpeg() -> dict[str, bytes]:
    everything = {"exif": exif_block(), "icc_profile": icc_profile(), "xmp": XMP}
    full = saved(picture(), "JPEG", quality=90, dpi=(300, 300), **everything)
    segment = b"Photoshop 3.0\0" + PHOTOSHOP
    return {
        "baseline.jpg": saved(picture(), "JPEG", quality=90),
        "subsampled-4-4-4.jpg": saved(picture(), "JPEG", quality=90, subsampling=0),
        "progressive.jpg": saved(picture(), "JPEG", quality=90, progressive=True),
        "grey.jpg": saved(picture(1), "JPEG"),
        "grey-progressive.jpg": saved(picture(1), "JPEG", progressive=True),
        "cmyk.jpg": saved(Pillow.fromarray(picture(4), "CMYK"), "JPEG"),
        "restarts.jpg": saved(picture(), "JPEG", restart_marker_blocks=1),
        "metadata.jpg": full[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + full[2:],
        "lossless.jpg": bytes(imagecodecs.ljpeg_encode(picture(1))),
        "multi-picture.jpg": full + saved(picture(1), "JPEG"),
    }


def _png() -> dict[str, bytes]:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    text.add_text("Raw profile type iptc", f"\niptc\n{len(PHOTOSHOP):8d}\n{PHOTOSHOP.hex()}\n", zip=True)
    everything = {"exif": exif_block(), "icc_profile": icc_profile(), "pnginfo": text, "dpi": (300, 300)}
    files = {
        f"type-{colour}-{depth}-bit{'-interlaced' * interlace}.png": png_file(depth, colour, interlace)
        for colour, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items()
        for depth in depths
        for interlace in (0, 1)
    }
    files["metadata.png"] = saved(picture(), "PNG", **everything)
    files["transparent-colour.png"] = saved(picture(), "PNG", transparency=(1, 2, 3))
    files["palette-alpha.png"] = saved(Pillow.fromarray(picture()).quantize(16), "PNG", transparency=b"\0\x80\xff")
    return files


def png_file(depth: int, colour: int, interlace: int) -> bytes:
    """Write a PNG of any kind with pixels of no meaning (W3C PNG specification, sections 5 and 8)."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    passes = [(0, 0, 1, 1)]
    if interlace:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = bytearray()
    for left, top, across, down in passes:
        width, height = -(-(WIDTH - left) // across), -(-(HEIGHT - top) // down)
        for row in range(height):
            size = (width * channels * depth + 7) // 8
            rows += bytes([row % 5]) + bytes((row * 3 + i) % (4 if colour == 3 else 256) for i in range(size))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlace))]
    if colour == 3:
        chunks.append((b"PLTE", bytes(i * 7 % 256 for i in range(3 << depth))))
    packed = zlib.compress(rows)
    chunks += [(b"IDAT", packed[:99]), (b"IDAT", packed[99:]), (b"IEND", b"")]
    parts = [struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff_file(pixels: Any, **settings: Any) -> bytes:
    """Return what tifffile writes of pixels, or of an iterator over strips that are compressed already."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, metadata=None, **settings)
    return file.getvalue()


def _tiff() -> dict[str, bytes]:
    rgb, grey, deep = picture(), picture(1), picture(3, np.uint16)
    tags: list[Any] = [(700, 1, len(XMP), XMP, True), (34377, 1, len(PHOTOSHOP), PHOTOSHOP, True)]
    files = {
        "plain.tif": tiff_file(rgb, photometric="rgb", rowsperstrip=8),
        "metadata.tif": tiff_file(rgb, photometric="rgb", iccprofile=icc_profile(), extratags=tags),
        "exif.tif": saved(rgb, "TIFF", exif=exif_block(), dpi=(300, 300)),
        "tiled.tif": tiff_file(rgb, photometric="rgb", tile=(16, 16), compression="zlib", predictor=True),
        "planar.tif": tiff_file(np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate"),
        "16-bit-big-endian.tif": tiff_file(deep, photometric="rgb", byteorder=">"),
        "16-bit-lzw.tif": tiff_file(deep, photometric="rgb", compression="lzw", predictor=True),
        "float.tif": tiff_file(picture(1, np.float32), compression="zlib", predictor=True),
        "double.tif": tiff_file(picture(1, np.float64)),
        "half.tif": tiff_file(picture(3, np.float16), photometric="rgb"),
        "big.tif": tiff_file(rgb, photometric="rgb", bigtiff=True, compression="zlib"),
        "big-big-endian.tif": tiff_file(grey, bigtiff=True, byteorder=">"),
        "palette.tif": tiff_file(grey, photometric="palette", colormap=np.arange(768, dtype=np.uint16).reshape(3, 256)),
        "bilevel.tif": tiff_file(grey > 128),
        "white-is-zero.tif": tiff_file(grey, photometric="miniswhite"),
        "cmyk.tif": tiff_file(picture(4), photometric="separated"),
        "alpha.tif": tiff_file(picture(4), photometric="rgb", extrasamples=["unassalpha"]),
        "premultiplied.tif": tiff_file(picture(4, np.uint16), photometric="rgb", extrasamples=["assocalpha"]),
        "thumbnail.tif": _with_thumbnail(rgb),
        "fax.tif": saved(Pillow.fromarray(grey > 128), "TIFF", compression="group4"),
        "fax-3.tif": saved(Pillow.fromarray(grey > 128), "TIFF", compression="group3"),
    }
    for name in ("lzw", "packbits", "zstd", "jpeg"):
        files[f"{name}.tif"] = tiff_file(rgb, photometric="rgb", compression=name)
    return files


def _with_thumbnail(pixels: Array) -> bytes:
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as tif:
        tif.write(pixels, photometric="rgb", metadata=None)
        tif.write(np.ascontiguousarray(pixels[::4, ::4]), photometric="rgb", metadata=None, subfiletype=1)
    return file.getvalue()


def _web() -> dict[str, bytes]:
    everything = {"exif": exif_block(), "icc_profile": icc_profile(), "xmp": XMP}
    deep = imagecodecs.avif_encode(picture(3, np.uint16) >> 6, bitspersample=10, level=80)
    return {
        "lossy.webp": saved(picture(), "WEBP"),
        "lossless.webp": saved(picture(), "WEBP", lossless=True),
        "alpha.webp": saved(picture(4), "WEBP"),
        "alpha-lossless.webp": saved(picture(4), "WEBP", lossless=True),
        "metadata.webp": saved(picture(), "WEBP", **everything),
        "plain.avif": saved(picture(), "AVIF"),
        "alpha.avif": saved(picture(4), "AVIF"),
        "grey.avif": saved(picture(1), "AVIF"),
        "metadata.avif": saved(picture(), "AVIF", **everything),
        "10-bit.avif": bytes(deep),
    }


def _bmp() -> dict[str, bytes]:
    rows = bytes(range(48)) * HEIGHT
    runs = b"".join(bytes([40, 7, 0, 3, 1, 2, 3, 0, 0, 0]) for _ in range(HEIGHT)) + b"\0\1"
    palette = b"".join(bytes([i, i, 255 - i, 0]) for i in range(256))

    def info(bits: int, compression: int, body: bytes, colours: bytes = b"") -> bytes:
        head = struct.pack("<IiiHHIIiiII", 40, WIDTH, HEIGHT, 1, bits, compression, len(body), 2835, 2835, 0, 0)
        start = 14 + len(head) + len(colours)
        return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + colours + body

    return {
        "colour.bmp": saved(picture(), "BMP"),
        "grey.bmp": saved(picture(1), "BMP"),
        "bilevel.bmp": saved(Pillow.fromarray(picture(1) > 128), "BMP"),
        "palette.bmp": info(8, 0, rows, palette),
        "run-lengths.bmp": info(8, 1, runs, palette),
        "run-lengths-4.bmp": info(4, 2, runs, palette[:64]),
        "16-bit.bmp": info(16, 0, bytes(92) * HEIGHT),
        "masks.bmp": info(32, 3, bytes(180) * HEIGHT, struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)),
        "alpha.bmp": saved(picture(4), "BMP"),
    }


def _pnm() -> dict[str, bytes]:
    head = f"\n# made by code\n{WIDTH} {HEIGHT}\n".encode()
    words = " ".join(str(v) for v in picture(1).ravel().tolist()).encode() + b"\n"
    return {
        "plain.pbm": b"P1" + head + b"01 " * (WIDTH * HEIGHT // 2 + 1),
        "plain.pgm": b"P2" + head + b"255\n" + words,
        "plain.ppm": b"P3" + head + b"255\n" + words * 3,
        "raw.pbm": b"P4" + head + bytes(range(6)) * HEIGHT,
        "raw.pgm": b"P5" + head + b"255\n" + picture(1).tobytes(),
        "raw.ppm": b"P6" + head + b"255\n" + picture().tobytes(),
        "16-bit.ppm": b"P6" + head + b"65535\n" + picture(3, np.uint16).astype(">u2").tobytes(),
        "10-bit.pgm": b"P5" + head + b"1023\n" + (picture(1, np.uint16) >> 6).astype(">u2").tobytes(),
    }


def _gif() -> dict[str, bytes]:
    indexed = Pillow.fromarray(picture()).quantize(64)
    return {
        "plain.gif": saved(indexed, "GIF"),
        "transparent.gif": saved(indexed, "GIF", transparency=3),
        "interlaced.gif": saved(indexed, "GIF", interlace=True),
        "animated.gif": saved(indexed, "GIF", save_all=True, append_images=[indexed.rotate(90)]),
    }


def _heif() -> dict[str, bytes]:
    import pillow_heif

    def encoded(pixels: Array, **settings: Any) -> bytes:
        file = io.BytesIO()
        mode = {3: "RGB", 4: "RGBA"}[pixels.shape[2]] + (";16" if pixels.dtype == np.uint16 else "")
        pillow_heif.encode(mode, pixels.shape[1::-1], pixels.tobytes(), file, quality=80, **settings)
        return file.getvalue()

    return {
        "plain.heic": encoded(picture()),
        "alpha.heic": encoded(picture(4)),
        "10-bit.heic": encoded(picture(3, np.uint16)),
        "metadata.heic": encoded(picture(), exif=exif_block(), xmp=XMP),
    }


def _raw() -> dict[str, bytes]:
    """A DNG of 96 x 64 sensor pixels (Adobe DNG specification 1.4, the required tags only)."""
    identity = b"".join(struct.pack("<ii", int(i % 4 == 0), 1) for i in range(9))
    tags: list[Any] = [
        (271, 2, 0, "Maker", True), (274, 3, 1, 6, True), (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True), (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 0, "Maker Model", True), (50714, 3, 1, 0, True), (50717, 3, 1, 65535, True),
        (50721, 10, 9, identity, True), (50728, 5, 3, struct.pack("<6I", *[1] * 6), True), (50778, 3, 1, 21, True),
    ]  # fmt: skip
    sensor = (np.add.outer(np.arange(64), np.arange(96)) * 300).astype(np.uint16)
    return {
        "plain.dng": tiff_file(sensor, photometric=32803, extratags=tags),
        "lossless-jpeg.dng": tiff_file(
            iter([bytes(imagecodecs.ljpeg_encode(sensor))]),
            shape=sensor.shape,
            dtype=sensor.dtype,
            rowsperstrip=64,
            photometric=32803,
            extratags=tags,
            compression=7,
        ),
    }
