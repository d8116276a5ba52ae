"""Brackets: one scene at several exposures, clipped and noisy as a camera's are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from restore.degrade.exposure import _developed, _to_light, bracket, exposures


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos(count: int = 4) -> Tensor:
    picture = np.ascontiguousarray(data.astronaut()[:96, 100:228])
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255).repeat(count, 1, 1, 1)


def test_brackets_are_seeded_8_bit_and_within_range() -> None:
    clean = photos()
    frames, again = (bracket(clean, seeded(5), 3) for _ in range(2))
    assert frames.shape == (4, 3, 3, 96, 128)
    assert torch.equal(frames, again) and not torch.equal(frames, bracket(clean, seeded(6), 3))
    assert 0 <= float(frames.min()) <= float(frames.max()) <= 1
    assert torch.allclose((frames * 255).round(), frames * 255, atol=1e-3)


def test_no_change_of_exposure_gives_the_photograph_with_noise() -> None:
    clean = photos()
    frames = bracket(clean, seeded(), 1, ev=torch.zeros(4, 1))
    assert float((frames[:, 0] - clean).abs().mean()) < 0.03
    assert abs(float((frames[:, 0] - clean).mean())) < 0.004


def test_longer_exposures_are_brighter_and_clip_highlights() -> None:
    clean = photos()
    frames = bracket(clean, seeded(), 3, ev=torch.tensor([[-2.0, 0.0, 2.0]]).repeat(4, 1))
    dark, right, bright = frames.mean((0, 2, 3, 4))
    assert float(dark) < 0.6 * float(right) and float(bright) > 1.3 * float(right)
    white = (frames > 0.995).float().mean((0, 2, 3, 4))
    assert float(white[2]) > 0.3 > 10 * float(white[0])


def test_a_stop_is_twice_the_light() -> None:
    power, curve = torch.full((1, 1, 1, 1), 2.2), torch.full((1, 1, 1, 1), 0.4)
    light = torch.linspace(0, 0.5, 50)[None, None, None]
    once, twice = (_to_light(_developed(light * gain, power, curve), power, curve) for gain in (1, 2))
    assert torch.allclose(twice, 2 * once, atol=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6])
def test_the_response_and_its_inverse_undo_each_other(share: float) -> None:
    shown = torch.linspace(0, 1, 256)[None, None, None]
    power, curve = torch.full((1, 1, 1, 1), 1.9), torch.full((1, 1, 1, 1), share)
    back = _developed(_to_light(shown, power, curve), power, curve)
    assert torch.allclose(back, shown, atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_drawn_exposures_have_one_that_is_right_and_stay_within_the_span(count: int) -> None:
    ev = exposures(200, count, seeded(), span_ev=3.0)
    assert ev.shape == (200, count)
    assert float(ev.abs().max()) <= 3
    assert float(ev.abs().min(1).values.max()) <= 1 / 3 + 1e-6
    if count > 1:
        assert float((ev.max(1).values - ev.min(1).values).min()) > 0.5, "no two are alike"
        assert 0.3 / count < float((ev.argmax(1) == 0).float().mean()) < 1.7 / count, "in no order"


def test_exposures_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must be \(4, 3\), got \(4, 2\)"):
        bracket(photos(), seeded(), 3, ev=torch.zeros(4, 2))
