"""The guide: it tells real pictures from samples, and their classes, and teaches the model, never itself."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from lightning_fabric import Fabric
from restore_generate.architecture import Architecture
from restore_generate.cvae import CVAE
from restore_generate.guide import Guide, balance, jittered
from restore_generate.models import build
from restore_generate.vae import VAE

TINY = Architecture("cvae", width=4, latent=6, classes=("dark", "bright"))
PLAIN = Architecture("vae", width=4, latent=6)


@pytest.fixture
def guide() -> Guide:
    torch.manual_seed(0)
    return Guide(TINY, Fabric(accelerator="cpu", devices=1))


def real_pictures(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(count) % 2
    return (0.2 + 0.6 * labels.float())[:, None, None, None].expand(count, 3, 32, 32).contiguous(), torch.eye(2)[labels]


def test_it_learns_the_classes_and_what_was_made(guide: Guide) -> None:
    pictures, classes = real_pictures(16)
    for _ in range(100):
        guide.learn(pictures, classes, torch.rand(16, 3, 32, 32), classes)
    guide.critic.eval()
    trusted = float(guide.doubt(pictures, classes))
    assert trusted < 0.7 < float(guide.doubt(pictures, 1 - classes))
    assert float(guide.doubt(torch.rand(16, 3, 32, 32), classes)) > trusted + 1


def test_without_classes_it_learns_only_what_was_made() -> None:
    torch.manual_seed(0)
    guide = Guide(PLAIN, Fabric(accelerator="cpu", devices=1))
    pictures, nothing = real_pictures(16)[0], torch.zeros(16, 0)
    for _ in range(100):
        guide.learn(pictures, nothing, torch.rand(16, 3, 32, 32), nothing)
    guide.critic.eval()
    assert float(guide.doubt(torch.rand(16, 3, 32, 32), nothing)) > float(guide.doubt(pictures, nothing)) + 1
    assert guide.share_met(cast(VAE, build(PLAIN)), 8) == 0


def test_gradients_reach_the_model_and_not_the_guide(guide: Guide) -> None:
    model = cast(CVAE, build(TINY))
    made, claimed = guide.samples(model, 8)
    assert made.shape == (8, 3, 32, 32)
    assert claimed.sum(1).tolist() == [1] * 8
    guide.doubt(made, claimed).backward()  # type: ignore[no-untyped-call]
    assert model.decoder.head.weight.grad is not None and bool(model.decoder.head.weight.grad.any())
    assert all(parameter.grad is None for parameter in guide.critic.parameters())


def test_learning_changes_the_guide_and_not_the_model(guide: Guide) -> None:
    model = cast(CVAE, build(TINY))
    made, claimed = guide.samples(model, 8)
    before = guide.critic.real.weight.detach().clone()
    guide.learn(*real_pictures(8), made, claimed)
    assert not torch.equal(before, guide.critic.real.weight)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_share_that_is_met_is_that_of_the_class_asked_for(guide: Guide) -> None:
    assert guide.critic.classes is not None
    with torch.no_grad():
        guide.critic.classes.weight.zero_()
        guide.critic.classes.bias.copy_(torch.tensor([0.0, 1.0]))  # everything is "bright"
    assert 0.3 < guide.share_met(cast(CVAE, build(TINY)), 200) < 0.7


def test_the_balance_makes_both_pull_as_strongly() -> None:
    layer = torch.tensor([1.0, 2.0], requires_grad=True)
    bound, doubt = (300 * layer).sum(), (0.5 * layer.square()).sum()
    by = balance(bound, doubt, layer)
    (mine,) = torch.autograd.grad(bound, layer)
    (theirs,) = torch.autograd.grad(by * doubt, layer)
    assert float(theirs.norm()) == pytest.approx(float(mine.norm()))


def test_a_guide_without_an_opinion_is_not_made_loud_without_end() -> None:
    layer = torch.tensor([1.0, 2.0], requires_grad=True)
    assert float(balance(layer.sum(), 0 * layer.sum(), layer)) == 1e4


def test_jitter_moves_each_picture_by_a_few_pixels() -> None:
    torch.manual_seed(0)
    pictures = torch.zeros(64, 1, 32, 32)
    pictures[:, :, 16, 16] = 10
    moved = jittered(pictures, reach=2)
    at = moved.flatten(1).argmax(1)
    rows, columns = at // 32 - 16, at % 32 - 16
    assert moved.shape == pictures.shape and {int(v) for v in rows} == {int(v) for v in columns} == {-2, -1, 0, 1, 2}
    assert float((jittered(pictures, noise=0.1) - jittered(pictures)).abs().mean()) > 0.05
