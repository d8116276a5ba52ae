"""Weights files: safetensors only, with where they come from in the header, whole or refused.

Pickle files (``.pth``, ``.pt``, ``.ckpt``) can run any code when they are opened, so they are never opened. The header
carries the sha256 of the tensors themselves (names, types, shapes, bytes), which `load` checks: a file that was cut
short is refused by its size already, but one with flipped bits would restore pictures wrongly without a word.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from restore.codecs.atomic import atomic_path
from restore.errors import OutputError, WeightsError

if TYPE_CHECKING:
    import torch

PROVENANCE = ("model", "version", "config", "data", "steps", "seed", "metrics", "command", "created", "sha256")
"""What the header of shipped weights says: the restorer's name; the project's version; the network's configuration
(JSON); the sha256 of the list of training files; optimiser steps; seed; validation metrics (JSON); the command that
makes them again; the date (UTC, ISO 8601); the sha256 of the tensors. `save` adds the last two."""

_PICKLE_SUFFIXES = {".pth", ".pt", ".ckpt", ".bin", ".pkl", ".pickle"}
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_LONGEST_HEADER = 100_000_000  # safetensors' own limit
_AGAIN = "Install the plugin again, or train the model again with `restore train`."


def header(path: Path) -> dict[str, str]:
    """What a weights file says about itself; reads no tensor and needs no torch.

    Args:
        path: A safetensors file.

    Returns:
        The header's texts by name, see `PROVENANCE`.

    Raises:
        WeightsError: The file is missing, a pickle, or not a whole safetensors file.
    """
    described = _described(path)
    own = described.get("__metadata__", {})
    return {str(name): str(text) for name, text in own.items()} if isinstance(own, dict) else {}


def load(path: Path, expected_model: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read the tensors of a model into the CPU's memory.

    Args:
        path: A safetensors file written by `save`.
        expected_model: Name of the restorer the weights must belong to.

    Returns:
        The tensors by name, and the header as of `header`.

    Raises:
        WeightsError: The file is missing, a pickle, damaged, or belongs to another model (says which).
    """
    said = header(path)
    model = said.get("model")
    if model is None:
        raise WeightsError(
            "these weights do not say which model they belong to.",
            path=path,
            hint="Only weights written by `restore train` are read.",
        )
    if model != expected_model:
        raise WeightsError(
            f"these weights belong to the model '{model}', not to '{expected_model}'.",
            path=path,
            hint=f"Choose that model with -m {model}, or give other weights.",
        )
    import safetensors
    from safetensors.torch import load_file

    try:
        tensors: dict[str, torch.Tensor] = load_file(path)
    except (safetensors.SafetensorError, OSError) as error:
        raise WeightsError(f"the weights cannot be read ({error}).", path=path, hint=_AGAIN) from error
    if said.get("sha256") != tensors_sha256(tensors):
        raise WeightsError("the weights are damaged: their sha256 is not that of the header.", path=path, hint=_AGAIN)
    return tensors, said


def save(path: Path, tensors: Mapping[str, torch.Tensor], provenance: Mapping[str, str]) -> None:
    """Write a model's tensors, all or nothing: a failure leaves what was there before.

    Args:
        path: Where; its name ends in ``.safetensors``.
        tensors: By name, on any device, of any type.
        provenance: Texts for the header, see `PROVENANCE`; at least "model". "created" is added where it is not given,
            "sha256" always.

    Raises:
        OutputError: The file cannot be written, or its name does not end in ``.safetensors``.
        ValueError: ``provenance`` does not name the model (a programming error).
    """
    if not provenance.get("model"):
        raise ValueError("the provenance of weights must name their model")
    if path.suffix != ".safetensors":
        raise OutputError("weights are written as safetensors.", path=path, hint="End the name in .safetensors.")
    from safetensors.torch import save as serialize

    own = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = {"created": now, **provenance, "sha256": tensors_sha256(own)}
    content = serialize(own, said)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def sha256(path: Path) -> str:
    """The sha256 of a whole file, in hexadecimal; for tables of downloads."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tensors_sha256(tensors: Mapping[str, torch.Tensor]) -> str:
    """The sha256 of tensors in the order of their names: name, type, shape and bytes of each."""
    import torch

    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        digest.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _described(path: Path) -> dict[str, object]:
    """The JSON in front of a safetensors file, after checking that the file is as long as it says."""
    _refuse_pickle(path, path.suffix.lower() in _PICKLE_SUFFIXES)
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            text = stream.read(length) if 0 < length <= _LONGEST_HEADER else b""
            size = stream.seek(0, 2)
    except OSError as error:
        hint = "Check the path and the permissions."
        raise WeightsError(f"the weights cannot be opened ({error.strerror}).", path=path, hint=hint) from error
    try:
        described = json.loads(text)
        ends = [entry["data_offsets"][1] for name, entry in described.items() if name != "__metadata__"]
        whole = size == 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        _refuse_pickle(path, start.startswith(_PICKLE_STARTS))
        hint = "Give a .safetensors file written by `restore train`."
        raise WeightsError("this is not a safetensors file, or it is damaged.", path=path, hint=hint) from None
    if not whole:
        raise WeightsError("the weights file is not complete: it was cut short.", path=path, hint=_AGAIN)
    return {str(name): entry for name, entry in described.items()}


def _refuse_pickle(path: Path, is_pickle: bool) -> None:
    if is_pickle:
        raise WeightsError(
            "this is a pickle file, which can run any code when it is opened; only safetensors are read.",
            path=path,
            hint="Train the model with `restore train`, or convert a file you trust with safetensors.torch.save_file.",
        )
