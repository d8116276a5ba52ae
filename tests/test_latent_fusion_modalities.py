"""Pairs of modalities made of photographs: seeded, of 8 bits, and different where infrared and visible light are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from restore_latent_fusion.modalities import KNOTS, _curved, _region, modalities
from restore_latent_fusion.recipe import INFRARED, make_pairs
from skimage import data
from torch import Generator, Tensor

COUNT = 24


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def photos(count: int = COUNT, height: int = 96, width: int = 128) -> Tensor:
    """Luma ``(count, 1, height, width)``."""
    picture = np.ascontiguousarray(data.astronaut()[:height, 100 : 100 + width, 1])
    return torch.from_numpy(picture)[None, None].float().div(255).repeat(count, 1, 1, 1)


def correlation(one: Tensor, other: Tensor) -> Tensor:
    """Of each picture of one batch with that of another, ``(N,)``."""
    a, b = (x.flatten(1) - x.flatten(1).mean(1, keepdim=True) for x in (one, other))
    return torch.cosine_similarity(a, b, dim=1)


@pytest.mark.parametrize("size", [(96, 128), (64, 64), (33, 40)])
def test_pairs_are_seeded_8_bit_and_within_range(size: tuple[int, int]) -> None:
    clean = photos(4, *size)
    pair, again, other = (modalities(clean, seeded(seed)) for seed in (3, 3, 4))
    for frame, same, different in zip(pair, again, other, strict=True):
        assert frame.shape == clean.shape and torch.isfinite(frame).all()
        assert torch.equal(frame, same) and not torch.equal(frame, different)
        assert 0 <= float(frame.min()) <= float(frame.max()) <= 1
        assert torch.allclose((frame * 255).round(), frame * 255, atol=1e-3)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_flat_pictures_give_numbers_too(level: float) -> None:
    for frame in modalities(torch.full((4, 1, 48, 48), level), seeded()):
        assert torch.isfinite(frame).all()


def test_the_two_frames_of_a_pair_differ_and_no_two_pairs_are_alike() -> None:
    visible, infrared = modalities(photos(), seeded())
    assert float((visible - infrared).abs().mean((1, 2, 3)).min()) > 0.02
    for frames in (visible, infrared):
        assert all(float((frames[k] - frames[k - 1]).abs().mean()) > 0.005 for k in range(COUNT))


def test_heat_goes_with_light_in_some_pairs_and_against_it_in_others() -> None:
    clean = photos(64)
    _, infrared = modalities(clean, seeded())
    together = correlation(clean, infrared)
    assert float(together.min()) < -0.3 and float(together.max()) > 0.5
    assert float(together.abs().mean()) < 0.8


def test_by_night_the_visible_frame_is_dark_and_by_day_as_it_was() -> None:
    clean = photos(64)
    visible, _ = modalities(clean, seeded())
    levels = visible.mean((1, 2, 3)) / clean.mean((1, 2, 3))
    assert float(levels.min()) < 0.75
    assert int(((levels - 1).abs() < 0.02).sum()) >= 8
    assert float(correlation(clean, visible).max()) > 0.99


def test_the_infrared_frame_does_not_hold_the_finest_detail_of_the_visible_one() -> None:
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    board = ((rows + columns) % 2 * 2 - 1).float().expand(16, 1, 64, 64)
    visible, infrared = modalities(0.5 + 0.2 * board, seeded())
    kept = [(frame * board).mean((1, 2, 3)) for frame in (visible, infrared)]
    assert float(kept[0].max()) > 0.15 and float(kept[1].abs().max()) < 0.02


def test_warm_things_stand_out_also_where_the_scene_is_dark() -> None:
    """In a scene without any light, all that is bright in the infrared frame is warm."""
    _, infrared = modalities(torch.zeros(64, 1, 96, 96), seeded())
    spread = infrared.flatten(1).quantile(0.99, 1) - infrared.flatten(1).median(1).values
    assert 0.3 < float((spread > 0.15).float().mean()) < 1, "in many scenes, not in all"


@pytest.mark.parametrize("share", [0.12, 0.5])
def test_regions_cover_their_share_and_have_outlines(share: float) -> None:
    regions = _region(photos(64), 8, seeded(), share)
    assert regions.shape == (64, 1, 96, 128)
    inside = (regions > 0.5).float().mean((1, 2, 3))
    assert torch.allclose(inside, torch.full((64,), share), atol=0.01)
    assert float(regions.min()) < 0.02 and float(regions.max()) > 0.98


def test_tone_curves_are_continuous_and_rise_or_fall_or_do_both() -> None:
    ramp = torch.linspace(0, 1, 256).expand(128, 1, 1, 256)
    curves = _curved(ramp, seeded()).reshape(128, 256)
    steps = curves.diff(dim=1)
    assert float(curves.min()) >= 0 and float(curves.max()) <= 1
    assert float(steps.abs().max()) <= (KNOTS - 1) / 255 + 1e-6, "no jump"
    rising, falling = ((sign * steps >= -1e-6).all(1) for sign in (1, -1))
    for share in (rising.float().mean(), falling.float().mean(), (~rising & ~falling).float().mean()):
        assert float(share) > 0.12


def test_the_pairs_to_learn_from_are_grey_and_of_the_photographs() -> None:
    clean = photos(3).repeat(1, 3, 1, 1)
    series = make_pairs(clean, seeded())
    assert series.frames.shape == (3, 2, 3, 96, 128) and series.kind == INFRARED
    assert torch.equal(series.frames[:, :, 0], series.frames[:, :, 2]) and torch.equal(series.truth, clean)
    assert series.kinds.tolist() == [INFRARED] * 3
