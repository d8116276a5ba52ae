"""Between pictures of any size and their latents, row by row; and the detail that latents cannot hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from restore.image import Pixels
from restore.spec import SizeRule
from restore.toolkit.device import Machine
from restore.toolkit.pixels import to_pixels
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import Sink, run_strips
from restore_latent_fusion.fusion import LATENT_EDGE, by_bands, into
from restore_latent_fusion.losses import luma
from restore_latent_fusion.model import KINDS, MULTIPLE, PATCH, LatentFusion
from restore_latent_fusion.reading import FrameReader

Detail = npt.NDArray[np.float16]
"""``(H, W, 3)``: a picture less what its own latents decode to, 1 = white."""


class Codec:
    """Encodes pictures and decodes latents.

    Args:
        model: The autoencoder.
        machine: Where to run it.
        edge: Edge of a working tile in pixels; None for the toolkit's choice.
    """

    def __init__(self, model: LatentFusion, machine: Machine, edge: int | None = None) -> None:
        self.model = model
        self.machine = machine
        self.edge = edge

    def encode(self, pixels: Pixels) -> Tensor:
        """The latents of a picture ``(H, W, C)``: the mean of q(z | picture).

        Returns:
            ``(latent, h, w)`` float32, one for 8x8 pixels of the picture, mirrored to a multiple of 16.
        """
        reader = FrameReader(pixels, grey=False)
        network = nn.Sequential(*self.model.encoder, self.model.mean)
        out = torch.empty(self.model.architecture.latent, reader.height // PATCH, reader.width // PATCH)

        def source(top: int, bottom: int, left: int, right: int) -> Tensor:
            return reader(top, bottom, left, right) - 0.5

        rule = SizeRule(MULTIPLE, receptive_radius(network))
        run_strips(network, source, into(out), (reader.height, reader.width), rule, self.machine, self.edge)
        return out

    def decode(self, latents: Tensor, sink: Sink) -> None:
        """Give the picture of latents ``(latent, h, w)`` to `sink`, in pieces ``(1, 3, …, …)``, not clipped."""
        decoder = self.model.decoder
        with torch.inference_mode():
            kind = torch.tensor([len(KINDS)])
            joined = by_bands(lambda z: decoder.inject(z) + decoder.kind(kind)[:, :, None, None], latents[None])
        network = nn.Sequential(*decoder.trunk, decoder.picture, nn.PixelShuffle(PATCH))

        def source(top: int, bottom: int, left: int, right: int) -> Tensor:
            return joined[:, :, top:bottom, left:right].contiguous(memory_format=torch.channels_last)

        def shifted(top: int, left: int, piece: Tensor) -> None:
            sink(top, left, piece.cpu() + 0.5)

        size = (latents.shape[1], latents.shape[2])
        rule = SizeRule(2, receptive_radius(network))
        run_strips(network, source, shifted, size, rule, self.machine, LATENT_EDGE)

    def detail(self, pixels: Pixels, latents: Tensor) -> Detail:
        """What the latents of a picture ``(H, W, C)`` cannot hold of it.

        Added to what they decode to it gives the picture back; added to what other latents decode to it keeps these
        sharp.
        """
        height, width = pixels.shape[:2]
        reader = FrameReader(pixels, grey=False)
        out = np.empty((height, width, 3), np.float16)

        def sink(top: int, left: int, piece: Tensor) -> None:
            rows, columns = min(piece.shape[2], height - top), min(piece.shape[3], width - left)
            if rows > 0 and columns > 0:
                whole = reader(top, top + rows, left, left + columns)
                lost = whole - piece[:, :, :rows, :columns]
                out[top : top + rows, left : left + columns] = lost[0].permute(1, 2, 0).numpy()

        self.decode(latents, sink)
        return out

    def picture(self, latents: Tensor, detail: Detail, like: Pixels) -> Pixels:
        """Decode latents, with detail added.

        Args:
            latents: ``(latent, h, w)``.
            detail: Of the same picture, or of pictures mixed as the latents are.
            like: Pixels whose size, depth and number of channels the result has; of one channel it has the luma.
        """
        height, width, channels = like.shape
        out = np.empty_like(like)

        def sink(top: int, left: int, piece: Tensor) -> None:
            rows, columns = min(piece.shape[2], height - top), min(piece.shape[3], width - left)
            if rows > 0 and columns > 0:
                window = slice(top, top + rows), slice(left, left + columns)
                sharp = torch.from_numpy(detail[window].astype(np.float32)).permute(2, 0, 1)[None]
                whole = piece[:, :, :rows, :columns] + sharp
                whole = whole if channels == 3 else luma(whole)
                out[window] = to_pixels(whole.clamp_(0, 1), like.dtype)

        self.decode(latents, sink)
        return out
