"""An enlargement, reduced again, is the small picture; and pieces of it equal the whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from restore_vae_sr.consistency import CLIPPING, Assembly, assembled, rounds_for
from torch import Tensor

from restore.toolkit.scaling import enlarge, reduce, reduce_phases


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def off(picture: Tensor, small: Tensor, scale: int) -> float:
    """Root mean square of the difference in grey levels; the picture comes by phases."""
    return float((reduce_phases(picture, scale) - small).square().mean().sqrt() * 255)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_one_round_gives_the_input_back_even_where_both_are_noise(scale: int) -> None:
    small, residual = random(1, 3, 18, 23), random(1, 3 * scale**2, 18, 23, seed=1) - 0.5
    assert off(assembled(small, residual, scale, 0), small, scale) > 20
    assert off(assembled(small, residual, scale, 1), small, scale) < 0.1


def test_without_rounds_it_is_the_plain_sum() -> None:
    small, residual = random(1, 3, 6, 7), random(1, 12, 6, 7, seed=1)
    wanted = enlarge(small, 2) + F.pixel_shuffle(residual, 2)
    assert torch.allclose(F.pixel_shuffle(assembled(small, residual, 2, 0), 2), wanted)


def test_black_text_on_white_stays_consistent_when_it_is_cut_off() -> None:
    page = (random(1, 1, 40, 40) > 0.5).float().repeat_interleave(4, 2).repeat_interleave(4, 3)
    small = (reduce(page, 4).clamp(0, 1) * 255).round() / 255
    residual = F.pixel_unshuffle(0.8 * (page - enlarge(small, 4)), 4)
    few, many = (off(assembled(small, residual, 4, rounds).clamp(0, 1), small, 4) for rounds in (1, CLIPPING))
    assert few > 1.5
    assert many < 1.1


def test_pictures_with_much_black_or_white_get_more_rounds() -> None:
    grey = np.full((20, 20, 3), 128, np.uint8)
    assert rounds_for(grey) == 1
    page = grey.copy()
    page[:10] = 255
    assert rounds_for(page) == rounds_for(page.astype(np.uint16) * 257) == CLIPPING
    assert rounds_for(page.astype(np.float32) / 255) == 1


@pytest.mark.parametrize("rounds", [0, 1, CLIPPING])
@pytest.mark.parametrize("strip", [3, 20, 64])
def test_strips_equal_the_whole_to_the_last_bit(rounds: int, strip: int) -> None:
    scale, height = 2, 64
    small, residual = random(1, 3, height, 9), random(1, 3 * scale**2, height, 9, seed=1) - 0.5
    assembly = Assembly(lambda top, bottom: small[:, :, top:bottom], height, scale, rounds)
    pieces = [assembly.push(residual[:, :, top : top + strip]) for top in range(0, height, strip)]
    finished = [piece for piece in pieces if piece]
    rows = [start for start, _ in finished]
    assert rows == sorted(set(rows))
    assert rows[0] == 0
    assert torch.equal(torch.cat([piece for _, piece in finished], 2), assembled(small, residual, scale, rounds))
