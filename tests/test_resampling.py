"""MATLAB's ``imresize``, to the last digit of the values it publishes and computes.

Values named "MATLAB's" were computed by MATLAB; the others follow from the kernel's formula by hand. The figures on
whole pictures stand in the docstring of `restore.resampling`: the pictures may not be shipped.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest

from restore.resampling import CUBIC, LANCZOS3, contributions, resized


def squares(edge: int) -> npt.NDArray[np.float32]:
    """0, 1, 2 … row by row."""
    return np.arange(edge * edge, dtype=np.float32).reshape(edge, edge)


def plainly(pixels: npt.NDArray[np.float64], height: int, width: int) -> npt.NDArray[np.float64]:
    """The definition: every output pixel a weighted sum, in 64 bits, one axis after the other."""
    for axis, wanted in enumerate((height, width)):
        indices, weights = contributions(pixels.shape[axis], wanted)
        moved = np.moveaxis(pixels, axis, 0)
        pixels = np.moveaxis(np.einsum("op,op...->o...", weights, moved[indices]), 0, axis)
    return pixels


def test_the_weights_of_doubling_are_the_kernel_a_quarter_off_the_grid() -> None:
    indices, weights = contributions(8, 16)
    used = weights[6] != 0  # output pixel 6 lies at input position 2.75
    assert indices[6][used].tolist() == [1, 2, 3, 4]
    assert weights[6][used] == pytest.approx([-0.0234375, 0.2265625, 0.8671875, -0.0703125], abs=1e-15)


def test_the_weights_of_halving_are_the_kernel_stretched_to_eight_pixels() -> None:
    indices, weights = contributions(16, 8)
    used = weights[3] != 0  # output pixel 3 lies at input position 6.5
    half = [-0.01171875, -0.03515625, 0.11328125, 0.43359375]
    assert indices[3][used].tolist() == [3, 4, 5, 6, 7, 8, 9, 10]
    assert weights[3][used] == pytest.approx([*half, *half[::-1]], abs=1e-15)


def test_borders_are_mirrored_with_the_edge_pixel_repeated() -> None:
    indices, weights = contributions(4, 8)
    assert indices[0][weights[0] != 0].tolist() == [1, 0, 0, 1]
    indices, weights = contributions(1, 3)
    assert set(indices.ravel().tolist()) == {0}


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        (4, [[4.04297, 6.08203, 8.10547, 10.14453], [20.35547, 22.39453, 24.41797, 26.45703]]),
        (2, [[12.38379, 16.63184], [46.36816, 50.61621]]),
    ],
)
def test_reducing_gives_matlabs_values(wanted: int, values: list[list[float]]) -> None:
    assert resized(squares(8), wanted, wanted)[:2] == pytest.approx(np.array(values), abs=5e-5)


def test_reducing_by_odd_factors_gives_matlabs_values() -> None:
    first = [[6.4725, 8.5116, 10.535, 12.5741], [28.4492, 30.4883, 32.5117, 34.5508]]
    assert resized(squares(8), 3, 4)[:2] == pytest.approx(np.array(first), abs=1e-4)
    irregular = [2.1845, 3.3191, 4.4688, 5.6205, 6.7721, 7.9218, 9.0564]
    assert resized(squares(8), 5, 7)[0] == pytest.approx(np.array(irregular), abs=1e-4)
    by_five = [[29.1072, 34.288, 39.4688], [106.8192, 112.0, 117.1808], [184.5312, 189.712, 194.8928]]
    assert resized(squares(15), 3, 3) == pytest.approx(np.array(by_five), abs=1e-4)


def test_enlarging_by_an_odd_factor_gives_matlabs_values() -> None:
    assert resized(squares(8), 11, 13)[0, :1] == pytest.approx([-0.5487371], abs=1e-5)
    row = np.array([116, 227, 153, 69, 146, 194, 59, 130, 139, 106], np.uint8)
    enlarged = resized(np.tile(row, (4, 1)), 6, 15)[2]
    assert enlarged.tolist() == [round(v) for v in plainly(row[None].astype(float), 1, 15)[0]]


@pytest.mark.parametrize("shape", [(37, 53), (37, 53, 1), (37, 53, 3)])
@pytest.mark.parametrize(("height", "width"), [(148, 212), (100, 40), (9, 130), (5, 7), (37, 53), (1, 1)])
def test_the_fast_way_equals_the_definition(shape: tuple[int, ...], height: int, width: int) -> None:
    picture = np.random.default_rng(0).random(shape, np.float32)
    found = resized(picture, height, width)
    assert found.shape == (height, width, *shape[2:]) and found.dtype == np.float32
    assert found == pytest.approx(plainly(picture.astype(float), height, width), abs=2e-6)


def test_pieces_of_rows_and_columns_leave_no_seams() -> None:
    tall = np.random.default_rng(1).random((3000, 9), np.float32)
    assert resized(tall, 6000, 4) == pytest.approx(plainly(tall.astype(float), 6000, 4), abs=2e-6)
    wide = np.random.default_rng(2).random((700, 5000, 3), np.float32)  # more than one piece of input is summed up
    assert resized(wide, 2, 20) == pytest.approx(plainly(wide.astype(float), 2, 20), abs=2e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_whole_numbers_are_rounded_and_clipped(dtype: type[np.unsignedinteger[npt.NBitBase]]) -> None:
    white = np.iinfo(dtype).max
    edge = np.array([[0, 0, 0, 0, white, white, white, white]], dtype)
    found = resized(edge, 1, 16)[0]
    exact = plainly(edge.astype(float), 1, 16)[0]
    assert exact.min() < 0 and exact.max() > white  # the kernel overshoots
    assert found.tolist() == np.floor(np.clip(exact, 0, white) + 0.5).tolist()


@pytest.mark.parametrize("value", [1, 128, 255])
def test_a_flat_picture_stays_flat(value: int) -> None:
    assert (resized(np.full((30, 40, 3), value, np.uint8), 71, 13) == value).all()
    assert (resized(np.full((30, 40), value * 257, np.uint16), 71, 95) == value * 257).all()


def test_floats_keep_the_overshoot_and_what_lies_beyond_white() -> None:
    edge = np.array([[0, 0, 0, 3, 3, 3]], np.float32)
    found = resized(edge, 1, 12)
    assert found.min() < 0 and found.max() > 3


def test_the_same_size_is_the_same_picture() -> None:
    picture = np.random.default_rng(3).integers(0, 65536, (20, 30, 3), np.uint16)
    assert np.array_equal(resized(picture, 20, 30), picture)
    assert np.array_equal(resized(picture, 40, 30)[:, 0], resized(picture[:, :1], 40, 1)[:, 0])


def test_lanczos_is_the_windowed_sinc() -> None:
    indices, weights = contributions(32, 64, LANCZOS3)
    at = 20  # lies at input position 9.75
    x = 9.75 - np.arange(7, 13)
    expected = np.sinc(x) * np.sinc(x / 3)
    used = np.isin(indices[at], np.arange(7, 13))
    assert weights[at][used] == pytest.approx(expected / expected.sum(), abs=1e-12)
    assert not np.array_equal(resized(squares(8), 16, 16, LANCZOS3), resized(squares(8), 16, 16, CUBIC))


@pytest.mark.parametrize("sizes", [(4000, 5000, 500, 625), (600, 600, 3000, 3000)])
def test_memory_does_not_grow_with_the_picture(sizes: tuple[int, int, int, int]) -> None:
    height, width, new_height, new_width = sizes
    picture = np.zeros((height, width, 3), np.uint8)
    tracemalloc.start()
    result = resized(picture, new_height, new_width)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most - result.nbytes < 30 << 20


@pytest.mark.parametrize(("pixels", "size"), [(np.zeros((4, 4), np.int32), 8), (np.zeros((4, 4), np.uint8), 0)])
def test_what_cannot_be_resized_is_refused(pixels: npt.NDArray[np.generic], size: int) -> None:
    with pytest.raises(ValueError, match="cannot resize"):
        resized(pixels, size, size)
