"""TIFF: pixels by tifffile (8, 16 bit and float; LZW, deflate and what scanners write; tiles, separate planes)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
import tifffile

from restore.codecs import tiff_segments, tiff_tags
from restore.codecs.colour import cmyk_to_srgb
from restore.codecs.depth import stretch
from restore.codecs.samples import join_alpha
from restore.codecs.source import Source
from restore.image import Image, Metadata, Pixels

MINISWHITE, MINISBLACK, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
REDUCED, MASK = 1, 4  # bits of NewSubfileType
ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA = 1, 2
COMPRESSIONS = {1: "none", 5: "lzw", 8: "deflate", 32946: "deflate", 32773: "packbits", 50000: "zstd"}
PAGES_ADVICE = "Split it into single pages first, for example with ImageMagick's `magick in.tif page_%03d.tif`."
CONVERT_ADVICE = "Convert it to an RGB or grey TIFF of 8 or 16 bit first."


def read(source: Source) -> Image:
    """Read a TIFF of one page as stored: uint8, uint16 or float32; grey, RGB, palette or CMYK; alpha unassociated.

    Raises:
        restore.errors.InputError: Truncated, several pages, too large, or a kind of samples that is not read.
    """
    source.file.seek(0)
    with tifffile.TiffFile(source.file) as tif:
        page = _single_page(tif, source)
        source.check_size(page.imagewidth, page.imagelength)
        _check_kind(page, source)
        view = tiff_tags.FileView(source.file)
        tiff_segments.check(page, view, source)
        metadata = tiff_tags.read_metadata(view, page.offset, source)
        compression = COMPRESSIONS.get(int(page.compression), "deflate")
        try:
            samples = page.asarray(maxworkers=1)
        except Exception as error:
            # tifffile lets through whatever its decoders raise; all of it means that strips are missing or broken.
            raise source.truncated() from error
        samples = samples.reshape(_shape(page))
        if page.planarconfig == 2 and page.samplesperpixel > 1:
            samples = np.moveaxis(samples, 0, -1)
        image = _image(page, samples, metadata.icc, source)
    icc = metadata.icc if page.photometric != SEPARATED else image.metadata.icc
    return replace(image, metadata=replace(metadata, icc=icc, compression=compression))


def _single_page(tif: tifffile.TiffFile, source: Source) -> tifffile.TiffPage:
    pages = [tif.pages[number] for number in range(len(tif.pages))]
    whole = [page for page in pages if not page.subfiletype & (REDUCED | MASK)] or pages[:1]
    if not whole:
        raise source.truncated()
    source.check_single(len(whole), "pages", PAGES_ADVICE)
    stack = (tif.imagej_metadata or {}).get("images", 1) if tif.is_imagej else whole[0].imagedepth
    source.check_single(int(stack), "pages", PAGES_ADVICE)
    if len(pages) > 1:
        source.leave_out(f"It holds {len(pages)} pages, masks or reduced copies among them; only the picture is kept.")
    return whole[0]


def _check_kind(page: tifffile.TiffPage, source: Source) -> None:
    photometric, kind = int(page.photometric), None if page.dtype is None else np.dtype(page.dtype)
    names = {8: "CIE Lab", 9: "ICC Lab", 10: "ITU Lab", 32844: "LogL", 32845: "LogLuv", 32803: "raw sensor data"}
    if photometric == 34892 or photometric == 32803:
        raise source.unsupported("holds raw sensor data.", "Give it the suffix .dng or convert it first.")
    jpeg = int(page.compression) in tiff_segments.JPEG
    if photometric not in (0, 1, 2, 3, 5, 6) or (photometric == YCBCR and not jpeg):
        name = "YCbCr" if photometric == YCBCR else names.get(photometric, f"photometric kind {photometric}")
        raise source.unsupported(f"holds {name} colours, which are not read.", CONVERT_ADVICE)
    if kind is None or not (kind.kind == "f" or (kind.kind in "ub" and kind.itemsize <= 2)):
        raise source.unsupported(f"holds {kind} samples, which are not read.", CONVERT_ADVICE)


def _shape(page: tifffile.TiffPage) -> tuple[int, ...]:
    size = (page.imagelength, page.imagewidth)
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        return (page.samplesperpixel, *size)
    return (*size, page.samplesperpixel)


def _image(page: tifffile.TiffPage, samples: Pixels, icc: bytes | None, source: Source) -> Image:
    """Turn decoded samples ``(H, W, S)`` into colours and alpha."""
    photometric, bits = int(page.photometric), int(page.bitspersample)
    if photometric == PALETTE:
        # Colour maps hold 16-bit values; some writers put the 8-bit ones into the high byte, some multiply by 257.
        table = (np.asarray(page.colormap) >> 8).astype(np.uint8).T
        index = samples[..., 0].view(np.uint8) if samples.dtype == np.bool_ else samples[..., 0]
        return Image(np.ascontiguousarray(table[index]))
    samples = _full_range(samples, bits, source)
    colours = {RGB: 3, YCBCR: 3, SEPARATED: 4}.get(photometric, 1)
    if samples.shape[2] < colours:
        raise source.unsupported(f"has {samples.shape[2]} samples per pixel.", CONVERT_ADVICE)
    alpha = _alpha(page, samples, colours, source)
    pixels = samples[..., :colours]
    if photometric == MINISWHITE:
        white = samples.dtype.type(1) if samples.dtype == np.float32 else np.iinfo(samples.dtype).max
        pixels = white - pixels
    metadata = Metadata()
    if photometric == SEPARATED:
        if samples.dtype == np.float32:
            raise source.unsupported("holds CMYK as floating point.", CONVERT_ADVICE)
        pixels, profile = cmyk_to_srgb(np.ascontiguousarray(pixels), icc, source)
        metadata = Metadata(icc=profile)
    return Image(np.ascontiguousarray(pixels), alpha, metadata)


def _full_range(samples: Pixels, bits: int, source: Source) -> Pixels:
    """Return uint8, uint16 or float32 samples whose white is the depth's."""
    if samples.dtype.kind == "f":
        if samples.dtype.itemsize > 4:
            source.warn("Its 64-bit floating point was rounded to 32 bit.")
        with np.errstate(over="ignore", invalid="ignore"):  # what 32 bits cannot hold becomes infinite
            return samples.astype(np.float32, copy=False)
    if samples.dtype == np.bool_:
        return samples.astype(np.uint8) * np.uint8(255)
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return stretch(samples, (1 << bits) - 1)


