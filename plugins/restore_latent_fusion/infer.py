"""Loading and running `latent-fusion`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from restore.contribution_map import contribution_map
from restore.errors import InputError
from restore.image import Image, Observation, Pixels, Restoration, SeriesKind
from restore.series.kind import kind_of
from restore.spec import Runtime
from restore.toolkit.device import Machine, choose
from restore.toolkit.pixels import as_grey
from restore.toolkit.strips import edge_within
from restore.weights import fitting
from restore.weights import load as load_weights
from restore_latent_fusion.assembly import assembled
from restore_latent_fusion.fusion import Fusion, fuse
from restore_latent_fusion.model import COARSE, KINDS, Architecture, LatentFusion
from restore_latent_fusion.plugin import FuseOptions
from restore_latent_fusion.reading import FrameReader


class LatentFuser:
    """The loaded fuser.

    Args:
        model: The autoencoder.
        machine: Where to run it.
        edge: Edge of a working tile in pixels, or None for the toolkit's choice.
        quick: Where to run it for 8-bit frames; None for `machine`.
    """

    def __init__(self, model: LatentFusion, machine: Machine, edge: int | None, quick: Machine | None = None) -> None:
        self.model = model
        self.machine = machine
        self.edge = edge
        self.quick = quick or machine

    def restore(self, observation: Observation, options: FuseOptions) -> Image | Restoration:
        """Fuse the frames; see `restore.spec.Restorer`.

        Of infrared pairs only the luma is fused, and the first frame's colours are kept. Where the observation does not
        say why there are several frames, their pixels do.

        Raises:
            InputError: There is one frame only, there is a mask, or a frame holds NaN or infinite values.
        """
        _check(observation)
        first = observation.image
        kind = observation.kind or kind_of(observation.frames)
        grey = kind is SeriesKind.INFRARED
        readers = [FrameReader(frame.pixels, grey=grey) for frame in observation.frames]
        place = torch.tensor([KINDS.index(kind)])
        eight_bits = all(frame.pixels.dtype == np.uint8 for frame in observation.frames)
        found = fuse(self.model, readers, place, self.quick if eight_bits else self.machine, self.edge)
        image = first.with_pixels(_pixels(found, readers, observation.frames))
        if not options.weights_map:
            return image
        shares = found.weights[:, : -(-first.height // COARSE), : -(-first.width // COARSE)].numpy()
        return Restoration(image, (contribution_map(shares, observation.names, (first.height, first.width)),))


def _pixels(found: Fusion, readers: Sequence[FrameReader], frames: Sequence[Image]) -> Pixels:
    """The fused pixels; frames without any colour give none, also in files that could hold it."""
    like = frames[0].pixels
    if like.shape[2] == 3 and all(as_grey(frame.pixels).shape[2] == 1 for frame in frames):
        return np.repeat(assembled(found, readers, like[..., :1]), 3, 2)
    return assembled(found, readers, like)


def _check(observation: Observation) -> None:
    """Refuse what cannot be fused."""
    if observation.mask is not None:
        raise InputError("latent-fusion has no use for a mask.", hint="Leave it out, or inpaint the result.")
    if len(observation.frames) < 2:
        raise InputError("there is only one frame.", hint="Give two or more pictures of one scene.")
    for frame in observation.frames:
        check_finite(frame)


def check_finite(image: Image, path: Path | None = None) -> None:
    """Refuse a picture that holds NaN or infinite values.

    Args:
        image: The picture.
        path: Its file, to be named, where the core does not know it.

    Raises:
        InputError: It does.
    """
    if image.pixels.dtype == np.float32 and not np.isfinite(image.pixels).all():
        what = "holds" if path is not None else "a picture holds"
        raise InputError(f"{what} NaN or infinite pixels.", path=path, hint="Replace them first.")


def load(weights: Path, runtime: Runtime) -> LatentFuser:
    """Load the network.

    Args:
        weights: A safetensors file written by the training.
        runtime: Device, precision and tile.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
        DeviceError: The device asked for is not there.
    """
    machine = choose(runtime)
    quick = _quick(machine) if runtime.precision == "auto" else None
    return LatentFuser(load_model(weights), machine, edge_of(runtime), quick)


def _quick(machine: Machine) -> Machine:
    """The same machine in bfloat16, if its CPU computes in that: a fifth less time, two grey levels off at most.

    The frames themselves never pass through it: what the network says are weights, and what they lack.
    """
    can: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    native = machine.device.type == "cpu" and (can.get("avx512_bf16") or can.get("amx_bf16"))
    return replace(machine, dtype=torch.bfloat16) if native else machine


def edge_of(runtime: Runtime) -> int | None:
    """Edge of a working tile in pixels; None for the toolkit's choice.

    Raises:
        DeviceError: There is not memory enough for the smallest.
    """
    return runtime.tile or (edge_within(runtime.memory) if runtime.memory else None)


def load_model(weights: Path) -> LatentFusion:
    """Load the network alone; errors as of `load`."""
    tensors, header = load_weights(weights, "latent-fusion")
    with fitting(weights, "latent-fusion"):
        model = LatentFusion(Architecture(**json.loads(header["config"])))
        model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return model.eval().requires_grad_(False)
