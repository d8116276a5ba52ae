"""Blurs of known shape, and corners that lose what they are asked to."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from restore.degrade.optics import defocus, gaussian_blur, motion_blur, to_light, to_values, vignette


def number(value: float) -> Tensor:
    return torch.full((1, 1, 1, 1), float(value))


def point(edge: int = 41) -> Tensor:
    picture = torch.zeros(1, 1, edge, edge)
    picture[..., edge // 2, edge // 2] = 1
    return picture


def spread(picture: Tensor) -> tuple[float, float]:
    """Standard deviations of a blurred point along the rows and along the columns."""
    places = torch.arange(picture.shape[3]) - picture.shape[3] // 2
    return tuple(float((picture.sum((0, 1, axis)) * places**2).sum()) ** 0.5 for axis in (2, 3))


@pytest.mark.parametrize("sigma", [1.0, 2.5])
def test_a_gaussian_blur_spreads_a_point_by_its_sigma(sigma: float) -> None:
    assert spread(gaussian_blur(point(), number(sigma))) == pytest.approx((sigma, sigma), rel=0.01)


def test_a_movement_along_the_rows_makes_a_point_a_line_of_its_length() -> None:
    line = motion_blur(point(), number(9), number(0))[0, 0]
    assert line[20, 16:25] == pytest.approx(torch.full((9,), 1 / 9), abs=1e-5)
    assert float(line[20, 16:25].sum()) == pytest.approx(1, abs=1e-5)


def test_a_movement_turns_counter_clockwise() -> None:
    upright = motion_blur(point(), number(9), number(math.pi / 2))[0, 0]
    assert float(upright[16:25, 20].sum()) == pytest.approx(1, abs=1e-4)
    rising = motion_blur(point(), number(9), number(math.pi / 4))[0, 0]
    assert float(rising[18, 22]) > 0.05 > float(rising[18, 18].abs()) * 100


def test_a_defocused_point_is_a_disc() -> None:
    disc = defocus(point(), number(5))[0, 0]
    assert float((disc > 0.45 / (math.pi * 25)).sum()) == pytest.approx(math.pi * 25, rel=0.05)
    assert float(disc[20, 20]) == pytest.approx(float(disc[20, 23]), rel=1e-3)


@pytest.mark.parametrize(("blur", "nothing"), [(gaussian_blur, 0.0), (defocus, 0.0)])
def test_no_blur_changes_nothing(blur: object, nothing: float) -> None:
    picture = torch.rand(2, 3, 12, 17, generator=torch.Generator().manual_seed(0))
    assert callable(blur)
    assert torch.allclose(blur(picture, torch.full((2, 1, 1, 1), nothing)), picture, atol=1e-6)
    assert torch.allclose(motion_blur(picture, torch.ones(2, 1, 1, 1), torch.ones(2, 1, 1, 1)), picture, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3)])
def test_pictures_smaller_than_the_blur_keep_a_flat_grey(size: tuple[int, int]) -> None:
    flat = torch.full((1, 3, *size), 0.4)
    for blurred in (
        gaussian_blur(flat, number(4)),
        motion_blur(flat, number(15), number(1)),
        defocus(flat, number(6)),
    ):
        assert torch.allclose(blurred, flat, atol=1e-5)


def test_each_picture_of_a_batch_has_its_own_blur() -> None:
    both = gaussian_blur(point().expand(2, -1, -1, -1), torch.tensor([0.0, 3.0]).reshape(2, 1, 1, 1))
    assert torch.allclose(both[:1], point(), atol=1e-6)
    assert spread(both[1:])[0] == pytest.approx(3, rel=0.01)


def test_corners_lose_the_light_that_is_asked_for_and_the_middle_none() -> None:
    dark = to_light(vignette(torch.full((1, 3, 101, 151), 0.8), number(0.6)))
    before = float(to_light(torch.full((1, 3, 1, 1), 0.8)).mean())
    assert float(dark[0, 0, 0, 0]) / before == pytest.approx(0.4, rel=0.01)
    assert float(dark[0, 0, 50, 75]) / before == pytest.approx(1, rel=1e-4)


def test_light_and_values_are_inverses() -> None:
    values = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(to_values(to_light(values)), values, atol=1e-5)
