"""Reads the community's model files without running anything in them.

Safetensors hold numbers only. What `torch.save` writes is a pickle, which can name any function to be called when it is
opened; ``torch.load(weights_only=True)`` reads it with an interpreter that knows tensors, numbers, texts and containers
only, and refuses all else before anything is called. TorchScript archives are programs, so they are not opened at all.
"""

from __future__ import annotations

import logging
import re
import zipfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from restore.errors import WeightsError
from restore.toolkit.torchvision_operators import declare_missing_operators
from restore_spandrel.contents import Network

log = logging.getLogger("restore")

EXTRA = "spandrel_extra_arches"
"""A package with further architectures, whose licences forbid some uses; taken in where the user has installed it."""

CHANNELS = (1, 3, 4)

_WEB_PAGE = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")
_PICKLE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_AGAIN = "Download it again, and compare its size with what its page says."
_ITSELF = "Download the file itself: follow the download button of its page."
_KINDS = (
    "Models are read from .safetensors, .pth, .pt and .ckpt files of PyTorch; ONNX, NCNN and TensorFlow are others."
)


def read_model(path: Path) -> Any:  # noqa: ANN401  spandrel's descriptor
    """Read a file and make the network that it holds.

    Args:
        path: A .safetensors, .pth, .pt or .ckpt file.

    Returns:
        A ``spandrel.ImageModelDescriptor`` or ``spandrel.MaskedImageModelDescriptor`` on the CPU, in float32.

    Raises:
        WeightsError: The file is missing, damaged, of another kind, holds a program, or a network that spandrel does
            not know or that has other channels than `CHANNELS`.
    """
    state = read_state(path)
    registry = _registry()
    support = next((one for one in registry.architectures("detection") if one.detect(state)), None)
    if support is None:
        more = "" if find_spec(EXTRA) else f" Some more are in the package {EXTRA}, whose licences forbid some uses."
        raise WeightsError(
            f"holds no network of the {len(registry)} architectures that are known here.",
            path=path,
            hint=f"See docs/community.md for which are; a newer spandrel may know it.{more}",
        )
    name = str(support.architecture.name)
    try:
        with torch.random.fork_rng(devices=[]):  # networks draw numbers before they take their weights
            descriptor = support.architecture.load(state)
    except Exception as error:  # made of what the file says, it may fail in any way
        raise WeightsError(
            f"looks like a network of the architecture {name}, but does not fit it ({_first_line(error)}).",
            path=path,
            hint=f"It is damaged or of a variant that is not known. {_AGAIN}",
        ) from error
    descriptor.model.eval().requires_grad_(False).float()
    for channels in (descriptor.input_channels, descriptor.output_channels):
        if channels not in CHANNELS:
            hint = "Networks of grey, RGB and RGBA pictures are run."
            raise WeightsError(f"this {name} works on {channels} channels.", path=path, hint=hint)
    return descriptor


def network_of(descriptor: Any) -> Network:  # noqa: ANN401
    """What is known of a network before it runs."""
    return Network(
        architecture=str(descriptor.architecture.name),
        purpose=descriptor.purpose,
        scale=int(descriptor.scale),
        input_channels=descriptor.input_channels,
        output_channels=descriptor.output_channels,
    )


def read_state(path: Path) -> dict[str, Any]:
    """The tensors of a model file by name, without what training frameworks wrap round them.

    Raises:
        WeightsError: As `read_model`.
    """
    start = _start_of(path)
    if start.startswith(b"PK\x03\x04"):
        _check_archive(path)
    try:
        state = _tensors(path) if start[8:9] == b"{" else _unpickled(path)
    except WeightsError:
        raise
    except UnpicklingError as error:
        raise _forbidden(path, str(error)) from error
    except Exception as error:  # a damaged file makes readers fail in any way
        said = _first_line(error)
        raise WeightsError(f"the model is damaged or not complete ({said}).", path=path, hint=_AGAIN) from error
    return _sound(state, path)


