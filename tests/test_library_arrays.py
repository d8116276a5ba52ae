"""Arrays become pictures and come back in their shape and type; what is no picture is refused with what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from restore.errors import InputError
from restore.image import Image
from restore.library.arrays import from_array, to_array


def ramp(*shape: int, dtype: Any = np.uint8) -> npt.NDArray[Any]:
    values = np.arange(np.prod(shape)).reshape(shape)
    return values.astype(dtype) if np.issubdtype(dtype, np.integer) else (values / values.max()).astype(dtype)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4), (1, 1), (3, 3, 3), (3, 5)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, ">u2", ">f4"])
def test_an_array_comes_back_as_it_was(shape: tuple[int, ...], dtype: Any) -> None:
    given = ramp(*shape).astype(np.uint8).astype(dtype)
    if given.dtype.kind == "f":
        given /= 255
    image = from_array(given)
    assert image.pixels.dtype in (np.uint8, np.uint16, np.float32)
    assert (image.alpha is not None) == (shape[-1] == 4)
    back = to_array(image, given)
    assert back.shape == given.shape and back.dtype == given.dtype
    np.testing.assert_allclose(back.astype(float), given.astype(float), atol=1e-6)
    assert not np.shares_memory(back, given), "whoever changes the result must not change what was given"


def test_views_of_any_order_are_taken() -> None:
    given = ramp(8, 9, 3)[::2, ::-1]
    np.testing.assert_array_equal(from_array(given).pixels, given)
    np.testing.assert_array_equal(from_array(np.asfortranarray(given)).pixels, given)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((3, 8, 9), np.uint8), "Its channels stand first: give np.moveaxis"),
        (np.zeros((8, 9, 2), np.uint8), r"has the shape \(8, 9, 2\)\. Give \(height, width\) for grey"),
        (np.zeros(8, np.uint8), r"has the shape \(8,\)"),
        (np.zeros((1, 8, 9, 3), np.uint8), r"has the shape \(1, 8, 9, 3\)"),
        (np.zeros((0, 9, 3), np.uint8), "holds no pixels"),
        (np.zeros((8, 9), np.int64), "of the type int64. Give uint8"),
        (np.zeros((8, 9), np.bool_), "of the type bool"),
        (np.zeros((8, 9), object), "of the type object"),
        (np.zeros((8, 9), np.complex64), "of the type complex64"),
        (np.full((8, 9), 255.0), "holds values from 255 to 255.*divide 8-bit values by 255"),
        (np.full((8, 9), -1.0), "shift values from -1 to 1"),
        (np.full((8, 9), np.nan), "holds NaN or infinite values"),
        (np.full((8, 9), np.inf), "holds NaN or infinite values"),
    ],
)
def test_what_is_no_picture_is_refused(array: npt.NDArray[Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        from_array(array)


def test_what_rounding_does_is_no_mistake() -> None:
    image = from_array(np.array([[-1e-4, 1 + 1e-4]]))
    back = to_array(image, np.zeros((1, 2)))
    assert (back.min(), back.max()) == (0, 1), "and is clipped, so that results can be given again"


def test_a_mask_stays_of_8_bits_whatever_it_was_made_of() -> None:
    mask = Image(np.full((4, 5, 1), 255, np.uint8))
    assert to_array(mask, np.zeros((4, 5, 3))).dtype == np.uint8
    assert to_array(mask, np.zeros((4, 5), np.uint16)).shape == (4, 5)
