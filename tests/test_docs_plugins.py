"""The tutorial in docs/plugins.md is followed to the letter: its files written, its commands run, in their order."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from skimage import data

from restore.cli.template_kinds import kind_of
from restore.errors import UsageError
from restore.plugin_manager import PluginManager
from restore.weights import header
from tests.fresh_environment import FreshEnvironment, fresh_environment

__all__ = ["fresh_environment"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
TUTORIAL = PAGE.partition("## A network of your own in ten minutes\n")[2].partition("\n## ")[0]


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: "sh" or "python".
        code: What stands in it.
        file: Where Python is to be written: the last path that the text before it names.
    """

    language: str
    code: str
    file: str


def blocks() -> list[Block]:
    """The blocks of the tutorial in their order."""
    found = []
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL):
        named = re.findall(r"`([\w./-]+\.py)`", TUTORIAL[: match.start()])
        found.append(Block(match[1], match[2], named[-1] if named else ""))
    return found


def follow(block: Block, fresh: FreshEnvironment) -> str:
    """Write the file, or run the commands and give what they said."""
    if block.language == "python":
        assert (fresh.folder / block.file).is_file(), f"the tutorial replaces {block.file}, which is not there"
        (fresh.folder / block.file).write_text(block.code, "utf-8")
        return ""
    said = []
    for line in block.code.splitlines():
        program, *arguments = shlex.split(line)
        if program == "restore":
            said.append(fresh.restore(*arguments).stdout)
        elif program == "pytest":
            said.append(fresh.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments).stdout)
        elif program == "pip":  # what it is built with is here already; there is no network to take it from
            fresh.pip(arguments[0], "--no-deps", "--no-build-isolation", *arguments[1:])
        else:
            assert program == "cp", f"the tutorial runs {program}, which this test cannot"
            shutil.copy(fresh.folder / arguments[0], fresh.folder / arguments[1])
    return "\n".join(said)


@pytest.fixture(scope="module")
def followed(fresh_environment: FreshEnvironment) -> tuple[FreshEnvironment, list[str]]:
    """The environment after the last block, and what each said."""
    folder = fresh_environment.folder
    pictures = {"photos": (data.astronaut, data.coffee, data.chelsea), "album": (data.rocket,)}
    for name, makers in pictures.items():
        (folder / name).mkdir()
        for make in makers:
            picture = PillowImage.fromarray(make())
            picture.thumbnail((192, 192))
            picture.save(folder / name / f"{make.__name__}.png")
    return fresh_environment, [follow(block, fresh_environment) for block in blocks()]


def test_every_step_works(followed: tuple[FreshEnvironment, list[str]]) -> None:
    fresh, said = followed
    assert "3 passed" in said[0]
    assert header(fresh.folder / "three-layers.safetensors")["steps"] == "20"
    assert "mean" in said[3]
    assert "three-layers: " in said[4]


def test_the_trained_network_is_the_models_own_at_the_end(followed: tuple[FreshEnvironment, list[str]]) -> None:
    folder = followed[0].folder
    noisy, clean, again = (
        np.asarray(PillowImage.open(folder / name / "rocket.png")) for name in ("noisy", "clean", "again")
    )
    assert np.array_equal(clean, again)
    assert not np.array_equal(clean, noisy)


def test_every_block_is_one_that_these_tests_follow() -> None:
    assert [block.language for block in blocks()] == ["sh", "python", "sh", "sh", "sh"]


def test_what_is_written_by_hand_is_counted_rightly() -> None:
    """Fewer than 60 lines, file and commands together."""
    (network,) = [block for block in blocks() if block.language == "python"]
    lines = [line for line in network.code.splitlines() if line.strip()]
    commands = [line for block in blocks() if block.language == "sh" for line in block.code.splitlines()]
    claim = re.search(r"Written by hand: (\d+) lines of `model.py` and (\d+) commands", TUTORIAL)
    assert claim and (int(claim[1]), int(claim[2])) == (len(lines), len(commands))
    assert len(lines) + len(commands) < 60


def test_the_table_of_tasks_is_that_of_the_command() -> None:
    """Tasks that further plugins bring are served or refused in a sentence."""
    table = PAGE.partition("| TASK |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    manager = PluginManager.discover()
    kinds = {kind_of(task, "mine", manager).name for task in listed}
    assert kinds == {"picture", "upscale", "inpaint", "detect", "fuse"}
    for task in set(manager.tasks()) - set(listed):
        with suppress(UsageError):
            assert kind_of(task, "mine", manager).name in kinds


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", PAGE)
    assert [file for file, _ in targets if file and not (ROOT / "docs" / file).exists()] == []
    titles = {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    assert {part[1:] for file, part in targets if part and not file} <= titles
