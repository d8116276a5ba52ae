"""Motion photos: a JPEG with a short video behind it, of which the XMP tells. No result has the video.

Format: Android's "Motion Photo format 1.0", with its forerunner "Micro Video".
"""

from __future__ import annotations

import re
from typing import Any

from restore.codecs.xmp import RDF, pack, parse

CAMERA = "http://ns.google.com/photos/1.0/camera/"
CONTAINER = "http://ns.google.com/photos/1.0/container/"
ITEM = f"{CONTAINER}item/"

_CLAIM = re.compile(rb"""(?:MotionPhoto|MicroVideo)(?:\s*=\s*["']|>\s*)1|Semantic(?:\s*=\s*["']|>\s*)MotionPhoto""")
_BOX = re.compile(rb"\0\0\0[\x08-\xff]ftyp")  # how an MP4 or QuickTime file begins (ISO/IEC 14496-12, section 4.3)


def has_video(data: bytes, end: int, xmp: bytes | None, *, pictures: bool) -> bool:
    """Whether a video lies behind a JPEG.

    Args:
        data: The whole file.
        end: Where its first picture ends.
        xmp: Its packet.
        pictures: Whether the file announces further pictures: what lies behind the first is then a video only where
            it begins like one.
    """
    if end >= len(data):
        return False
    claimed = xmp is not None and not pictures and _CLAIM.search(xmp) is not None
    return claimed or _BOX.search(data, end) is not None


def without_video(xmp: bytes) -> bytes:
    """Return the packet without what it says of a video, byte for byte where it says nothing or is damaged.

    Viewers would look behind the picture for it.
    """
    if CAMERA.encode() not in xmp and CONTAINER.encode() not in xmp:
        return xmp
    try:
        root = parse(xmp)
    except ValueError:
        return xmp
    unwanted = [element for element in root.iter("*") if _is_told(element.tag)]
    for directory in root.iter(f"{{{CONTAINER}}}Directory"):
        unwanted += [item for item in directory.iter(f"{{{RDF}}}li") if _is_video(item)]
    told = [(element, name) for element in root.iter("*") for name in element.attrib if _is_told(name)]
    for element, name in told:
        del element.attrib[name]
    for element in unwanted:
        if (parent := element.getparent()) is not None:
            parent.remove(element)
    return pack(root) if told or unwanted else xmp


def _is_told(name: str) -> bool:
    """Whether a property of Google's camera is about the video: MotionPhoto and MicroVideo with their kin."""
    return name.startswith((f"{{{CAMERA}}}Motion", f"{{{CAMERA}}}MicroVideo"))


def _is_video(item: Any) -> bool:  # noqa: ANN401 (lxml has no types)
    """Whether an entry of the list of what the file holds is the video, in whichever of RDF's spellings."""
    said = {(name, value) for part in item.iter("*") for name, value in (*part.items(), (part.tag, part.text or ""))}
    return any(
        (name == f"{{{ITEM}}}Semantic" and value.strip() == "MotionPhoto")
        or (name == f"{{{ITEM}}}Mime" and value.strip().startswith("video/"))
        for name, value in said
    )
