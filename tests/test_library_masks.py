"""What is missing, in every way that a user can hold it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from restore.errors import InputError
from restore.image import Image
from restore.library.masks import mask_of, masks_of, word_of

HOLE = np.zeros((6, 8), np.bool_)
HOLE[1:3, 2:5] = True
PAINTED = HOLE.astype(np.uint8) * 255
PICTURE = Image(np.zeros((6, 8, 3), np.uint8))


@pytest.mark.parametrize(
    "given",
    [
        HOLE,
        HOLE[..., None],
        HOLE[None],
        PAINTED,
        PAINTED[..., None],
        HOLE.astype(np.float64),
        np.dstack([PAINTED] * 3),
        torch.from_numpy(HOLE),
        torch.from_numpy(HOLE)[None],
        torch.from_numpy(PAINTED)[None],
        torch.from_numpy(PAINTED),
        torch.from_numpy(HOLE)[None].float(),
        torch.from_numpy(HOLE).bfloat16(),
        torch.from_numpy(HOLE)[None, None].bfloat16(),
        PillowImage.fromarray(HOLE),
        PillowImage.fromarray(PAINTED),
        Image(PAINTED[..., None]),
    ],
    ids=lambda given: f"{type(given).__module__}-{getattr(given, 'shape', '')}-{getattr(given, 'dtype', '')}",
)
def test_white_or_true_is_missing(given: object) -> None:
    np.testing.assert_array_equal(mask_of(given, PICTURE), HOLE)


def test_a_file_is_a_mask(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    PillowImage.fromarray(PAINTED).save(path)
    np.testing.assert_array_equal(mask_of(path, PICTURE), HOLE)
    np.testing.assert_array_equal(mask_of(str(path), PICTURE), HOLE)


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="the mask has 6 x 8 pixels, but the picture has 8 x 6"):
        mask_of(HOLE.T, PICTURE)


@pytest.mark.parametrize("make", [lambda: HOLE.astype(np.uint8), lambda: PAINTED // 255 + 120], ids=["labels", "greys"])
def test_what_marks_nothing_or_is_a_photograph_is_no_mask(make: Callable[[], np.ndarray]) -> None:
    with pytest.raises(InputError, match=r"marks nothing, yet is not black|is no mask"):
        mask_of(make(), PICTURE)


def test_booleans_of_several_channels_are_refused() -> None:
    with pytest.raises(InputError, match=r"the mask has the shape \(6, 8, 3\)"):
        mask_of(np.dstack([HOLE] * 3), PICTURE)


def test_a_batch_has_one_mask_for_all_or_one_for_each() -> None:
    images = (PICTURE, PICTURE)
    assert [mask.sum() for mask in masks_of(HOLE, images)] == [6, 6]
    assert [mask.sum() for mask in masks_of(np.stack([HOLE, ~HOLE]), images)] == [6, 42]
    assert [mask.sum() for mask in masks_of(torch.from_numpy(np.stack([HOLE, ~HOLE]))[:, None], images)] == [6, 42]


@pytest.mark.parametrize("kind", ["booleans", "batch of booleans", "floats", "arrays"])
@pytest.mark.parametrize(("count", "said"), [(1, "there is 1 picture"), (3, "there are 3 pictures")])
def test_a_batch_of_masks_of_another_count_is_refused(kind: str, count: int, said: str) -> None:
    two = np.stack([HOLE, ~HOLE])
    given = {
        "booleans": torch.from_numpy(two),
        "batch of booleans": torch.from_numpy(two)[:, None],
        "floats": torch.from_numpy(two)[:, None].float(),
        "arrays": two,
    }[kind]
    with pytest.raises(InputError, match=f"2 masks were given, but {said}"):
        masks_of(given, (PICTURE,) * count)


def test_a_mask_in_colours_is_one_for_all() -> None:
    painted = torch.from_numpy(PAINTED).expand(3, 6, 8)
    assert [mask.sum() for mask in masks_of(painted, (PICTURE, PICTURE))] == [6, 6]


def test_two_words_stand_in_the_place_of_a_mask() -> None:
    assert (word_of("auto"), word_of("alpha"), word_of("hole.png"), word_of(HOLE), word_of(None)) == (
        "auto",
        "alpha",
        None,
        None,
        None,
    )
