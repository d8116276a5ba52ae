"""All models by their names: built new, or from weights."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from restore.errors import UsageError, WeightsError
from restore.toolkit.training import channels_last
from restore.weights import fitting, header, load
from restore_generate.ae import AE
from restore_generate.architecture import Architecture, from_header, weights_name
from restore_generate.bvae import BVAE
from restore_generate.classifier import Classifier
from restore_generate.cvae import CVAE
from restore_generate.dcgan import Generator
from restore_generate.likelihood import Terms
from restore_generate.vae import VAE
from restore_generate.vrnn import VRNN


class Generative(Protocol):
    """What all models can do: make pictures of standard normal noise."""

    latent_size: int

    def decode(self, noise: Tensor, classes: Tensor) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [0, 1] of noise ``(B, latent_size)`` and one-hot classes ``(B, classes)``."""
        ...


class Encoding(Generative, Protocol):
    """What all models but `dcgan` can do besides: look up where a picture lies, and say what it costs."""

    def encode(self, pictures: Tensor, classes: Tensor) -> Tensor:
        """Noise ``(B, latent_size)`` that stands for pictures ``(B, C, H, W)`` in [0, 1]."""
        ...

    def terms(self, pictures: Tensor, classes: Tensor) -> Terms:
        """The two terms of the evidence lower bound."""
        ...


def build(architecture: Architecture) -> nn.Module:
    """A new model with random weights; of `dcgan` the generator.

    Raises:
        UsageError: The model needs classes and there are none, or its patches do not fit its edge.
    """
    model = architecture.model
    if model == "vrnn" and architecture.patch and architecture.edge % architecture.patch:
        hint = "Take a divisor of it, or 0 for rows (--set patch=8)."
        raise UsageError(f"patches of {architecture.patch} pixels do not fill {architecture.edge}.", hint=hint)
    if model in ("cvae", "classifier") and not architecture.classes:
        hint = "Put the pictures of each class into a subfolder of its name."
        raise UsageError(f"{model} learns classes, and these data have none.", hint=hint)
    match model:
        case "ae":
            return AE(architecture)
        case "vae":
            return VAE(architecture)
        case "bvae":
            return BVAE(architecture)
        case "vrnn":
            return VRNN(architecture)
        case "cvae":
            return CVAE(architecture)
        case "dcgan":
            return Generator(architecture)
        case "classifier":
            return Classifier(architecture)


def load_model(path: Path, expected: str, device: torch.device) -> tuple[nn.Module, Architecture]:
    """Read a model from its weights, ready to be used.

    Args:
        path: A safetensors file written by `restore generate train`.
        expected: Name of the model.
        device: Where it goes.

    Raises:
        WeightsError: The file is missing, damaged, or of another model.
    """
    tensors, said = load(path, weights_name(expected))
    architecture = from_header(said, str(path))
    network = build(architecture)
    with fitting(path, expected, "Train the model again with `restore generate train`."):
        network.load_state_dict({name: value.float() for name, value in tensors.items()})
    channels_last(network)  # convolutions are fastest so on CPUs, by far
    network.to(device)
    return network.eval().requires_grad_(False), architecture


def model_of(path: Path) -> str:
    """Which model a weights file belongs to.

    Raises:
        WeightsError: It is missing, damaged, or not of this plugin.
    """
    name = header(path).get("model", "")
    if not name.startswith(weights_name("")):
        hint = "Give a file written by `restore generate train`."
        raise WeightsError("these are not the weights of a generative model.", path=path, hint=hint)
    return name.removeprefix(weights_name(""))
