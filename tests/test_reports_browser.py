"""A report in a browser: the slider moves by mouse and by keys, the filter works, nothing is fetched or complains.

Needs Debian's package ``chromium`` (or a Chrome); where there is none, that is said and these tests are left
out, except where CI is set.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from restore.plugin_manager import PluginManager
from tests.browsers import FLAGS, chromium

PhotoFile = Callable[..., Path]
NASTY = "<script>document.title='broken in'<script>.png"
WIDE = 1300


@dataclass
class Visit:
    """A page in the browser.

    Attributes:
        page: It.
        said: What its console said.
        fetched: What it asked for, beside itself.
    """

    page: Page
    said: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def card(self, name: str) -> Locator:
        """The card of a photo."""
        return self.page.locator("article", has=self.page.get_by_role("heading", name=name, exact=True))

    def shown(self) -> list[str]:
        """Names of the cards that are shown, in order."""
        # Not inner_text: of what the browser has not drawn yet (content-visibility) that is empty.
        return [each.text_content() or "" for each in self.page.locator("article:visible h2").all()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with a large photo, small ones, one that failed, one that was skipped, and a nasty name."""
    import numpy as np
    from PIL import Image as PillowImage

    from restore.cli import main
    from tests.tiny import Tiny

    folder = tmp_path_factory.mktemp("report")
    (folder / "in").mkdir()
    (folder / "out").mkdir()
    pixels = np.tile(np.arange(WIDE, dtype=np.uint8)[None, :, None], (700, 1, 3))
    for name, size in (("large.png", WIDE), (NASTY, 90), ("small.png", 80), ("there.png", 70)):
        PillowImage.fromarray(pixels[: size // 2, :size]).save(folder / "in" / name)
    shutil.copy(folder / "in" / "there.png", folder / "out")
    (folder / "in" / "broken.jpg").write_bytes(b"nothing")
    page = folder / "page.html"
    words = ["denoise", folder / "in", "-o", folder / "out", "--report", page, "--truth", folder / "in"]
    assert main([str(word) for word in words], PluginManager.of({"tiny": Tiny()})) == 8
    return page


@pytest.fixture(params=[(1280, 900, "light"), (390, 844, "dark")], ids=["desktop", "phone"])
def visit(request: pytest.FixtureRequest, browser: Browser, report: Path, tmp_path: Path) -> Iterator[Visit]:
    width, height, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    visit = Visit(page)
    page.on("console", lambda message: visit.said.append(message.text))
    page.on("pageerror", lambda error: visit.said.append(str(error)))
    page.on("request", lambda each: visit.fetched.append(each.url))
    page.goto(report.as_uri())
    yield visit
    page.screenshot(path=tmp_path / f"{scheme}.png")
    page.close()
    assert visit.said == [], "no errors, whatever was done"
    assert [url for url in visit.fetched if not url.startswith("data:")] == [report.as_uri()]


def test_the_slider_moves_by_keys(visit: Visit) -> None:
    slider = visit.card("large.png").get_by_role("slider").first
    stage = visit.card("large.png").locator(".stage:visible")
    slider.focus()
    assert _cut(stage, "after") == pytest.approx(0.5)
    for _ in range(10):
        slider.press("ArrowRight")
    assert slider.input_value() == "60" and slider.get_attribute("aria-valuetext") == "60 % before, 40 % after"
    assert _cut(stage, "after") == pytest.approx(0.6) == _cut(stage, "before")
    slider.press("Home")
    assert _cut(stage, "after") == 0
    assert "large.png" in str(slider.get_attribute("aria-label"))


def test_the_slider_moves_by_mouse_over_the_whole_picture(visit: Visit) -> None:
    stage = visit.card("large.png").locator(".stage:visible")
    stage.scroll_into_view_if_needed()
    box: Any = stage.bounding_box()
    visit.page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"], steps=5)
    visit.page.mouse.up()
    assert _cut(stage, "after") == pytest.approx(0.2, abs=0.02)


def test_both_pictures_are_there_and_lie_over_each_other(visit: Visit) -> None:
    images = visit.card("large.png").locator(".stage:visible img")
    visit.page.wait_for_function("[...document.images].filter(i => i.src).every(i => i.complete)")
    sizes = images.evaluate_all("all => all.map(i => [i.naturalWidth, i.clientWidth, i.clientHeight])")
    assert len(sizes) == 2 and sizes[0] == sizes[1] and sizes[0][0] == 1024


def test_the_filter_shows_only_what_failed(visit: Visit) -> None:
    assert len(visit.shown()) == 5
    visit.page.get_by_role("radio", name="failed 1").check(force=True)
    assert visit.shown() == ["broken.jpg"]
    assert visit.page.get_by_role("status").inner_text() == "1 of 5 shown"
    assert visit.card("broken.jpg").get_by_text("is not a picture in any format").is_visible()
    visit.page.get_by_role("radio", name="skipped 1").check(force=True)
    assert visit.shown() == ["there.png"]
    visit.page.get_by_role("radio", name="all 5").check(force=True)
    assert len(visit.shown()) == 5


def test_names_are_searched_for_whatever_their_case(visit: Visit) -> None:
    visit.page.get_by_role("searchbox").fill("SMALL png")
    assert visit.shown() == ["small.png"]
    visit.page.get_by_role("searchbox").fill("nowhere")
    assert visit.shown() == []


def test_a_nasty_name_is_only_a_name(visit: Visit) -> None:
    assert NASTY in visit.shown()
    visit.card(NASTY).scroll_into_view_if_needed()
    visit.page.wait_for_timeout(100)
    assert visit.page.title().startswith("Report on ")


def test_a_detail_in_its_own_pixels_can_be_looked_at(visit: Visit) -> None:
    card = visit.card("large.png")
    card.get_by_role("button", name="Detail 1:1").click()
    stage = card.locator(".stage:visible")
    assert stage.get_attribute("data-view") == "detail"
    assert stage.locator("img").first.evaluate("i => i.naturalWidth") == 512
    assert visit.card("small.png").get_by_role("button", name="Detail 1:1").count() == 0, "it is shown whole anyway"
    card.get_by_role("button", name="Large").click()
    assert card.evaluate("c => c.classList.contains('wide')")


def test_photos_are_put_in_order(visit: Visit) -> None:
    visit.page.get_by_label("Order").select_option(label="slowest first")
    seconds = visit.page.locator("article").evaluate_all("all => all.map(a => +(a.dataset.seconds ?? -1))")
    assert seconds == sorted(seconds, reverse=True) and seconds[-1] == -1


def test_nothing_is_wider_than_the_screen(visit: Visit) -> None:
    inner, outer = visit.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert inner <= outer


def test_pictures_far_from_the_screen_are_not_decoded(browser: Browser, report: Path, tmp_path: Path) -> None:
    text = report.read_text("utf-8")
    start, end = text.index("<article"), text.rindex("</article>") + len("</article>")
    many = tmp_path / "many.html"
    many.write_text(text[:start] + text[start:end] * 60 + text[end:], "utf-8")
    page = browser.new_page(viewport={"width": 900, "height": 700})
    page.goto(many.as_uri())
    page.wait_for_timeout(200)
    first = page.locator("img[src]").count()
    assert 0 < first < 60 and page.locator("article").count() == 300
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    assert 0 < page.locator("img[src]").count() < 60, "those that were left are given back"
    page.close()


def _cut(stage: Locator, which: str) -> float:
    """Where a picture is cut, as a share of the width."""
    cut = stage.locator(f"img.{which}").evaluate("i => getComputedStyle(i).clipPath")
    edge = float(cut.split("calc(100% - ")[1].split("%")[0] if "calc" in cut else _last_percent(cut))
    return (edge if which == "after" or "calc" in cut else 100 - edge) / 100


def _last_percent(cut: str) -> str:
    """The only number of ``inset(…)`` that is not 0."""
    return next((word.strip("%)") for word in cut.removeprefix("inset(").split() if word.strip("px%)") != "0"), "0")
