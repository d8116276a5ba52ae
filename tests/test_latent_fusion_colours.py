"""The colours of a fused picture: what is clipped in one channel of a long exposure keeps the hue of the short one."""

from __future__ import annotations

import math

import pytest
import torch
from restore_latent_fusion.colours import CLIPPED, DARK, FULLER, Hues, completed
from restore_latent_fusion.losses import luma
from torch import Tensor

Colour = tuple[float, float, float]
ORANGE: Colour = (0.6, 0.38, 0.14)
YELLOWED: Colour = (1.0, 0.71, 0.26)  # the same, 1.88 times as strong, which is more than its red channel holds


def frame(colour: Colour) -> Tensor:
    return torch.tensor(colour).reshape(1, 3, 1, 1).expand(1, 3, 4, 6).clone()


def gathered(frames: list[Tensor], weights: list[float] | None = None) -> tuple[Hues, Tensor]:
    """The hues of weighted frames, and the frames' mix."""
    hues, shares = Hues(), weights or [1 / len(frames)] * len(frames)
    for each, share in zip(frames, shares, strict=True):
        hues.add(each, torch.full((1, 1, 4, 6), share))
    return hues, torch.stack([each * share for each, share in zip(frames, shares, strict=True)]).sum(0)


def fused(frames: list[Tensor], weights: list[float] | None = None) -> Tensor:
    """The picture of which nothing is lacking."""
    hues, mixed = gathered(frames, weights)
    return completed(mixed, mixed, torch.zeros(1, 2, 4, 6), hues.change())


def hue(colour: Tensor) -> float:
    """In degrees: 0 is red, 60 yellow, 120 green."""
    red, green, blue = colour.mean((0, 2, 3)).tolist()
    return math.degrees(math.atan2(3**0.5 * (green - blue), 2 * red - green - blue))


def strength(colour: Tensor) -> float:
    """How far a colour is from grey, as a share of its luma."""
    light = luma(colour)
    return float(((colour - light) / light).square().sum(1).sqrt().mean())


@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_what_one_channel_cannot_hold_takes_the_hue_of_the_frame_that_holds_it(share: float) -> None:
    frames, weights = [frame(ORANGE), frame(YELLOWED)], [share, 1 - share]
    _, mixed = gathered(frames, weights)
    result = fused(frames, weights)
    assert hue(mixed) > hue(frames[0]) + 0.8
    assert hue(result) == pytest.approx(hue(frames[0]), abs=0.5)
    assert torch.allclose(luma(result), luma(mixed), atol=1e-6), "the light is that of all"


def test_where_nothing_is_clipped_nothing_is_changed() -> None:
    hues, _ = gathered([frame(ORANGE), frame((0.9, 0.6, 0.2)), torch.rand(1, 3, 4, 6) * CLIPPED])
    assert hues.change() is None
    clipped = frame((0.3, 0.5, 0.8))
    clipped[..., 0] = 1.0
    change = gathered([frame((0.3, 0.5, 0.7)), clipped])[0].change()
    assert change is not None
    assert float(change[..., 1:].abs().max()) < 1e-6 < float(change[..., 0].abs().max())


def test_where_all_frames_are_clipped_their_colours_stay() -> None:
    change = gathered([frame((1.0, 0.5, 0.2)), frame((1.0, 0.9, 0.4))])[0].change()
    assert change is not None and float(change.abs().max()) < 1e-5
    assert torch.isfinite(fused([frame((1.0, 1.0, 1.0))] * 2)).all()
    assert torch.isfinite(fused([frame((0.0, 0.0, 0.0)), frame((1.0, 1.0, 1.0))])).all()


def test_a_frame_that_is_much_darker_does_not_say_what_colour_things_have() -> None:
    """Its blacks are tinted by the camera and full of noise."""
    change = gathered([frame((0.15, 0.03, 0.0)), frame((1.0, 0.9, 0.3))])[0].change()
    assert change is not None and float(change.abs().max()) < 1e-6


def test_what_is_white_in_one_frame_stays_pale() -> None:
    frames = [frame((0.8, 0.5, 0.4)), frame((1.0, 1.0, 1.0))]
    _, mixed = gathered(frames)
    assert strength(fused(frames)) < strength(mixed) * FULLER * 1.02 < strength(frames[0])


def test_colours_fit_below_white_so_that_clipping_does_not_turn_them_again() -> None:
    frames = [frame((0.9, 0.4, 0.1)), frame((1.0, 0.95, 0.3))]
    _, mixed = gathered(frames, [0.3, 0.7])
    result = fused(frames, [0.3, 0.7])
    assert float(result.max()) <= 1 + 1e-3
    assert hue(frames[0]) < hue(result) < hue(frames[0]) + 4 < hue(mixed)


def test_from_little_clipped_to_clipped_colours_go_over_without_a_step() -> None:
    """Both frames of a slope whose longer exposure is clipped from somewhere on."""
    light = torch.linspace(0.2, 0.9, 256).reshape(1, 1, 1, -1)
    short = light * torch.tensor([1.0, 0.62, 0.24]).reshape(1, 3, 1, 1)
    long = (1.88 * short).clamp(max=1)
    hues = Hues()
    for each in (short, long):
        hues.add(each, torch.full_like(light, 0.5))
    change = hues.change()
    assert change is not None
    mixed = (short + long) / 2
    result = completed(mixed, mixed, torch.zeros(1, 2, 1, 256), change)
    assert float(change.abs().max()) > 0.05
    steps, before = (picture.diff(dim=3).abs().amax(dim=(0, 1, 2)) for picture in (result, short + long))
    assert float(steps.max()) < 2 * float(before.max())


def test_light_and_detail_are_added_to_luma_and_colour_follows() -> None:
    mixed, coarse = frame((0.5, 0.4, 0.3)), frame((0.4, 0.3, 0.2))
    lacking = torch.zeros(1, 2, 4, 6)
    assert torch.allclose(completed(mixed, coarse, lacking), mixed, atol=1e-6)
    lacking[:, 0] = 0.1
    brighter = completed(mixed, coarse, lacking)
    light = luma(mixed)
    assert torch.allclose(luma(brighter), light + 0.1, atol=1e-6)
    assert torch.allclose(brighter - luma(brighter), (mixed - light) * (light + 0.1 + DARK) / (light + DARK), atol=1e-6)
    lacking[:] = torch.tensor([0.0, 20.0]).reshape(1, 2, 1, 1)
    assert torch.allclose(luma(completed(mixed, coarse, lacking)), 2 * light - luma(coarse), atol=1e-5)
