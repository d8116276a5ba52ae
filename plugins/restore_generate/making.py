"""A model that is loaded: makes pictures of noise, and noise of pictures, in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from restore.spec import Runtime
from restore.toolkit.device import choose
from restore_generate.architecture import CONDITIONED, Architecture
from restore_generate.models import Encoding, Generative, load_model, model_of
from restore_generate.pictures import one_hot, read_picture

BATCH = 128


@dataclass(frozen=True)
class Maker:
    """A model with what is needed to use it.

    Attributes:
        model: The network.
        architecture: What it is built from.
        device: Where it is.
    """

    model: Generative
    architecture: Architecture
    device: torch.device

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes that the model can be asked for; empty where it knows none."""
        return self.architecture.classes if self.conditioned else ()

    @property
    def conditioned(self) -> bool:
        """Whether the model must be told the class."""
        return self.architecture.model in CONDITIONED

    def in_turn(self, count: int) -> list[int]:
        """Numbers of all classes in turn."""
        return [k % max(len(self.classes), 1) for k in range(count)]

    def noise(self, count: int, seed: int) -> Tensor:
        """Standard normal noise ``(count, latent_size)``, the same on every device."""
        generator = torch.Generator().manual_seed(seed)
        return torch.randn(count, self.model.latent_size, generator=generator).to(self.device)

    def _told(self, labels: Sequence[int]) -> Tensor:
        return one_hot(torch.tensor(list(labels), dtype=torch.int64), len(self.classes)).to(self.device)

    @torch.inference_mode()
    def decode(self, noise: Tensor, labels: Sequence[int]) -> Tensor:
        """Pictures ``(N, C, H, W)`` in [0, 1] of noise ``(N, latent_size)`` and numbers of classes."""
        parts = zip(torch.split(noise, BATCH), torch.split(self._told(labels), BATCH), strict=True)
        return torch.cat([self.model.decode(part, told).contiguous() for part, told in parts])

    @torch.inference_mode()
    def encode(self, pictures: Tensor, labels: Sequence[int]) -> Tensor:
        """Noise ``(N, latent_size)`` that stands for pictures ``(N, C, H, W)`` in [0, 1].

        Raises:
            UsageError: The model has no encoder.
        """
        from restore_generate.asking import check_encodes

        check_encodes(self.architecture.model)
        encoding = cast(Encoding, self.model)
        parts = zip(torch.split(pictures.to(self.device), BATCH), torch.split(self._told(labels), BATCH), strict=True)
        return torch.cat([encoding.encode(part, told) for part, told in parts])

    def read(self, paths: Sequence[Path]) -> Tensor:
        """Pictures from files, cut and resized to the model's size: ``(N, C, H, W)`` in [0, 1].

        Raises:
            InputError: A file is missing or cannot be decoded.
        """
        a = self.architecture
        pixels = torch.stack([read_picture(path, a.edge, a.channels) for path in paths])
        return (pixels.float() / 255).to(self.device)

    def psnr(self, pictures: Tensor, again: Tensor) -> list[float]:
        """Peak signal-to-noise ratio of each pair, in dB."""
        squares = (pictures - again).square().flatten(1).mean(1).clamp(min=1e-10)
        return (-10 * squares.log10()).tolist()


def load(path: Path, device: str) -> Maker:
    """Read a model from its weights.

    Args:
        path: A safetensors file written by `restore generate train`.
        device: As of `restore.spec.Runtime`.

    Raises:
        WeightsError: The file is missing, damaged, or not of a model that makes pictures.
        DeviceError: There is no such device.
    """
    from restore.errors import WeightsError

    place = choose(Runtime(device)).device
    name = model_of(path)
    if name == "classifier":
        raise WeightsError("a classifier makes no pictures.", path=path, hint="Give the weights of another model.")
    model, architecture = load_model(path, name, place)
    return Maker(cast(Generative, model), architecture, place)
