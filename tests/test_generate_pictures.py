"""What generative models learn from: folders with classes and without, published data sets, and what is refused."""

from __future__ import annotations

import hashlib
import pickle
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_generate.grids import write_grid
from restore_generate.pictures import Batches, PictureSet, load_pictures
from restore_generate.torchvision_parts import datasets

from restore.errors import InputError, OutputError


def write(path: Path, value: int | tuple[int, int, int] = 90, height: int = 32, width: int = 32) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), value, np.uint8))
    return path


def test_subfolders_name_the_classes_and_loose_pictures_have_none(tmp_path: Path) -> None:
    for k, name in enumerate(("frog", "ant")):
        write(tmp_path / "a" / name / "deep" / "x.png", 40 * k)
    found = load_pictures([tmp_path / "a"], 32, 3)
    assert found.classes == ("ant", "frog") and found.labels.tolist() == [0, 1]
    assert found.pixels[:, 0, 0, 0].tolist() == [40, 0] and found.one_hot().tolist() == [[1, 0], [0, 1]]
    write(tmp_path / "a" / "loose.png")
    assert load_pictures([tmp_path / "a"], 32, 3).classes == ()
    assert load_pictures([tmp_path / "a" / "frog"], 32, 3).classes == (), "one class is none"


def test_pictures_are_cut_square_and_resized_in_the_colours_asked_for(tmp_path: Path) -> None:
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 32:96] = (255, 0, 0)  # blue, to OpenCV
    (tmp_path / "a").mkdir()
    cv2.imwrite(str(tmp_path / "a" / "wide.png"), wide)
    found = load_pictures([tmp_path / "a"], 32, 3)
    assert found.pixels.shape == (1, 3, 32, 32) and found.pixels[0, :, 16, 1].tolist() == [0, 0, 255]
    grey = load_pictures([tmp_path / "a"], 64, 1)
    assert grey.pixels.shape == (1, 1, 64, 64) and int(grey.pixels[0, 0, 3, 3]) == 29


def test_the_digest_knows_names_and_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.png")
    before = load_pictures([tmp_path / "a"], 32, 3).digest
    assert load_pictures([tmp_path / "a"], 32, 3).digest == before
    write(tmp_path / "a" / "x.png", 91)
    assert load_pictures([tmp_path / "a"], 32, 3).digest != before


def test_several_folders_are_joined_if_their_classes_agree(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        for name in ("x", "y"):
            write(tmp_path / folder / name / "1.png")
    assert len(load_pictures([tmp_path / "a", tmp_path / "b"], 32, 3)) == 4
    write(tmp_path / "c" / "x" / "1.png")
    write(tmp_path / "c" / "z" / "1.png")
    with pytest.raises(InputError, match=r"c: has x, z.*x, y"):
        load_pictures([tmp_path / "a", tmp_path / "c"], 32, 3)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "bad.png").write_bytes(b"no picture")
    (tmp_path / "hollow").mkdir()
    (tmp_path / "hollow" / "nothing.jpg").touch()
    for name, said in (
        ("missing", "does not exist"),
        ("empty", "no picture"),
        ("broken", "bad.png: cannot be decoded"),
        ("hollow", "nothing.jpg: cannot be decoded"),
    ):
        with pytest.raises(InputError, match=said):
            load_pictures([tmp_path / name], 32, 3)


def test_every_tenth_picture_is_held_back_and_all_classes_have_some() -> None:
    labels = torch.arange(4).repeat_interleave(50)
    data = PictureSet(torch.zeros(200, 1, 2, 2, dtype=torch.uint8), labels, ("a", "b", "c", "d"), "")
    learned, held = data.split()
    assert (len(learned), len(held)) == (180, 20) and held.labels.bincount().tolist() == [5] * 4
    one = data.part(torch.arange(1)).split()
    assert [len(part) for part in one] == [1, 1]
    assert [len(part) for part in data.part(torch.arange(3)).split()] == [2, 1]


