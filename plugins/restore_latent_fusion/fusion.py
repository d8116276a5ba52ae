"""Running the network over series of any size: frame by frame and row by row, equal to the whole-picture result.

Only what has 1/8 of the resolution is held for all frames at once, in half precision, and the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore.spec import SizeRule
from restore.toolkit.device import Machine
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import Sink, run_strips
from restore_latent_fusion.model import BRACKET, COARSE, MULTIPLE, PATCH, LatentFusion, differing
from restore_latent_fusion.reading import FrameReader
from restore_latent_fusion.resampling import interpolated, means

LATENT_EDGE = 128
"""Edge of a strip at the latents' resolution: its features stay within a CPU's caches."""
_BAND = 64
"""Rows of latents that are combined at a time."""


@dataclass(frozen=True)
class Fusion:
    """What the network says about a series, at half of its (padded) resolution.

    Attributes:
        weights: ``(N, H/2, W/2)`` float32, summing to 1 over the frames.
        lacking: ``(2, H/2, W/2)`` float32: what these lack, see `restore_latent_fusion.colours.completed`.
        coarse: ``(3, H/8, W/8)`` float32: the weighted frames without detail.
        bracket: Whether the frames are exposures, whose clipped colours are not to be believed.
    """

    weights: Tensor
    lacking: Tensor
    coarse: Tensor
    bracket: bool


def fuse(
    model: LatentFusion, readers: Sequence[FrameReader], kind: Tensor, machine: Machine, edge: int | None
) -> Fusion:
    """Let the network weigh and decode a series.

    Args:
        model: The network.
        readers: Of the frames, all of one size.
        kind: ``(1,)``, a place in `restore_latent_fusion.model.KINDS`.
        machine: Where to run it.
        edge: Edge of a working tile in pixels; None for the toolkit's choice.

    Raises:
        DeviceError: Memory or precision cannot be had.
    """
    height, width = readers[0].height // PATCH, readers[0].width // PATCH
    features = torch.empty(len(readers), model.architecture.width, height, width, dtype=torch.float16)
    coarse = torch.empty(len(readers), 3, height, width)
    with torch.inference_mode():
        for reader, own, means in zip(readers, features, coarse, strict=True):
            _encode(model, reader, own, means, machine, edge)
        weights = _weights(model, features, kind, machine)
        shares = F.avg_pool2d(weights, PATCH // COARSE)
        lacking = _lacking(model, _combined(features, shares), kind, machine)
        apart = by_bands(lambda part: differing(part.mean(0, True), part.amax(0, True)), features)
        lacking.mul_(interpolated(apart[0], PATCH // COARSE)[0])
        return Fusion(weights, lacking, _combined(coarse, shares), int(kind) == BRACKET)


def _encode(
    model: LatentFusion, reader: FrameReader, features: Tensor, coarse: Tensor, machine: Machine, edge: int | None
) -> None:
    """Fill in the features of one frame ``(width, H/8, W/8)``, and its means over 8x8 pixels ``(3, H/8, W/8)``."""

    def source(top: int, bottom: int, left: int, right: int) -> Tensor:
        window = reader(top, bottom, left, right)
        into(coarse)(top // PATCH, left // PATCH, means(window, PATCH))
        return window - 0.5

    rule = SizeRule(MULTIPLE, receptive_radius(model.encoder))
    run_strips(model.encoder, source, into(features), (reader.height, reader.width), rule, machine, edge)


def _weights(model: LatentFusion, features: Tensor, kind: Tensor, machine: Machine) -> Tensor:
    """The softmax over the frames of features ``(N, width, h, w)``, ``(N, 4·h, 4·w)``."""
    attention = model.attention
    count, _, height, width = features.shape
    factor = PATCH // COARSE
    logits = torch.empty(count, 1, height * factor, width * factor)
    rule = SizeRule(1, receptive_radius(attention.logits))
    shared = by_bands(lambda part: attention.shared(part.mean(0, True), part.amax(0, True), kind), features)
    for own, out in zip(features, logits, strict=True):

        def joined(top: int, bottom: int, left: int, right: int, own: Tensor = own) -> Tensor:
            window = (slice(None), slice(None), slice(top, bottom), slice(left, right))
            together: Tensor = attention.own(own[None][window].float()) + shared[window]
            return together.contiguous(memory_format=torch.channels_last)

        run_strips(attention.logits, joined, into(out), (height, width), rule, machine, LATENT_EDGE)
    for top in range(0, height * factor, _BAND):
        band = logits[:, 0, top : top + _BAND]
        band.copy_(band.softmax(0))
    return logits[:, 0]


def _combined(parts: Tensor, shares: Tensor) -> Tensor:
    """What the frames have at 1/8 of the resolution, ``(N, C, h, w)``, by their shares ``(N, h, w)``: ``(C, h, w)``."""
    combined = torch.zeros(parts.shape[1:])
    for part, share in zip(parts, shares, strict=True):
        combined.addcmul_(part.float(), share[None])
    return combined


def _lacking(model: LatentFusion, combined: Tensor, kind: Tensor, machine: Machine) -> Tensor:
    """What the decoder says to combined features ``(width, h, w)``: ``(2, 4·h, 4·w)``."""
    factor = PATCH // COARSE
    decoder = model.decoder
    # Weights sum to 1, so that the latents' mean may be taken of the combined features.
    joined = by_bands(lambda part: decoder.joined(model.mean(part), part, kind), combined[None])
    network = nn.Sequential(*decoder.trunk, decoder.lacking, nn.PixelShuffle(factor))
    height, width = combined.shape[1:]
    out = torch.empty(2, height * factor, width * factor)

    def source(top: int, bottom: int, left: int, right: int) -> Tensor:
        return joined[:, :, top:bottom, left:right].contiguous(memory_format=torch.channels_last)

    rule = SizeRule(2, receptive_radius(network))
    run_strips(network, source, into(out), (height, width), rule, machine, LATENT_EDGE)
    return out


def into(out: Tensor) -> Sink:
    """Put finished pieces ``(1, C, h, w)`` where they belong in ``(C, H, W)``."""

    def sink(top: int, left: int, piece: Tensor) -> None:
        out[:, top : top + piece.shape[2], left : left + piece.shape[3]] = piece[0].to(out.dtype).cpu()

    return sink


def by_bands(work: Callable[[Tensor], Tensor], features: Tensor) -> Tensor:
    """What needs nothing of neighbouring positions, a few rows at a time: ``(N, C, h, w)`` to ``(1, C', h, w)``."""
    _, _, height, width = features.shape
    out = torch.empty(0)
    for top in range(0, height, _BAND):
        band = work(features[:, :, top : top + _BAND].float())
        if not top:
            out = band.new_empty(1, band.shape[1], height, width)
        out[:, :, top : top + _BAND] = band
    return out
