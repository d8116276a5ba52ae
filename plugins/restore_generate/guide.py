"""Somebody who looks at a model's samples while it learns: is this a picture, and of the class that was asked for?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from lightning_fabric import Fabric
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.dcgan import discriminator_loss, generator_loss, initialise, strided
from restore_generate.models import Generative

RATE = 2e-4
BETAS = (0.5, 0.999)
"""Of Adam, as Radford et al. have them for DCGAN."""
MOST = 1e4
"""The guide's pull is made no more than so many times larger."""


class Critic(nn.Module):
    """DCGAN's discriminator, which also says of which class a picture is, and hears which class is claimed.

    Args:
        architecture: Sizes; without classes nothing is said or heard of them.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, deepest = architecture, architecture.widths[-1]
        self.layers = nn.Sequential(*strided(a.channels, a.widths))
        self.real = nn.Linear(deepest, 1)
        self.claimed = nn.Linear(len(a.classes), deepest, bias=False) if a.classes else None
        self.classes = nn.Linear(deepest, len(a.classes)) if a.classes else None
        initialise(self)

    def forward(self, pictures: Tensor, claimed: Tensor) -> tuple[Tensor, Tensor]:
        """How real pictures ``(B, C, H, W)`` in [0, 1] are as what they claim to be, and of which class.

        Args:
            pictures: To look at.
            claimed: ``(B, classes)`` one-hot.

        Returns:
            Logits ``(B,)``, real where positive (the claim by projection: Miyato, Koyama: cGANs with projection
            discriminator, ICLR 2018), and ``(B, classes)``.
        """
        seen = self.layers(2 * pictures - 1).sum((2, 3))
        real: Tensor = self.real(seen)[:, 0]
        if self.claimed is None or self.classes is None:
            return real.float(), seen.new_zeros(len(seen), 0)
        real = real + (self.claimed(claimed) * seen).sum(1)
        return real.float(), self.classes(seen).float()


class Guide:
    """A critic that tells real pictures from samples, and the classes of real ones.

    The bound asks only that real pictures can be given back: a decoder that puts all of a picture into its latents may
    leave the class unheard, and the mean of what a latent may stand for is blurred. The guide asks that samples be
    taken for real pictures, of their class where there is one (VAE and GAN in one: Larsen et al., ICML 2016; with
    classes: CVAE-GAN, Bao et al., ICCV 2017; the class by a second answer: Odena, Olah, Shlens, ICML 2017). It is
    thrown away afterwards, and it must not be the one that judges in the end.

    Args:
        architecture: Of the model that is guided, with the classes that it is told.
        fabric: The machine.

    Attributes:
        networks: For the checkpoint.
        optimizers: For the checkpoint.
    """

    def __init__(self, architecture: Architecture, fabric: Fabric) -> None:
        self.classes = len(architecture.classes)
        self.latent = architecture.latent
        self.critic = Critic(architecture).to(fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizer = torch.optim.Adam(self.critic.parameters(), RATE, BETAS)
        self.device = fabric.device
        self.networks: dict[str, nn.Module] = {"guide": self.critic}
        self.optimizers: dict[str, torch.optim.Optimizer] = {"guide_adam": self.optimizer}

    def learn(self, pictures: Tensor, classes: Tensor, made: Tensor, claimed: Tensor) -> None:
        """Take one step on real pictures of known classes and on made ones, all moved a little."""
        self.critic.train().requires_grad_(True)
        on_real, named = self.critic(jittered(pictures), classes)
        on_made, _ = self.critic(jittered(made.detach()), claimed)
        loss = discriminator_loss(on_real, on_made) + self._surprise(named, classes)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.optimizer.zero_grad()

    def samples(self, model: Generative, count: int) -> tuple[Tensor, Tensor]:
        """Samples of random classes, through which gradients flow, and their classes, one-hot."""
        noise, classes = self._drawn(count)
        return model.decode(noise, classes), classes

    def doubt(self, made: Tensor, claimed: Tensor) -> Tensor:
        """How little samples are taken for real ones of their class, in nats; gradients flow to the samples only."""
        self.critic.requires_grad_(False)
        on_made, named = self.critic(jittered(made), claimed)
        return generator_loss(on_made) + self._surprise(named, claimed)

    @torch.no_grad()
    def share_met(self, model: Generative, count: int) -> float:
        """Share of samples that the guide takes for the class asked for rather than for another; 0 without classes."""
        if not self.classes:
            return 0.0
        self.critic.eval()
        noise, classes = self._drawn(count)
        _, named = self.critic(model.decode(noise, classes), classes)
        return float((named.argmax(1) == classes.argmax(1)).float().mean())

    def _drawn(self, count: int) -> tuple[Tensor, Tensor]:
        noise = torch.randn(count, self.latent, device=self.device)
        if not self.classes:
            return noise, noise.new_zeros(count, 0)
        labels = torch.randint(self.classes, (count,), device=self.device)
        return noise, F.one_hot(labels, self.classes).float()

    def _surprise(self, named: Tensor, classes: Tensor) -> Tensor:
        """Mean -log p(c|x) in nats, of the classes that pictures have or claim; 0 without classes."""
        return F.cross_entropy(named, classes.argmax(1)) if self.classes else named.new_zeros(())


def balance(bound: Tensor, doubt: Tensor, layer: Tensor) -> Tensor:
    """By how much the guide's loss must be multiplied to pull at a layer as strongly as the bound does.

    As the two change by orders of magnitude while they learn, no fixed weight serves (Esser, Rombach, Ommer: Taming
    transformers, CVPR 2021).

    Args:
        bound: Scalar, nats.
        doubt: Scalar, nats.
        layer: The last kernel before the picture.
    """
    pulls = [torch.autograd.grad(loss, layer, retain_graph=True)[0].float().norm() for loss in (bound, doubt)]
    by: Tensor = pulls[0] / (pulls[1] + 1e-12)
    return by.clamp(max=MOST).detach()


def jittered(pictures: Tensor, reach: int = 3, noise: float = 0.0) -> Tensor:
    """Pictures shifted by up to so many pixels, each by its own, with a little noise: edges are repeated.

    Against patterns that please one network at one place only, and against learning by heart (Zhao et al.:
    Differentiable augmentation, NeurIPS 2020).

    Args:
        pictures: ``(B, C, H, W)``.
        reach: Pixels.
        noise: Its standard deviation.
    """
    count, _, height, width = pictures.shape
    padded = F.pad(pictures, (reach,) * 4, mode="replicate")
    moves = torch.randint(2 * reach + 1, (2, count), device=pictures.device)
    rows = moves[0, :, None] + torch.arange(height, device=pictures.device)
    columns = moves[1, :, None] + torch.arange(width, device=pictures.device)
    numbers = torch.arange(count, device=pictures.device)
    moved: Tensor = padded[numbers[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return moved + noise * torch.randn_like(moved)
