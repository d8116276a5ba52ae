"""Tiny networks of the community's architectures with random weights, as files like those that people share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from restore.image import Pixels
from restore.toolkit.torchvision_operators import declare_missing_operators

ENLARGING = ("Compact", "DAT", "ESRGAN", "HAT", "OmniSR", "PLKSR", "SPAN", "SwinIR")
MENDING = ("DRUNet", "NAFNet", "SCUNet", "DnCNN")
CHANNELS = ("ESRGAN-grey", "ESRGAN-rgba")


@cache
def builders() -> dict[str, Callable[[], torch.nn.Module]]:
    """How to make each network, by its architecture."""
    declare_missing_operators()
    from spandrel import architectures as a

    swin: dict[str, Any] = {"img_size": 16, "embed_dim": 12, "depths": [2], "num_heads": [2], "window_size": 8}
    return {
        "Compact": lambda: a.Compact.Compact(num_feat=8, num_conv=2, upscale=2),
        "DAT": lambda: a.DAT.DAT(img_size=16, embed_dim=16, depth=[2], num_heads=[2], split_size=[4, 8], upscale=2),
        "ESRGAN": lambda: a.ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=4),
        "ESRGAN-grey": lambda: a.ESRGAN.ESRGAN(in_nc=1, out_nc=1, num_filters=8, num_blocks=1, scale=2),
        "ESRGAN-rgba": lambda: a.ESRGAN.ESRGAN(in_nc=4, out_nc=4, num_filters=8, num_blocks=1, scale=2),
        "HAT": lambda: a.HAT.HAT(**swin, upscale=2, num_feat=16, squeeze_factor=4),
        "OmniSR": lambda: a.OmniSR.OmniSR(num_feat=16, up_scale=2),
        "PLKSR": lambda: a.PLKSR.PLKSR(dim=16, n_blocks=2, upscaling_factor=2),
        "SPAN": lambda: a.SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2),
        "SwinIR": lambda: a.SwinIR.SwinIR(**swin, mlp_ratio=2, upscale=2, upsampler="pixelshuffle"),
        "DRUNet": lambda: a.DRUNet.DRUNet(in_nc=4, out_nc=3, nc=[8, 8, 8, 8], nb=2),
        "NAFNet": lambda: a.NAFNet.NAFNet(width=8, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1]),
        "SCUNet": lambda: a.SCUNet.SCUNet(config=[1] * 7),
        "DnCNN": lambda: a.DnCNN.DnCNN(nc=8, nb=8, act_mode="R"),
        "LaMa": lambda: a.LaMa.LaMa(in_nc=4, out_nc=3),
    }


def state_of(name: str) -> dict[str, Tensor]:
    """The weights of a network, the same every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return builders()[name]().state_dict()


def written(name: str, folder: Path, ending: str = ".pth") -> Path:
    """A model file of this architecture, as training code writes it."""
    path = folder / f"{name}{ending}"
    if not path.exists():
        state = state_of(name)
        if ending == ".safetensors":
            from safetensors.torch import save_file

            save_file({key: value.contiguous() for key, value in state.items()}, path)
        else:
            torch.save({"params_ema": state} if name == "ESRGAN" else state, path)
    return path


def tame(name: str, folder: Path) -> Path:
    """A model file of a network that nearly leaves pictures as they are, as one that has learned does to good ones.

    The networks that this is for add what their last layer makes to the picture.
    """
    path = folder / f"tame-{name}.pth"
    state = state_of(name)
    last = list(state)[-1].rpartition(".")[0]
    torch.save({key: value * (0.01 if key.startswith(f"{last}.") else 1) for key, value in state.items()}, path)
    return path


def photograph(height: int, width: int) -> Pixels:
    """A part of a photograph, uint8 RGB."""
    from skimage import data

    return np.ascontiguousarray(data.astronaut()[20 : 20 + height, 130 : 130 + width])


def tensor_of(pixels: Pixels) -> Tensor:
    """uint8 pixels as spandrel wants them."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous()


def pixels_of(tensor: Tensor) -> Pixels:
    """And back."""
    return (tensor[0].permute(1, 2, 0).numpy() * 255).round().clip(0, 255).astype(np.uint8)
