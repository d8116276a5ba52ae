"""Clean crops that look damaged come back until they are understood."""

from __future__ import annotations

import numpy as np
import torch
from restore_damage_unet.damage import Layers
from restore_damage_unet.hard_crops import CAPACITY, HardCrops
from torch import Tensor

SIZE = 4


def crops(*greys: int) -> Tensor:
    return torch.stack([torch.full((3, SIZE, SIZE), grey / 255) for grey in greys])


def logits(*values: float) -> Tensor:
    return torch.stack([torch.full((1, SIZE, SIZE), value) for value in values])


def pool(again: float = 1.0) -> HardCrops:
    return HardCrops(again, np.random.default_rng(0))


def test_a_clean_crop_comes_back_as_it_was_and_a_damaged_one_never() -> None:
    hard, clean = pool(), torch.tensor([True, False])
    hard.learn_from(crops(10, 20), clean, logits(1, 9))
    batch = crops(30, 40)
    hard.put_into(batch, clean)
    assert torch.equal(batch, crops(10, 40))


def test_the_share_is_kept() -> None:
    hard = pool(again=0.25)
    hard.learn_from(crops(10), torch.tensor([True]), logits(0))
    batch = crops(*[99] * 400)
    hard.put_into(batch, torch.ones(400, dtype=torch.bool))
    assert 70 < (batch[:, 0, 0, 0] < 0.1).sum() < 130


def test_what_is_understood_makes_room_for_what_is_not() -> None:
    hard, one = pool(), torch.tensor([True])
    for _ in range(CAPACITY):
        hard.learn_from(crops(10), one, logits(0))
    hard.put_into(crops(0), one)  # all are the same: whichever is shown, the network now sees nothing in it
    hard.learn_from(crops(10), one, logits(-20))
    assert min(hard.scores) < 0.3
    hard.put_into(crops(0), torch.tensor([False]))
    hard.learn_from(crops(77), one, logits(-0.5))
    assert len(hard.crops) == CAPACITY
    assert sum(int(crop[0, 0, 0]) == 77 for crop in hard.crops) == 1
    hard.learn_from(crops(88), one, logits(-9))
    assert all(int(crop[0, 0, 0]) != 88 for crop in hard.crops)


def test_layers_know_which_pictures_stay_clean() -> None:
    alpha = torch.zeros(2, 3, 1, SIZE, SIZE)
    alpha[1, 2, 0, 1, 1] = 0.5
    assert Layers(alpha, torch.zeros(2, 3, 3, 1, 1)).nothing.tolist() == [True, True, False]
