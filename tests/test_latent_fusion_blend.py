"""`restore blend`: from one picture to another through the latent space, as a picture or as an animation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import restore_latent_fusion.plugin as plugin
import torch
from PIL import Image as PillowImage
from restore_latent_fusion.animation import LARGEST, check_suffix, write_animation
from restore_latent_fusion.blending import Blender, load
from restore_latent_fusion.commands import FRAMES
from restore_latent_fusion.model import Architecture, LatentFusion
from skimage import data

from restore.codecs.reading import read
from restore.errors import ExitCode, InputError, OutputError, UsageError
from restore.image import Image, Metadata, Pixels
from restore.plugin_manager import PluginManager
from restore.spec import Runtime
from restore.weights import save

if TYPE_CHECKING:
    from tests.conftest import Outcome

SMALL = Architecture(width=16, deep=16, latent=4)
CPU = Runtime(device="cpu", threads=1)
DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]
Command = Callable[..., "Outcome"]
Listing = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a network that nobody taught, in whose pictures latents yet can be seen."""
    torch.manual_seed(0)
    model = LatentFusion(SMALL)
    with torch.no_grad():
        model.decoder.picture.weight.mul_(10)
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    said = dict.fromkeys(("version", "data", "steps", "seed", "metrics", "command"), "none")
    save(path, model.state_dict(), {**said, "model": "latent-fusion", "config": json.dumps(SMALL.as_dict())})
    return path


@pytest.fixture(scope="module")
def blender(weights: Path) -> Blender:
    return load(weights, CPU)


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


def photograph(height: int = 60, width: int = 84) -> Pixels:
    return np.ascontiguousarray(data.astronaut()[40 : 40 + height, 150 : 150 + width])


def other(height: int = 60, width: int = 84) -> Pixels:
    return np.ascontiguousarray(data.coffee()[100 : 100 + height, 200 : 200 + width])


def away(one: Pixels, two: Pixels) -> float:
    return float(np.abs(one.astype(float) - two.astype(float)).mean())


def test_the_ends_are_the_pictures_themselves(blender: Blender) -> None:
    first = Image(photograph(), metadata=Metadata(icc=b"profile"))
    ends = blender.prepare(first, Image(other()))
    assert blender.blend(ends, 0) is first
    last = blender.blend(ends, 1.0)
    assert np.array_equal(last.pixels, other()) and last.metadata == first.metadata


def test_between_them_every_step_is_farther_from_the_first_and_nearer_to_the_second(blender: Blender) -> None:
    ends = blender.prepare(Image(photograph()), Image(other()))
    steps = [blender.blend(ends, t).pixels for t in (0.0, 0.01, 0.3, 0.6, 0.99, 1.0)]
    from_first, from_second = ([away(step, end) for step in steps] for end in (photograph(), other()))
    assert from_first == sorted(from_first) and from_second == sorted(from_second, reverse=True)
    assert from_first[1] < 3 and from_second[-2] < 3, "no jump beside the ends"


def test_halfway_is_what_half_the_latents_and_half_the_details_decode_to(blender: Blender) -> None:
    """Seen where there is no detail: then the result is a decoded picture, and not a mean of pixels."""
    ends = blender.prepare(Image(photograph()), Image(other()))
    none = np.zeros_like(ends.details[0])
    halfway = blender.blend(replace(ends, details=(none, none)), 0.5).pixels
    with torch.inference_mode():
        z = (ends.latents[0] + ends.latents[1])[None] / 2
        decoded = blender.codec.model.decoder.alone(z)[0, :, :60, :84].clamp(0, 1).permute(1, 2, 0).numpy()
    assert np.abs(halfway - decoded * 255).max() < 0.51
    assert halfway.std() > 5


@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_a_picture_and_itself_blend_to_itself_in_every_depth(blender: Blender, dtype: type, white: int) -> None:
    pixels: Pixels = (photograph() / 255 * white).astype(dtype)
    result = blender.blend(blender.prepare(Image(pixels), Image(pixels)), 0.4).pixels
    assert result.dtype == dtype
    assert np.abs(result.astype(float) - pixels).max() / white < (0.6 / 255 if white == 255 else 0.001)


