"""What a model file holds, as plain values; found out in a process of its own. Free of torch."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from restore.errors import WeightsError

UPSCALE, DENOISE, DEJPEG, INPAINT = "upscale", "denoise", "dejpeg", "inpaint"
NAME = "spandrel"


class Network(BaseModel):
    """What is known of a network before it runs.

    Attributes:
        architecture: As spandrel calls it: "ESRGAN", "SwinIR" …
        purpose: What it was made for, as spandrel says.
        scale: How many times it enlarges; 1 where it does not.
        input_channels: 1 (grey), 3 (RGB) or 4 (RGB and alpha).
        output_channels: Likewise.
    """

    model_config = ConfigDict(frozen=True)

    architecture: str
    purpose: Literal["SR", "FaceSR", "Inpainting", "Restoration"]
    scale: int
    input_channels: int
    output_channels: int

    @property
    def task(self) -> str:
        """The command that it is for; what mends pictures in their own size is for `DEJPEG` as well."""
        if self.purpose == "Inpainting":
            return INPAINT
        return UPSCALE if self.scale > 1 else DENOISE


def described(path: Path) -> Network:
    """What a file holds.

    Where this process has no torch yet, another one looks, so that this one stays light.

    Args:
        path: A model file.

    Raises:
        WeightsError: It cannot be read, or nothing in it can be run; says why.
    """
    try:
        found = path.stat()
    except OSError as error:
        hint = "Check the path given to --weights."
        raise WeightsError(f"the model cannot be opened ({error.strerror}).", path=path, hint=hint) from error
    return _described(path, found.st_size, found.st_mtime_ns)


def check_task(network: Network, task: str, path: Path) -> None:
    """Refuse a network that another command is for.

    Args:
        network: What the file holds.
        task: The command.
        path: The file, for the message.

    Raises:
        WeightsError: Names what it is and the right command.
    """
    if network.task == task or (task == DEJPEG and network.task == DENOISE):
        return
    kinds = {
        UPSCALE: f"enlarges pictures {network.scale} times",
        DENOISE: "mends pictures and keeps their size",
        INPAINT: "fills what a mask marks",
    }
    mask = " --mask MASK" if network.task == INPAINT else ""
    raise WeightsError(
        f"this is a network of the architecture {network.architecture} that {kinds[network.task]}; it is not for "
        f"`restore {task}`.",
        path=path,
        hint=f"Use: restore {network.task} INPUT -o OUT{mask} -m {NAME} --weights {path.name}",
    )


@lru_cache(maxsize=64)
def _described(path: Path, size: int, modified_ns: int) -> Network:
    """As `described`; size and time tell a file from one that has taken its place."""
    if "torch" in sys.modules:
        return _look(path)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(_look, path).result()
        except BrokenProcessPool as error:
            raise WeightsError(
                "the process that read this model has died.",
                path=path,
                hint="Perhaps memory ran out, or the file is damaged.",
            ) from error


def _look(path: Path) -> Network:
    from restore_spandrel.reading import network_of, read_model

    return network_of(read_model(path))
