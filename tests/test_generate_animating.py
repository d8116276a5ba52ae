"""The same latents through a training: which frames are kept, and what `generate animate` and `interpolate` make."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image
from restore_generate import train as train_bound
from restore_generate import train_gan
from restore_generate.animating import CAPTION, there_and_back, write_animation
from restore_generate.architecture import Model
from restore_generate.commands import generate
from restore_generate.snapshots import Snapshots, kept

from restore.errors import InputError, OutputError, PluginError
from restore.spec import TrainSpec
from tests.generate_calls import call

TINY = {"width": "4", "latent": "4", "batch": "8", "report": "3", "patch": "16"}
CPU = torch.device("cpu")


@pytest.fixture
def spec(tmp_path: Path) -> TrainSpec:
    """A training on dark and bright noise, four steps long."""
    random = np.random.default_rng(0)
    for name, low in (("bright", 128), ("dark", 0)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for k in range(8):
            cv2.imwrite(
                str(tmp_path / "data" / name / f"{k}.png"), random.integers(low, low + 127, (32, 32, 3), np.uint8)
            )
    place = (tmp_path / "data",), tmp_path / "w.safetensors", tmp_path / "work"
    return TrainSpec(*place, max_steps=4, device="cpu", precision="float32", settings=TINY)


def learn(model: str, spec: TrainSpec) -> None:
    if model == "dcgan":
        train_gan.train(spec)
    else:
        train_bound.train(spec, cast(Model, model))


def sheets_in(work: Path, steps: Sequence[int]) -> None:
    """Sheets of one colour each, as a training would keep them."""
    (work / "frames").mkdir(parents=True)
    for k, step in enumerate(steps):
        Image.new("RGB", (33, 21), (40 * k, 80, 120)).save(work / "frames" / f"{step:07d}.png")


def test_frames_grow_apart_with_the_training_and_are_few_however_long_it_is(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, 8, 0, 0, CPU)
    due = [step for step in range(1, 10_001) if snapshots.due(step)]
    assert due[:8] == list(range(1, 9)) and len(due) < 100
    assert all(after / before < 1.25 for before, after in itertools.pairwise(due[8:]))
    assert not snapshots.due(9_999) and snapshots.due(9_999, last=True)
    assert not any(Snapshots(tmp_path, 0, 0, 0, CPU).due(step, last=True) for step in range(1, 50))


@pytest.mark.parametrize("model", ["ae", "cvae", "dcgan"])
def test_a_training_keeps_frames_of_the_same_latents_at_its_steps(model: str, spec: TrainSpec) -> None:
    learn(model, spec)
    found = kept(spec.work / "frames")
    assert [step for _, step in found] == [1, 2, 3, 4]
    sizes = {Image.open(path).size for path, _ in found}
    columns = 2 if model == "cvae" else 8  # one for each class
    assert sizes == {(columns * 33 + 1, 8 * 33 + 1)}
    assert len({path.read_bytes() for path, _ in found}) == 4, "the model has learned between them"


def test_a_resumed_training_goes_on_as_if_it_had_never_stopped(spec: TrainSpec, tmp_path: Path) -> None:
    learn("vae", replace(spec, max_steps=2))
    first = {path.name: path.read_bytes() for path, _ in kept(spec.work / "frames")}
    lost = spec.work / "frames" / "0000009.png"
    lost.write_bytes(b"of a part of the training that no checkpoint holds")
    learn("vae", replace(spec, resume=True))
    found = kept(spec.work / "frames")
    assert [step for _, step in found] == [1, 2, 3, 4] and not lost.exists()
    assert {path.name: path.read_bytes() for path, _ in found[:2]} == first


def test_none_are_kept_where_none_are_wanted_and_that_is_said(spec: TrainSpec, tmp_path: Path) -> None:
    learn("vae", replace(spec, settings={**TINY, "frames": "0"}))
    assert not (spec.work / "frames").exists()
    with pytest.raises(InputError, match=r"no frames.*frames=0; --grids"):
        call("animate", spec.work, "-o", tmp_path / "x.gif")
    said = call("animate", spec.work, "--grids", "-o", tmp_path / "x.gif")
    assert "2 frames, steps 3 to 4" in said


def test_an_animation_shows_the_sheets_in_order_each_with_its_step(tmp_path: Path) -> None:
    sheets_in(tmp_path, (10, 2, 1_000_000))
    said = call("animate", tmp_path, "-o", tmp_path / "x.gif", "--fps", 5)
    assert "3 frames, steps 2 to 1,000,000" in said
    with Image.open(tmp_path / "x.gif") as gif:
        assert gif.size == (66, 42 + CAPTION) and getattr(gif, "n_frames", 0) == 3 and gif.info["loop"] == 0
        reds, captions, times = [], set(), []
        for k in range(3):
            gif.seek(k)
            times.append(gif.info["duration"])
            frame = np.asarray(gif.convert("RGB"))
            reds.append(int(frame[0, 0, 0]))
            captions.add(frame[42:].tobytes())
    assert reds == [40, 0, 80] and len(captions) == 3 and times == [200, 200, 2200]


def test_mp4_has_even_sides_plays_everywhere_and_holds_the_last_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (33, 21), (255 * (k % 2), 90, 0)) for k in range(4)]
    write_animation(tmp_path / "x.mp4", frames, 4, held=0.5)
    with av.open(str(tmp_path / "x.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264" and stream.codec_context.pix_fmt == "yuv420p"
        seen = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
    assert len(seen) == 6 and seen[0].shape == (22, 34, 3)
    assert [int(frame[10, 10, 0]) > 128 for frame in seen] == [False, True, False, True, True, True]


def test_without_pyav_the_extra_is_named_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheets_in(tmp_path, (1,))
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(PluginError, match=r"restore-photos\[video\]"):
        call("animate", tmp_path, "-o", tmp_path / "x.mp4")
    call("animate", tmp_path, "-o", tmp_path / "x.gif")
    assert {path.name for path in tmp_path.iterdir()} == {"frames", "x.gif"}


def test_folders_and_sheets_that_do_not_do_are_named(tmp_path: Path) -> None:
    out = tmp_path / "out" / "x.gif"
    with pytest.raises(InputError, match="does not exist"):
        call("animate", tmp_path / "no", "-o", out)
    with pytest.raises(InputError, match="no frames"):
        call("animate", tmp_path, "-o", out)
    with pytest.raises(OutputError, match="suffix"):
        call("animate", tmp_path, "-o", tmp_path / "x.webm")
    sheets_in(tmp_path, (1, 2))
    Image.new("RGB", (9, 9)).save(tmp_path / "frames" / "0000003.png")
    with pytest.raises(InputError, match=r"0000003\.png.*not of the size of 0000001\.png"):
        call("animate", tmp_path, "-o", out)
    (tmp_path / "frames" / "0000003.png").write_bytes(b"not a picture")
    with pytest.raises(InputError, match=r"0000003\.png.*cannot be read"):
        call("animate", tmp_path / "frames", "-o", out)
    assert list(out.parent.iterdir()) == []


def test_a_way_there_and_back_repeats_neither_end(tmp_path: Path) -> None:
    pictures = torch.linspace(0, 1, 4)[:, None, None, None].expand(4, 1, 32, 32)
    shades = [int(np.asarray(frame)[0, 0, 0]) for frame in there_and_back(pictures)]
    assert shades == [0, 85, 170, 255, 170, 85]
    assert next(there_and_back(pictures)).size == (256, 256)
    result = CliRunner().invoke(
        generate, ["interpolate", "dcgan", "1", "2", "--steps", "3", "-o", str(tmp_path / "x.gif")]
    )
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "x.gif") as gif:
        assert getattr(gif, "n_frames", 0) == 4 and gif.size == (256, 256)
