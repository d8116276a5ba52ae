"""Tensors become pictures, one for each of a batch, and come back in their type, without a gradient."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from restore.errors import InputError, UsageError
from restore.image import Image
from restore.library.tensors import from_tensor, to_tensor


@pytest.mark.parametrize("shape", [(1, 4, 5), (3, 4, 5), (2, 3, 4, 5), (1, 1, 1, 1)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_tensor_comes_back_as_it_was(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    given = torch.arange(int(np.prod(shape))).reshape(shape) % 256
    tensor = given.to(dtype) if dtype == torch.uint8 else (given / 255).to(dtype)
    images = from_tensor(tensor)
    assert len(images) == (shape[0] if len(shape) == 4 else 1)
    assert images[0].pixels.shape == (*shape[-2:], shape[-3])
    back = to_tensor(images, tensor)
    assert back.dtype == dtype and torch.equal(back, tensor)
    back.zero_()
    assert int(given.max()) == 0 or tensor.max() > 0, "whoever changes the result must not change what was given"


def test_no_gradient_flows_and_nothing_is_modified() -> None:
    tensor = torch.rand(3, 4, 5, requires_grad=True)
    assert not to_tensor(from_tensor(tensor), tensor).requires_grad
    assert tensor.requires_grad


@pytest.mark.parametrize(
    ("tensor", "said"),
    [
        (torch.zeros(4, 5, 3), r"Its channels stand last: give tensor\.permute\(2, 0, 1\)"),
        (torch.zeros(4, 5), r"has the shape \(4, 5\)\. Give \(channels, height, width\)"),
        (torch.zeros(2, 4, 4, 5), "has the shape"),
        (torch.tensor(1.0), r"has the shape \(\)"),
        (torch.zeros(0, 3, 4, 5), "holds no pixels"),
        (torch.zeros(3, 4, 5, dtype=torch.int64), "of the type torch.int64"),
        (torch.full((3, 4, 5), 255.0), "holds values from 255 to 255"),
        (torch.full((3, 4, 5), float("nan")), "holds NaN"),
    ],
)
def test_what_is_no_picture_is_refused(tensor: torch.Tensor, said: str) -> None:
    with pytest.raises(InputError, match=said):
        from_tensor(tensor)


def test_masks_are_0_and_1_where_floats_were_given() -> None:
    mask = Image(np.array([[[0], [255]]], np.uint8))
    assert to_tensor([mask], torch.zeros(3, 1, 2)).tolist() == [[[0.0, 1.0]]]
    assert to_tensor([mask], torch.zeros(3, 1, 2, dtype=torch.uint8)).tolist() == [[[0, 255]]]


def test_results_of_different_sizes_make_no_batch() -> None:
    images = [Image(np.zeros((size, 4, 1), np.uint8)) for size in (2, 3)]
    with pytest.raises(UsageError, match="different sizes"):
        to_tensor(images, torch.zeros(2, 1, 4, 4))
