"""Every weights file there is, whole, damaged or missing, with what it says about itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.weights import sha256
from restore.weights.inventory import own_weights, same_layout, shipped_weights
from restore.weights.store import WeightsStore
from restore.weights.sums import write_sums
from tests.weighed import written


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """Shipped weights, listed; beside them others of the same model and of another one."""
    path = written(tmp_path / "a" / "dimmer.safetensors", license="CC0-1.0")
    written(tmp_path / "a" / "dimmer-more.safetensors", 0.25)
    written(tmp_path / "a" / "other.safetensors", model="other")
    write_sums(path.parent)
    return path


def test_all_files_of_a_model_are_found_and_whole(main: Path) -> None:
    found = list(shipped_weights("dimmer", main, default=True, license="Apache-2.0"))
    assert [(each.path.name, each.state, each.trouble) for each in found] == [
        ("dimmer.safetensors", "whole", None),
        ("dimmer-more.safetensors", "whole", None),
    ]
    first, second = found
    assert first.sha256 == first.expected == sha256(main) and first.bytes == main.stat().st_size
    assert (first.license, second.license) == ("CC0-1.0", "Apache-2.0"), "what the header says goes first"
    assert first.source == "restore train dimmer photos" and first.header["steps"] == "7"


def test_a_file_with_other_bytes_is_damaged_even_where_its_tensors_are_whole(main: Path) -> None:
    written(main, 0.75)
    (found, _) = shipped_weights("dimmer", main, default=True)
    assert found.state == "damaged" and found.trouble is not None
    assert str(main) in found.trouble and "its sha256 has changed" in found.trouble


def test_a_file_that_is_cut_short_is_damaged_and_one_that_is_gone_is_missing(main: Path) -> None:
    main.write_bytes(main.read_bytes()[:-1])
    assert next(iter(shipped_weights("dimmer", main, default=True))).state == "damaged"
    main.unlink()
    found = next(iter(shipped_weights("dimmer", main, default=True)))
    assert (found.state, found.bytes, found.sha256) == ("missing", None, None)
    assert "the weights of 'dimmer' are missing. Install the plugin" in str(found.trouble)


def test_a_model_without_a_folder_of_weights_was_never_taught(tmp_path: Path) -> None:
    (found,) = shipped_weights("dimmer", tmp_path / "weights" / "dimmer.safetensors", default=True)
    assert found.state == "untaught" and "ships without weights so far; teach it" in str(found.trouble)


def test_without_a_list_the_header_tells_and_without_either_nobody(tmp_path: Path) -> None:
    path = written(tmp_path / "dimmer.safetensors")
    assert next(iter(shipped_weights("dimmer", path, default=True))).state == "whole"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert next(iter(shipped_weights("dimmer", path, default=True))).state == "damaged"
    path.write_bytes(path.read_bytes().replace(b'"sha256"', b'"sha257"'))
    found = next(iter(shipped_weights("dimmer", path, default=True)))
    assert found.state == "unlisted" and "there is no SHA256SUMS beside it" in str(found.trouble)


def test_what_was_added_is_held_against_the_users_list(tmp_path: Path) -> None:
    store, path = WeightsStore(tmp_path / "own"), written(tmp_path / "mine.safetensors")
    own = store.add(path, "dimmer", "mine", digest=sha256(path))
    (found,) = own_weights(store)
    assert (found.name, found.state, found.source) == ("mine", "whole", str(path))
    store.path(own).write_bytes(b"")
    (found,) = own_weights(store)
    assert found.state == "damaged" and "`restore weights remove mine`" in str(found.trouble)


def test_files_fit_each_other_by_names_types_shapes_and_configuration(tmp_path: Path) -> None:
    one = written(tmp_path / "1.safetensors", 0.5, config="{}")
    assert same_layout(one, written(tmp_path / "2.safetensors", 0.25, config="{}"))
    assert not same_layout(one, written(tmp_path / "3.safetensors", size=2, config="{}"))
    assert not same_layout(one, written(tmp_path / "4.safetensors", config='{"width": 3}'))
