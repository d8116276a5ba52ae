"""Weights files read into memory and written: safetensors only, with where they come from in the header."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from restore.codecs.atomic import atomic_path
from restore.errors import OutputError, WeightsError
from restore.weights.content import AGAIN, DAMAGED, header

if TYPE_CHECKING:
    import torch

_MEASURED = ("created", "sha256", "metrics", "ranges")
"""What of a header holds for the very values in its file only; "ranges" are those that integers are calibrated to."""


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
        raise WeightsError(f"the weights cannot be read ({error}).", path=path, hint=AGAIN) from error
    if said.get("sha256") != tensors_sha256(tensors):
        raise WeightsError(DAMAGED, path=path, hint=AGAIN)
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


def derived(said: Mapping[str, str], how: str, metrics: Mapping[str, object], **changed: str) -> dict[str, str]:
    """The header for weights that were made out of others: theirs, without what was measured with their values.

    Args:
        said: The header of the others, as of `load`.
        how: What was done to them. It is added to what had been done to them before, under "mixed".
        metrics: What the new values reach in validation; empty where nobody has looked yet.
        changed: Further entries.
    """
    kept = {name: text for name, text in said.items() if name not in _MEASURED}
    before = f"{said['mixed']}; " if "mixed" in said else ""
    return {**kept, "mixed": before + how, "metrics": json.dumps(metrics), **changed}


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
