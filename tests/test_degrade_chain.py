"""Chains do what their steps say, in their order, each picture with numbers of its own."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from restore.degradations import KINDS, from_words
from restore.degradations.kinds import Step
from restore.degrade.chain import _APPLY, degraded, drawn

MILD = {"reduce": "2", "camera": "0.001", "poisson-gaussian": "500", "jpeg": "60", "webp": "60", "creases": "2"}
MILD |= {"gaussian": "10", "banding": "4", "motion-blur": "5", "gaussian-blur": "1", "defocus": "2"}
"""A value for each kind that 0.1 is no good one for."""


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def photo(n: int = 2, height: int = 48, width: int = 52) -> Tensor:
    """Smooth pictures that differ."""
    small = torch.rand(n, 3, 6, 6, generator=seeded(9))
    return torch.nn.functional.interpolate(small, (height, width), mode="bilinear")


def step(kind: str, text: str | None = None) -> Step:
    return from_words(kind, text or MILD.get(kind, "0.1"))


def test_every_kind_can_be_done() -> None:
    assert set(_APPLY) == set(KINDS.values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_pictures_and_is_fixed_by_the_seed(kind: str) -> None:
    a, b = (degraded(photo(), [step(kind)], seeded(1)) for _ in range(2))
    scale = 2 if kind == "reduce" else 1
    assert a.pictures.shape == (2, 3, 48 // scale, 52 // scale) and a.pictures.dtype == torch.float32
    assert torch.equal(a.pictures, b.pictures)
    assert scale == 2 or float((a.pictures - photo()).abs().mean()) > 1e-4
    assert (a.mask is not None) == KINDS[kind].damages


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("reduce", "missing")])
def test_every_kind_takes_pictures_of_one_pixel(kind: str) -> None:
    done = degraded(photo(1, 1, 1), [step(kind)], seeded())
    assert done.pictures.shape == (1, 3, 1, 1) and bool(done.pictures.isfinite().all())


@pytest.mark.parametrize("sigma", [5, 25, 50])
def test_the_sigma_asked_for_is_the_one_measured(sigma: int) -> None:
    clean = torch.full((1, 3, 200, 200), 0.5)
    noise = degraded(clean, [step("gaussian", f"{sigma}")], seeded()).pictures - clean
    assert float(noise.std()) * 255 == pytest.approx(sigma, rel=0.02)


def test_grey_noise_is_the_same_in_all_channels() -> None:
    noise = degraded(photo(), [step("gaussian", "20,grey=true")], seeded()).pictures - photo()
    assert torch.allclose(noise[:, 0], noise[:, 2], atol=1e-6)


def test_the_order_of_steps_matters() -> None:
    noise, saved = step("gaussian", "20"), step("jpeg", "20")
    a, b = (degraded(photo(), steps, seeded()).pictures for steps in ((noise, saved), (saved, noise)))
    assert not torch.allclose(a, b, atol=0.02)


def test_a_range_is_drawn_for_each_picture() -> None:
    sigmas = drawn((5, 50), torch.zeros(500, 3, 1, 1), seeded()).flatten()
    assert 5 <= float(sigmas.min()) < 6 and 49 < float(sigmas.max()) < 50


def test_a_fixed_number_draws_nothing() -> None:
    generator = seeded()
    before = generator.get_state()
    drawn((5, 5), torch.zeros(2, 3, 1, 1), generator)
    assert torch.equal(generator.get_state(), before)


def test_the_mask_is_reduced_with_the_picture_and_grows_with_a_blur() -> None:
    alone = degraded(photo(), [step("dust")], seeded()).mask
    small = degraded(photo(), [step("dust"), step("reduce", "4")], seeded()).mask
    blurred = degraded(photo(), [step("dust", "0.005"), step("defocus", "2")], seeded())
    thin = degraded(photo(), [step("dust", "0.005")], seeded()).mask
    assert alone is not None and small is not None and blurred.mask is not None and thin is not None
    assert torch.equal(small, torch.nn.functional.max_pool2d(alone.float(), 4) > 0)
    assert bool((blurred.mask | ~thin).all()) and int(blurred.mask.sum()) > int(thin.sum())
    clean = degraded(photo(), [step("defocus", "2")], seeded()).pictures
    outside = (~blurred.mask).expand_as(clean)
    assert torch.allclose(blurred.pictures[outside], clean[outside], atol=4 / 255)


def test_masks_of_several_kinds_are_one() -> None:
    both = degraded(photo(), [step("dust"), step("scratches")], seeded())
    changed = (both.pictures != photo()).any(1, keepdim=True)
    assert both.mask is not None and torch.equal(both.mask, changed)


def test_grey_pictures_are_given_no_cast_and_say_so() -> None:
    grey = photo()[:, :1].expand(-1, 3, -1, -1)
    done = degraded(grey, [step("cast", "1")], seeded(), grey=True)
    assert torch.equal(done.pictures, grey) and "no colour" in done.warnings[0]


def test_a_reduction_crops_what_fills_no_whole_pixel() -> None:
    done = degraded(photo(1, 50, 47), [step("reduce", "4,kernel=area")], seeded()).pictures
    whole = torch.nn.functional.avg_pool2d(photo(1, 50, 47)[:, :, :48, :44], 4)
    assert torch.allclose(done, whole, atol=1e-5)


def test_pictures_that_are_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="too small"):
        degraded(photo(1, 3, 9), [step("reduce", "4")], seeded())
