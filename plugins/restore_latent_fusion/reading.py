"""Frames as the network wants them: windows of float tensors, of infrared pairs the luma alone."""

from __future__ import annotations

from torch import Tensor

from restore.image import Pixels
from restore.toolkit.pixels import PixelReader
from restore_latent_fusion.losses import luma
from restore_latent_fusion.model import MULTIPLE


class FrameReader:
    """Reads windows of one frame, mirrored beyond its right and lower border.

    Args:
        pixels: ``(H, W, C)`` uint8, uint16 or float32.
        grey: Whether to give the luma, three times, instead of the colours.

    Attributes:
        height: Readable rows, a multiple of `restore_latent_fusion.model.MULTIPLE`.
        width: Readable columns, likewise.
    """

    def __init__(self, pixels: Pixels, *, grey: bool) -> None:
        self.reader = PixelReader(pixels, MULTIPLE)
        self.height, self.width = self.reader.height, self.reader.width
        self.grey = grey

    def __call__(self, top: int, bottom: int, left: int, right: int) -> Tensor:
        """The window as ``(1, 3, bottom - top, right - left)`` float32, 0 = black, 1 = white."""
        # Float pictures may go beyond white; the network has seen none that do, and no screen shows them.
        window = self.reader(top, bottom, left, right).clamp_(0, 1)
        return luma(window).expand(-1, 3, -1, -1) if self.grey else window
