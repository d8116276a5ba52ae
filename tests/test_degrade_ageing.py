"""Fading lifts what was dense and leaves the paper; a cast turns grey towards its hue and keeps it as bright."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from restore.degrade.ageing import LUMINANCE, colour_cast, fading
from restore.degrade.optics import to_light


def number(value: float) -> Tensor:
    return torch.full((1, 1, 1, 1), float(value))


def flat(value: float) -> Tensor:
    return torch.full((1, 3, 4, 4), float(value))


def test_half_of_the_density_is_lost_where_half_is_asked_for() -> None:
    before, after = (float(-to_light(p).log10().mean()) for p in (flat(0.3), fading(flat(0.3), number(0.5), number(0))))
    assert after == pytest.approx(before / 2, rel=1e-3)


def test_paper_white_stays_and_black_is_lifted() -> None:
    assert torch.allclose(fading(flat(1), number(0.6), number(0.4)), flat(1), atol=1e-5)
    assert float(fading(flat(0), number(0.6), number(0.4)).min()) > 0.1


def test_cyan_fades_most_so_that_greys_turn_red_and_green_is_least() -> None:
    red, green, blue = fading(flat(0.4), number(0.5), number(0.4))[0, :, 0, 0].tolist()
    assert red > blue > green > 0.4


def test_no_strength_changes_nothing() -> None:
    picture = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(fading(picture, number(0), number(0.4)), picture, atol=1e-5)
    assert torch.allclose(colour_cast(picture, number(0), number(1)), picture, atol=1e-5)


@pytest.mark.parametrize(("hue", "channel"), [(0, 0), (120, 1), (240, 2)])
def test_a_cast_favours_the_channel_of_its_hue_by_the_stops_asked_for(hue: float, channel: int) -> None:
    light = to_light(colour_cast(flat(0.4), number(1), number(math.radians(hue))))[0, :, 0, 0]
    assert int(light.argmax()) == channel
    assert float((light.max() / light.min()).log2()) == pytest.approx(1.5 / math.sqrt(3), rel=1e-3)


def test_grey_stays_as_bright_under_a_cast() -> None:
    light = to_light(colour_cast(flat(0.4), number(1), number(2)))[0, :, 0, 0]
    assert float((light * torch.tensor(LUMINANCE)).sum()) == pytest.approx(float(to_light(flat(0.4))[0, 0, 0, 0]))


def test_channels_drift_apart_by_the_strength_at_most() -> None:
    drifts = []
    for hue in range(0, 360, 10):
        light = to_light(colour_cast(flat(0.4), number(1), number(math.radians(hue))))[0, :, 0, 0]
        drifts.append(float((light.max() / light.min()).log2()))
    assert max(drifts) == pytest.approx(1, rel=1e-3)
