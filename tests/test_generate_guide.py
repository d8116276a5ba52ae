"""The guide of conditional models: it tells classes and what was made, and teaches the model, never itself."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from lightning_fabric import Fabric
from restore_generate.architecture import Architecture
from restore_generate.cvae import CVAE
from restore_generate.guide import Guide, jittered
from restore_generate.models import build

TINY = Architecture("cvae", width=4, latent=6, classes=("dark", "bright"))


@pytest.fixture
def guide() -> Guide:
    torch.manual_seed(0)
    return Guide(TINY, Fabric(accelerator="cpu", devices=1))


def real_pictures(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(count) % 2
    return (0.2 + 0.6 * labels.float())[:, None, None, None].expand(count, 3, 32, 32).contiguous(), torch.eye(2)[labels]


def test_it_learns_the_classes_and_what_was_made(guide: Guide) -> None:
    pictures, classes = real_pictures(16)
    for _ in range(60):
        guide.learn(pictures, classes, torch.rand(16, 3, 32, 32))
    labels = classes.argmax(1)
    trusted = float(guide.doubt(pictures, labels))
    assert trusted < 0.5 < float(guide.doubt(pictures, 1 - labels))
    assert float(guide.doubt(torch.rand(16, 3, 32, 32), labels)) > trusted + 1


def test_gradients_reach_the_model_and_not_the_guide(guide: Guide) -> None:
    model = cast(CVAE, build(TINY))
    made, labels = guide.samples(model, 8)
    assert made.shape == (8, 3, 32, 32) and set(labels.tolist()) <= {0, 1}
    guide.doubt(made, labels).backward()  # type: ignore[no-untyped-call]
    assert model.decoder.head.weight.grad is not None and bool(model.decoder.head.weight.grad.any())
    assert all(parameter.grad is None for parameter in guide.classifier.parameters())


def test_learning_changes_the_guide_and_not_the_model(guide: Guide) -> None:
    model = cast(CVAE, build(TINY))
    made, _ = guide.samples(model, 8)
    before = guide.classifier.head.weight.detach().clone()
    guide.learn(*real_pictures(8), made)
    assert not torch.equal(before, guide.classifier.head.weight)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_share_that_is_met_is_of_real_classes_only(guide: Guide) -> None:
    with torch.no_grad():
        guide.classifier.head.weight.zero_()
        guide.classifier.head.bias.copy_(torch.tensor([0.0, 1.0, 9.0]))  # "made" above all, then "bright"
    assert 0.3 < guide.share_met(cast(CVAE, build(TINY)), 200) < 0.7


def test_jitter_moves_each_picture_by_a_few_pixels() -> None:
    torch.manual_seed(0)
    pictures = torch.zeros(64, 1, 32, 32)
    pictures[:, :, 16, 16] = 10
    moved = jittered(pictures, reach=2)
    at = moved.flatten(1).argmax(1)
    rows, columns = at // 32 - 16, at % 32 - 16
    assert moved.shape == pictures.shape and {int(v) for v in rows} == {int(v) for v in columns} == {-2, -1, 0, 1, 2}
