"""What a generative model is built from: kept in the header of its weights. Free of torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError

from restore.errors import WeightsError

Model = Literal["ae", "vae", "cvae", "bvae", "vrnn", "dcgan", "classifier"]
MODELS: tuple[Model, ...] = get_args(Model)
GENERATORS = tuple(name for name in MODELS if name != "classifier")
CONDITIONED = ("cvae",)
"""Models that are asked for a class."""
ENCODING = tuple(name for name in GENERATORS if name != "dcgan")
"""Models that have an encoder, so that photographs can be looked up in their latent space."""
EDGES = (32, 64)


@dataclass(frozen=True)
class Architecture:
    """A model and its sizes.

    Attributes:
        model: Which one.
        edge: Height and width of its pictures, in pixels: 32 or 64.
        channels: 3 for colour, 1 for grey.
        classes: Names of the classes in the data, in the order of their numbers; empty where there are none.
        width: Channels at the finest level.
        latent: Latent variables of a picture; of each step with `vrnn`.
        blocks: Residual blocks at each level.
        patch: Edge of the patches that `vrnn` goes over, in pixels; 0 for rows of the picture.
    """

    model: Model
    edge: int = 32
    channels: int = 3
    classes: tuple[str, ...] = ()
    width: int = 32
    latent: int = 128
    blocks: int = 1
    patch: int = 4

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level, the finest (half of the edge) first, the coarsest (4 pixels) last."""
        levels = (self.edge // 4).bit_length() - 1
        return tuple(min(4, 2**k) * self.width for k in range(levels))

    @property
    def values(self) -> int:
        """Values in a picture."""
        return self.channels * self.edge**2

    def as_dict(self) -> dict[str, object]:
        """As plain values, for JSON."""
        return asdict(self)


def from_header(header: Mapping[str, str], path: str) -> Architecture:
    """Read the architecture from the header of weights.

    Args:
        header: As `restore.weights.header` gives it.
        path: Of the weights, for the message.

    Raises:
        WeightsError: The header does not describe a model of this plugin.
    """
    try:
        return TypeAdapter(Architecture).validate_python(json.loads(header["config"]))
    except (KeyError, ValueError, ValidationError) as error:
        hint = "Give a file written by `restore generate train`."
        raise WeightsError("these weights do not say how their model is built.", path=path, hint=hint) from error


def weights_name(model: str) -> str:
    """What the header of weights calls a model of this plugin."""
    return f"generate-{model}"
