"""The rules for weights: shipped ones say where they come from; files that cannot be trusted are refused."""

from __future__ import annotations

import json
import pickle
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from restore.conformance.trials import Bench
from restore.errors import RestoreError
from restore.loading import load_restorer
from restore.spec import RestorerSpec, Runtime


def provenance(spec: RestorerSpec) -> str:
    """The header of the shipped weights says where they come from."""
    from restore.weights import PROVENANCE, header

    assert spec.weights is not None
    said = header(spec.weights)
    missing = [name for name in PROVENANCE if name not in said]
    assert not missing, f"the header lacks {', '.join(missing)}"
    return "" if said["model"] == spec.name else f"they are those of the model '{said['model']}'"


def refused(bench: Bench) -> str:
    """Files that are no weights of this model are refused by name, and a pickle in them is not run."""
    with tempfile.TemporaryDirectory(prefix="restore-check-") as folder:
        for name, write in ATTACKS.items():
            _try(bench.spec, Path(folder) / name, write)
    return f"{len(ATTACKS)} files refused"


def _try(spec: RestorerSpec, path: Path, write: Callable[[Path, Path], None]) -> None:
    ran = path.with_name("it-ran")
    write(path, ran)
    try:
        load_restorer(spec, path, Runtime(device="cpu"))
    except RestoreError as error:
        refusal = str(error)
    else:
        refusal = ""
    assert not ran.exists(), f"{path.name}: what was hidden in the file was run when it was loaded"
    assert refusal, f"{path.name} was taken for weights"
    assert path.name in refusal, f"{path.name} was refused without being named: {refusal}"


class _Command:
    """What a pickle can hold: a call, made when it is opened. This one leaves a folder behind."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        import os

        return os.mkdir, (str(self.made),)


def _attack(path: Path, ran: Path) -> None:
    """A pickle that makes a folder when it is opened; `torch.load` takes it for a file of its oldest format."""
    path.write_bytes(pickle.dumps(_Command(ran), protocol=2))


def _cut_short(path: Path, ran: Path) -> None:
    """A safetensors file of which half is missing."""
    path.write_bytes(_tensor("none")[:-8])


def _foreign(path: Path, ran: Path) -> None:
    """A whole safetensors file with the weights of another model."""
    path.write_bytes(_tensor("no-such-model"))


def _text(path: Path, ran: Path) -> None:
    path.write_text("These are no weights.\n")


def _tensor(model: str) -> bytes:
    """A safetensors file with one tensor of four zeros: length of the header, header (JSON), bytes."""
    header = {"__metadata__": {"model": model}, "a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + bytes(16)


ATTACKS: dict[str, Callable[[Path, Path], None]] = {
    "attack.pth": _attack,
    "attack.safetensors": _attack,
    "cut-short.safetensors": _cut_short,
    "foreign.safetensors": _foreign,
    "text.safetensors": _text,
}
"""Files by name, each with what writes it: where, and the folder that shows that what is hidden in it was run."""
