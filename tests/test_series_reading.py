"""From files to an observation: what is read is checked, of one depth, and in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from restore.codecs.header import Header
from restore.errors import InputError
from restore.image import Image, Pixels, SeriesKind
from restore.memory import COPIES
from restore.series.reading import WORKING, read_series, series_bytes
from restore.series.request import Series

AS_IT_IS = Series(align=False, deghost=False)
Reader = Callable[[Path], Image]


def scene(depth: type = np.uint8, steps: float = 0.0) -> Pixels:
    """A photograph of 160 x 120 pixels."""
    small = (cv2.resize(data.coffee(), (160, 120), interpolation=cv2.INTER_AREA) / 255.0) ** 2.2 * 2.0**steps
    values = small.clip(0, 1) ** (1 / 2.2)
    whole = values if depth is np.float32 else np.rint(values * np.iinfo(depth).max)
    result: Pixels = whole.astype(depth)
    return result


def reader(*frames: Pixels) -> tuple[list[Path], Reader]:
    """Files ``0.png`` …, and what reads them."""
    images = {Path(f"{index}.png"): Image(pixels) for index, pixels in enumerate(frames)}
    return list(images), images.__getitem__


def test_the_reference_comes_first_and_the_names_with_the_frames() -> None:
    paths, read = reader(scene(steps=-4), scene(), scene(steps=3))
    found = read_series(paths, read, AS_IT_IS)
    assert found.kind is SeriesKind.EXPOSURE and found.names == ("1", "0", "2")
    assert found.image.pixels is read(paths[1]).pixels


def test_the_mode_that_the_user_gives_counts() -> None:
    paths, read = reader(scene(steps=-4), scene())
    found = read_series(paths, read, Series("focus", align=False))
    assert found.kind is SeriesKind.FOCUS and found.names == ("0", "1")


def test_in_an_infrared_pair_the_visible_frame_comes_first_and_grey_stays_grey() -> None:
    paths, read = reader(255 - scene()[..., :1], scene())
    found = read_series(paths, read, Series())
    assert found.kind is SeriesKind.INFRARED
    assert [frame.channels for frame in found.frames] == [3, 1]


@pytest.mark.parametrize(("shallow", "deep"), [(np.uint8, np.uint16), (np.uint8, np.float32), (np.uint16, np.float32)])
def test_mixed_depths_become_the_deepest_without_loss(shallow: type, deep: type) -> None:
    paths, read = reader(scene(shallow), scene(deep))
    one, other = read_series(paths, read, AS_IT_IS).frames
    assert one.pixels.dtype == other.pixels.dtype == deep
    assert one.pixels / one.white == pytest.approx(scene(shallow) / np.iinfo(shallow).max, abs=1e-6)


def test_a_lone_frame_is_refused_by_name() -> None:
    paths, read = reader(scene())
    with pytest.raises(InputError, match=r"0\.png: is one frame only"):
        read_series(paths, read, Series())


def test_frames_of_different_size_name_both_files_before_any_more_is_read() -> None:
    turned = np.ascontiguousarray(scene().transpose(1, 0, 2))
    paths, read = reader(scene(), turned)
    with pytest.raises(InputError, match=r"1\.png: has 120 x 160 pixels, but 0\.png has 160 x 120.*on its side"):
        read_series([*paths, Path("never read")], read, Series())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_frames_with_values_that_are_no_numbers_are_refused_by_name(bad: float) -> None:
    spoilt = scene(np.float32)
    spoilt[60, 80, 1] = bad
    paths, read = reader(scene(np.float32), spoilt)
    with pytest.raises(InputError, match=r"1\.png: holds NaN or infinite pixels"):
        read_series(paths, read, Series())


def test_frames_of_one_stem_are_called_by_their_whole_names() -> None:
    images = {Path("a.png"): Image(scene()), Path("a.tif"): Image(scene())}
    assert read_series(list(images), images.__getitem__, AS_IT_IS).names == ("a.png", "a.tif")


def test_ghosts_go_unless_the_user_wants_them() -> None:
    moved = scene(steps=1)
    moved[30:70, 30:70] = (10, 200, 30)
    paths, read = reader(scene(), moved.copy())
    assert np.array_equal(read_series(paths, read, Series("exposure", deghost=False)).frames[1].pixels, moved)
    paths, read = reader(scene(), moved.copy())
    kept = read_series(paths, read, Series("exposure")).frames[1].pixels
    assert np.abs(kept[40:60, 40:60].astype(int) - scene(steps=1)[40:60, 40:60]).mean() < 12


def test_ten_large_frames_take_less_than_three_gibibytes() -> None:
    eight, sixteen = (Header(6000, 4000, 3, bits, False, "TIFF") for bits in (8, 16))
    assert series_bytes([eight] * 10, COPIES) < 1 << 30
    assert series_bytes([sixteen] * 10, COPIES) < 2 << 30
    assert series_bytes([sixteen] + [eight] * 9, COPIES) == series_bytes([sixteen] * 10, COPIES)
    assert series_bytes([eight] * 10, COPIES) > 10 * eight.bytes + WORKING
