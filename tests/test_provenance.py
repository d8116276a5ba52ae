"""What was done to a picture is written into its XMP, read back, and harms nothing else that stands there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs.formats import JPEG_XMP_LIMIT
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.codecs.xmp import LARGEST_PACKET
from restore.image import Image, Metadata
from restore.provenance import Treatment, treatments, with_provenance

WEIGHTS = "0123456789abcdef" * 4
DONE = Treatment("conv-dae", WEIGHTS, {"strength": 1.0, "sigma": "auto"}, "0.1.0")
AGAIN = Treatment("nlm", None, {}, "0.2.0")
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
MM = 'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'


def packet(inside: str, description: str = 'rdf:about=""') -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Tk 1">'
        f'<rdf:RDF {RDF}><rdf:Description {description} {MM} xmlns:my="http://example.com/my/">{inside}'
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n   \n<?xpacket end="w"?>'
    ).encode()


def picture(xmp: bytes | None = None) -> Image:
    return Image(np.zeros((4, 5, 3), np.uint8), metadata=Metadata(source_format="JPEG", xmp=xmp))


def treated(xmp: bytes | None, treatment: Treatment = DONE) -> bytes:
    image = with_provenance(picture(xmp), treatment)
    assert image.metadata.warnings == ()
    assert image.metadata.xmp is not None
    return image.metadata.xmp


def test_what_was_done_is_read_back_from_a_picture_without_xmp() -> None:
    assert treatments(treated(None)) == (DONE,)


def test_the_words_can_be_read_by_people() -> None:
    assert DONE.parameters == f'model=conv-dae; weights=sha256:{WEIGHTS}; options={{"sigma":"auto","strength":1.0}}'
    assert AGAIN.parameters == "model=nlm; weights=none; options={}"


def test_equal_treatments_make_equal_bytes() -> None:
    other_order = Treatment("conv-dae", WEIGHTS, {"sigma": "auto", "strength": 1.0}, "0.1.0")
    assert treated(None) == treated(None, other_order)


def test_treatments_are_listed_in_the_order_they_happened() -> None:
    assert treatments(treated(treated(None), AGAIN)) == (DONE, AGAIN)


def test_odd_characters_survive() -> None:
    odd = Treatment("m", None, {"text": '<a href="x">&\'\n\u0001é; options={}', "list": [1, None, {"a": 2.5}]}, "1")
    assert treatments(treated(None, odd)) == (odd,)


def test_everything_else_of_the_packet_is_kept() -> None:
    xmp = packet("<!-- mine --><my:name>Äpfel &amp; Birnen</my:name>", 'rdf:about="uuid:1" my:stars="5"')
    result = treated(xmp).decode()
    for kept in (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
        'x:xmptk="Tk 1"',
        'rdf:about="uuid:1"',
        'my:stars="5"',
        "<!-- mine --><my:name>Äpfel &amp; Birnen</my:name>",
        '<?xpacket end="w"?>',
    ):
        assert kept in result


@pytest.mark.parametrize(
    "inside",
    [
        '<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:softwareAgent="Other 1"/></rdf:Seq>'
        "</xmpMM:History>",
        "<xmpMM:History><rdf:Seq><rdf:li rdf:parseType='Resource'><stEvt:action>saved</stEvt:action>"
        "<stEvt:softwareAgent>Other 1</stEvt:softwareAgent></rdf:li></rdf:Seq></xmpMM:History>",
        "<xmpMM:History/>",
    ],
)
def test_an_existing_history_is_continued(inside: str) -> None:
    result = treated(packet(inside))
    assert treatments(result) == (DONE,)
    assert result.count(b"<xmpMM:History") == 1
    assert result.count(b"Other 1") == inside.count("Other 1")


def test_a_history_in_a_later_description_is_continued_there() -> None:
    seq = "<xmpMM:History><rdf:Seq><rdf:li stEvt:action='saved'/></rdf:Seq></xmpMM:History>"
    result = treated(packet(f'</rdf:Description><rdf:Description rdf:about="" {MM}>{seq}'))
    assert result.count(b"<xmpMM:History") == 1
    assert treatments(result) == (DONE,)


@pytest.mark.parametrize(
    "li",
    [
        "<rdf:li rdf:parseType='Resource'><!-- c --><stEvt:softwareAgent>{agent}</stEvt:softwareAgent>"
        "<stEvt:parameters>{parameters}</stEvt:parameters></rdf:li>",
        "<rdf:li><rdf:Description stEvt:softwareAgent='{agent}'><stEvt:parameters>{parameters}</stEvt:parameters>"
        "</rdf:Description></rdf:li>",
    ],
)
def test_entries_are_understood_in_the_spellings_of_other_programs(li: str) -> None:
    entry = li.format(agent="restore 0.1.0", parameters=DONE.parameters)
    assert treatments(packet(f"<xmpMM:History><rdf:Seq>{entry}</rdf:Seq></xmpMM:History>")) == (DONE,)


@pytest.mark.parametrize(
    ("agent", "parameters"),
    [
        ("Other 1", DONE.parameters),
        ("restore 0.1.0", "converted from a to b"),
        ("restore 0.1.0", "model=a; weights=none; options={broken}"),
        ("restore 0.1.0", "model=a; weights=none; options={" + "[" * 20000 + "}"),
    ],
)
def test_what_others_wrote_is_passed_over(agent: str, parameters: str) -> None:
    entry = f"<rdf:li stEvt:softwareAgent='{agent}' stEvt:parameters='{parameters}'/>"
    assert treatments(packet(f"<xmpMM:History><rdf:Seq>{entry}</rdf:Seq></xmpMM:History>")) == ()


BOMB = (
    '<!DOCTYPE b [<!ENTITY a0 "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><b>&a11;</b>"
)


@pytest.mark.parametrize(
    "xmp",
    [
        b"not XML",
        b"<unfinished",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>",
        b"\xff\xfe\0\0",
        BOMB.encode(),
        b'<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]><b>&x;</b>',
        b'<!DOCTYPE b SYSTEM "http://127.0.0.1:9/dtd"><b/>',
        packet("<xmpMM:History>just text</xmpMM:History>"),
        packet("", 'xmpMM:History="just text"'),
        b"<a>" * 100_000,
        packet("<my:padding>" + " " * LARGEST_PACKET + "</my:padding>"),
    ],
    ids=range(11),
)
def test_xmp_that_cannot_take_an_entry_is_kept_and_named(xmp: bytes) -> None:
    image = with_provenance(picture(xmp), DONE)
    assert treatments(xmp) == ()
    assert image.metadata.xmp == xmp
    (warning,) = image.metadata.warnings
    assert warning.startswith("What was done to it is not recorded in its XMP: ")


def test_padding_behind_the_packet_does_no_harm() -> None:
    assert treatments(treated(packet("") + b"\0\0 \n")) == (DONE,)


def test_a_packet_as_large_as_a_jpeg_holds_stays_as_it_is() -> None:
    xmp = packet("<my:text>" + "x" * (JPEG_XMP_LIMIT - len(packet("<my:text></my:text>"))) + "</my:text>")
    assert len(xmp) == JPEG_XMP_LIMIT
    image = with_provenance(picture(xmp), DONE)
    assert image.metadata.xmp == xmp
    assert "65502 bytes" in image.metadata.warnings[0]
    assert treatments(with_provenance(picture(xmp), DONE, None).metadata.xmp or b"") == (DONE,)


def test_warnings_that_were_there_stay() -> None:
    image = Image(np.zeros((4, 5, 3), np.uint8), metadata=Metadata(xmp=b"damaged", warnings=("Before.",)))
    assert with_provenance(image, DONE).metadata.warnings[0] == "Before."


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_it_travels_through_every_format_that_holds_xmp(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    assert write(with_provenance(picture(), DONE), path) == ()
    assert treatments(read(path).metadata.xmp or b"") == (DONE,)
    if suffix != ".tif":  # Pillow shows a TIFF's XMP only as a tag
        assert Pillow.open(path).info["xmp"]


def test_the_steps_that_changed_a_picture_are_told_where_they_differ_from_picture_to_picture() -> None:
    step = {"task": "denoise", "model": "nlm", "options": {"h": 3}, "seconds": 1.5, "why": "noise"}
    account = {"steps": [step | {"changed": True}, step | {"changed": False}]}
    own = Treatment("auto", None, {"only": "denoise"}).of_picture(account)
    assert own.options == {"only": "denoise", "done": [{"task": "denoise", "model": "nlm", "options": {"h": 3}}]}
    same_for_all = Treatment("pipeline", None, {"steps": ["as planned"]})
    assert same_for_all.of_picture(account) == same_for_all
    assert DONE.of_picture(None) == DONE
