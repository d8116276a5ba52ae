"""Which weights a model takes: those named, else the user's default, else its own; never others without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restore.errors import WeightsError
from restore.image import Image, Observation, picture_of
from restore.plugin_manager import PluginManager
from restore.spec import Options, Runtime
from restore.weights import sha256
from restore.weights.store import WeightsStore
from tests.weighed import Weighed, written


@pytest.fixture
def plugin(tmp_path: Path) -> Weighed:
    return Weighed(written(tmp_path / "shipped" / "dimmer.safetensors", 0.5))


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    """With weights of another factor."""
    store, path = WeightsStore(tmp_path / "own"), written(tmp_path / "mine.safetensors", 0.125)
    store.add(path, "dimmer", "mine", digest=sha256(path))
    return store


def dimmed(manager: PluginManager, weights: Path | None = None) -> int:
    """What the model makes of white."""
    restorer = manager.load(manager.restorer("dimmer"), weights, Runtime())
    white = Observation((Image(np.full((1, 1, 1), 240, np.uint8)),))
    return int(picture_of(restorer.restore(white, Options())).pixels[0, 0, 0])


def test_a_model_takes_its_own_where_nothing_is_said(plugin: Weighed, store: WeightsStore) -> None:
    manager = PluginManager.of({"p": plugin}, store)
    assert manager.restorer("dimmer").weights == plugin.shipped
    assert dimmed(manager) == 120


def test_the_users_default_takes_the_place_of_its_own_everywhere(plugin: Weighed, store: WeightsStore) -> None:
    store.choose("dimmer", "mine")
    manager = PluginManager.of({"p": plugin}, store)
    spec = manager.restorer("dimmer")
    assert spec.weights == store.path(store.entries()[0]), "recipes hash what is used"
    assert dimmed(manager) == 30
    assert manager.weights.shipped(spec) == plugin.shipped
    assert dimmed(manager, manager.weights.file(spec, "shipped")) == 120
    assert dimmed(manager, plugin.shipped) == 120


def test_weights_are_found_by_their_name_and_a_file_goes_first(
    plugin: Weighed, store: WeightsStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = PluginManager.of({"p": plugin}, store)
    spec = manager.restorer("dimmer")
    assert manager.weights.file(spec, "mine") == store.path(store.entries()[0])
    assert manager.weights.named(spec, "nobody") is None
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_bytes(b"a file")
    assert manager.weights.file(spec, "mine") == Path("mine")


def test_a_name_that_is_not_there_is_answered_with_those_that_are(plugin: Weighed, store: WeightsStore) -> None:
    manager = PluginManager.of({"p": plugin}, store)
    with pytest.raises(WeightsError, match="no weights of that name were added for the model 'dimmer'") as raised:
        manager.weights.file(manager.restorer("dimmer"), "yours")
    assert "Names for the model 'dimmer': mine, shipped." in str(raised.value)


def test_another_models_weights_are_not_found(plugin: Weighed, store: WeightsStore) -> None:
    manager = PluginManager.of({"p": plugin}, store)
    with pytest.raises(WeightsError, match="no such weights file"):
        manager.weights.file(manager.restorer("plainly"), "mine")


def test_a_default_that_is_gone_is_named_and_nothing_else_taken(plugin: Weighed, store: WeightsStore) -> None:
    store.choose("dimmer", "mine")
    store.path(store.entries()[0]).unlink()
    manager = PluginManager.of({"p": plugin}, store)
    with pytest.raises(WeightsError, match="the weights 'mine' of the model 'dimmer' are missing") as raised:
        dimmed(manager)
    assert "mine.safetensors" in str(raised.value) and "restore weights remove mine" in str(raised.value)
    assert dimmed(manager, plugin.shipped) == 120, "what is named is taken all the same"


def test_a_damaged_default_is_refused(plugin: Weighed, store: WeightsStore) -> None:
    store.choose("dimmer", "mine")
    path = store.path(store.entries()[0])
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(WeightsError, match="the weights are damaged"):
        dimmed(PluginManager.of({"p": plugin}, store))


def test_a_list_that_cannot_be_read_stops_only_models_with_weights(plugin: Weighed, store: WeightsStore) -> None:
    store.manifest.write_text("nonsense", "utf-8")
    manager = PluginManager.of({"p": plugin}, store)
    assert manager.load(manager.restorer("plainly"), None, Runtime()) is not None
    with pytest.raises(WeightsError, match=r"manifest\.json: the list of your own weights cannot be read"):
        dimmed(manager)
