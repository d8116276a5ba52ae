"""XMP and IPTC of a camera RAW file, as far as they are true of the picture developed from it."""

from __future__ import annotations

from restore.codecs import embedded, jpeg_header, xmp
from restore.codecs.ifd import first_offset, read_ifd
from restore.codecs.source import Source
from restore.codecs.tiff_tags import XMP, iptc_of


def blocks(data: bytes, source: Source) -> tuple[bytes | None, bytes | None]:
    """Return XMP and IPTC: from the file where it is a TIFF (DNG, NEF, ARW …), else from its preview.

    Args:
        data: The whole file.
        source: Takes the warnings.

    Returns:
        The packet, upright and without the settings for developing it, and the IPTC block; None for what is missing.
    """
    try:
        if data[:4] in (b"II*\0", b"MM\0*"):
            tags, _ = read_ifd(data, first_offset(data))
            found = {number: tag.value for number, tag in tags.items()}
            packet, iptc = found.get(XMP), iptc_of(found, source)
        else:
            preview = data.find(b"\xff\xd8\xff\xe1")
            if preview < 0:
                return None, None
            header = jpeg_header.parse(data[preview:])
            packet, iptc = header.xmp, header.photoshop
    except ValueError as error:
        source.warn(f"Its XMP and IPTC cannot be read ({error}) and are left out.")
        return None, None
    try:
        # The developed picture is upright already.
        return embedded.upright_xmp(xmp.without_raw_settings(packet)) if packet else None, iptc
    except ValueError as error:
        source.warn(f"Its XMP cannot be used ({error}) and is left out.")
        return None, iptc
