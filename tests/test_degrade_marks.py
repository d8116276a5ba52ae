"""Drawn damage covers what it is asked to, and its mask marks exactly what has changed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Generator, Tensor

from restore.degrade.marks import DARK, LIGHT, creased, dusty, scratched, torn

Draw = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]

KINDS: dict[str, Draw] = {
    "scratches": lambda clean, share, g: scratched(clean, share, "any", g),
    "dust": lambda clean, share, g: dusty(clean, share, "any", g),
    "creases": lambda clean, share, g: creased(clean, share * 100, g),
    "brush": lambda clean, share, g: torn(clean, share, "brush", torch.ones(len(clean), 1, 1, 1), g),
    "boxes": lambda clean, share, g: torn(clean, share, "boxes", torch.ones(len(clean), 1, 1, 1), g),
    "text": lambda clean, share, g: torn(clean, share, "text", torch.ones(len(clean), 1, 1, 1), g),
}


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def grey(n: int = 1, height: int = 160, width: int = 200) -> Tensor:
    return torch.full((n, 3, height, width), 0.5)


def share(value: float, n: int = 1) -> Tensor:
    return torch.full((n, 1, 1, 1), float(value))


@pytest.mark.parametrize("kind", KINDS)
def test_the_mask_marks_exactly_what_has_changed(kind: str) -> None:
    spoilt, mask = KINDS[kind](grey(2), share(0.03, 2), seeded())
    changed = ((spoilt - grey(2)).abs() > 0.5 / 255).any(1, keepdim=True)
    assert mask.any() and torch.equal(mask, changed)
    assert torch.equal(spoilt[(~mask).expand_as(spoilt)], grey(2)[(~mask).expand_as(spoilt)])


@pytest.mark.parametrize("kind", ["scratches", "dust", "brush", "boxes", "text"])
def test_the_share_asked_for_is_covered(kind: str) -> None:
    covered = float(KINDS[kind](grey(), share(0.1), seeded())[1].float().mean())
    assert 0.09 <= covered <= 0.16


@pytest.mark.parametrize("kind", KINDS)
def test_no_share_damages_nothing(kind: str) -> None:
    spoilt, mask = KINDS[kind](grey(), share(0.0), seeded())
    assert torch.equal(spoilt, grey()) and not mask.any()


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_and_nothing_else_decides(kind: str) -> None:
    a, b, c = (KINDS[kind](grey(), share(0.03), seeded(s))[1] for s in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_pictures_of_a_batch_are_damaged_each_in_its_own_way() -> None:
    mask = scratched(grey(2), share(0.03, 2), "any", seeded())[1]
    assert not torch.equal(mask[0], mask[1])


@pytest.mark.parametrize("draw", [scratched, dusty])
def test_light_damage_is_light_and_dark_is_dark(draw: Callable[..., tuple[Tensor, Tensor]]) -> None:
    for tone, (low, high) in (("light", LIGHT), ("dark", DARK)):
        spoilt, mask = draw(grey(), share(0.03), tone, seeded())
        value = spoilt[mask.expand_as(spoilt)].mean()
        assert min(0.5 + 0.8 * (low - 0.5), low) - 1e-6 <= value <= max(0.5 + 0.8 * (high - 0.5), high) + 1e-6


def test_what_is_missing_has_the_grey_asked_for() -> None:
    spoilt, mask = torn(grey(2), share(0.1, 2), "boxes", torch.tensor([0.0, 0.25]).reshape(2, 1, 1, 1), seeded())
    for picture, marked, value in zip(spoilt, mask, (0.0, 0.25), strict=True):
        assert set(picture[marked.expand_as(picture)].tolist()) == {value}


def test_parts_cannot_be_missing_in_tiny_pictures() -> None:
    with pytest.raises(ValueError, match="16 x 16"):
        torn(grey(1, 8, 40), share(0.1), "brush", share(1), seeded())


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 4)])
def test_tiny_pictures_can_be_scratched_and_dusty(size: tuple[int, int]) -> None:
    for draw in (scratched, dusty):
        assert draw(grey(1, *size), share(0.1), "any", seeded())[1].any()


def test_large_pictures_are_not_counted_anew_after_every_speck(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = 0
    count = np.count_nonzero

    def counting(canvas: npt.NDArray[np.uint8]) -> int:
        nonlocal counted
        counted += 1
        return int(count(canvas))

    monkeypatch.setattr(np, "count_nonzero", counting)
    _, mask = dusty(torch.zeros(1, 3, 1000, 1000), torch.full((1, 1, 1, 1), 0.05), "any", Generator().manual_seed(0))
    assert 0.05 <= float(mask.float().mean()) < 0.051
    assert counted < 1000  # 1,955 after every piece
