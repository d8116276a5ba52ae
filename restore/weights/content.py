"""What a weights file says and holds, read without torch: its header, its tensors' shapes, whether it is whole.

Pickle files (``.pth``, ``.pt``, ``.ckpt``) can run any code when they are opened, so they are never opened. The header
carries the sha256 of the tensors themselves (names, types, shapes, bytes): a file that was cut short is refused by its
size already, but one with flipped bits would restore pictures wrongly without a word.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from restore.errors import WeightsError

PROVENANCE = ("model", "version", "config", "data", "steps", "seed", "metrics", "command", "created", "sha256")
"""What the header of shipped weights says: the restorer's name; the project's version; the network's configuration
(JSON); the sha256 of the list of training files; optimiser steps; seed; validation metrics (JSON); the command that
makes them again; the date (UTC, ISO 8601); the sha256 of the tensors. `save` adds the last two."""

_PICKLE_SUFFIXES = {".pth", ".pt", ".ckpt", ".bin", ".pkl", ".pickle"}
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_LONGEST_HEADER = 100_000_000  # safetensors' own limit
AGAIN = "Install the plugin again, or train the model again with `restore train`; `restore weights verify` checks all."
"""What to do about a damaged file."""
DAMAGED = "the weights are damaged: their sha256 is not that of the header."
"""What is wrong with one."""
_OURS = "Only weights written by `restore train` are read."
_CHUNK = 1 << 20

_TORCH = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "I16": "int16",
    "U16": "uint16",
    "I32": "int32",
    "U32": "uint32",
    "I64": "int64",
    "U64": "uint64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}
"""What torch calls the types of safetensors."""


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


@dataclass(frozen=True)
class Entry:
    """One tensor of a file, as its header describes it.

    Attributes:
        dtype: As safetensors calls it: "F32", "BF16" …
        shape: Its sizes.
        start: Of its bytes, from the beginning of the file.
        stop: After its last byte.
    """

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def entries(path: Path) -> dict[str, Entry]:
    """What tensors a file holds, by name; reads none of them and needs no torch.

    Raises:
        WeightsError: As of `header`.
    """
    everything = _described(path)
    with _opened(path) as stream:
        begin = 8 + struct.unpack("<Q", stream.read(8))[0]
    found = {}
    for name, described in everything.items():
        if name == "__metadata__":
            continue
        entry = _entry(described, begin)
        if entry is None:
            said = f"the header says nonsense of the tensor '{name}'."
            raise WeightsError(said, path=path, hint="Give a .safetensors file written by `restore train`.")
        found[name] = entry
    return found


def _entry(described: object, begin: int) -> Entry | None:
    """One entry of the JSON, or None where it makes no sense."""
    try:
        assert isinstance(described, dict)
        start, stop = map(int, described["data_offsets"])
        shape = tuple(map(int, described["shape"]))
        dtype = str(described["dtype"])
    except (AssertionError, KeyError, TypeError, ValueError):
        return None
    if not 0 <= start <= stop or min(shape, default=0) < 0:
        return None
    return Entry(dtype, shape, begin + start, begin + stop)


def content_sha256(path: Path) -> str:
    """`tensors_sha256` of a file's tensors, read piece by piece and without torch.

    Raises:
        WeightsError: As of `header`; or a tensor is of a type that torch does not have.
    """
    digest = hashlib.sha256()
    described = entries(path)
    with _opened(path) as stream:
        for name in sorted(described):
            entry = described[name]
            if entry.dtype not in _TORCH:
                hint = "Give a .safetensors file written by `restore train`."
                raise WeightsError(f"the tensor '{name}' is of the type {entry.dtype}.", path=path, hint=hint)
            digest.update(json.dumps([name, f"torch.{_TORCH[entry.dtype]}", list(entry.shape)]).encode())
            stream.seek(entry.start)
            left = entry.stop - entry.start
            while left > 0 and (piece := stream.read(min(_CHUNK, left))):
                digest.update(piece)
                left -= len(piece)
    return digest.hexdigest()


def check(path: Path) -> dict[str, str]:
    """Read a file whole and hold its tensors against the sha256 of its header; needs no torch.

    Args:
        path: A safetensors file written by `save`.

    Returns:
        The header, as of `header`.

    Raises:
        WeightsError: The file is missing, a pickle, damaged, or says no sha256.
    """
    said = header(path)
    if "sha256" not in said:
        hint = "Only weights written by `restore train` are read."
        raise WeightsError(
            "these weights do not say their sha256, so nobody can tell them whole.", path=path, hint=hint
        )
    if said["sha256"] != content_sha256(path):
        raise WeightsError(DAMAGED, path=path, hint=AGAIN)
    return said


def _described(path: Path) -> dict[str, object]:
    """The JSON in front of a safetensors file, after checking that the file is as long as it says."""
    _refuse_pickle(path, path.suffix.lower() in _PICKLE_SUFFIXES)
    with _opened(path) as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        text = stream.read(length) if 0 < length <= _LONGEST_HEADER else b""
        size = stream.seek(0, 2)
    try:
        described = json.loads(text)
        ends = [entry["data_offsets"][1] for name, entry in described.items() if name != "__metadata__"]
        whole = size == 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        _refuse_pickle(path, start.startswith(_PICKLE_STARTS))
        hint = "Give a .safetensors file written by `restore train`."
        raise WeightsError("this is not a safetensors file, or it is damaged.", path=path, hint=hint) from None
    if not whole:
        raise WeightsError("the weights file is not complete: it was cut short.", path=path, hint=AGAIN)
    return {str(name): entry for name, entry in described.items()}


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        hint = "Check the path and the permissions."
        raise WeightsError(f"the weights cannot be opened ({error.strerror}).", path=path, hint=hint) from error


def _refuse_pickle(path: Path, is_pickle: bool) -> None:
    if is_pickle:
        raise WeightsError(
            "this is a pickle file, which can run any code when it is opened; only safetensors are read.",
            path=path,
            hint="Train the model with `restore train`, or convert a file you trust with safetensors.torch.save_file.",
        )
