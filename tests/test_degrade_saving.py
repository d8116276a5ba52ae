"""JPEG and WebP of any size leave what their codecs leave."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from torch import Tensor

from restore.degrade.saving import LONGEST, saved_as_jpeg, saved_as_webp


def photo(height: int = 131, width: int = 117) -> Tensor:
    crop = np.ascontiguousarray(data.astronaut()[:height, 100 : 100 + width])
    return torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255


def as_file(picture: Tensor, form: str, **options: int) -> Tensor:
    """What Pillow's codec leaves."""
    stream = io.BytesIO()
    Image.fromarray((picture[0].permute(1, 2, 0) * 255).byte().numpy()).save(stream, form, **options)
    return torch.from_numpy(np.array(Image.open(stream).convert("RGB"))).permute(2, 0, 1)[None].float() / 255


def quality(value: float) -> Tensor:
    return torch.full((1, 1, 1, 1), float(value))


@pytest.mark.parametrize("of", [10, 30, 75, 92])
def test_jpeg_in_full_colour_is_libjpegs_within_rounding(of: int) -> None:
    theirs, ours = as_file(photo(), "JPEG", quality=of, subsampling=0), saved_as_jpeg(photo(), quality(of), False)
    levels = ((theirs - ours) * 255).abs()
    assert float((levels <= 2).float().mean()) > 0.98
    assert float(levels.mean()) < 0.6


def test_jpeg_with_halved_colour_has_libjpegs_lightness() -> None:
    theirs, ours = as_file(photo(), "JPEG", quality=30, subsampling=2), saved_as_jpeg(photo(), quality(30), True)
    weights = torch.tensor([0.299, 0.587, 0.114])[None, :, None, None]
    levels = (((theirs - ours) * weights).sum(1) * 255).abs()
    assert float(levels.mean()) < 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (16, 17)])
def test_pictures_of_any_size_are_saved(size: tuple[int, int]) -> None:
    grey = torch.full((1, 3, *size), 128 / 255)
    assert torch.allclose(saved_as_jpeg(grey, quality(90), True), grey, atol=1.01 / 255)


def test_webp_is_libwebps() -> None:
    assert torch.equal(saved_as_webp(photo(), quality(40)), as_file(photo(), "WEBP", quality=40))


def test_webp_takes_one_quality_per_picture() -> None:
    both = saved_as_webp(photo().expand(2, -1, -1, -1), torch.tensor([5.0, 95.0]).reshape(2, 1, 1, 1))
    errors = ((both - photo()) ** 2).mean((1, 2, 3))
    assert float(errors[0]) > 5 * float(errors[1])


def test_webp_refuses_what_it_cannot_hold() -> None:
    with pytest.raises(ValueError, match="16383"):
        saved_as_webp(torch.zeros(1, 3, 1, LONGEST + 1), quality(50))
