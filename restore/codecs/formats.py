"""Which formats there are: by file suffix and by the first bytes of a file. Imports nothing heavy."""

from __future__ import annotations

DEFAULT_MAX_PIXELS = 500_000_000
"""Larger pictures are refused unless the user raises the limit: 1.5 GB of 8-bit RGB."""

RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos", ".mrw"}
    | {".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"}
)
"""Camera RAW, read with the extra ``[raw]``, never written."""

HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
"""Phone photos, read with the extra ``[heif]``, never written."""

WRITERS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".bmp": "BMP",
    ".dib": "BMP",
    ".ppm": "PPM",
    ".pgm": "PPM",
    ".pnm": "PPM",
}
"""Suffix to name of the format it is written in."""

WRITABLE_SUFFIXES = frozenset(WRITERS)
READABLE_SUFFIXES = WRITABLE_SUFFIXES | HEIF_SUFFIXES | RAW_SUFFIXES | {".gif", ".pbm"}

JPEG_XMP_LIMIT = 65_502
"""Bytes of an XMP packet that fit into a JPEG's one marker segment (XMP specification part 3, section 1.1.3)."""

_WITHOUT_XMP = frozenset({"PPM", "BMP"})
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_READ_ONLY_TO = {".heic": ".jpg", ".heif": ".jpg", ".hif": ".jpg", ".gif": ".png", ".pbm": ".pgm"}


def output_suffix(source_suffix: str) -> str:
    """Return the suffix a restored picture gets when nobody asked for one.

    Args:
        source_suffix: Suffix of the source with its dot, in any case.

    Returns:
        The same suffix (and case) for everything that can be written; ".jpg" for HEIC, ".tif" for RAW (16 bit),
        ".png" for GIF, ".pgm" for PBM; unknown suffixes come back unchanged.
    """
    lower = source_suffix.lower()
    if lower in WRITABLE_SUFFIXES:
        return source_suffix
    return ".tif" if lower in RAW_SUFFIXES else _READ_ONLY_TO.get(lower, source_suffix)


def suffix_format(suffix: str) -> str | None:
    """Return the format a suffix promises ("JPEG", "HEIF", "RAW" …), or None for unknown ones."""
    lower = suffix.lower()
    if lower in HEIF_SUFFIXES:
        return "HEIF"
    if lower in RAW_SUFFIXES:
        return "RAW"
    return {".gif": "GIF", ".pbm": "PPM"}.get(lower, WRITERS.get(lower))


def holds_xmp(suffix: str) -> bool:
    """Whether the format that a suffix is written in has a place for XMP; False for suffixes that are not written."""
    kind = WRITERS.get(suffix.lower())
    return kind is not None and kind not in _WITHOUT_XMP


def xmp_limit(suffix: str) -> int | None:
    """Return the bytes of XMP that the format of a suffix holds: 0 for none, None for any number."""
    if not holds_xmp(suffix):
        return 0
    return JPEG_XMP_LIMIT if WRITERS[suffix.lower()] == "JPEG" else None


def sniff(head: bytes, suffix: str = "") -> str | None:
    """Return the format that the first bytes of a file show, or None.

    Args:
        head: The first 64 bytes (or all, if fewer).
        suffix: The file's suffix. Only RAW needs it: most cameras' files begin like a TIFF.
    """
    if suffix.lower() in RAW_SUFFIXES and not head.startswith((b"\xff\xd8\xff", b"\x89PNG")):
        return "RAW"
    if head[4:8] == b"ftyp":
        return _sniff_ftyp(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if len(head) > 2 and head[:1] == b"P" and head[1:2] in b"123456" and head[2:3] in b" \t\r\n#":
        return "PPM"
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    return None


_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)


def _sniff_ftyp(head: bytes) -> str | None:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[i : i + 4] for i in range(16, size - 3, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if b"crx " in brands:
        return "RAW"
    return "HEIF" if brands & _HEIF_BRANDS else None
