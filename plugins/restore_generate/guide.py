"""Somebody who looks at a conditional model's samples while it learns: is this a picture, and of which class?"""

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
RATE = 5e-4
BETAS = (0.5, 0.99)
MADE = "made"
"""One class more than there are: what the model has made."""


class Guide:
    """A classifier that learns the classes of real pictures, and one class more: what was made.

    The bound asks only that real pictures can be given back: a decoder that puts all of a picture into its latents may
    leave the class unheard, and the mean of what a latent may stand for is blurred. The guide asks that samples be
    taken for real pictures of their class (CVAE-GAN, Bao et al., ICCV 2017; the class more: Salimans et al., Improved
    techniques for training GANs, 2016). Without that class a model learns patterns that stand for a class to the guide
    and to no person. The guide is thrown away afterwards, and it must not be the one that judges in the end.

    Args:
        architecture: Of the model that is guided.
        fabric: The machine.

    Attributes:
        networks: For the checkpoint.
        optimizers: For the checkpoint.
    """

    def __init__(self, architecture: Architecture, fabric: Fabric) -> None:
        self.classes = len(architecture.classes)
        self.latent = architecture.latent
        classes = (*architecture.classes, MADE)
        own = replace(architecture, model="classifier", latent=FEATURES, classes=classes)
        self.classifier = Classifier(own).to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.AdamW(self.classifier.parameters(), RATE, BETAS, weight_decay=0.05)
        self.device = fabric.device
        self.networks: dict[str, nn.Module] = {"guide": self.classifier}
        self.optimizers: dict[str, torch.optim.Optimizer] = {"guide_adam": self.optimizer}

    def learn(self, pictures: Tensor, classes: Tensor, made: Tensor) -> None:
        """Take one step on real pictures of known classes and on made ones, all moved a little."""
        self.classifier.train().requires_grad_(True)
        real = F.cross_entropy(self._asked(pictures), classes.argmax(1), label_smoothing=SMOOTHED)
        wanted = torch.full((len(made),), self.classes, device=self.device)
        loss = real + F.cross_entropy(self._asked(made.detach()), wanted)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.optimizer.zero_grad()

    def _asked(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.classifier(jittered(pictures)).float()
        return logits

    def _drawn(self, count: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(self.classes, (count,), device=self.device)
        return torch.randn(count, self.latent, device=self.device), labels

    def samples(self, model: CVAE, count: int) -> tuple[Tensor, Tensor]:
        """Samples of random classes, through which gradients flow, and the numbers of their classes."""
        noise, labels = self._drawn(count)
        return model.generate(noise, F.one_hot(labels, self.classes).float()), labels

    def doubt(self, made: Tensor, labels: Tensor) -> Tensor:
        """Mean -log p(c|x) of samples of these classes, in nats; gradients flow to the samples only."""
        self.classifier.requires_grad_(False)
        return F.cross_entropy(self._asked(made), labels)

    @torch.no_grad()
    def share_met(self, model: CVAE, count: int) -> float:
        """Share of samples that the guide takes for the class asked for rather than for another."""
        self.classifier.eval()
        noise, labels = self._drawn(count)
        made = model.decode(noise, F.one_hot(labels, self.classes).float())
        return float((self.classifier(made)[:, : self.classes].argmax(1) == labels).float().mean())


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
