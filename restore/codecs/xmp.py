"""XMP packets as trees: parsed so that hostile XML does no harm, written back with everything in them."""

from __future__ import annotations

from typing import Any

# lxml and not the standard library: it keeps prefixes, comments and the packet's wrapper as they are, and it can be
# told to resolve no entity and to open no file or connection. defusedxml parses safely but loses all of the former.
from lxml import etree

LARGEST_PACKET = 4 << 20
"""Bytes of XMP that are taken apart; the tree takes up to forty times as much memory, and real packets are smaller."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RAW_SETTINGS = "http://ns.adobe.com/camera-raw-settings/1.0/"


def parse(xmp: bytes) -> Any:  # noqa: ANN401 (lxml has no types)
    """Return the root element (of lxml) of a packet.

    Raises:
        ValueError: It is too large, no XML, or states a document type, which XMP never does; says so.
    """
    if len(xmp) > LARGEST_PACKET:
        raise ValueError(f"the XMP is larger than {LARGEST_PACKET >> 20} MiB")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xmp.strip(b"\0 \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ValueError("the XMP is damaged") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("the XMP states a document type")
    return root


def pack(root: Any) -> bytes:  # noqa: ANN401
    """Return the packet of a tree with its wrapper; only the padding behind it is gone."""
    packet: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=False)
    return packet


def without_raw_settings(xmp: bytes) -> bytes:
    """Return the packet without the settings for developing a RAW file (``crs:``), byte for byte where it has none.

    Beside a developed picture they would be taken for its own, and be applied to it once more.

    Raises:
        ValueError: The packet is damaged.
    """
    if RAW_SETTINGS.encode() not in xmp:
        return xmp
    root = parse(xmp)
    for element in list(root.iter(f"{{{RAW_SETTINGS}}}*")):
        if (parent := element.getparent()) is not None:
            parent.remove(element)
    for element in root.iter("*"):
        for name in [name for name in element.attrib if name.startswith(f"{{{RAW_SETTINGS}}}")]:
            del element.attrib[name]
    return pack(root)
