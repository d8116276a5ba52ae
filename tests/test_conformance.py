"""Every bundled restorer keeps every rule that applies to it, with the weights it ships with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from restore.errors import PluginError
from restore.loading import load_restorer, missing_requirements
from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec, Runtime
from restore.testing import check_restorer, checks

ROOT = Path(__file__).resolve().parents[1]

TOLD: Mapping[str, Mapping[str, object]] = {
    "correct": {"sharpen": 0.5},
    "spoil": {"gaussian": "1"},
    "spoil-truth": {"gaussian": "1"},
    "spoil-mask": {"dust": "0.02"},
    "latent-style": {"style": next((ROOT / "sample_images").rglob("*.jpg"))},
}
"""What restorers are told that must be told what to do."""

TOO_SLOW = {"bm3d"}
"""That package takes a second for the smallest picture: all rules take a minute (docs/conformance.md says how it does).
Here it is tried with `FEW`."""

FEW = (
    "the description is sound",
    "reading the description imports no heavy library",
    "every option can be given as text",
    "an unknown option is refused",
    "the model loads",
    "red stays red",
    "metadata are carried",
    "at strength 0 the bytes are the input's",
)
"""Rules that take one picture or none."""


def bundled() -> dict[str, RestorerSpec]:
    """The restorers of the plugins in this repository that run as they are."""
    manager = PluginManager.discover()
    ours = {
        name
        for info in manager.plugins()
        if (ROOT / "plugins" / info.module.split(".")[0]).is_dir()
        for name in info.restorers
    }
    return {name: spec for name in sorted(ours) if (spec := manager.restorer(name)).complete is None}


def missing_weights(spec: RestorerSpec) -> bool:
    return spec.weights is not None and not spec.weights.is_file()


@pytest.mark.parametrize("name", sorted(set(bundled()) - TOO_SLOW))
def test_a_bundled_restorer_keeps_the_rules(name: str) -> None:
    spec = bundled()[name]
    check_restorer(spec, spec.options.model_validate(TOLD[name]) if name in TOLD else None)


@pytest.mark.parametrize("name", sorted(TOO_SLOW))
def test_a_slow_one_keeps_the_rules_that_take_few_pictures_or_says_what_it_lacks(name: str) -> None:
    if missing_requirements(bundled()[name]):
        with pytest.raises(PluginError, match="pip install"):
            load_restorer(bundled()[name], None, Runtime(device="cpu"), "restore-photos")
        return
    tried = [check for check in checks(bundled()[name]) if check.rule in FEW]
    assert len(tried) == len(FEW)
    for check in tried:
        check.run()


def test_none_is_left_out_that_could_be_tried() -> None:
    assert [name for name, spec in bundled().items() if missing_weights(spec)] == []
    assert set(TOLD) <= set(bundled())
