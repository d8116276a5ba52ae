"""The generative models: what goes in and out, what their losses are, and that noise and pictures find each other."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import pytest
import torch
from restore_generate.ae import AE
from restore_generate.architecture import ENCODING, GENERATORS, Architecture, Model, from_header
from restore_generate.bvae import BVAE
from restore_generate.cvae import CVAE
from restore_generate.dcgan import Discriminator, Generator, discriminator_loss, generator_loss
from restore_generate.likelihood import bits_per_value, gaussian_kl, gaussian_nll
from restore_generate.models import Encoding, Generative, build
from restore_generate.vrnn import VRNN
from torch.distributions import Normal, kl_divergence

from restore.errors import UsageError, WeightsError

TINY = Architecture("vae", width=4, latent=6, classes=("cat", "dog"), patch=8)


def tiny(model: str, **sizes: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(replace(TINY, model=cast(Model, model), **sizes)).eval()  # type: ignore[arg-type]


def some_pictures(edge: int = 32, channels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(4, channels, edge, edge, generator=generator), torch.eye(2)[[0, 1, 0, 1]]


@pytest.mark.parametrize("edge", [32, 64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("model", GENERATORS)
def test_every_model_makes_pictures_of_noise_in_both_sizes_colour_and_grey(
    model: str, edge: int, channels: int
) -> None:
    network = cast(Generative, tiny(model, edge=edge, channels=channels))
    made = network.decode(torch.randn(4, network.latent_size), some_pictures()[1])
    assert made.shape == (4, channels, edge, edge) and made.dtype == torch.float32
    assert float(made.detach().min()) >= 0 and float(made.detach().max()) <= 1


@pytest.mark.parametrize("edge", [32, 64])
@pytest.mark.parametrize("model", ENCODING)
def test_models_with_an_encoder_find_noise_for_pictures_and_say_what_they_cost(model: str, edge: int) -> None:
    network = cast(Encoding, tiny(model, edge=edge))
    pictures, classes = some_pictures(edge)
    assert network.encode(pictures, classes).shape == (4, network.latent_size)
    terms = network.terms(pictures, classes)
    assert terms.distortion.shape == terms.rate.shape == (4,) and len(terms.means) == 4
    assert torch.allclose(terms.elbo, -(terms.distortion + terms.rate))
    assert bool((terms.rate >= 0).all()) and (model == "ae") == (not bool(terms.rate.any()))
    assert (model == "bvae") == (float(terms.weights.detach()) > 0)


@pytest.mark.parametrize("model", GENERATORS)
def test_every_parameter_learns(model: str) -> None:
    network = tiny(model).train()
    pictures, classes = some_pictures()
    if isinstance(network, Generator):
        loss = network(torch.randn(4, 6)).square().mean()
    else:
        terms = cast(Encoding, network).terms(pictures, classes)
        loss = (terms.distortion + terms.rate).mean() + terms.weights
    loss.backward()
    still = [n for n, p in network.named_parameters() if p.grad is None or not bool(p.grad.any())]
    # A residual block's second kernel begins at zero, so that its first one waits a step.
    assert [name for name in still if ".first." not in name] == []


def test_the_gaussian_terms_are_those_of_torch_distributions() -> None:
    torch.manual_seed(0)
    x, m, log_s, m0, log_s0 = (torch.randn(5, 7) for _ in range(5))
    wanted = kl_divergence(Normal(m, log_s.exp()), Normal(m0, log_s0.exp())).sum(1)
    assert torch.allclose(gaussian_kl(m, log_s, m0, log_s0), wanted, rtol=1e-4)
    density = -Normal(m, math.exp(-1.2)).log_prob(x).sum(1)  # type: ignore[no-untyped-call]
    assert torch.allclose(gaussian_nll(x, m, torch.tensor(-1.2)), density, rtol=1e-5)


def test_values_drawn_evenly_cost_eight_bits_each() -> None:
    assert bits_per_value(0.0, 3072) == 8
    assert bits_per_value(-3072 * math.log(256), 3072) == pytest.approx(0)


def test_an_autoencoder_takes_standard_normal_noise_once_its_latents_are_measured() -> None:
    network = tiny("ae")
    assert isinstance(network, AE)
    pictures = torch.rand(400, 3, 32, 32)
    network.measure(pictures)
    noise = network.encode(pictures)
    assert float(noise.mean(0).abs().max()) < 0.01
    assert float((torch.cov(noise.T) - torch.eye(6)).abs().max()) < 0.1
    again = network.centre + noise @ network.factor.T
    assert torch.allclose(again, network.encoder(pictures), atol=1e-4)


def test_a_class_has_its_own_prior_and_its_own_pictures() -> None:
    network = tiny("cvae")
    assert isinstance(network, CVAE)
    with torch.no_grad():
        network.prior_mean[1] = 2.0
        network.prior_log_sigma[1] = math.log(0.5)
    noise = torch.zeros(2, 6)
    cat, dog = network.decode(noise, torch.eye(2))
    assert not torch.equal(cat, dog)
    pictures = some_pictures()[0][:2]
    dogs = torch.eye(2)[[1, 1]]
    found = 2.0 + 0.5 * network.encode(pictures, dogs)
    assert torch.allclose(found, network.posterior(pictures, dogs)[0], atol=1e-5)


def test_weights_that_are_uncertain_give_uncertain_pictures() -> None:
    network = tiny("bvae")
    assert isinstance(network, BVAE)
    noise = torch.randn(2, 6)
    little = network.over_weights(noise, 8, torch.Generator().manual_seed(0))[1]
    with torch.no_grad():
        for rho in network.rho.values():
            rho += 2.0
    much = network.over_weights(noise, 8, torch.Generator().manual_seed(0))[1]
    assert 0 < float(little.mean()) < 0.5 * float(much.mean())
    assert torch.equal(network.decode(noise), network.decode(noise))


@pytest.mark.parametrize("patch", [0, 4, 8])
def test_a_recurrent_model_goes_over_rows_or_patches_and_finds_its_way_back(patch: int) -> None:
    network = tiny("vrnn", patch=patch)
    assert isinstance(network, VRNN)
    assert network.steps == (32 if patch == 0 else (32 // patch) ** 2)
    pictures = some_pictures()[0]
    parts = network.cut(pictures)
    assert torch.equal(network.joined(parts), pictures)
    if patch == 0:
        assert torch.equal(parts[0, 5].reshape(3, 32), pictures[0, :, 5])
    again = network.decode(network.encode(pictures))
    first = network.cut(again)[:, 0]
    assert torch.allclose(network.cut(network.decode(network.encode(again)))[:, 0], first, atol=0.2)


def test_later_patches_hang_on_earlier_latents_and_never_the_other_way_round() -> None:
    network = cast(VRNN, tiny("vrnn"))
    noise = torch.zeros(1, network.latent_size)
    moved = noise.clone()
    moved[0, 5 * 6 : 6 * 6] = 3.0  # the sixth step
    before, after = network.cut(network.decode(noise))[0], network.cut(network.decode(moved))[0]
    assert torch.equal(before[:5], after[:5]) and not torch.equal(before[6:], after[6:])


def test_patches_that_do_not_fill_the_picture_are_refused() -> None:
    with pytest.raises(UsageError, match="patches of 5 pixels do not fill 32"):
        tiny("vrnn", patch=5)


@pytest.mark.parametrize("model", ["cvae", "classifier"])
def test_models_of_classes_are_not_built_without_any(model: str) -> None:
    with pytest.raises(UsageError, match=r"no.*have none|have none"):
        build(replace(TINY, model=cast(Model, model), classes=()))


def test_the_gans_losses_are_those_of_the_paper() -> None:
    real, made = torch.tensor([1.5, -0.5]), torch.tensor([-2.0, 0.3])
    on_real, on_made = torch.sigmoid(real), torch.sigmoid(made)
    wanted = -on_real.log().mean() - (1 - on_made).log().mean()
    assert float(discriminator_loss(real, made)) == pytest.approx(float(wanted), rel=1e-5)
    assert float(generator_loss(made)) == pytest.approx(float(-on_made.log().mean()), rel=1e-5)


def test_dcgan_is_made_as_its_paper_says() -> None:
    generator, discriminator = Generator(replace(TINY, width=64)), Discriminator(replace(TINY, width=64))
    kinds = [type(layer).__name__ for layer in generator.layers]
    assert kinds == ["ConvTranspose2d", *["BatchNorm2d", "ReLU", "ConvTranspose2d"] * 3, "Tanh"]
    assert [type(layer).__name__ for layer in discriminator.layers][:3] == ["Conv2d", "LeakyReLU", "Conv2d"]
    weight = next(generator.parameters())
    assert float(weight.std()) == pytest.approx(0.02, rel=0.05)
    assert discriminator(torch.rand(3, 3, 32, 32)).shape == (3,)


def test_a_header_gives_the_architecture_back_and_a_foreign_one_is_refused() -> None:
    import json

    assert from_header({"config": json.dumps(TINY.as_dict())}, "w.safetensors") == TINY
    for config in ({}, {"config": "{}"}, {"config": "no"}, {"config": '{"model": "diffusion"}'}):
        with pytest.raises(WeightsError, match="do not say how"):
            from_header(config, "w.safetensors")
