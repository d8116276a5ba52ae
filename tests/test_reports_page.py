"""The page: self-contained, safe against file names, written whole or not at all, and nothing else written over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from restore.contact_sheet import ContactSheet
from restore.errors import OutputError
from restore.plugin_manager import PluginManager
from restore.reports import Account, File, Looker, Photo, Step, sizes_for, write_report
from restore.reports.page import check_page
from restore.reports.photo import State

PhotoFile = Callable[..., Path]
NASTY = '<script>alert("x")</script>&\'</h2>.jpg'


class Elements(HTMLParser):
    """All elements of a page with their attributes; what lies in scripts as text is parsed too."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        for body in re.findall(r'<script type="text/plain" class="body">(.*?)</script>', text, re.DOTALL):
            self.feed(body)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Note it."""
        self.found.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        """Every value of an attribute."""
        return [value for _, attributes in self.found if (value := attributes.get(attribute))]


@pytest.fixture
def looker(tiny_manager: PluginManager) -> Looker:
    return Looker(tiny_manager, sizes_for(1), 10**8)


@pytest.fixture
def done(photo: PhotoFile, tmp_path: Path) -> Callable[..., Photo]:
    """A photo that was restored, of any name."""

    def make(name: str = "a.jpg", state: State = "done", reason: str | None = None) -> Photo:
        before, after = photo(tmp_path / "in" / name.replace("/", "-")), photo(tmp_path / "out" / "a.jpg", 24)
        steps = (Step("tiny", {"strength": 1.0}),)
        return Photo(
            name, state, File(after, "result"), (File(before, "input"),), steps=steps, reason=reason, seconds=2
        )

    return make


def written(tmp_path: Path, looker: Looker, *photos: Photo, facts: Mapping[str, str] | None = None) -> str:
    """The page of some photos."""
    page = tmp_path / "report.html"
    account = Account("out", photos, tuple((facts or {}).items()))
    size = write_report(account, page, looker, sizes_for(1))
    assert page.stat().st_size == size
    return page.read_text("utf-8")


def test_a_page_needs_no_other_file_and_no_network(tmp_path: Path, looker: Looker, done: Callable[..., Photo]) -> None:
    text = written(tmp_path, looker, done())
    elements = Elements(text)
    assert elements.values("src") == [] and not {"link", "iframe", "object"} & {tag for tag, _ in elements.found}
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text
    assert elements.values("href") == ["in/a.jpg", "out/a.jpg"], "links to the photos themselves, relative"


def test_file_names_are_text_and_nothing_else(tmp_path: Path, looker: Looker, done: Callable[..., Photo]) -> None:
    plain = Elements(written(tmp_path, looker, done()))
    nasty = Elements(written(tmp_path, looker, done(NASTY, reason=NASTY), facts={NASTY: NASTY}))
    assert [tag for tag, _ in nasty.found if tag in ("script", "h2")] == [
        tag for tag, _ in plain.found if tag in ("script", "h2")
    ]
    assert NASTY.lower() in nasty.values("data-name")
    assert not any("<" in value for value in nasty.values("href"))


def test_names_that_are_not_utf8_are_shown_with_a_sign_and_linked_as_they_are(
    tmp_path: Path, looker: Looker, done: Callable[..., Photo]
) -> None:
    text = written(tmp_path, looker, done("caf\udce9.jpg"))
    assert "caf\N{REPLACEMENT CHARACTER}.jpg" in text
    assert "in/caf%E9.jpg" in Elements(text).values("href")


def test_the_head_adds_up(tmp_path: Path, looker: Looker, done: Callable[..., Photo]) -> None:
    failed = done("b.jpg", "failed", reason="is broken.")
    text = written(tmp_path, looker, done(), failed, facts={"running": "someone"})
    assert "2 = 1 done + 0 skipped + 1 failed" in text
    assert "tiny: strength 1.0" in text and "someone" in text and "is broken." in text


def test_only_an_earlier_report_is_written_over(tmp_path: Path, looker: Looker, done: Callable[..., Photo]) -> None:
    first = written(tmp_path, looker, done())
    assert written(tmp_path, looker, done("b.jpg")) != first
    diary = tmp_path / "diary.html"
    diary.write_text("my diary")
    with pytest.raises(OutputError, match="no report of restore"):
        write_report(Account("out", []), diary, looker, sizes_for(1))
    assert diary.read_text() == "my diary"
    with pytest.raises(OutputError):
        check_page(tmp_path)


def test_what_fails_on_the_way_leaves_nothing_behind(
    tmp_path: Path, looker: Looker, done: Callable[..., Photo], listing_of: Callable[[Path], list[str]]
) -> None:
    photos = [done()]
    before = listing_of(tmp_path)

    def stop(_: Photo) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(Account("out", photos), tmp_path / "report.html", looker, sizes_for(1), tell=stop)
    assert listing_of(tmp_path) == before


def test_a_contact_sheet_is_filled_on_the_way(tmp_path: Path, looker: Looker, done: Callable[..., Photo]) -> None:
    sheet = ContactSheet(1)
    write_report(Account("out", [done()]), tmp_path / "report.html", looker, sizes_for(1), sheet)
    assert sheet.pixels.min() < 50


def test_an_empty_account_is_a_page_too(tmp_path: Path, looker: Looker) -> None:
    assert "0 = 0 done" in written(tmp_path, looker)
