"""Animations are written whole or not at all, in the formats that can move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from restore_latent_fusion.animation import LARGEST, check_suffix, write_animation

from restore.errors import InputError, OutputError, UsageError
from restore.image import Image

Listing = Callable[[Path], list[str]]


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
