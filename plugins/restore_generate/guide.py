"""Somebody who looks at a conditional model's samples while it learns, and says which class they look like."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.classifier import Classifier
from restore_generate.cvae import CVAE

FEATURES = 64
SMOOTHED = 0.1


class Guide:
    """A classifier that learns from the real pictures of each step and judges samples by what it has learned.

    The bound asks only that real pictures can be given back: a decoder that puts all of a picture into its latents may
    leave the class unheard. The guide asks that samples be told for what they are (as in CVAE-GAN, Bao et al., ICCV
    2017, and with an auxiliary classifier, Odena et al., 2017). It is thrown away afterwards, and it must not be
    the one that judges in the end: a model pleases its own guide first.

    Args:
        architecture: Of the model that is guided.
        rate: Learning rate of the guide.
        fabric: The machine.

    Attributes:
        networks: For the checkpoint.
        optimizers: For the checkpoint.
    """

    def __init__(self, architecture: Architecture, rate: float, fabric: Fabric) -> None:
        self.classes = len(architecture.classes)
        self.latent = architecture.latent
        own = replace(architecture, model="classifier", latent=FEATURES)
        self.classifier = Classifier(own).to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(self.classifier.parameters(), rate, weight_decay=0.05)
        self.device = fabric.device
        self.networks: dict[str, nn.Module] = {"guide": self.classifier}
        self.optimizers: dict[str, torch.optim.Optimizer] = {"guide_adam": self.optimizer}

    def learn(self, pictures: Tensor, classes: Tensor) -> None:
        """Take one step on real pictures, moved a little so that few are learned by heart."""
        self.classifier.train().requires_grad_(True)
        loss = F.cross_entropy(self.classifier(jittered(pictures)).float(), classes, label_smoothing=SMOOTHED)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.optimizer.zero_grad()

    def _drawn(self, count: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(self.classes, (count,), device=self.device)
        return torch.randn(count, self.latent, device=self.device), labels

    def doubt(self, model: CVAE, count: int) -> Tensor:
        """Mean -log p(c|x) of samples of random classes, in nats; gradients flow to the model only."""
        self.classifier.eval().requires_grad_(False)
        noise, labels = self._drawn(count)
        made = model.generate(noise, F.one_hot(labels, self.classes).float())
        logits = self.classifier(jittered(made)).float()
        return F.cross_entropy(logits, labels, label_smoothing=SMOOTHED)

    @torch.no_grad()
    def share_met(self, model: CVAE, count: int) -> float:
        """Share of samples that the guide takes for the class asked for."""
        self.classifier.eval()
        noise, labels = self._drawn(count)
        made = model.decode(noise, F.one_hot(labels, self.classes).float())
        return float((self.classifier(made).argmax(1) == labels).float().mean())


def jittered(pictures: Tensor, reach: int = 3) -> Tensor:
    """Pictures shifted by up to so many pixels, each by its own, with a little noise: edges are repeated.

    Against patterns that please one network at one place only, and against learning by heart.

    Args:
        pictures: ``(B, C, H, W)``.
        reach: Pixels.
    """
    count, _, height, width = pictures.shape
    padded = F.pad(pictures, (reach,) * 4, mode="replicate")
    moves = torch.randint(2 * reach + 1, (2, count), device=pictures.device)
    rows = moves[0, :, None] + torch.arange(height, device=pictures.device)
    columns = moves[1, :, None] + torch.arange(width, device=pictures.device)
    numbers = torch.arange(count, device=pictures.device)
    moved = padded[numbers[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return moved + 0.03 * torch.randn_like(moved)
