"""Training crops: everything found, seeded, refused with a reason."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from restore.errors import InputError
from restore.toolkit.patches import CropSampler, load_photographs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    (tmp_path / "sub").mkdir()
    for name, size in (("b.png", 64), ("a.jpg", 80), ("sub/c.png", 72), ("small.png", 20)):
        cv2.imwrite(str(tmp_path / name), random.integers(0, 256, (size, size, 3), dtype=np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_photographs_are_found_in_subfolders_in_order_and_small_ones_left_out(folder: Path) -> None:
    photographs = load_photographs([folder], smallest=32)
    assert [n.split("/", 1)[1] for n in photographs.names] == ["a.jpg", "b.png", "sub/c.png"]
    assert photographs.pictures[0].shape == (80, 80, 3)


def test_the_digest_changes_with_the_data(folder: Path) -> None:
    before = load_photographs([folder], 32).digest
    cv2.imwrite(str(folder / "b.png"), np.zeros((64, 64, 3), np.uint8))
    assert load_photographs([folder], 32).digest != before


def test_crops_are_the_same_for_the_same_seed_and_others_for_another(folder: Path) -> None:
    pictures = load_photographs([folder], 32).pictures
    first, again, other = (CropSampler(pictures, 32, seed).batch(6) for seed in (1, 1, 2))
    assert first.shape == (6, 3, 32, 32)
    assert 0 <= float(first.min()) <= float(first.max()) <= 1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_photographs_also_take_part_at_smaller_scales_where_they_are_large_enough() -> None:
    large, small = (np.zeros(size, np.uint8) for size in ((800, 900, 3), (40, 64, 3)))
    sampler = CropSampler([large, small], 32, 0, scales=(1.0, 0.7, 0.5))
    assert [p.shape[:2] for p in sampler.pictures] == [(800, 900), (560, 630), (400, 450), (40, 64)]


def test_of_several_places_the_one_with_the_most_detail_is_taken() -> None:
    picture = np.zeros((64, 1024, 3), np.uint8)
    picture[:, 512:] = np.random.default_rng(0).integers(0, 256, (64, 512, 1))
    flat = {
        candidates: float(
            (CropSampler([picture], 32, 0, (1.0,), candidates).batch(200).std((1, 2, 3)) == 0).float().mean()
        )
        for candidates in (1, 4)
    }
    assert flat[1] > 0.4
    assert flat[4] < 0.12, "one in sixteen, when half of the picture is flat"


def test_a_folder_without_photographs_and_a_missing_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no photograph of at least 64"):
        load_photographs([tmp_path], 64)
    with pytest.raises(InputError, match="gone: is not a folder"):
        load_photographs([tmp_path / "gone"], 64)


def test_a_broken_photograph_is_named(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not much more")
    with pytest.raises(InputError, match=r"broken\.jpg"):
        load_photographs([folder], 32)
