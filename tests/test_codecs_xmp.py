"""XMP packets are parsed without danger and written back whole."""

from __future__ import annotations

import pytest

from restore.codecs.xmp import LARGEST_PACKET, pack, parse, without_raw_settings

CRS = 'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"'
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
PACKET = (
    f'<?xpacket begin="\ufeff" id="x"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}><rdf:Description {CRS} '
    'rdf:about="" crs:Exposure2012="+1.50" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"><crs:ToneCurve>'
    "<rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurve><xmp:Label>Über</xmp:Label></rdf:Description></rdf:RDF>"
    '</x:xmpmeta><?xpacket end="w"?>'
).encode()


def test_a_packet_comes_back_as_it_was() -> None:
    assert pack(parse(PACKET)) == PACKET.replace(
        b' rdf:about="" crs:Exposure2012="+1.50" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4">',
        b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" rdf:about="" crs:Exposure2012="+1.50" xmp:Rating="4">',
    )


def test_settings_for_raw_files_are_taken_out_and_nothing_else() -> None:
    result = without_raw_settings(PACKET)
    assert b"Exposure2012" not in result and b"ToneCurve" not in result
    for kept in ('xmp:Rating="4"', "<xmp:Label>Über</xmp:Label>", '<?xpacket end="w"?>'):
        assert kept.encode() in result


def test_without_such_settings_the_bytes_stay() -> None:
    assert without_raw_settings(b"anything, even damaged") == b"anything, even damaged"


@pytest.mark.parametrize(
    ("xmp", "why"),
    [
        (b"<unfinished", "damaged"),
        (b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><b>&x;</b>', "document type"),
        (b"<a>" + b" " * LARGEST_PACKET + b"</a>", "larger than 4 MiB"),
    ],
)
def test_what_is_dangerous_or_damaged_is_refused_with_the_reason(xmp: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(xmp)
