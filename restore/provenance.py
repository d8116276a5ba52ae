"""What was done to a picture, written into its XMP and read back from there.

Each treatment is one entry of ``xmpMM:History`` (XMP specification part 1, section 8.6, "ResourceEvent"), which other
programs show and keep. The entry says nothing about when and holds no random identity, so that equal runs make equal
bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from lxml import etree

from restore.codecs.formats import JPEG_XMP_LIMIT
from restore.codecs.xmp import RDF, pack, parse
from restore.image import Image

XMPMM = "http://ns.adobe.com/xap/1.0/mm/"
ST_EVT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
ACTION = "edited"
"""Of the actions that the XMP specification lists, the one that is true of every restorer."""

_EMPTY = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_AGENT = re.compile(r"restore (\S+)")
_PARAMETERS = re.compile(r"model=(.+?); weights=(?:sha256:([0-9a-f]{64})|none); options=(\{.*\})", re.DOTALL)


@dataclass(frozen=True)
class Treatment:
    """What one run did to a picture.

    Attributes:
        model: Name of the restorer.
        weights: SHA-256 of the weights file, 64 hexadecimal digits; None where the method has no weights.
        options: The restorer's options as plain JSON values.
        version: Of restore.
    """

    model: str
    weights: str | None = None
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    version: str = ""

    def of_picture(self, account: Mapping[str, object] | None) -> Treatment:
        """The same with the steps that changed this one picture, as `restore.image.Restoration.account` tells them.

        Only where they differ from picture to picture: a pipeline's options say them already.
        """
        steps = None if account is None else account.get("steps")
        if not isinstance(steps, list) or isinstance(self.options.get("steps"), list | tuple):
            return self
        keys = ("task", "model", "options", "mask")
        done = [{key: step[key] for key in keys if step.get(key)} for step in steps if step["changed"]]
        return replace(self, options={**self.options, "done": done})

    @property
    def parameters(self) -> str:
        """``model=conv-dae; weights=sha256:0123…; options={"sigma":"auto"}``: what stands in ``stEvt:parameters``."""
        weights = "none" if self.weights is None else f"sha256:{self.weights}"
        options = json.dumps(dict(self.options), sort_keys=True, separators=(",", ":"))
        return f"model={self.model}; weights={weights}; options={options}"


def with_provenance(image: Image, treatment: Treatment, limit: int | None = JPEG_XMP_LIMIT) -> Image:
    """Return the picture with one more entry in its XMP's history; everything else of the packet is kept.

    Args:
        image: The restored picture.
        treatment: What was done.
        limit: Bytes of XMP that the output's format holds, see `restore.codecs.formats.xmp_limit`; None for any number.

    Returns:
        The picture with the entry; or, where the XMP is damaged or would grow too large, unchanged but for a sentence
        in ``metadata.warnings``.
    """
    meta = image.metadata
    try:
        xmp = _with_entry(meta.xmp or _EMPTY, treatment)
        if limit is not None and len(xmp) > limit:
            raise ValueError(f"with it, the XMP would be larger than the {limit} bytes the format holds")
    except ValueError as error:
        return image.with_warnings(f"What was done to it is not recorded in its XMP: {error}.")
    return replace(image, metadata=replace(meta, xmp=xmp))


def treatments(xmp: bytes) -> tuple[Treatment, ...]:
    """Return what restore did to a picture, oldest first.

    Args:
        xmp: The packet; entries of other programs are passed over, a damaged packet has none.
    """
    try:
        root = parse(xmp)
    except ValueError:
        return ()
    events = (event for item in root.iterfind(f".//{{{XMPMM}}}History//{{{RDF}}}li") for event in [_event(item)])
    return tuple(treatment for event in events if (treatment := _treatment(event)) is not None)


def _with_entry(xmp: bytes, treatment: Treatment) -> bytes:
    """Return the packet with one more entry.

    Raises:
        ValueError: The packet is damaged or cannot take an entry; says why.
    """
    root = parse(xmp)
    entries = _history(root)
    entry = etree.SubElement(entries, f"{{{RDF}}}li", nsmap={"stEvt": ST_EVT})
    entry.set(f"{{{ST_EVT}}}action", ACTION)
    entry.set(f"{{{ST_EVT}}}softwareAgent", f"restore {treatment.version}")
    entry.set(f"{{{ST_EVT}}}parameters", treatment.parameters)
    return pack(root)


def _history(root: Any) -> Any:  # noqa: ANN401 (lxml has no types)
    """Return the list that holds the history's entries, made where there is none.

    Raises:
        ValueError: There is no RDF, or a history that is no list.
    """
    rdf = next(root.iter(f"{{{RDF}}}RDF"), None)
    if rdf is None:
        raise ValueError("the XMP holds no RDF")
    history = rdf.find(f"{{*}}*/{{{XMPMM}}}History")
    if history is None:
        descriptions = rdf.findall(f"{{{RDF}}}Description")
        if any(each.get(f"{{{XMPMM}}}History") is not None for each in descriptions):
            raise ValueError("the history in the XMP is no list")
        # All descriptions of a packet are about the same thing: the first is as good as any.
        subject = descriptions[0] if descriptions else etree.SubElement(rdf, f"{{{RDF}}}Description")
        if not descriptions:
            subject.set(f"{{{RDF}}}about", "")
        history = etree.SubElement(subject, f"{{{XMPMM}}}History", nsmap={"xmpMM": XMPMM})
    entries = next((e for name in ("Seq", "Bag") if (e := history.find(f"{{{RDF}}}{name}")) is not None), None)
    if entries is None:
        if len(history) or (history.text or "").strip() or f"{{{RDF}}}resource" in history.attrib:
            raise ValueError("the history in the XMP is no list")
        entries = etree.SubElement(history, f"{{{RDF}}}Seq")
    return entries


def _event(item: Any) -> dict[str, str]:  # noqa: ANN401
    """The event's fields by name, in whichever of RDF's spellings: attributes, elements, or either in a description."""
    event = {}
    for part in (item, *item.iterfind(f"{{{RDF}}}Description")):
        for name, value in (*part.items(), *((child.tag, child.text or "") for child in _elements(part))):
            if name.startswith(f"{{{ST_EVT}}}"):
                event[name.removeprefix(f"{{{ST_EVT}}}")] = value
    return event


def _elements(part: Any) -> Iterator[Any]:  # noqa: ANN401
    """Child elements, without comments and processing instructions, whose tag is no text."""
    return (child for child in part if isinstance(child.tag, str))


def _treatment(event: Mapping[str, str]) -> Treatment | None:
    """The treatment that an event tells of, or None where it is another program's or was changed by hand."""
    agent = _AGENT.fullmatch(event.get("softwareAgent", ""))
    told = _PARAMETERS.fullmatch(event.get("parameters", ""))
    if agent is None or told is None:
        return None
    try:
        options = json.loads(told[3])
    except (ValueError, RecursionError):
        return None
    return Treatment(told[1], told[2], options, agent[1])
