"""The page of `generate web`, in a browser: what is moved changes the picture, and nothing leaves the machine.

Needs Debian's package ``chromium`` (or a Chrome), as the tests of reports do.
"""

from __future__ import annotations

import base64
import io
import json
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from restore_generate import web
from restore_generate.architecture import Architecture, weights_name
from restore_generate.commands import generate
from restore_generate.making import Maker, load
from restore_generate.models import build

from restore.errors import PluginError, UsageError
from restore.weights import save
from tests.browsers import FLAGS, chromium

CLASSES = ("cat", "dog")


@dataclass
class Visit:
    """The page in a browser.

    Attributes:
        page: It.
        address: Where it is served.
        said: What its console said.
        fetched: All that it asked for.
    """

    page: Page
    address: str
    said: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def picture(self) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """The picture that is shown."""
        source = self.page.locator("#picture img").get_attribute("src") or ""
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))), np.uint8)

    def changed(self) -> None:
        """Wait until another picture than the one last waited for is shown."""
        self.page.wait_for_function("() => document.querySelector('#picture img').src != window.seen")
        self.page.evaluate("window.seen = document.querySelector('#picture img').src")


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    torch.manual_seed(0)
    architecture = Architecture("cvae", width=4, latent=14, classes=CLASSES)
    path = tmp_path_factory.mktemp("web") / "tiny.safetensors"
    network = build(architecture)
    said = {"model": weights_name("cvae"), "config": json.dumps(architecture.as_dict())}
    save(path, network.state_dict(), said)
    return load(path, "cpu")


@pytest.fixture(scope="module")
def visit(maker: Maker) -> Iterator[Visit]:
    blocks = web.page(maker, "tiny")
    address = web.serve(blocks, None, browser=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        visit = Visit(browser.new_page(viewport={"width": 1100, "height": 900}), address)
        visit.page.set_default_timeout(120_000)
        visit.page.on("console", lambda message: visit.said.append(message.text))
        visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
        visit.page.on("request", lambda each: visit.fetched.append(each.url))
        visit.page.goto(address)
        visit.page.locator("#picture img").wait_for()
        visit.page.evaluate("window.seen = document.querySelector('#picture img').src")
        yield visit
        browser.close()
    blocks.close(verbose=False)


def test_sliders_class_temperature_and_seed_change_the_picture_and_nothing_is_fetched(
    visit: Visit, maker: Maker
) -> None:
    desk = web.Desk(maker)
    start = desk.positions(0)

    def made(seed: int, temperature: float, name: str, values: list[float]) -> torch.Tensor:
        return (desk.picture(seed, temperature, name, values) * 255).round().permute(1, 2, 0)

    assert np.array_equal(visit.picture(), made(0, 1, "cat", start).byte().numpy())
    first = visit.page.get_by_role("slider", name=f"Latent {desk.numbers[0]}", exact=False).first
    first.focus()
    first.press("End")
    visit.changed()
    moved = [web.REACH, *start[1:]]
    assert np.array_equal(visit.picture(), made(0, 1, "cat", moved).byte().numpy())
    visit.page.get_by_role("radio", name="dog").check()
    visit.changed()
    assert np.array_equal(visit.picture(), made(0, 1, "dog", moved).byte().numpy())
    visit.page.get_by_role("slider", name="Temperature", exact=False).first.focus()
    visit.page.keyboard.press("Home")
    visit.changed()
    assert np.array_equal(visit.picture(), made(0, 0, "dog", moved).byte().numpy())
    visit.page.get_by_role("slider", name="Temperature", exact=False).first.press("End")
    visit.changed()
    visit.page.get_by_label("Seed", exact=True).fill("7")
    visit.page.keyboard.press("Tab")
    visit.changed()
    visit.page.wait_for_timeout(500)
    assert np.array_equal(visit.picture(), made(7, 2, "dog", desk.positions(7)).byte().numpy())
    assert float(first.input_value()) == pytest.approx(desk.positions(7)[0], abs=0.011), "the sliders follow the seed"
    assert visit.said == []
    assert [url for url in visit.fetched if not url.startswith((visit.address, "data:"))] == []


def test_it_is_served_to_this_machine_only(visit: Visit) -> None:
    assert visit.address.startswith("http://127.0.0.1:")
    port = int(visit.address.rstrip("/").rpartition(":")[2])
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))  # answers where a server listens on all addresses


def test_a_port_that_is_taken_is_named(visit: Visit, maker: Maker) -> None:
    port = int(visit.address.rstrip("/").rpartition(":")[2])
    with pytest.raises(UsageError, match=f"port {port} is taken.*--port"):
        web.serve(web.page(maker, "second"), port, browser=False)


def test_sliders_are_those_of_the_latents_that_change_most(maker: Maker) -> None:
    decoder = maker.model.decoder  # type: ignore[attr-defined]
    with torch.no_grad():
        kept = decoder.stem.weight.clone()
        decoder.stem.weight[:, 4] *= 50
        decoder.stem.weight[:, 9] = 0
    numbers = web.steered(maker, 13)
    with torch.no_grad():
        decoder.stem.weight.copy_(kept)
    assert numbers[0] == 4 and 9 not in numbers and len(set(numbers)) == 13


def test_an_emptied_seed_and_an_unknown_class_still_make_a_picture(maker: Maker) -> None:
    desk = web.Desk(maker)
    assert desk.drawn(None, 1.0, None, *desk.positions(0)) == desk.drawn(0, 1.0, "cat", *desk.positions(0))
    assert all(abs(value) <= web.REACH for seed in range(20) for value in desk.positions(seed))


def test_the_command_says_where_the_page_is_and_ends_by_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []

    def page(maker: Maker, title: str) -> None:
        told.append((maker.architecture.model, title))

    def serve(blocks: None, port: int | None, browser: bool) -> str:
        told.append((port, browser))
        return "http://127.0.0.1:1/"

    monkeypatch.setattr(web, "page", page)
    monkeypatch.setattr(web, "serve", serve)
    monkeypatch.setattr(web, "wait", lambda blocks: None)
    result = CliRunner().invoke(generate, ["web", "dcgan", "--port", "8000", "--no-browser"])
    assert result.exit_code == 0 and "open http://127.0.0.1:1/" in result.output
    assert told == [("dcgan", "restore generate: dcgan"), (8000, False)]


def test_without_gradio_the_extra_is_named(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(PluginError, match=r"restore-photos\[generate,web\]"):
        web.page(maker, "x")