@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("given", "scale"), DEPTHS)
def test_size_depth_channels_alpha_and_metadata_are_the_firsts(
    blender: Blender, dtype: type, white: int, channels: int, given: type, scale: int
) -> None:
    pixels: Pixels = (photograph()[..., :channels] / 255 * white).astype(dtype)
    alpha: Pixels = np.ascontiguousarray(pixels[..., 0])
    first = Image(pixels, alpha, Metadata(icc=b"profile"))
    second: Pixels = (other(37, 53)[..., : 4 - channels] / 255 * scale).astype(given)
    ends = blender.prepare(first, Image(second))
    for t in (0.5, 1.0):
        result = blender.blend(ends, t)
        assert result.pixels.shape == pixels.shape and result.pixels.dtype == dtype
        assert result.alpha is alpha and result.metadata == first.metadata
    expected = (second.astype(float) / scale).mean((0, 1)) @ ((0.299, 0.587, 0.114) if channels == 1 else [1])
    assert (ends.second.astype(float) / white).mean() == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("sizes", [((1, 1), (5, 7)), ((37, 53), (1, 1)), ((20, 20), (60, 84))])
def test_pictures_of_any_size_meet_in_the_firsts(blender: Blender, sizes: tuple[tuple[int, int], ...]) -> None:
    ends = blender.prepare(Image(photograph(*sizes[0])), Image(other(*sizes[1])))
    assert blender.blend(ends, 0.5).pixels.shape == (*sizes[0], 3)


def test_nan_in_either_picture_is_refused(blender: Blender) -> None:
    good = Image(photograph().astype(np.float32) / 255)
    bad = Image(np.full((8, 8, 3), np.nan, np.float32))
    for pictures in ((good, bad), (bad, good)):
        name = "one" if pictures[0] is bad else "other"
        with pytest.raises(InputError, match=rf"^{name}\.tif: holds NaN or infinite"):
            blender.prepare(*pictures, (Path("one.tif"), Path("other.tif")))


def test_the_command_writes_what_lies_halfway_unless_told_otherwise(
    blend: Command, blender: Blender, pair: tuple[Path, Path], tmp_path: Path, listing_of: Listing
) -> None:
    out = tmp_path / "new" / "out.png"
    done = blend(*pair, "-o", out)
    assert done.code == ExitCode.OK, done.err
    assert f"wrote {out}" in done.out
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


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_and_deep_pictures_can_move_too(tmp_path: Path, suffix: str, dtype: type) -> None:
    white = np.iinfo(dtype).max
    images = [Image(np.full((8, 9, 1), level * white, dtype)) for level in (0.0, 0.5, 1.0)]
    write_animation(iter(images), tmp_path / f"x{suffix}", 100)
    with PillowImage.open(tmp_path / f"x{suffix}") as moving:
        for k, level in enumerate((0, 128, 255)):
            moving.seek(k)
            assert abs(float(np.asarray(moving.convert("RGB"), float).mean()) - level) < 3


@pytest.mark.parametrize("suffix", LARGEST)
def test_pictures_that_a_format_cannot_count_are_refused_and_nothing_is_left(
    tmp_path: Path, suffix: str, listing_of: Listing
) -> None:
    wide = Image(np.zeros((1, LARGEST[suffix] + 1, 1), np.uint8))
    with pytest.raises(OutputError, match=r"more than the [\d]+ of the format"):
        write_animation(iter([wide, wide]), tmp_path / f"x{suffix}", 100)
    assert listing_of(tmp_path) == []


def test_an_animation_that_fails_halfway_leaves_nothing_behind(tmp_path: Path, listing_of: Listing) -> None:
    def failing(count: int = 2) -> Image:
        if count:
            return Image(np.full((8, 9, 3), 100 * count, np.uint8))
        raise InputError("a picture is bad.")

    for suffix in (".gif", ".webp"):
        with pytest.raises(InputError, match="is bad"):
            write_animation((failing(count) for count in (2, 1, 0)), tmp_path / f"x{suffix}", 100)
    assert listing_of(tmp_path) == []


def test_only_gif_and_webp_can_move() -> None:
    for name in ("x.gif", "x.WebP"):
        check_suffix(Path(name))
    for name in ("x.png", "x.jpg", "x"):
        with pytest.raises(UsageError, match=r"cannot be written as x.*\.gif or \.webp"):
            check_suffix(Path(name))


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
