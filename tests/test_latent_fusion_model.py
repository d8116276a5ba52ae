"""The network of the fuser: any number of frames in any order, weights that sum to 1, and how far it sees."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch
from restore_latent_fusion.model import KINDS, MULTIPLE, Architecture, LatentFusion, differing, finer
from restore_latent_fusion.plugin import FUSING, STYLING
from torch import Tensor

from restore.image import SeriesKind

SMALL = Architecture(width=16, deep=16, latent=4)
TINY = Architecture(width=4, deep=4, latent=2)
EXPOSURE = torch.tensor([0])


@pytest.fixture(scope="module")
def model() -> LatentFusion:
    torch.manual_seed(0)
    return LatentFusion(SMALL).eval().requires_grad_(False)


def series(frames: int, batch: int = 1, height: int = 48, width: int = 80) -> Tensor:
    torch.manual_seed(frames)
    return torch.rand(batch, frames, 3, height, width)


@pytest.mark.parametrize("frames", [2, 3, 4, 5])
def test_any_number_of_frames_gives_one_picture_and_weights_that_sum_to_1(model: LatentFusion, frames: int) -> None:
    given = series(frames, batch=2)
    picture, weights = model(given, torch.tensor([0, 1]))
    assert picture.shape == (2, 3, 48, 80) and weights.shape == (2, frames, 24, 40)
    assert torch.allclose(weights.sum(1), torch.ones(2, 24, 40), atol=1e-6)
    assert float(weights.min()) >= 0 and float(weights.std()) > 1e-3, "not all the same"
    assert torch.isfinite(picture).all()


def test_the_order_of_the_frames_does_not_matter(model: LatentFusion) -> None:
    given = series(3)
    expected, weights = model(given, EXPOSURE)
    for order in permutations(range(3)):
        picture, other = model(given[:, list(order)], EXPOSURE)
        assert torch.allclose(picture, expected, atol=1e-5)
        assert torch.allclose(other, weights[:, list(order)], atol=1e-5)


def test_series_of_a_batch_do_not_see_each_other(model: LatentFusion) -> None:
    given = series(2, batch=3)
    together, _ = model(given, torch.tensor([2, 0, 1]))
    alone = torch.cat([model(given[k : k + 1], torch.tensor([kind]))[0] for k, kind in enumerate((2, 0, 1))])
    assert torch.allclose(together, alone, atol=1e-5)


def test_why_frames_were_taken_makes_a_difference(model: LatentFusion) -> None:
    pictures = [model(series(2), torch.tensor([kind]))[0] for kind in range(len(KINDS))]
    assert {SeriesKind.EXPOSURE, SeriesKind.FOCUS, SeriesKind.INFRARED} == set(KINDS)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert float((pictures[one] - pictures[other]).abs().max()) > 1e-3


@pytest.mark.parametrize("kind", range(len(KINDS)))
@pytest.mark.parametrize("frames", [2, 3])
def test_equal_frames_are_weighted_alike_and_come_out_as_they_were(model: LatentFusion, frames: int, kind: int) -> None:
    """Whatever the network has learnt: what is equal lacks nothing."""
    frame = series(1)
    picture, weights = model(frame.expand(-1, frames, -1, -1, -1), torch.tensor([kind]))
    assert torch.allclose(weights, torch.full_like(weights, 1 / frames), atol=1e-6)
    assert torch.allclose(picture, frame[:, 0], atol=1e-5)


def test_what_the_decoder_says_counts_where_frames_differ(model: LatentFusion) -> None:
    given = series(1, width=640).expand(-1, 2, -1, -1, -1).clone()
    given[:, 1, :, :, :160] *= 0.5
    decoder = model.decoder.lacking
    kept = decoder.weight.clone()
    picture, _ = model(given, EXPOSURE)
    decoder.weight.mul_(3)
    try:
        added = (model(given, EXPOSURE)[0] - picture).abs()
    finally:
        decoder.weight.copy_(kept)
    assert float(added[..., :160].mean()) > 1e-3
    assert float(added[..., 160 + FUSING.halo :].max()) < 1e-5
    mean = torch.tensor([[1.0, -1.0, 2.0]]).reshape(1, 3, 1, 1)
    apart = [float(differing(mean, mean + by)) for by in (0.0, 0.01, 0.1, 1.0)]
    assert apart[0] == 0 and apart == sorted(apart) and 0 < apart[1] < 0.3 and apart[2] > 0.9 and apart[3] > 0.99


def test_it_looks_as_far_as_its_description_says_and_no_farther() -> None:
    """Gradients by double precision, of columns at every place within a group of pixels."""
    torch.manual_seed(0)
    model = LatentFusion(TINY).double().eval()
    given = torch.rand(1, 2, 3, MULTIPLE, 31 * MULTIPLE, dtype=torch.float64, requires_grad=True)
    middle = 15 * MULTIPLE
    reached = [reach(model(given, EXPOSURE)[0], given, x) for x in range(middle, middle + MULTIPLE)]
    assert max(reached) == FUSING.halo and FUSING.multiple == MULTIPLE
    seen = given[:, 0]
    alone = [reach(model.decoder.alone(model.encode(seen).mean), seen, x) for x in range(middle, middle + MULTIPLE)]
    assert max(alone) == STYLING.halo and STYLING.multiple == MULTIPLE


def reach(picture: Tensor, given: Tensor, x: int) -> int:
    """How far from column `x` of the result the farthest column lies that it depends on."""
    (slope,) = torch.autograd.grad(picture[..., x].sum(), given)
    columns = slope.abs().reshape(-1, slope.shape[-1]).sum(0).nonzero().flatten()
    return max(x - int(columns[0]), int(columns[-1]) - x)


def test_its_real_depth_is_that_of_the_small_ones() -> None:
    """`Architecture` may be made wider in tests without changing how far it sees; what it ships is checked here."""
    shipped = Architecture()
    assert (shipped.blocks, shipped.below) == (TINY.blocks, TINY.below) == (SMALL.blocks, SMALL.below)


def test_a_change_far_away_changes_nothing(model: LatentFusion) -> None:
    given = series(2, height=32, width=640)
    changed = given.clone()
    changed[:, 1, :, :, :96] = 1 - changed[:, 1, :, :, :96]
    (before, _), (after, _) = (model(each, EXPOSURE) for each in (given, changed))
    beyond = 96 + FUSING.halo
    assert float((before - after)[..., beyond:].abs().max()) < 1e-6
    assert float((before - after)[..., 96:beyond].abs().max()) > 1e-5, "there is something to be seen within"


def test_latents_alone_stand_for_a_picture_and_weights_are_interpolated(model: LatentFusion) -> None:
    frames = series(2)[0]
    encoded = model.encode(frames)
    assert encoded.mean.shape == encoded.log_variance.shape == (2, 4, 6, 10)
    assert model.decoder.alone(encoded.mean).shape == frames.shape
    assert torch.allclose(finer(torch.tensor([[[[0.0, 4.0]]]]))[0, 0, 0], torch.tensor([0.0, 1.0, 3.0, 4.0]))


def test_the_divergence_is_that_of_normal_distributions_and_samples_scatter_as_they_say(model: LatentFusion) -> None:
    encoded = model.encode(series(2)[0])
    own = torch.distributions.Normal(encoded.mean, torch.exp(0.5 * encoded.log_variance))
    expected = torch.distributions.kl_divergence(own, torch.distributions.Normal(0.0, 1.0))
    assert torch.allclose(encoded.divergence(), expected, atol=1e-5)
    assert float(encoded.log_variance.min()) > -10 and float(encoded.log_variance.max()) < 2
    noise = torch.ones_like(encoded.mean)
    assert torch.allclose(encoded.sample(noise) - encoded.mean, own.stddev, atol=1e-6)


def test_every_parameter_is_learnt_by_one_of_the_two_optimizers() -> None:
    model = LatentFusion(SMALL)
    inner, outer = model.inner_and_outer()
    assert {id(p) for p in inner} | {id(p) for p in outer} == {id(p) for p in model.parameters()}
    assert not {id(p) for p in inner} & {id(p) for p in outer}
    assert all(p.dim() == 4 for p in inner)
    heads = (model.decoder.picture.weight, model.decoder.lacking.weight, model.decoder.kind.weight)
    assert {id(p) for p in heads} <= {id(p) for p in outer}
