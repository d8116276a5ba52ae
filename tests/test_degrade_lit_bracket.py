"""Brackets of scenes whose light no exposure holds: what of the scene is in which frame, and what is pleasant."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from restore.degrade import lit_bracket
from restore.degrade.exposure import CONTRAST, uneven_light

COUNT = 8


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos(count: int = COUNT, height: int = 96, width: int = 128) -> Tensor:
    picture = np.ascontiguousarray(data.astronaut()[:height, 100 : 100 + width])
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255).repeat(count, 1, 1, 1)


def test_brackets_are_seeded_8_bit_and_within_range() -> None:
    clean = photos()
    (frames, pleasant), (again, _) = (lit_bracket(clean, seeded(5), 3) for _ in range(2))
    assert frames.shape == (COUNT, 3, 3, 96, 128) and pleasant.shape == clean.shape
    assert torch.equal(frames, again) and not torch.equal(frames, lit_bracket(clean, seeded(6), 3)[0])
    for tensor in (frames, pleasant):
        assert torch.isfinite(tensor).all()
        assert 0 <= float(tensor.min()) <= float(tensor.max()) <= 1
    assert torch.allclose((frames * 255).round(), frames * 255, atol=1e-3)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_as_many_frames_as_asked_for_one_brighter_than_the_other_in_no_order(count: int) -> None:
    frames, _ = lit_bracket(photos(48, 48, 64), seeded(), count)
    assert frames.shape[1] == count
    levels = frames.mean((2, 3, 4))
    assert float((levels.amax(1) - levels.amin(1)).median()) > 0.2
    brightest = levels.argmax(1).bincount(minlength=count) / 48
    assert float(brightest.min()) > 0.3 / count


@pytest.mark.parametrize("flat", [0.0, 0.5, 1.0])
def test_photographs_without_any_structure_give_numbers_too(flat: float) -> None:
    frames, pleasant = lit_bracket(torch.full((3, 3, 48, 48), flat), seeded())
    assert torch.isfinite(frames).all() and torch.isfinite(pleasant).all()


def test_every_part_of_a_scene_is_well_exposed_in_one_of_the_frames_and_none_holds_all() -> None:
    clean = photos(48)
    frames, _ = lit_bracket(clean, seeded(), 3)
    shown = frames.mean(2)
    usable = (shown > 0.06) & (shown < 0.96)
    scene = ((clean > 0.15) & (clean < 0.85)).all(1)
    union = float(usable.any(1)[scene].float().mean())
    each = float(usable.float().mean(1)[scene].mean())
    assert union > 0.9
    assert union - each > 0.2


def test_the_pleasant_picture_is_the_photograph_in_softer_light() -> None:
    clean = photos(24)
    frames, pleasant = lit_bracket(clean, seeded())
    away = (pleasant - clean).abs().mean((1, 2, 3))
    frames_away = (frames - clean[:, None]).abs().mean((2, 3, 4)).amin(1)
    assert float(away.median()) < 0.07 < float(frames_away.median())
    assert float(away.max()) < 0.2


def test_the_light_has_dark_and_bright_regions_with_a_known_contrast() -> None:
    stops = uneven_light(photos(64), seeded())
    assert stops.shape == (64, 1, 96, 128) and torch.isfinite(stops).all()
    ranges = stops.flatten(1).quantile(0.98, 1) - stops.flatten(1).quantile(0.02, 1)
    assert float(ranges.min()) > 0.9
    assert 1.5 < float(ranges.median()) < CONTRAST
    sharp = (stops[..., 1:] - stops[..., :-1]).abs().flatten(1).amax(1)
    assert float(sharp.median()) > 0.5, "outlines, not only gradients"


def test_the_light_is_drawn_from_the_generator_alone() -> None:
    clean = photos(3)
    one, again, other = (uneven_light(clean, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)
