"""Loading and running `conv-dae-jpeg`: the traces of JPEG, taken away at the quality the picture was saved with."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from restore.diagnose import estimate_jpeg
from restore.image import Image, Observation, Restoration
from restore.spec import Runtime
from restore.toolkit.pixels import PixelReader, as_grey, in_channels
from restore_conv_dae.execution import Execution, load_execution
from restore_conv_dae.jpeg_level import level_of, quality_of
from restore_conv_dae.jpeg_recipe import QUALITIES
from restore_conv_dae.model import MULTIPLE
from restore_conv_dae.plugin import DejpegOptions

log = logging.getLogger("restore")

SURE = 0.3
"""Confidence of `restore.diagnose` below which a quality found in the pixels is not trusted."""
AVERAGED = 9
"""Cells of 8x8 pixels, along each direction, over which what the network sees is averaged."""


class ConvDaeJpeg:
    """The loaded networks.

    Args:
        networks: That see how strongly a picture was compressed, and what that did to it.
    """

    def __init__(self, networks: Execution) -> None:
        self.networks = networks

    def restore(self, observation: Observation, options: DejpegOptions) -> Image | Restoration:
        """Take the traces of JPEG from one picture; see `restore.spec.Restorer`.

        A picture that was never saved as JPEG, or at a quality above all that the network has learned from, comes back
        as it was.
        """
        image = observation.image
        if options.strength == 0:
            return image
        reader = PixelReader(as_grey(image.pixels), MULTIPLE)
        if options.saved_at == "seen":
            level = _steadied(self.networks.seen(reader))
            quality = quality_of(float(level.median()))
            said = f"quality {quality:.0f}, as the network sees it"
        elif options.saved_at == "auto":
            found, said = _found(image)
            if found is None or found > QUALITIES[1]:
                log.info("%s; the picture stays as it is", said)
                return Restoration(image, account={"quality": found, "summary": f"{said}: nothing to mend"})
            quality, level = found, _level(found)
        else:
            quality, level, said = options.saved_at, _level(options.saved_at), f"quality {options.saved_at:g}, as told"
        log.info("%s", said)
        pixels = self.networks.subtracted(reader, level, options.strength)
        mended = image.with_pixels(in_channels(pixels, image.channels))
        return Restoration(mended, account={"quality": round(quality), "summary": said})


def _found(image: Image) -> tuple[int | None, str]:
    """The quality a picture was saved with, None for never, and how that is known."""
    found = estimate_jpeg(image)
    if found.quality is None or (found.source == "pixels" and found.confidence < SURE):
        return None, "no traces of JPEG"
    where = "its file" if found.source == "file" else "its pixels"
    return found.quality, f"saved as JPEG of quality {found.quality}, as {where} show{'s' * (found.source == 'file')}"


def _level(quality: float) -> Tensor:
    return level_of(torch.full((1, 1, 1, 1), float(quality)))


def _steadied(level: Tensor) -> Tensor:
    """What is seen, averaged: ``(1, 1, h, w)`` to the same. Parts of a picture may have a quality of their own."""
    half = AVERAGED // 2
    padded = F.pad(level, (half, half, half, half), mode="replicate")
    return F.avg_pool2d(padded, AVERAGED, stride=1).clamp(min=0)


def load(weights: Path, runtime: Runtime) -> ConvDaeJpeg:
    """Load both networks; see `restore_conv_dae.execution.load_execution`."""
    return ConvDaeJpeg(load_execution(weights, "conv-dae-jpeg", runtime))
