"""Makes torchvision importable where its compiled part does not fit the torch installed.

A build of torchvision for CUDA cannot load its compiled operators beside a build of torch for the CPU, and then even
its Python parts (grids, data sets, transforms) cannot be imported: it describes operators that nobody has declared.
"""

from __future__ import annotations

import ctypes
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import torch

_DESCRIBED = ("nms", "qnms")
"""The operators that torchvision describes on import whether it could load them or not."""


@cache
def declare_missing_operators() -> torch.library.Library | None:
    """Declare what torchvision will describe, where its compiled part cannot be loaded; call it before importing it.

    The declared operators have no body: torchvision refuses to call any and says what to install. Nothing happens
    where torchvision is not installed or its compiled part loads.

    Returns:
        The declarations, which last as long as this object; None where there was nothing to declare.
    """
    if _compiled_part_loads():
        return None
    declared = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in _DESCRIBED:
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")  # type: ignore[no-untyped-call]
    return declared


def _compiled_part_loads() -> bool:
    found = find_spec("torchvision")
    if found is None or not found.submodule_search_locations:
        return True  # the import will say what is missing
    folder = Path(found.submodule_search_locations[0])
    for part in (folder / f"_C{suffix}" for suffix in (*EXTENSION_SUFFIXES, ".so", ".pyd")):
        if part.is_file():
            try:
                ctypes.CDLL(str(part))
            except OSError:
                return False
            return True
    return False