def test_a_round_shows_every_picture_once_half_of_them_mirrored() -> None:
    pixels = torch.zeros(40, 1, 2, 2, dtype=torch.uint8)
    pixels[:, 0, 0, 0] = torch.arange(40) + 1
    data = PictureSet(pixels, torch.arange(40) % 2, ("a", "b"), "")
    batches = Batches(data, 8, torch.Generator().manual_seed(0), True, torch.device("cpu"))
    drawn = [batches.draw() for _ in range(5)]
    pictures, classes = (torch.cat(each) for each in zip(*drawn, strict=True))
    values = (pictures[:, 0, 0] * 255).round().sum(1)
    assert sorted(values.tolist()) == [float(k + 1) for k in range(40)]
    assert 8 < int((pictures[:, 0, 0, 1] > 0).sum()) < 32
    assert torch.equal(classes.argmax(1), (values.long() - 1) % 2)
    few = Batches(data, 100, torch.Generator().manual_seed(0), False, torch.device("cpu")).draw()[0]
    assert len(few) == 40 and float(few[:, 0, 0, 1].max()) == 0


def test_cifar_10_is_read_from_its_published_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = datasets().CIFAR10
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    values = np.arange(4, dtype=np.uint8)[:, None].repeat(3072, 1)
    batch = pickle.dumps({"data": values, "labels": [3, 1, 0, 1]})
    meta = pickle.dumps({"label_names": ["a", "b", "c", "d"]})
    (folder / "data_batch_1").write_bytes(batch)
    (folder / "batches.meta").write_bytes(meta)
    sums = [hashlib.md5(each, usedforsecurity=False).hexdigest() for each in (batch, meta)]
    monkeypatch.setattr(kind, "train_list", [["data_batch_1", sums[0]]])
    monkeypatch.setattr(kind, "test_list", [])
    monkeypatch.setattr(kind, "meta", {"filename": "batches.meta", "key": "label_names", "md5": sums[1]})
    for place in (tmp_path, folder):
        found = load_pictures([place], 32, 3)
        assert found.classes == ("a", "b", "c", "d") and found.labels.tolist() == [3, 1, 0, 1]
        assert found.pixels.shape == (4, 3, 32, 32) and found.pixels[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    (folder / "data_batch_1").write_bytes(batch + b" ")
    with pytest.raises(InputError, match="checksums"):
        load_pictures([tmp_path], 32, 3)


def test_mnist_is_read_from_its_published_files(tmp_path: Path) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = np.arange(3, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    for part in ("train", "t10k"):
        (raw / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4i", 2051, 3, 28, 28) + pixels.tobytes())
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, 3) + bytes([7, 0, 9]))
    found = load_pictures([tmp_path], 32, 1, limit=2)
    assert found.pixels.shape == (2, 1, 32, 32) and found.labels.tolist() == [7, 0]
    assert len(found.classes) == 10 and found.classes[7].startswith("7")
    assert load_pictures([raw], 32, 3).pixels[:, :, 5, 5].tolist() == [[k] * 3 for k in range(3)]


def test_a_grid_shows_each_picture_in_its_place(tmp_path: Path) -> None:
    pictures = torch.zeros(3, 3, 32, 32)
    pictures[1, 0] = 1
    write_grid(tmp_path / "grid.png", pictures, 2)
    seen = cv2.imread(str(tmp_path / "grid.png"))
    assert seen is not None and seen.shape == (2 * 66 + 2, 2 * 66 + 2, 3)
    assert seen[30, 30].tolist() == [0, 0, 0] and seen[30, 96].tolist() == [0, 0, 255]
    assert seen[96, 30].tolist() == [0, 0, 0] and seen[0, 0].tolist() == [255] * 3
    with pytest.raises(OutputError):
        write_grid(tmp_path / "missing" / "grid.png", pictures, 2)
