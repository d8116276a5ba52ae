"""The battery passes sound restorers and names the rule that a broken one breaks, and what was seen."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

import pytest
from pydantic import Field

from restore.conformance import description, machine
from restore.conformance.rules import RULES
from restore.image import Image, Observation
from restore.spec import Options, RestorerSpec
from restore.testing import Verdict, check_restorer, checks, findings
from tests.small_plugins import plugin

RESTORERS, MASKS, COMPANIONS, MACHINES = (
    plugin(name, findable=True) for name in ("restorers", "masks", "companions", "machines")
)

GOOD: dict[str, RestorerSpec] = {
    "a picture": RESTORERS.GOOD,
    "an upscaler": RESTORERS.GOOD_UPSCALER,
    "with frames": RESTORERS.GOOD_WITH_FRAMES,
    "with a mask": MASKS.GOOD_WITH_MASK,
    "a detector": MASKS.GOOD_DETECTOR,
    "a sampler": COMPANIONS.GOOD_SAMPLER,
}
BROKEN: dict[str, RestorerSpec] = {
    **RESTORERS.BROKEN,
    **MASKS.BROKEN,
    **COMPANIONS.BROKEN,
    **MACHINES.BROKEN,
    "reading the description imports no heavy library": plugin("imports_torch", findable=True).SPEC,
}
SEEN: dict[str, tuple[str, RestorerSpec]] = {
    **RESTORERS.ALSO_BROKEN,
    **MASKS.ALSO_BROKEN,
    **COMPANIONS.ALSO_BROKEN,
    **MACHINES.ALSO_BROKEN,
}
BREAKS_TOO = {
    "grey stays one channel": {"what is promised beside each result comes, and nothing else"},
    "pictures of any size, depth and number of channels give a mask of their size": {
        "what is promised beside each result comes, and nothing else"
    },
    "red stays red": {"clean photographs are not harmed"},
}
"""What cannot but be broken along with a rule."""


@pytest.fixture(autouse=True)
def small_pictures_for_memory(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Fast, but where the bound of memory is what is tested."""
    if "memory" not in request.node.name:
        monkeypatch.setattr(machine, "LARGE", machine.SMALL)


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_restorer_passes(name: str) -> None:
    check_restorer(GOOD[name])


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_finds_the_restorer_that_breaks_it_and_no_other_does(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "accelerators", lambda: ("cuda",))  # the restorers here take any name of a device
    broken = {found.rule for found in findings(BROKEN[rule]) if found.verdict is Verdict.BROKEN}
    assert broken == {rule} | BREAKS_TOO.get(rule, set())


def test_no_rule_is_without_a_restorer_that_breaks_it() -> None:
    assert {rule.name for rule in RULES} == set(BROKEN)


@pytest.mark.parametrize("name", SEEN)
def test_what_was_seen_is_told(name: str) -> None:
    seen, broken = SEEN[name]
    with pytest.raises(AssertionError) as raised:
        check_restorer(broken)
    assert seen in str(raised.value)


def test_every_rule_is_told_of_with_why_it_does_not_apply() -> None:
    found = {one.rule: one for one in findings(MASKS.GOOD_DETECTOR)}
    assert list(found) == [rule.name for rule in RULES]
    assert found["red stays red"].verdict is Verdict.NOT_DUE and found["red stays red"].said == "it makes a mask"
    found = {one.rule: one for one in findings(COMPANIONS.GOOD_SAMPLER)}
    assert found["at strength 0 the bytes are the input's"].said == "it has no option 'strength'"
    assert found["files that are not its weights are refused, and not run"].said == "it takes no weights"
    assert found["outside the mask nothing changes"].said == "it needs no mask"
    unknown = {one.rule: one for one in findings(replace(RESTORERS.GOOD, task="tint"))}
    assert "nobody knows what the task 'tint' may change" in unknown["clean photographs are not harmed"].said


def test_one_test_per_rule_leaves_out_those_that_do_not_apply() -> None:
    tried = {check.rule for check in checks(RESTORERS.GOOD)}
    due = {found.rule for found in findings(RESTORERS.GOOD) if found.verdict is not Verdict.NOT_DUE}
    assert tried == due and len(due) < len(RULES)


def test_what_was_measured_is_told_where_a_rule_is_kept() -> None:
    found = {one.rule: one for one in findings(RESTORERS.GOOD)}
    assert found["clean photographs are not harmed"].said.startswith("PSNR 36.8 dB to a clean photograph")
    assert "of 255 apart in tiles" in found["in tiles a picture comes out as it does whole"].said


def test_each_rule_is_announced_before_it_is_tried() -> None:
    announced: list[str] = []
    for found in findings(RESTORERS.GOOD, starting=announced.append):
        assert found.verdict is Verdict.NOT_DUE or announced[-1] == found.rule


class Told(Options):
    """Options without a default."""

    amount: float = Field(ge=0, le=1, description="Must be given.")
    strength: float = Field(default=1.0, ge=0, le=1, description="0 changes nothing.")


def test_a_restorer_that_must_be_told_what_to_do_is_tried_with_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It crops what it is given, so that the rules for sizes are tried with a size that is only found."""

    class Cropper:
        def restore(self, observation: Observation, options: Told) -> Image:
            image = observation.image
            if options.strength == 0:
                return image
            alpha = None if image.alpha is None else image.alpha[:, : (image.width + 1) // 2]
            return image.with_pixels(image.pixels[:, : (image.width + 1) // 2], alpha)

    cropper = replace(RESTORERS.GOOD, options=Told, load=lambda weights, runtime: Cropper())
    monkeypatch.setattr(description, "_imported", lambda *_: ("", ""))  # a test module may import what it likes
    with pytest.raises(AssertionError, match=r"give it options to be tried with.* --amount") as raised:
        check_restorer(cropper)
    assert str(raised.value).count("\n- ") == 1
    with pytest.raises(AssertionError, match="pictures of any size come out in the size that is due: 1x7 gave"):
        check_restorer(cropper, Told(amount=0.5))
    found = replace(cropper, size_is_found=lambda options: True)
    for check in checks(found, Told(amount=0.5)):
        check.run()


def test_a_description_that_imports_torch_is_told_so() -> None:
    light = next(
        check for check in checks(plugin("imports_torch", findable=True).SPEC) if "heavy library" in check.rule
    )
    with pytest.raises(AssertionError, match="importing imports_torch imports torch"):
        light.run()


@pytest.mark.parametrize(
    ("rule", "why"),
    [("the model loads", "the model does not load"), ("the description is sound", "the description is not sound")],
)
def test_what_cannot_be_tried_is_told_once(rule: str, why: str) -> None:
    found = list(findings(BROKEN[rule]))
    assert [one.rule for one in found if one.verdict is Verdict.BROKEN] == [rule]
    rest = found[[one.rule for one in found].index(rule) + 1 :]
    assert {(one.verdict, one.said) for one in rest} == {(Verdict.NOT_TRIED, why)}
    with pytest.raises(AssertionError) as raised:
        check_restorer(BROKEN[rule])
    assert str(raised.value).count("\n- ") == 1


def test_a_restorer_that_ends_the_process_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "_imported", lambda *_: ("", ""))  # a test module may import what it likes

    def leaves(weights: object, runtime: object) -> NoReturn:
        raise SystemExit(3)

    with pytest.raises(AssertionError, match="the model loads: it raised PluginError: the model 'one' cannot be load"):
        check_restorer(replace(RESTORERS.GOOD, load=leaves))
