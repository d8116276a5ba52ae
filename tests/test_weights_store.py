"""The user's own weights: copied whole or not at all, noted with their sha256, found by their names."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from restore.errors import OutputError, UsageError, WeightsError
from restore.weights import sha256
from restore.weights.store import SHIPPED, OwnWeights, WeightsStore, check_name, name_of


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "own")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "film.safetensors"
    path.write_bytes(b"weights")
    return path


def added(store: WeightsStore, path: Path, name: str = "film", *, default: bool = False) -> OwnWeights:
    return store.add(path, "dimmer", name, digest=sha256(path), default=default)


def test_what_is_added_is_copied_and_noted(store: WeightsStore, given: Path) -> None:
    own = added(store, given)
    given.unlink()
    assert store.path(own) == store.folder / "dimmer" / "film.safetensors"
    assert store.path(own).read_bytes() == b"weights"
    assert (own.name, own.model, own.bytes, own.source, own.default) == ("film", "dimmer", 7, str(given), False)
    assert own.sha256 == sha256(store.path(own))
    assert store.entries() == store.entries("dimmer") == (own,)
    assert store.entries("other") == ()


def test_nothing_is_made_by_looking(store: WeightsStore) -> None:
    assert store.entries() == () and store.strays() == ()
    assert not store.folder.exists()


def test_the_same_again_changes_nothing_and_mends_a_damaged_copy(store: WeightsStore, given: Path) -> None:
    own = added(store, given)
    store.path(own).write_bytes(b"damaged")
    assert added(store, given) == own
    assert store.path(own).read_bytes() == b"weights"


def test_a_name_stands_for_one_file(store: WeightsStore, given: Path) -> None:
    added(store, given)
    given.write_bytes(b"others")
    with pytest.raises(UsageError, match="'film' is the name of other weights already, of the model 'dimmer'"):
        added(store, given)
    assert len(store.entries()) == 1


def test_a_model_has_one_default(store: WeightsStore, given: Path) -> None:
    added(store, given, default=True)
    added(store, given, "other", default=True)
    assert {own.name: own.default for own in store.entries()} == {"film": False, "other": True}
    store.choose("dimmer", "film")
    assert {own.name: own.default for own in store.entries()} == {"film": True, "other": False}
    store.choose("dimmer", SHIPPED)
    assert not any(own.default for own in store.entries())
    with pytest.raises(UsageError, match=r"no weights were added as 'film'\. None were added yet"):
        store.choose("another", "film")


def test_what_is_removed_is_gone(store: WeightsStore, given: Path) -> None:
    path = store.path(added(store, given))
    added(store, given, "kept")
    store.remove("film")
    assert not path.exists() and [own.name for own in store.entries()] == ["kept"]
    with pytest.raises(UsageError, match=r"no weights were added as 'film'\. There are kept\."):
        store.remove("film")


def test_a_file_that_changes_while_it_is_read_is_not_added(
    store: WeightsStore, given: Path, listing_of: Callable[[Path], list[str]]
) -> None:
    with pytest.raises(WeightsError, match="was changed while it was read"):
        store.add(given, "dimmer", "film", digest="0" * 64)
    assert store.entries() == ()
    assert listing_of(store.folder) == [".lock", "dimmer"]


def test_a_copy_that_the_list_does_not_know_is_a_stray(store: WeightsStore, given: Path) -> None:
    own = added(store, given)
    stray = store.path(own).with_name("stray.safetensors")
    stray.write_bytes(b"")
    assert store.strays() == (stray,)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[]",
        '{"version": 1}',
        '{"version": 2, "weights": []}',
        '{"version": 1, "weights": [{"name": "a"}]}',
        '{"version": 1, "weights": [1]}',
    ],
)
def test_a_list_that_cannot_be_read_is_named_with_what_to_do(text: str, store: WeightsStore) -> None:
    store.folder.mkdir()
    store.manifest.write_text(text, "utf-8")
    with pytest.raises(WeightsError, match=r"manifest\.json: the list of your own weights cannot be read") as raised:
        store.entries()
    assert "Move it away" in str(raised.value) and str(store.folder) in str(raised.value)


def test_a_list_cannot_lead_out_of_the_folder(store: WeightsStore, given: Path) -> None:
    added(store, given)
    said = json.loads(store.manifest.read_text("utf-8"))
    said["weights"][0]["name"] = "../../film"
    store.manifest.write_text(json.dumps(said), "utf-8")
    with pytest.raises(WeightsError, match="it is damaged"):
        store.entries()


def test_a_folder_that_cannot_be_made_is_named(given: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        added(WeightsStore(tmp_path / "file"), given)


def test_several_can_be_added_at_a_time(store: WeightsStore, given: Path) -> None:
    threads = [threading.Thread(target=added, args=(store, given, f"n{number}")) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [own.name for own in store.entries()] == [f"n{number}" for number in range(6)]


@pytest.mark.parametrize("name", ["", "A", "a b", "../a", "a/b", ".a", "a.", "w.safetensors", SHIPPED, "x" * 65, "ä"])
def test_a_name_is_none_that_could_be_a_file_or_mean_something_else(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("My Film (2).safetensors", "my-film-2"),
        ("conv-dae.v2.safetensors", "conv-dae.v2"),
        ("äöü.safetensors", "weights"),
    ],
)
def test_a_file_lends_its_name(file: str, name: str) -> None:
    assert name_of(Path(file)) == name
    check_name(name)


def test_the_folder_is_the_users_own_or_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RESTORE_WEIGHTS", str(tmp_path))
    assert WeightsStore.of_user().folder == tmp_path
    monkeypatch.delenv("RESTORE_WEIGHTS")
    own = WeightsStore.of_user().folder
    assert own == platformdirs.user_data_path("restore", appauthor=False) / "weights"
