"""How much memory a run takes, and how a limit is shared out between the network and the pictures.

A model with three terms, measured on JPEG, PNG and TIFF of 12 to 100 megapixels: the process with its libraries
(`BASE`), the network's working memory, and for every picture in flight its decoded size times `COPIES` (as read, as
restored, and what codecs hold beside).
"""

from __future__ import annotations

import ctypes
import gc
import sys
from dataclasses import dataclass, replace

from restore.codecs.header import Header
from restore.errors import UsageError
from restore.spec import Runtime

BASE = 520 << 20
"""Bytes of the process with torch, the codecs and a model loaded, before any picture."""

COPIES = 3.3
"""Bytes in flight per byte of a decoded picture."""

IN_FLIGHT = 920 << 20
"""Bytes of pictures in flight where the user sets no limit: some 96 megapixels of 8-bit colour."""

_MAP = 4
"""Bytes per pixel of a map of float32."""

_NETWORK_SHARE, _NETWORK_MOST, _NETWORK_LEAST = 0.3, 512 << 20, 48 << 20


@dataclass(frozen=True)
class Budget:
    """A memory limit, shared out.

    Attributes:
        runtime: For the model: its ``memory`` is the network's share.
        pictures: Bytes of all pictures in flight.
        strict: Whether a picture beyond that is refused (the user has set a limit) or runs alone.
    """

    runtime: Runtime
    pictures: int
    strict: bool


def share(runtime: Runtime) -> Budget:
    """Share out the limit that ``runtime.memory`` sets for the whole process.

    Raises:
        UsageError: It is below what the process needs for itself.
    """
    if runtime.memory is None:
        return Budget(runtime, IN_FLIGHT, strict=False)
    free = runtime.memory - BASE
    if free < 2 * _NETWORK_LEAST:
        least = (BASE + 2 * _NETWORK_LEAST) >> 20
        raise UsageError(
            f"--memory {runtime.memory >> 20}MiB is less than the program itself needs.",
            hint=f"Give at least {least}MiB.",
        )
    network = int(min(max(free * _NETWORK_SHARE, _NETWORK_LEAST), _NETWORK_MOST))
    return Budget(replace(runtime, memory=network), free - network, strict=True)


def picture_bytes(header: Header, growth: float = 1.0, companions: int = 0, working: int = 0) -> int:
    """What a picture takes while it is in flight.

    Args:
        header: Of its file.
        growth: Pixels of the result per pixel of the picture.
        companions: How many further pictures lie beside its result. Each is held until it is written, and is taken to
            be as large as the result, or a map of one float per pixel, whichever is more.
        working: Bytes that the restorer holds beside; see `restore.result_size.working_bytes`.
    """
    beside = max(header.bytes, _MAP * header.width * header.height) * growth
    return int(header.bytes * (COPIES + 2 * max(growth - 1, 0)) + companions * beside) + working


def needed(header: Header, growth: float = 1.0, companions: int = 0, working: int = 0) -> int:
    """The limit that lets this picture through, in bytes; arguments as of `picture_bytes`."""
    return limit_for(picture_bytes(header, growth, companions, working))


def limit_for(pictures: int) -> int:
    """The limit that lets pictures through that take so many bytes in flight."""
    return BASE + int(max(pictures / (1 - _NETWORK_SHARE), min(pictures + _NETWORK_MOST, 2 * pictures)))


def give_back() -> None:
    """Hand memory that is free, but still held by this process, back to the system.

    A plan of very many files needs memory for some moments which a run of hours would hold on to, in two places. The
    interpreter keeps thousands of empty tuples for later use, each in the midst of a large block that is otherwise
    free; a full collection drops them. The C library keeps what lies below anything still in use; glibc gives that
    back when it is asked, see malloc_trim(3); other libraries are left alone. Takes some 20 ms.
    """
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
