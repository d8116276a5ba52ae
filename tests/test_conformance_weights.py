"""The files that no restorer may take for weights are what they are said to be."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from safetensors import SafetensorError, safe_open

from restore.conformance.weights import ATTACKS


@pytest.mark.parametrize("name", ["attack.pth", "attack.safetensors"])
def test_an_attack_runs_when_it_is_opened_as_a_pickle(name: str, tmp_path: Path) -> None:
    path, ran = tmp_path / name, tmp_path / "it-ran"
    ATTACKS[name](path, ran)
    assert not ran.exists()
    pickle.loads(path.read_bytes())
    assert ran.is_dir()


def test_another_model_s_file_is_whole_and_the_one_cut_short_is_not(tmp_path: Path) -> None:
    for name in ("foreign.safetensors", "cut-short.safetensors"):
        ATTACKS[name](tmp_path / name, tmp_path / "it-ran")
    with safe_open(tmp_path / "foreign.safetensors", "numpy") as file:
        assert file.metadata() == {"model": "no-such-model"} and file.get_tensor("a").shape == (4,)
    with pytest.raises(SafetensorError), safe_open(tmp_path / "cut-short.safetensors", "numpy"):
        pass
