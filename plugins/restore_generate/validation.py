"""How good a model is while it learns: on pictures that were held back, in numbers and as a grid to look at."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from restore_generate.checks import active_units, diversity, twins
from restore_generate.grids import write_grid
from restore_generate.likelihood import bits_per_value
from restore_generate.models import Encoding, Generative
from restore_generate.pictures import PictureSet, one_hot

COLUMNS = 16
SHOWN = 64
LOOKED_AT = 1000
"""Pictures held back that are looked at, at most."""


def fixed_noise(count: int, size: int, device: torch.device) -> Tensor:
    """The same standard normal noise at every report, so that grids can be compared: ``(count, size)``."""
    return torch.randn(count, size, generator=torch.Generator().manual_seed(0)).to(device)


def in_turn(count: int, classes: int, device: torch.device) -> Tensor:
    """One-hot classes ``(count, classes)``, one after the other."""
    return one_hot(torch.arange(count) % max(classes, 1), classes).to(device)


@torch.no_grad()
def samples(model: Generative, count: int, classes: int, device: torch.device) -> Tensor:
    """Pictures of fixed noise, of all classes in turn: ``(count, C, H, W)`` in [0, 1]."""
    return model.decode(fixed_noise(count, model.latent_size, device), in_turn(count, classes, device))


def variety(made: Tensor, real: Tensor) -> dict[str, float]:
    """The checks for collapsed modes, over as many samples as real pictures."""
    count = min(len(made), len(real))
    made, real = made[:count], real[:count]
    return {"diversity": diversity(made, real), "twins": twins(made, real)}


@torch.no_grad()
def bound(model: Encoding, held: PictureSet, device: torch.device) -> dict[str, float]:
    """The evidence lower bound on pictures that were held back, its two terms apart, and what follows.

    Returns:
        "held_elbo", "held_distortion", "held_divergence" in nats per picture; "held_bits_per_value"; "held_psnr" in dB,
        of pictures given back through their posterior means; "active", the number of active latents.
    """
    found: dict[str, list[Tensor]] = {"distortion": [], "divergence": [], "means": [], "squares": []}
    torch.manual_seed(0)  # the bound is an estimate: with equal draws, reports differ by the model alone
    for pixels, labels in zip(torch.split(held.pixels, 128), torch.split(held.labels, 128), strict=True):
        pictures, classes = (pixels.float() / 255).to(device), one_hot(labels, len(held.classes)).to(device)
        terms = model.terms(pictures, classes)
        seen = model.decode(model.encode(pictures, classes), classes)
        values = (terms.distortion, terms.rate, terms.means, (seen - pictures).square().flatten(1).mean(1))
        for name, value in zip(found, values, strict=True):
            found[name].append(value)
    whole = {name: torch.cat(parts) for name, parts in found.items()}
    distortion, divergence = float(whole["distortion"].mean()), float(whole["divergence"].mean())
    return {
        "held_elbo": -(distortion + divergence),
        "held_distortion": distortion,
        "held_divergence": divergence,
        "held_bits_per_value": bits_per_value(distortion + divergence, held.pixels[0].numel()),
        "held_psnr": -10 * math.log10(max(float(whole["squares"].mean()), 1e-10)),
        "active": active_units(whole["means"]),
    }


def validate(model: Encoding, held: PictureSet, device: torch.device, grid: Path) -> dict[str, float]:
    """Judge a model and draw a grid: two rows of pictures held back, the same given back, and samples.

    Args:
        model: In evaluation mode.
        held: What was held back.
        device: Where the model is.
        grid: The PNG file to write.

    Returns:
        As `bound` and `variety`.
    """
    state = torch.random.get_rng_state()
    few = held.part(torch.arange(0, len(held), max(1, len(held) // LOOKED_AT)))
    scores = bound(model, few, device)
    torch.random.set_rng_state(state)
    made = samples(model, 256, len(held.classes), device)
    order = torch.randperm(len(few), generator=torch.Generator().manual_seed(0))
    mixed = few.part(order)
    real, classes = mixed.pictures().to(device), mixed.one_hot().to(device)
    with torch.no_grad():
        again = model.decode(model.encode(real[: 2 * COLUMNS], classes[: 2 * COLUMNS]), classes[: 2 * COLUMNS])
    rows = [each for k in (0, COLUMNS) for each in (real[k : k + COLUMNS], again[k : k + COLUMNS])]
    write_grid(grid, torch.cat([*rows, made[:SHOWN]]), COLUMNS)
    return scores | variety(made, real)
