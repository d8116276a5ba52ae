"""Maps of a latent space with two axes: what is made at each place, and where given pictures lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from restore.errors import PluginError

TICKS = (-2, -1, 0, 1, 2)


@dataclass(frozen=True)
class Plane:
    """Two axes through a latent space, along each of which the latents are about standard normal.

    Attributes:
        centre: ``(latent,)``.
        axes: ``(2, latent)``, at right angles; their lengths are standard deviations.
        shares: Shares of the latents' variance along both axes, or None where there are no other directions.
    """

    centre: Tensor
    axes: Tensor
    shares: tuple[float, float] | None = None

    def latents(self, places: Tensor) -> Tensor:
        """The latents ``(N, latent)`` at places ``(N, 2)``."""
        return self.centre + places.to(self.axes) @ self.axes

    def places(self, latents: Tensor) -> Tensor:
        """Where latents ``(N, latent)`` lie, seen at right angles to the plane: ``(N, 2)``."""
        return (latents - self.centre) @ (self.axes / self.axes.square().sum(1, keepdim=True)).T

    @property
    def names(self) -> tuple[str, str]:
        """What to write at the axes."""
        if self.shares is None:
            return "first latent", "second latent"
        first, second = (f"principal component {k + 1} ({100 * share:.1f} %)" for k, share in enumerate(self.shares))
        return first, second


def whole_plane(device: torch.device) -> Plane:
    """The plane of a model that has two latents."""
    return Plane(torch.zeros(2, device=device), torch.eye(2, device=device))


def principal_plane(latents: Tensor) -> Plane:
    """The plane through the mean along which latents vary most (Pearson, 1901; Hotelling, 1933).

    Args:
        latents: ``(N, latent)``, at least three.
    """
    centre = latents.mean(0)
    _, lengths, directions = torch.linalg.svd(latents - centre, full_matrices=False)
    variances = lengths.square() / (len(latents) - 1)
    shares = variances[:2] / variances.sum().clamp(min=1e-12)
    axes = directions[:2] * variances[:2].sqrt().clamp(min=1e-6)[:, None]
    return Plane(centre, axes, (float(shares[0]), float(shares[1])))


def grid_places(columns: int) -> Tensor:
    """Places ``(columns², 2)`` row by row, the second coordinate growing upwards: equally likely parts of the plane.

    The inverse of the Gaussian's cumulative distribution at evenly spaced values (Kingma, Welling: Auto-encoding
    variational Bayes, ICLR 2014, figure 4).
    """
    along = torch.special.ndtri((torch.arange(columns, dtype=torch.float64) + 0.5) / columns).float()
    down, across = torch.meshgrid(along.flip(0), along, indexing="ij")
    return torch.stack([across.flatten(), down.flatten()], 1)


def scatter(places: Tensor, labels: Sequence[int], classes: Sequence[str], edge: int, names: tuple[str, str]) -> Tensor:
    """Draw places as dots, coloured by class: a picture ``(3, edge, more than edge)`` in [0, 1].

    The axes are stretched as the map's are, by the Gaussian's cumulative distribution: a dot lies where the map beside
    it shows what is made there.

    Args:
        places: ``(N, 2)``.
        labels: ``(N,)``: numbers of the classes.
        classes: Names of the classes; empty where there are none.
        edge: Height of the picture, in pixels.
        names: What to write at the axes.

    Raises:
        PluginError: matplotlib is not installed.
    """
    try:
        from matplotlib import colormaps
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        hint = "Install it with: pip install 'restore-photos[generate]'"
        raise PluginError(f"this needs matplotlib, which cannot be imported ({error}).", hint=hint) from error
    figure = Figure(figsize=(edge * (1.28 if classes else 1.0) / 100, edge / 100), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    seen = torch.special.ndtr(places.double().cpu()).numpy()
    numbers = np.asarray(labels)
    colours = colormaps["tab10" if len(classes) <= 10 else "tab20" if len(classes) <= 20 else "turbo"]
    for k, name in enumerate(classes or ("",)):
        # Palettes are counted in whole numbers, a gradient goes from 0 to 1.
        colour = colours(k if len(classes) <= 20 else k / (len(classes) - 1))
        chosen = numbers == k if classes else slice(None)
        axes.scatter(seen[chosen, 0], seen[chosen, 1], s=9, color=colour, label=name, linewidths=0, alpha=0.75)
    marks = torch.special.ndtr(torch.tensor(TICKS, dtype=torch.float64)).tolist()
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel=names[0], ylabel=names[1])
    axes.set_xticks(marks, [str(tick) for tick in TICKS])
    axes.set_yticks(marks, [str(tick) for tick in TICKS])
    if classes:
        # It stands in the room to the right of the square, all of it, however many there are.
        points = min(10.0, 0.4 * edge / len(classes))
        place = axes.legend(loc="upper left", bbox_to_anchor=(1, 1.01), markerscale=2, frameon=False, fontsize=points)
        place.set_in_layout(False)
        axes.set_anchor("W")
    canvas.draw()
    array = np.asarray(canvas.buffer_rgba())[..., :3]
    return torch.from_numpy(array.copy()).permute(2, 0, 1).float() / 255
