"""Weights are safetensors with where they come from in the header; they are whole and the right model's, or refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from restore.errors import OutputError, WeightsError
from restore.weights import derived, header, load, save, sha256, tensors_sha256

TENSORS = {
    "head.weight": torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 7,
    "head.bias": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "steps": torch.tensor(7),
}
PROVENANCE = {"model": "conv-dae", "version": "0.1.0", "steps": "1000", "seed": "0", "config": '{"width": 48}'}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "w.safetensors"
    save(path, TENSORS, PROVENANCE)
    return path


def test_tensors_come_back_as_they_were_saved_with_their_header(saved: Path) -> None:
    tensors, said = load(saved, "conv-dae")
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert all(tensors[name].dtype == TENSORS[name].dtype for name in TENSORS)
    assert PROVENANCE.items() <= said.items()
    assert said["created"].endswith("+00:00")
    assert said["sha256"] == tensors_sha256(TENSORS)
    assert said == header(saved)


def test_strided_tensors_that_share_memory_are_saved_each_for_itself(tmp_path: Path) -> None:
    block = torch.arange(6.0).reshape(2, 3)
    save(tmp_path / "w.safetensors", {"a": block, "b": block.T, "c": block[:, 0]}, PROVENANCE)
    tensors, _ = load(tmp_path / "w.safetensors", "conv-dae")
    assert torch.equal(tensors["b"], block.T) and torch.equal(tensors["c"], block[:, 0])


def test_the_header_is_read_without_torch(saved: Path) -> None:
    code = f"import sys; from restore.weights import header; print(header(__import__('pathlib').Path({str(saved)!r}))"
    code += "['model'], 'torch' in sys.modules, 'safetensors' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["conv-dae", "False", "False"]


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be opened \\(No such file or directory\\)"):
        load(tmp_path / "w.safetensors", "conv-dae")


def test_another_models_weights_are_refused_and_that_model_is_named(saved: Path) -> None:
    with pytest.raises(WeightsError, match="belong to the model 'conv-dae', not to 'vae-sr'") as raised:
        load(saved, "vae-sr")
    assert raised.value.hint is not None and "-m conv-dae" in raised.value.hint


def test_a_safetensors_file_of_unknown_origin_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "w.safetensors")
    assert header(tmp_path / "w.safetensors") == {}
    with pytest.raises(WeightsError, match="do not say which model they belong to"):
        load(tmp_path / "w.safetensors", "conv-dae")


@pytest.mark.parametrize("kept", [0, 5, 8, 100, -1])
def test_truncated_weights_are_refused_wherever_they_were_cut(saved: Path, kept: int) -> None:
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(WeightsError, match=r"damaged|cut short"):
        load(saved, "conv-dae")


def test_weights_with_one_flipped_bit_are_refused(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged: their sha256 is not that of the header"):
        load(saved, "conv-dae")


def test_weights_whose_names_were_swapped_are_refused(saved: Path) -> None:
    content = saved.read_bytes().replace(b'"head.bias"', b'"tail.bias"')
    saved.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged"):
        load(saved, "conv-dae")


@pytest.mark.parametrize("content", [b"", b"hello, I am a text file", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0[]"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a safetensors file, or it is damaged"):
        load(path, "conv-dae")


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.ckpt", "renamed.safetensors"])
def test_pickle_files_are_refused_with_the_reason_and_never_opened(tmp_path: Path, name: str) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "it_ran",))  # type: ignore[return-value]

    torch.save(Bomb(), tmp_path / name)
    with pytest.raises(WeightsError, match="pickle file, which can run any code"):
        load(tmp_path / name, "conv-dae")
    assert not (tmp_path / "it_ran").exists()


def test_a_header_whose_length_looks_like_a_pickle_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    for filling in range(0, 640, 8):  # 640 is 0x0280: the file starts with the bytes of a pickle, protocol 2
        save(path, {"a": torch.zeros(1)}, {"model": "m", "data": "x" * filling})
        if path.read_bytes().startswith(b"\x80\x02"):
            break
    assert path.read_bytes().startswith(b"\x80\x02")
    assert load(path, "m")[1]["model"] == "m"


def test_a_failed_save_leaves_the_old_weights_and_nothing_else(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def full_disk(path: Path, content: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OutputError, match="the disk is full"):
        save(saved, TENSORS, PROVENANCE)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_weights_are_saved_under_their_own_suffix_and_with_their_model(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"End the name in \.safetensors"):
        save(tmp_path / "w.pth", TENSORS, PROVENANCE)
    with pytest.raises(ValueError, match="must name their model"):
        save(tmp_path / "w.safetensors", TENSORS, {"steps": "1"})
    with pytest.raises(OutputError):
        save(tmp_path / "no_folder" / "w.safetensors", TENSORS, PROVENANCE)
    assert list(tmp_path.iterdir()) == []


def test_the_sha256_of_a_file_is_that_of_its_bytes(saved: Path) -> None:
    assert sha256(saved) == hashlib.sha256(saved.read_bytes()).hexdigest()


def test_weights_made_of_others_keep_their_history_but_nothing_that_was_measured_with_their_values() -> None:
    said = {"model": "net", "steps": "7", "mixed": "a and b", "created": "x", "sha256": "y", "ranges": "{}"}
    told = derived(said | {"metrics": '{"psnr": 30}'}, "pruned", {}, config="{}")
    assert told == {"model": "net", "steps": "7", "mixed": "a and b; pruned", "metrics": "{}", "config": "{}"}
    assert derived({"model": "net"}, "widened", {"psnr": 31.0})["metrics"] == '{"psnr": 31.0}'