def _start_of(path: Path) -> bytes:
    """The first bytes of a file that may be a model.

    Raises:
        WeightsError: It cannot be opened, is empty, or is plainly something else.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(512)
    except OSError as error:
        hint = "Check the path given to --weights."
        raise WeightsError(f"the model cannot be opened ({error.strerror}).", path=path, hint=hint) from error
    if not start:
        raise WeightsError("is empty.", path=path, hint=_AGAIN)
    if start.lstrip().lower().startswith(_WEB_PAGE):
        raise WeightsError("is a web page, saved in a model's place.", path=path, hint=_ITSELF)
    if start.startswith(b"version https://git-lfs"):
        raise WeightsError("is a pointer of Git LFS, not the model itself.", path=path, hint=_ITSELF)
    if not (start[8:9] == b"{" or start.startswith((b"PK\x03\x04", *_PICKLE))):
        raise WeightsError("is no model file of a kind that is read.", path=path, hint=_KINDS)
    return start


def _check_archive(path: Path) -> None:
    """Refuse archives that PyTorch does not write for weights.

    Raises:
        WeightsError: It holds a program, is cut short, or would unpack to more than it is.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise WeightsError(f"the model is damaged or not complete ({error}).", path=path, hint=_AGAIN) from error
    if any(Path(entry.filename).name == "constants.pkl" for entry in entries):
        raise WeightsError(
            "is a TorchScript archive, which holds a program beside its weights, and is not opened.",
            path=path,
            hint="If you trust it, take its weights out once: see 'TorchScript' in docs/community.md.",
        )
    if any(entry.file_size > entry.compress_size for entry in entries):
        raise WeightsError("is an archive that PyTorch has not written.", path=path, hint=_KINDS)


def _tensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return load_file(path)


def _unpickled(path: Path) -> object:
    with path.open("rb") as stream:  # given a name, torch goes by its ending
        return torch.load(stream, map_location="cpu", weights_only=True)


def _forbidden(path: Path, said: str) -> WeightsError:
    """What to say of a pickle that names something else than tensors."""
    named = re.search(r"GLOBAL ([\w.]+)", said)
    if named is None:
        return WeightsError("the model is damaged or not complete.", path=path, hint=_AGAIN)
    return WeightsError(
        f"holds more than weights: it wants '{named[1]}', which could run a program, so it was not opened.",
        path=path,
        hint="Take the model's .safetensors file, or its weights alone (a state dict), from a source you trust.",
    )


def _sound(state: object, path: Path) -> dict[str, Any]:
    """The state as spandrel wants it.

    Raises:
        WeightsError: It holds no weights by name, or more of them than the file.
    """
    declare_missing_operators()
    from spandrel import canonicalize_state_dict

    if _is_named(state):
        state = canonicalize_state_dict(state)
    tensors = [value for value in state.values() if isinstance(value, Tensor)] if isinstance(state, dict) else []
    if not isinstance(state, dict) or not _is_named(state) or not tensors:
        raise WeightsError(f"holds {type(state).__name__}, no weights by name.", path=path, hint=_KINDS)
    # A few bytes can claim a tensor of any size, all of whose values are one number.
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors) > 4 * path.stat().st_size + 2**20:
        raise WeightsError("claims to hold more than it does.", path=path, hint="Take it from a source you trust.")
    return state


def _is_named(state: object) -> bool:
    return isinstance(state, dict) and all(isinstance(name, str) for name in state)


def _registry() -> Any:  # noqa: ANN401  spandrel's
    """All architectures there are here."""
    declare_missing_operators()
    from spandrel import MAIN_REGISTRY

    registry = MAIN_REGISTRY.copy()
    if find_spec(EXTRA):
        registry.add(*import_module(EXTRA).EXTRA_REGISTRY, ignore_duplicates=True)
        log.debug("with the architectures of %s", EXTRA)
    return registry


def _first_line(error: Exception) -> str:
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0][:200]}" if words else type(error).__name__
