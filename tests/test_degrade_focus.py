"""Focus splits: what is sharp in one frame is out of focus in the other, plainly or as a lens has it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from restore.degrade.focus import RADII, _occluding, _plain, defocused, depth_mask, focus_split


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photos(count: int = 8, height: int = 96, width: int = 128) -> Tensor:
    picture = np.ascontiguousarray(data.astronaut()[:height, 100 : 100 + width])
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255).repeat(count, 1, 1, 1)


def test_pairs_are_seeded_8_bit_and_within_range() -> None:
    clean = photos()
    (frames, mask), (again, _) = (focus_split(clean, seeded(3)) for _ in range(2))
    assert frames.shape == (8, 2, 3, 96, 128) and mask.shape == (8, 1, 96, 128)
    assert torch.equal(frames, again) and not torch.equal(frames, focus_split(clean, seeded(4))[0])
    assert 0 <= float(frames.min()) <= float(frames.max()) <= 1
    assert torch.allclose((frames * 255).round(), frames * 255, atol=1e-3)


def test_plain_pairs_hold_every_pixel_of_the_photograph_beside_the_edge() -> None:
    clean = photos()
    frames, mask = focus_split(clean, seeded(), occlusion=0.0)
    first, second = (mask == 1).expand_as(clean), (mask == 0).expand_as(clean)
    assert torch.allclose(frames[:, 0][first], clean[first], atol=0.6 / 255)
    assert torch.allclose(frames[:, 1][second], clean[second], atol=0.6 / 255)
    blurred = (frames[:, 0] - clean)[second].abs().mean(), (frames[:, 1] - clean)[first].abs().mean()
    assert min(blurred) > 5 / 255, "the other part is out of focus"


def test_masks_are_hard_but_for_an_edge_and_neither_empty_nor_full() -> None:
    mask = depth_mask(photos(32), seeded())
    between = ((mask > 0) & (mask < 1)).float().mean((1, 2, 3))
    assert float(between.max()) < 0.06
    assert 0.3 < float(mask.mean()) < 0.7
    assert float((mask.mean((1, 2, 3)) - 0.5).abs().median()) < 0.3


def test_masks_have_few_parts_with_smooth_outlines() -> None:
    """Noise of single pixels would have an outline as long as the picture has pixels."""
    mask = depth_mask(photos(16, 128, 128), seeded()).round()
    outline = (mask[..., 1:] - mask[..., :-1]).abs().sum((1, 2, 3)) + (mask[..., 1:, :] - mask[..., :-1, :]).abs().sum(
        (1, 2, 3)
    )
    assert 0 < float(outline.median()) < 10 * 128


@pytest.mark.parametrize("radius", [*RADII, 3.3])
def test_a_point_out_of_focus_is_a_disc_of_its_radius(radius: float) -> None:
    point = torch.zeros(1, 1, 41, 41)
    point[..., 20, 20] = 1
    disc = defocused(point, torch.full((1, 1, 1, 1), radius))[0, 0]
    assert float(disc.sum()) == pytest.approx(1, abs=1e-5)
    assert float(disc[20, 20]) == pytest.approx(1 / (math.pi * radius**2), rel=0.12)
    y, x = torch.meshgrid(torch.arange(41) - 20, torch.arange(41) - 20, indexing="ij")
    assert float(disc[torch.hypot(x.float(), y.float()) > radius + 0.6].abs().max()) < 1e-6


def test_blur_keeps_what_is_flat_up_to_the_border() -> None:
    flat = torch.full((2, 3, 30, 37), 0.4)
    radius = torch.tensor([2.0, 6.0])[:, None, None, None]
    assert torch.allclose(defocused(flat, radius), flat, atol=1e-5)


def halves() -> tuple[Tensor, Tensor, list[Tensor]]:
    """A white far part on the left, a black near part on the right, both lenses' discs of radius 4."""
    linear = torch.ones(1, 3, 40, 40)
    linear[..., 20:] = 0
    near = torch.zeros(1, 1, 40, 40)
    near[..., 20:] = 1
    return linear, near, [torch.full((1, 1, 1, 1), 4.0)] * 2


def test_a_blurred_far_part_holds_nothing_of_what_stands_before_it() -> None:
    focused_near, _ = _occluding(*halves())
    assert torch.allclose(focused_near[..., :20], torch.ones(1, 3, 40, 20), atol=1e-4)
    pasted, _ = _plain(*halves())
    assert float(pasted[..., 19].max()) < 0.7, "the plain kind mixes both"


def test_a_blurred_near_part_spills_over_its_edge_and_is_seen_through() -> None:
    _, focused_far = _occluding(*halves())
    row = focused_far[0, 0, 20]
    assert float(row[18]) < 0.9, "it spills over the far part"
    assert float(row[21]) > 0.1, "the far part goes on behind it"
    assert torch.all(row[1:] <= row[:-1] + 1e-5)
    assert float(row[15]) == pytest.approx(1, abs=1e-4) and float(row[25]) == pytest.approx(0, abs=1e-4)


def test_the_share_of_occluding_pairs_is_the_callers() -> None:
    clean = photos(24)
    plain, some, all_ = (focus_split(clean, seeded(1), occlusion)[0] for occlusion in (0.0, 0.5, 1.0))
    differs = (some != plain).flatten(1).any(1)
    assert 4 <= int(differs.sum()) <= 20
    assert (all_ != plain).flatten(1).any(1).all()
    assert torch.equal(some[differs], all_[differs])


def test_either_part_may_come_first() -> None:
    """The far part's mask is the complement, so that the first frame's share tells which was taken."""
    clean = photos(64)
    near = depth_mask(clean, seeded(2))
    first = focus_split(clean, seeded(2))[1]
    swapped = (first - (1 - near)).abs().flatten(1).max(1).values < 1e-6
    assert 16 < int(swapped.sum()) < 48
