"""The battery passes sound restorers and names the rule that a broken one breaks, and what was seen."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import Field

from restore.image import Image, Observation
from restore.plugin_manager import PluginManager
from restore.spec import Options, RestorerSpec
from restore.testing import Check, check_restorer, checks

PLUGINS = Path(__file__).parent / "broken_plugins"


def plugin(name: str) -> ModuleType:
    """One of the small plugins in broken_plugins/, findable by its functions' module name."""
    spec = importlib.util.spec_from_file_location(name, PLUGINS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RESTORERS = plugin("restorers")


GOOD = ["GOOD", "GOOD_SAMPLER", "GOOD_UPSCALER", "GOOD_WITH_MASK", "GOOD_WITH_FRAMES", "GOOD_DETECTOR"]


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_restorer_passes(name: str) -> None:
    check_restorer(getattr(RESTORERS, name))


@pytest.mark.parametrize("rule", RESTORERS.BROKEN)
def test_each_rule_finds_the_restorer_that_breaks_it(rule: str) -> None:
    broken: RestorerSpec = RESTORERS.BROKEN[rule]
    check = next(check for check in checks(broken) if check.rule == rule)
    with pytest.raises(Exception, match=r"."):
        check.run()
    with pytest.raises(AssertionError) as raised:
        check_restorer(broken)
    assert f"\n- {rule}: " in str(raised.value)


@pytest.mark.parametrize("name", RESTORERS.ALSO_BROKEN)
def test_what_was_seen_is_told(name: str) -> None:
    seen, broken = RESTORERS.ALSO_BROKEN[name]
    with pytest.raises(AssertionError) as raised:
        check_restorer(broken)
    assert seen in str(raised.value)


class Told(Options):
    """Options without a default."""

    amount: float = Field(ge=0, le=1, description="Must be given.")
    strength: float = Field(default=1.0, ge=0, le=1, description="0 changes nothing.")


def test_a_restorer_that_must_be_told_what_to_do_is_tried_with_what_it_is_told() -> None:
    """It crops what it is given, so that the rules for sizes are tried with a size that is only found."""

    class Cropper:
        def restore(self, observation: Observation, options: Told) -> Image:
            image = observation.image
            if options.strength == 0:
                return image
            alpha = None if image.alpha is None else image.alpha[:, : (image.width + 1) // 2]
            return image.with_pixels(image.pixels[:, : (image.width + 1) // 2], alpha)

    cropper = replace(RESTORERS.GOOD, options=Told, load=lambda weights, runtime: Cropper())
    with pytest.raises(AssertionError, match="amount"):
        check_restorer(cropper)
    with pytest.raises(AssertionError, match="pictures of any size come out in the size that is due: 1x7 gave"):
        check_restorer(cropper, Told(amount=0.5))
    found = replace(cropper, size_is_found=lambda options: True)
    for check in checks(found, Told(amount=0.5)):
        if check.rule != "reading the description imports no heavy library":  # a test module may import what it likes
            check.run()


def test_a_description_that_imports_torch_is_found() -> None:
    light = next(check for check in checks(plugin("imports_torch").SPEC) if "heavy library" in check.rule)
    with pytest.raises(AssertionError, match="importing imports_torch imports torch"):
        light.run()


def test_every_rule_has_a_restorer_that_breaks_it() -> None:
    with_weights = RESTORERS.BROKEN["the shipped weights say where they come from"]
    rules = {check.rule for spec in (with_weights, *map(RESTORERS.__getattribute__, GOOD)) for check in checks(spec)}
    assert rules == {*RESTORERS.BROKEN, "reading the description imports no heavy library"}


def test_a_model_that_does_not_load_is_told_once() -> None:
    with pytest.raises(AssertionError) as raised:
        check_restorer(RESTORERS.BROKEN["the model loads"])
    assert str(raised.value).count("\n- ") == 1


def bundled_checks() -> list[tuple[str, Check]]:
    """The rules for the fast bundled restorers; slow ones and those with weights are tested beside their plugins."""
    manager = PluginManager.discover()
    return [
        (name, check) for name in ("bilateral", "telea", "tv", "wavelet") for check in checks(manager.restorer(name))
    ]


@pytest.mark.parametrize(("name", "check"), bundled_checks(), ids=str)
def test_a_bundled_restorer_keeps_the_rule(name: str, check: Check) -> None:
    check.run()
