"""What a user gave is known by its kind, and torch is not imported to find out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from restore.errors import InputError, UsageError
from restore.image import Image, Restoration
from restore.library.kinds import frames_of, is_tensor, taken
from restore.library.picture import Picture

ARRAY = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
GREY = np.full((4, 5), 20, np.uint8)


@pytest.mark.parametrize(
    "given",
    [ARRAY, PillowImage.fromarray(ARRAY), torch.from_numpy(ARRAY).permute(2, 0, 1), Image(ARRAY), Picture(ARRAY)],
    ids=lambda given: type(given).__name__,
)
def test_each_kind_is_taken_and_given_back(given: object) -> None:
    found = taken(given)
    (image,) = found.images
    assert type(image) is Image
    np.testing.assert_array_equal(image.pixels, ARRAY)
    back = found.back([Restoration(image.with_pixels(255 - image.pixels))])
    assert isinstance(back, Picture if isinstance(given, Image) else type(given))
    np.testing.assert_array_equal(taken(back).images[0].pixels, 255 - ARRAY)


def test_a_file_is_read_and_known_by_its_path(photo: Callable[..., Path], tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")
    assert taken(str(path)).path == path
    assert isinstance(taken(path).back([Restoration(taken(path).images[0])]), Picture)


def test_frames_are_called_by_their_files_or_their_numbers(photo: Callable[..., Path], tmp_path: Path) -> None:
    path = photo(tmp_path / "a.png")
    _, names, first = frames_of([path, ARRAY])
    assert names == (path, Path("frame 2")) and first.path == path


@pytest.mark.parametrize(
    ("first", "made"),
    [
        (ARRAY, Image(ARRAY.astype(np.uint16) * 257)),
        (ARRAY, Image((ARRAY / 255).astype(np.float32))),
        (ARRAY.astype(np.uint16) * 257, Image((ARRAY / 255).astype(np.float32))),
        (PillowImage.fromarray(ARRAY), Image(ARRAY.astype(np.uint16) * 257)),
        (torch.from_numpy(ARRAY).permute(2, 0, 1), Image((ARRAY / 255).astype(np.float32))),
        (GREY, Image(np.full((4, 5, 3), 20, np.uint8))),
        (torch.from_numpy(GREY)[None], Image(np.full((4, 5, 3), 20, np.uint8))),
        (PillowImage.fromarray(GREY), Image(np.full((4, 5, 3), 20 * 257, np.uint16))),
        (np.full((4, 5, 3), 20, np.uint8), Image(GREY[..., None])),
        (np.full((4, 5, 4), 255, np.uint8), Image(np.full((4, 5, 3), 255, np.uint8))),
    ],
)
def test_what_is_made_of_frames_is_like_the_first_whichever_is_the_reference(first: Any, made: Image) -> None:
    back = frames_of([first, ARRAY])[2].back([Restoration(made)])
    assert type(back) is type(first) and getattr(back, "shape", None) == getattr(first, "shape", None)
    assert getattr(back, "dtype", None) == getattr(first, "dtype", None)
    np.testing.assert_array_equal(np.asarray(back), np.asarray(first))


def test_a_picture_of_frames_stays_as_the_model_made_it() -> None:
    deep = Image(ARRAY.astype(np.uint16) * 257)
    back = frames_of([Image(ARRAY), deep])[2].back([Restoration(deep)])
    assert isinstance(back, Picture) and back.pixels is deep.pixels


@pytest.mark.parametrize("given", [ARRAY, "text", b"bytes", [], [ARRAY], None])
def test_fewer_than_two_frames_are_none(given: object) -> None:
    with pytest.raises(UsageError, match="at least two frames are needed"):
        frames_of(given)


def test_a_frame_that_is_no_picture_is_refused() -> None:
    with pytest.raises(InputError, match=r"what was given \(NoneType\) is no picture"):
        frames_of([ARRAY, None])


def test_torch_is_not_imported_to_find_out() -> None:
    assert is_tensor(torch.zeros(1)) and not is_tensor(ARRAY)
    code = "import sys, numpy; from restore.library.kinds import taken; taken(numpy.zeros((2, 2)));"
    done = subprocess.run(
        [sys.executable, "-c", f"{code} print('torch' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
