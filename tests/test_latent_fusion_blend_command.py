"""`restore blend`: from one picture to another, as a picture or as an animation; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import restore_latent_fusion.plugin as plugin
from PIL import Image as PillowImage
from restore_latent_fusion.blending import load
from restore_latent_fusion.commands import FRAMES

from restore.codecs.reading import read
from restore.errors import ExitCode
from restore.image import Image
from restore.plugin_manager import PluginManager
from restore.spec import Runtime
from tests.random_blender import away, other, photograph, write_random_weights

if TYPE_CHECKING:
    from tests.conftest import Outcome

Command = Callable[..., "Outcome"]
Listing = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_weights(tmp_path_factory.mktemp("weights") / "random.safetensors")


@pytest.fixture
def blend(weights: Path, run_cli: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """``restore blend`` with further words."""
    monkeypatch.setattr(plugin, "WEIGHTS", weights)
    manager = PluginManager.of({"latent-fusion": plugin})
    return lambda *words: run_cli(manager, "blend", *words, "--device", "cpu")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two files of one size."""
    paths = tmp_path / "a.png", tmp_path / "b.png"
    for path, picture in zip(paths, (photograph(), other()), strict=True):
        cv2.imwrite(str(path), picture[..., ::-1])
    return paths


def test_the_command_writes_what_lies_halfway_unless_told_otherwise(
    blend: Command, weights: Path, pair: tuple[Path, Path], tmp_path: Path, listing_of: Listing
) -> None:
    out = tmp_path / "new" / "out.png"
    done = blend(*pair, "-o", out)
    assert done.code == ExitCode.OK, done.err
    assert f"wrote {out}" in done.out
    blender = load(weights, Runtime(device="cpu", threads=1))
    ends = blender.prepare(Image(photograph()), Image(other()))
    assert np.array_equal(read(out).pixels, blender.blend(ends, 0.5).pixels)
    for t, expected in (("0", photograph()), ("1", other()), ("0.2", blender.blend(ends, 0.2).pixels)):
        assert blend(*pair, "-o", out, "--t", t, "--overwrite").code == ExitCode.OK
        assert np.array_equal(read(out).pixels, expected)
    assert listing_of(tmp_path) == ["a.png", "b.png", "new", "new/out.png"]


@pytest.mark.parametrize(
    ("name", "words", "count", "milliseconds"),
    [
        ("x.gif", ("--frames", 5, "--duration", 120), 5, 120),
        ("x.gif", (), FRAMES, 80),
        ("new/x.webp", ("--frames", 7, "--duration", 45), 7, 45),
        ("new/x.GIF", ("--frames", 2), 2, 80),
    ],
)
def test_an_animation_has_the_pictures_and_the_time_that_were_asked_for(
    blend: Command,
    pair: tuple[Path, Path],
    tmp_path: Path,
    name: str,
    words: tuple[object, ...],
    count: int,
    milliseconds: int,
) -> None:
    done = blend(*pair, "-o", tmp_path / name, *words)
    assert done.code == ExitCode.OK, done.err
    with PillowImage.open(tmp_path / name) as moving:
        assert (moving.n_frames, moving.size, moving.info["loop"]) == (count, (84, 60), 0)  # type: ignore[attr-defined]
        shown, times = [], []
        for k in range(count):
            moving.seek(k)
            shown.append(np.asarray(moving.convert("RGB")))
            times.append(moving.info["duration"])
    assert times == [milliseconds] * count
    assert away(shown[0], photograph()) < 8 and away(shown[-1], other()) < 8, "there, and not back"
    distances = [away(each, photograph()) for each in shown]
    assert distances == sorted(distances)


@pytest.mark.parametrize(("words", "code", "said"), [
    (("-o", "out.gif", "--t", "0.5", "--frames", "3"), ExitCode.USAGE, "--t and --frames cannot go together"),
    (("-o", "out.png", "--frames", "3"), ExitCode.USAGE, "an animation cannot be written as out.png"),
    (("-o", "out.gif", "--t", "0.5"), ExitCode.OUTPUT, "out.gif: cannot be written: .gif is not a format"),
    (("-o", "out"), ExitCode.OUTPUT, "cannot be written: a name without suffix is not a format"),
    (("-o", "out.png", "--t", "1.5"), ExitCode.USAGE, "--t"),
    (("-o", "out.gif", "--frames", "1"), ExitCode.USAGE, "--frames"),
    ((), ExitCode.USAGE, "--output"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_before_anything_is_loaded(
    blend: Command,
    pair: tuple[Path, Path],
    tmp_path: Path,
    listing_of: Listing,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: ExitCode,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("restore_latent_fusion.blending.load", lambda *_: pytest.fail("a model was loaded"))
    done = blend(*pair, *words)
    assert done.code == code and said in done.err
    assert listing_of(tmp_path) == ["a.png", "b.png"]


def test_no_input_is_ever_replaced_and_other_files_only_with_overwrite(
    blend: Command, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    before = [path.read_bytes() for path in pair]
    link = tmp_path / "link.png"
    link.symlink_to(pair[1])
    for target in (*pair, link):
        done = blend(*pair, "-o", target, "--overwrite")
        assert done.code == ExitCode.OUTPUT and "would replace an input" in done.err
    assert [path.read_bytes() for path in pair] == before
    mine = tmp_path / "mine.png"
    mine.write_bytes(b"mine")
    done = blend(*pair, "-o", mine)
    assert done.code == ExitCode.OUTPUT and "exists already" in done.err and mine.read_bytes() == b"mine"
    assert blend(*pair, "-o", mine, "--overwrite").code == ExitCode.OK
    assert read(mine).width == 84


def test_pictures_and_places_that_are_not_there_are_named(
    blend: Command, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    for words in ((tmp_path / "no.png", pair[0]), (pair[0], tmp_path / "no.png"), (tmp_path, pair[1])):
        done = blend(*words, "-o", tmp_path / "out.png")
        assert done.code == ExitCode.INPUT and ("no.png: does not exist" in done.err or "is not a file" in done.err)
    (tmp_path / "folder.png").mkdir()
    for folder in (tmp_path, tmp_path / "folder.png"):
        done = blend(*pair, "-o", folder)
        assert done.code == ExitCode.OUTPUT and "is a folder" in done.err
    done = blend(*pair, "-o", pair[0] / "out.png")
    assert done.code == ExitCode.OUTPUT and "out.png: cannot be written" in done.err
    (tmp_path / "text.png").write_text("no picture")
    assert blend(pair[0], tmp_path / "text.png", "-o", tmp_path / "out.png").code == ExitCode.INPUT


def test_missing_weights_are_named(
    blend: Command, pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin, "WEIGHTS", tmp_path / "none.safetensors")
    done = blend(*pair, "-o", tmp_path / "out.png")
    assert done.code == ExitCode.WEIGHTS and "none.safetensors" in done.err
