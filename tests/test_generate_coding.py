"""`generate compress` and `expand`: what goes in comes out, in the bits that are said, or is refused."""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_generate.architecture import Architecture, Model, weights_name
from restore_generate.codecs_beside import nearest, psnr
from restore_generate.coding import LARGEST, MAGIC, cut, decoded, encoded, joined, quantised
from restore_generate.models import build
from scipy.special import ndtr

from restore.errors import InputError, OutputError, UsageError
from restore.weights import save
from tests.generate_calls import call

TINY = Architecture("vae", width=4, latent=6, classes=("cat", "dog"))


def weights(folder: Path, model: Model = "vae", seed: int = 0) -> Path:
    torch.manual_seed(seed)
    architecture = replace(TINY, model=model)
    path = folder / f"{model}-{seed}.safetensors"
    said = {"model": weights_name(model), "config": json.dumps(architecture.as_dict())}
    save(path, build(architecture).state_dict(), said)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    values = np.linspace(0, 255, 70 * 45 * 3).reshape(70, 45, 3)
    cv2.imwrite(str(tmp_path / "photo.png"), values.astype(np.uint8))
    return tmp_path / "photo.png"


@pytest.mark.parametrize("spread", [0.0, 0.2, 3.0, 200.0])
def test_symbols_come_back_as_they_were_near_the_entropy_of_their_gaussian(spread: float) -> None:
    random = np.random.default_rng(0)
    symbols = np.clip(np.rint(random.normal(0, 1, (2000, 5)) * spread), -LARGEST, LARGEST).astype(np.int32)
    content = encoded(symbols)
    assert np.array_equal(decoded(content, 2000, 5), symbols)
    edges = (np.arange(-LARGEST, LARGEST + 2) - 0.5) / max(spread, 1e-9)
    share = np.diff(ndtr(edges))
    entropy = -float((share * np.log2(np.maximum(share, 1e-300))).sum())
    assert 8 * len(content) == pytest.approx(10_000 * entropy, rel=0.05, abs=200)


def test_the_largest_symbols_survive_and_larger_ones_are_refused() -> None:
    symbols = np.array([[LARGEST, -LARGEST, 0]] * 3, np.int32)
    assert np.array_equal(decoded(encoded(symbols), 3, 3), symbols)
    for wrong in (LARGEST + 1.0, math.inf, math.nan):
        with pytest.raises(InputError, match="--step"):
            quantised(torch.tensor([[wrong]]), 1.0)


def test_tiles_cover_a_picture_of_any_size() -> None:
    for height, width in ((1, 1), (32, 32), (33, 64), (70, 45)):
        picture = torch.rand(3, height, width)
        tiles = cut(picture, 32)
        assert tiles.shape == (math.ceil(height / 32) * math.ceil(width / 32), 3, 32, 32)
        assert torch.equal(joined(tiles, height, width), picture)
    one = torch.rand(3, 1, 1)
    assert torch.equal(cut(one, 32)[0], one.expand(3, 32, 32))


@pytest.mark.parametrize("model", ["ae", "vae", "bvae", "vrnn"])
def test_a_picture_comes_back_in_its_size_and_its_bits_are_those_of_the_file(
    model: Model, photo: Path, tmp_path: Path
) -> None:
    path, out = weights(tmp_path, model), tmp_path / "x.latents"
    said = call("compress", path, photo, "-o", out)
    bits, quality = (float(v) for v in re.findall(r"latents\s+([\d.]+) bits per pixel\s+([\d.]+) dB", said)[0])
    assert bits == pytest.approx(8 * out.stat().st_size / (70 * 45), abs=1e-4)
    call("expand", path, out, "-o", tmp_path / "out")
    before, after = cv2.imread(str(photo)), cv2.imread(str(tmp_path / "out" / "photo.png"))
    assert before is not None and after is not None and after.shape == (70, 45, 3)
    assert psnr(before.astype(np.float64), after.astype(np.float64)) == pytest.approx(quality, abs=0.01)
    assert "jpeg" in said and "webp" in said


def test_larger_steps_make_smaller_files(photo: Path, tmp_path: Path) -> None:
    sizes = []
    for step in (0.01, 0.1):
        call("compress", weights(tmp_path), photo, "-o", tmp_path / "x.latents", "--step", step, "--overwrite")
        sizes.append((tmp_path / "x.latents").stat().st_size)
    assert sizes[1] < sizes[0]


def test_files_that_are_damaged_foreign_or_of_other_weights_are_refused(photo: Path, tmp_path: Path) -> None:
    path, out = weights(tmp_path), tmp_path / "x.latents"
    call("compress", path, photo, "-o", out)
    good = out.read_bytes()
    (length,) = struct.unpack("<I", good[len(MAGIC) : len(MAGIC) + 4])
    start = len(MAGIC) + 4 + length
    head = json.loads(good[len(MAGIC) + 4 : start])
    escaping = {**head, "pictures": [{**head["pictures"][0], "name": "../../evil.png"}]}
    huge = {**head, "pictures": [{**head["pictures"][0], "height": 10**8, "width": 10**8}]}
    wrong = {
        "damaged": [good[:-1], good[:start], good[: len(MAGIC) + 20], good[:-1] + bytes([good[-1] ^ 1])],
        "not a file of latents": [b"", b"PNG", MAGIC],
        "damaged: its checksum": [_headed(huge, good[start:])],
    }
    for said, contents in wrong.items():
        for content in contents:
            out.write_bytes(content)
            with pytest.raises(InputError, match=said):
                call("expand", path, out, "-o", tmp_path / "out")
    out.write_bytes(_headed(escaping, good[start:]))
    call("expand", path, out, "-o", tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["evil.png"], "its folders are not followed"
    out.write_bytes(good)
    with pytest.raises(InputError, match="other weights"):
        call("expand", weights(tmp_path, seed=1), out, "-o", tmp_path / "more")


def _headed(head: object, payload: bytes) -> bytes:
    text = json.dumps(head).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + payload


def test_models_that_cannot_code_and_names_that_clash_are_refused(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.latents"
    with pytest.raises(UsageError, match="no encoder"):
        call("compress", weights(tmp_path, "dcgan"), photo, "-o", out)
    with pytest.raises(UsageError, match="told a class"):
        call("compress", weights(tmp_path, "cvae"), photo, "-o", out)
    with pytest.raises(UsageError, match="same name"):
        call("compress", weights(tmp_path), photo, photo, "-o", out)
    with pytest.raises(OutputError, match="suffix"):
        call("compress", weights(tmp_path), photo, "-o", tmp_path / "x.png")
    with pytest.raises(InputError, match="does not exist"):
        call("compress", weights(tmp_path), tmp_path / "no.png", "-o", out)
    assert not out.exists()


def test_other_codecs_take_no_more_bytes_than_wanted_or_their_fewest() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    for codec in ("JPEG", "WEBP"):
        size, quality = nearest(picture, codec, 3000)
        fewest, worst = nearest(picture, codec, 10)
        assert fewest < size <= 3000 and worst < quality and fewest > 10
