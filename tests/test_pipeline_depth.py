"""16 bits between steps: there and back without a trace."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import Image, unchanged
from restore.pipeline.depth import deepened, flattened

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_eight_bits_come_back_as_they_were(channels: int) -> None:
    image = Image(np.repeat(LEVELS, channels, 2), alpha=LEVELS[..., 0])
    assert deepened(image).white == 65535
    assert unchanged(image, flattened(deepened(image)))


def test_every_value_of_sixteen_bits_goes_to_the_nearest_of_eight() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    assert np.array_equal(flattened(Image(values)).pixels, np.floor(values / 257 + 0.5).astype(np.uint8))


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_deeper_pictures_stay_as_they_are(kind: type) -> None:
    image = Image(np.zeros((4, 4, 3), kind))
    assert deepened(image) is image
