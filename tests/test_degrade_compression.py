"""Our JPEG does the damage of libjpeg, by measurement."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from restore.degrade import jpeg


def photo(edge: int = 128) -> torch.Tensor:
    crop = np.ascontiguousarray(data.astronaut()[:edge, 100 : 100 + edge])
    return torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize(("quality", "subsampling"), [(30, 0), (75, 0), (92, 0), (75, 2), (92, 2)])
def test_jpeg_leaves_what_libjpeg_leaves(quality: int, subsampling: int) -> None:
    clean = photo()
    stream = io.BytesIO()
    array = (clean[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(array).save(stream, "JPEG", quality=quality, subsampling=subsampling)
    saved = np.asarray(Image.open(stream)).astype(float)
    ours = (jpeg(clean, torch.tensor([quality]), subsampling == 2)[0].permute(1, 2, 0) * 255).numpy()
    errors = [float(((x - array) ** 2).mean()) for x in (saved, ours)]
    assert errors[1] == pytest.approx(errors[0], rel=0.06)  # as much damage …
    assert ((saved - ours) ** 2).mean() < 0.25 * errors[0]  # … and of the same kind


def test_jpeg_takes_one_quality_per_picture() -> None:
    pair = jpeg(photo().expand(2, -1, -1, -1), torch.tensor([10.0, 95.0]), False)
    errors = ((pair - photo()) ** 2).mean((1, 2, 3))
    assert float(errors[0]) > 5 * float(errors[1])


def test_jpeg_refuses_sizes_that_do_not_fill_its_blocks() -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        jpeg(torch.rand(1, 3, 20, 32), torch.tensor([50.0]), False)
