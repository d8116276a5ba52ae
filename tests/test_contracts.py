"""What a plugin hands over is checked field by field, and each finding is one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restore.contracts import (
    MarkedHook,
    accepted_metrics,
    accepted_restorers,
    hooks_problem,
    promised_companions,
    spec_problem,
)
from restore.errors import PluginError
from restore.spec import Companion, Makes, Needs, Options, Restorer, RestorerSpec, Runtime, SizeRule


def load(weights: Path | None, runtime: Runtime) -> Restorer:
    raise AssertionError("descriptions are checked without loading")


SPEC = RestorerSpec(name="net-2", task="denoise", summary="A network.", options=Options, load=load)
SPECIFIED = {"provide_restorers": (), "read_image": ("path", "max_pixels")}


def test_a_sound_description_has_no_problem() -> None:
    assert spec_problem(SPEC) is None


def test_what_fills_holes_cannot_change_the_size() -> None:
    masked = replace(SPEC, needs=Needs.IMAGE_AND_MASK)
    assert spec_problem(masked) is None
    said = spec_problem(replace(masked, output_size=lambda options, height, width: (height, width)))
    assert said == "The restorer 'net-2' needs a mask and has output_size; what is filled keeps its size."
    said = spec_problem(replace(masked, size_is_found=lambda options: True))
    assert said == "The restorer 'net-2' needs a mask and has size_is_found; what is filled keeps its size."


def test_what_makes_a_mask_takes_one_picture_and_keeps_its_size() -> None:
    detector = replace(SPEC, makes=Makes.MASK)
    assert spec_problem(detector) is None
    problem = "The restorer 'net-2' makes a mask; then it needs one image, and has no output_size."
    assert spec_problem(replace(detector, output_size=lambda options, height, width: (height, width))) == problem
    assert spec_problem(replace(detector, needs=Needs.IMAGE_AND_MASK)) == problem


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Net"),
        ("name", "a--b"),
        ("name", "-a"),
        ("name", ""),
        ("name", None),
        ("task", "de noise"),
        ("summary", ""),
        ("summary", "two\nlines"),
        ("options", object),
        ("options", Options()),
        ("load", None),
        ("needs", "one image"),
        ("makes", "a mask"),
        ("output_size", (2, 2)),
        ("size_is_found", True),
        ("scales", ""),
        ("scales", 2),
        ("size_rule", SizeRule(multiple=0)),
        ("size_rule", SizeRule(halo=-1)),
        ("size_rule", 8),
        ("weights", "net.safetensors"),
        ("train", "yes"),
        ("sources", "A paper"),
        ("default", 1),
        ("requires", "bm3d"),
        ("companions", ("uncertainty",)),
        ("working_bytes", 1 << 20),
        ("frame_bytes", 1 << 20),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_its_value_and_the_rule(field: str, value: Any) -> None:
    said = spec_problem(replace(SPEC, **{field: value}))
    assert said is not None
    assert f"has {field}={value!r}, which must be " in said
    assert said.endswith(".")


def a_hook(path: Path, quality: int = 3) -> None:
    """A hook with an argument of its own that has a default."""


def test_hooks_may_ask_for_some_arguments_and_have_defaults_of_their_own() -> None:
    assert hooks_problem([MarkedHook("read_image", a_hook)], SPECIFIED) is None


@pytest.mark.parametrize(
    ("hook", "sentence"),
    [
        (MarkedHook("read_images", a_hook), "There is no hook read_images; did you mean read_image?"),
        (MarkedHook("on_start", a_hook), "There is no hook on_start; the hooks are provide_restorers, read_image."),
        (
            MarkedHook("provide_restorers", a_hook),
            "Its hook provide_restorers asks for 'path', but it is called with no arguments.",
        ),
        (MarkedHook("read_image", a_hook, wraps=True), "Its hook read_image is marked as a wrapper; plugins answer"),
    ],
)
def test_a_hook_that_breaks_its_contract_is_named(hook: MarkedHook, sentence: str) -> None:
    said = hooks_problem([hook], SPECIFIED)
    assert said is not None and said.startswith(sentence)


def test_a_plugin_without_hooks_is_one_whose_author_forgot_the_mark() -> None:
    said = hooks_problem([], SPECIFIED)
    assert said is not None and "@hookimpl" in said


@pytest.mark.parametrize("answer", [None, {}, SPEC, "net", (spec for spec in [SPEC])])
def test_restorers_come_as_a_list(answer: object) -> None:
    assert accepted_restorers([SPEC]) == [SPEC]
    with pytest.raises(PluginError, match="where a list of RestorerSpec was expected"):
        accepted_restorers(answer)


@pytest.mark.parametrize("answer", [None, [], {"psnr": 3.0}, {1: max}])
def test_metrics_come_as_names_and_functions(answer: object) -> None:
    assert accepted_metrics({"psnr": max}) == {"psnr": max}
    with pytest.raises(PluginError, match="provide_metrics gave"):
        accepted_metrics(answer)


def promising(answer: Any) -> RestorerSpec:
    """A restorer that gives this answer when it is asked for its companions."""
    return replace(SPEC, companions=lambda options: answer)


def test_companions_may_share_a_name_if_their_files_cannot() -> None:
    answer = (Companion("sample-1"), Companion("uncertainty", ".png"), Companion("uncertainty", ".tif"))
    assert promised_companions(promising(answer), Options()) == answer
    assert promised_companions(SPEC, Options()) == ()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "where a tuple of Companion was expected"),
        ([Companion("mask")], "where a tuple of Companion was expected"),
        (("mask",), "where a tuple of Companion was expected"),
        ((Companion("Mask"),), "a companion named 'Mask', which must be lower-case"),
        ((Companion("../mask"),), "which must be lower-case"),
        ((Companion("mask", "png"),), "the extension 'png', which must be None or of .avif"),
        ((Companion("mask", ".PNG"),), "the extension '.PNG'"),
        ((Companion("mask"), Companion("mask")), "two companions named 'mask' whose files could have one name"),
        ((Companion("mask", ".png"), Companion("mask")), "two companions named 'mask'"),
        ((Companion("mask"), Companion("mask", ".png")), "two companions named 'mask'"),
    ],
)
def test_a_promise_that_cannot_be_kept_is_a_defect_of_the_plugin(answer: object, words: str) -> None:
    with pytest.raises(PluginError, match="the model 'net-2' promises") as error:
        promised_companions(promising(answer), Options())
    assert words in str(error.value)


def test_a_plugin_that_fails_when_asked_is_named() -> None:
    def fail(options: Options) -> tuple[Companion, ...]:
        raise KeyError("samples")

    with pytest.raises(PluginError, match=r"the model 'net-2' cannot say .* \(KeyError: 'samples'\)"):
        promised_companions(replace(SPEC, companions=fail), Options())
