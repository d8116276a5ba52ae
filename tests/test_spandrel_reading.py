"""Model files of others are read, or refused with the reason; nothing in them is ever run."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from restore_spandrel.reading import network_of, read_model, read_state

from restore.errors import WeightsError
from tests.spandrel_models import CHANNELS, ENLARGING, MENDING, state_of, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("name", [*ENLARGING, *MENDING, *CHANNELS])
def test_the_architecture_and_what_it_does_are_read_from_the_file(name: str, folder: Path) -> None:
    found = network_of(read_model(written(name, folder)))
    assert name.partition("-")[0] in found.architecture
    assert found.scale == (1 if name in MENDING else 4 if name == "ESRGAN" else 2)
    channels = {"ESRGAN-grey": 1, "ESRGAN-rgba": 4, "DnCNN": 1}.get(name, 3)
    assert (found.input_channels, found.output_channels) == (channels, channels)
    assert found.task == ("denoise" if name in MENDING else "upscale")


@pytest.mark.parametrize("ending", [".pth", ".pt", ".ckpt", ".safetensors", ".PTH"])
def test_the_same_weights_are_read_whatever_the_file_is_called(ending: str, tmp_path: Path) -> None:
    path, expected = written("SPAN", tmp_path, ending), state_of("SPAN")
    state = read_state(path)
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], value) for name, value in expected.items())


def test_files_of_old_versions_of_pytorch_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save(state_of("Compact"), path, _use_new_zipfile_serialization=False)
    assert network_of(read_model(path)).scale == 2


def test_reading_a_model_leaves_the_random_numbers_of_others_alone(folder: Path) -> None:
    path = written("SPAN", folder)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    read_model(path)
    assert torch.equal(torch.rand(1), expected)


class Attack:
    """What an attacker puts into a pickle: it makes a file when it is opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("new", [True, False], ids=["zip", "plain pickle"])
@pytest.mark.parametrize("ending", [".pth", ".pt", ".ckpt", ".safetensors"])
def test_a_file_that_would_run_a_program_is_refused_and_runs_nothing(new: bool, ending: str, tmp_path: Path) -> None:
    path, mark = tmp_path / f"attack{ending}", tmp_path / "was-here"
    torch.save({"weight": torch.ones(3), "more": Attack(mark)}, path, _use_new_zipfile_serialization=new)
    with pytest.raises(
        WeightsError, match=r"wants 'posix.mkdir', which could run a program, so it was not opened"
    ) as raised:
        read_model(path)
    assert int(raised.value.exit_code) == 6
    assert raised.value.path == path
    assert "safetensors" in str(raised.value)
    assert not mark.exists()


def test_the_attack_is_one(tmp_path: Path) -> None:
    path, mark = tmp_path / "attack.pth", tmp_path / "was-here"
    torch.save(Attack(mark), path)
    torch.load(path, weights_only=False)
    assert mark.exists()


def test_a_whole_network_that_was_pickled_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "whole.pth"
    torch.save(torch.nn.Conv2d(3, 3, 3), path)
    with pytest.raises(WeightsError, match=r"wants 'torch.nn.modules.conv.Conv2d'.*its weights alone \(a state dict\)"):
        read_model(path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_torchscript_archive_is_not_opened_and_docs_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "big-lama.pt"
    torch.jit.save(torch.jit.script(torch.nn.Conv2d(3, 3, 3)), path)
    with pytest.raises(WeightsError, match=r"is a TorchScript archive, which holds a program.*docs/community.md"):
        read_model(path)


def zipped(entries: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", kind) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return held.getvalue()


def saved(thing: object) -> bytes:
    held = io.BytesIO()
    torch.save(thing, held)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html><body>Not found</body></html>", "is a web page, saved in a model's place"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is a pointer of Git LFS"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "is no model file of a kind that is read"),
        (b"\x08\x07\x12\x07pytorch\x1a\x05" + bytes(100), "is no model file of a kind that is read"),  # ONNX
        (zipped({"a.txt": b"hello"}), "the model is damaged or not complete"),
        (zipped({"a/data.pkl": bytes(10**6)}, zipfile.ZIP_DEFLATED), "is an archive that PyTorch has not written"),
        (b"\x80\x02" + bytes(50), "the model is damaged or not complete"),
        (b"\x10\x00\x00\x00\x00\x00\x00\x00{broken json    ", "the model is damaged or not complete"),
        (saved(torch.ones(3)), "holds Tensor, no weights by name"),
        (saved([1, 2]), "holds list, no weights by name"),
        (saved({"params": {}}), "holds dict, no weights by name"),
        (saved({1: torch.ones(3)}), "holds dict, no weights by name"),
        (saved({"layer.weight": torch.ones(3)}), "holds no network of the 4[0-9] architectures that are known here"),
        (saved({"x": torch.ones(1).expand(10**6, 10**6)}), "claims to hold more than it does"),
    ],
)
def test_what_is_no_model_is_refused_with_the_reason(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=sentence) as raised:
        read_model(path)
    assert raised.value.path == path
    assert raised.value.hint


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_download_that_was_cut_short_is_refused(ending: str, share: float, folder: Path, tmp_path: Path) -> None:
    whole = written("SPAN", folder, ending).read_bytes()
    path = tmp_path / f"cut{ending}"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(WeightsError, match="damaged or not complete"):
        read_model(path)


def test_weights_that_look_like_an_architecture_and_do_not_fit_are_refused(tmp_path: Path) -> None:
    state = state_of("SPAN")
    del state[next(name for name in state if name.endswith("bias"))]
    path = tmp_path / "half.pth"
    torch.save(state, path)
    with pytest.raises(WeightsError, match="looks like a network of the architecture SPAN, but does not fit it"):
        read_model(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="the model cannot be opened"):
        read_model(tmp_path / "none.pth")


def test_further_architectures_are_known_where_their_package_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pth"
    torch.save({f"theirs.{name}": value for name, value in state_of("SPAN").items()}, path)
    with pytest.raises(WeightsError, match="Some more are in the package spandrel_extra_arches, whose licences forbid"):
        read_model(path)
    (tmp_path / "spandrel_extra_arches.py").write_text(
        "from spandrel import ArchSupport, MAIN_REGISTRY\n"
        "span = MAIN_REGISTRY['SPAN'].architecture\n"
        "class Restricted(type(span)):\n"
        "    id = name = 'Restricted'\n"
        "    def detect(self, state): return any(key.startswith('theirs.') for key in state)\n"
        "    def load(self, state): return span.load({key[7:]: value for key, value in state.items()})\n"
        "EXTRA_REGISTRY = [ArchSupport.from_architecture(Restricted())]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert network_of(read_model(path)).scale == 2
    del sys.modules["spandrel_extra_arches"]
