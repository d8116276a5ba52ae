"""What a weights file holds is known, and told whole, without torch."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from restore.errors import WeightsError
from restore.weights import check, content_sha256, entries, header, save, tensors_sha256

TENSORS = {
    "b": torch.arange(6, dtype=torch.float32).reshape(2, 3),
    "a": torch.tensor(1.5, dtype=torch.bfloat16),
    "half": torch.ones(3, dtype=torch.float16),
    "flags": torch.tensor([True, False]),
    "count": torch.tensor([1, 2], dtype=torch.int64),
    "none": torch.zeros(0, 4),
    "small": torch.ones(2).to(torch.float8_e4m3fn),
}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    save(path, TENSORS, {"model": "m"})
    return path


def crafted(path: Path, described: object, content: bytes = b"") -> Path:
    """A file with a header of one's own."""
    text = json.dumps(described).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content)
    return path


def test_names_types_and_shapes_are_read_without_the_tensors(saved: Path) -> None:
    found = {name: (entry.dtype, entry.shape) for name, entry in entries(saved).items()}
    assert found["b"] == ("F32", (2, 3))
    assert found["a"] == ("BF16", ())
    assert found["none"] == ("F32", (0, 4))
    assert found.keys() == TENSORS.keys()


def test_the_sha256_of_the_tensors_is_the_same_with_and_without_torch(saved: Path) -> None:
    assert content_sha256(saved) == tensors_sha256(TENSORS)


def test_a_whole_file_is_checked_without_torch(saved: Path) -> None:
    code = (
        f"import sys, pathlib; from restore.weights import check; print(check(pathlib.Path({str(saved)!r}))['model'],"
    )
    code += "'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["m", "False"]


def test_one_flipped_bit_is_damage(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[entries(saved)["b"].start] ^= 1
    saved.write_bytes(content)
    with pytest.raises(WeightsError, match="the weights are damaged: their sha256 is not that of the header"):
        check(saved)


def test_a_file_that_says_no_sha256_cannot_be_told_whole(tmp_path: Path) -> None:
    path = crafted(tmp_path / "w.safetensors", {"__metadata__": {"model": "m"}})
    assert header(path) == {"model": "m"}
    with pytest.raises(WeightsError, match="do not say their sha256"):
        check(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [-1], "data_offsets": [0, 0]},
        {"dtype": "F32", "shape": "x", "data_offsets": [0, 0]},
        {"dtype": "F32", "data_offsets": [0, 0]},
        {"dtype": "F32", "shape": [], "data_offsets": [4, 0]},
        {"dtype": "F32", "shape": [], "data_offsets": [-9, 0]},
        {"dtype": "F32", "shape": [], "data_offsets": [0, 0, 0]},
    ],
)
def test_a_header_that_says_nonsense_is_refused(entry: object, tmp_path: Path) -> None:
    last = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    path = crafted(tmp_path / "w.safetensors", {"a": entry, "z": last})
    with pytest.raises(WeightsError, match=r"nonsense of the tensor 'a'|not a safetensors file|cut short"):
        entries(path)


def test_a_type_that_torch_does_not_have_is_refused(tmp_path: Path) -> None:
    entry = {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}
    with pytest.raises(WeightsError, match="of the type F4"):
        content_sha256(crafted(tmp_path / "w.safetensors", {"a": entry}, b"x"))


@pytest.mark.parametrize("content", [b"", b"1234567", b"\0" * 64])
def test_what_is_no_safetensors_file_has_no_entries(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a safetensors file, or it is damaged"):
        entries(path)