def _alpha(page: tifffile.TiffPage, samples: Pixels, colours: int, source: Source) -> Pixels | None:
    extra = samples.shape[2] - colours
    kinds = [int(kind) for kind in page.extrasamples]
    if extra > 0 and not kinds:
        kinds = [UNASSOCIATED_ALPHA]  # libtiff's and Pillow's reading of a fourth sample nobody explained
    index = next((i for i, kind in enumerate(kinds[:extra]) if kind in (ASSOCIATED_ALPHA, UNASSOCIATED_ALPHA)), None)
    if extra > (index is not None):
        source.leave_out("Its additional channels, other than transparency, are not kept.")
    if index is None:
        return None
    alpha = np.ascontiguousarray(samples[..., colours + index])
    if kinds[index] == ASSOCIATED_ALPHA:
        _divide_by_alpha(samples[..., :colours], alpha)
    return alpha


def _divide_by_alpha(colours: Pixels, alpha: Pixels) -> None:
    """Undo premultiplication in place, rounded; where alpha is 0 the colours stay."""
    white = 1.0 if alpha.dtype == np.float32 else float(np.iinfo(alpha.dtype).max)
    for row in range(0, len(alpha), 256):
        part, cover = colours[row : row + 256], alpha[row : row + 256, :, None].astype(np.float64)
        straight = np.divide(part * white, cover, out=part.astype(np.float64), where=cover > 0)
        part[...] = straight if alpha.dtype == np.float32 else np.rint(straight.clip(0, white))


def write(image: Image, file: BinaryIO, warnings: list[str]) -> None:
    """Write a TIFF of any depth, compressed like the source (deflate for other sources), alpha unassociated.

    Args:
        image: The picture; its EXIF and GPS become the file's own directories.
        file: Where to; readable, too.
        warnings: Takes what could not be kept.
    """
    meta = image.metadata
    compression = (meta.compression if meta.source_format == "TIFF" else None) or "deflate"
    names = {"none": None, "deflate": "adobe_deflate"}
    settings: dict[str, Any] = {}
    if compression in ("lzw", "deflate", "zstd"):
        settings["predictor"] = True
    order = tiff_tags.order_of(meta.exif)
    resolution, unit = tiff_tags.resolution(meta)
    with tifffile.TiffWriter(file, byteorder=order, bigtiff=image.pixels.nbytes * 4 // 3 > 2**32 - 2**25) as tif:
        tif.write(
            join_alpha(image),
            photometric="minisblack" if image.is_grey else "rgb",
            planarconfig="contig",
            extrasamples=["unassalpha"] if image.alpha is not None else None,
            compression=names.get(compression, compression),
            iccprofile=meta.icc,
            resolution=resolution,
            resolutionunit=unit,
            software=False,
            metadata=None,
            maxworkers=1,
            **settings,
        )
    tiff_tags.add_metadata(file, meta, warnings)
