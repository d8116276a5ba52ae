"""Every kind of degradation describes itself, for flags, TOML and lists alike."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from restore.degradations.kinds import KINDS, ORDER, Gaussian, Step


@pytest.mark.parametrize("kind", ORDER, ids=lambda kind: kind.kind)
def test_every_kind_says_what_it_is(kind: type[Step]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.kind)
    assert kind.main in kind.model_fields and kind.model_fields[kind.main].is_required()
    assert kind.__doc__ and kind.__doc__ != Step.__doc__
    assert all(field.description for field in kind.model_fields.values())


@pytest.mark.parametrize("kind", ORDER, ids=lambda kind: kind.kind)
def test_a_kind_needs_its_main_value_only(kind: type[Step]) -> None:
    others = [name for name, field in kind.model_fields.items() if name != kind.main and field.is_required()]
    assert others == []
    with pytest.raises(ValidationError, match=kind.main):
        kind()


def test_a_kind_refuses_keys_it_does_not_have() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Gaussian.model_validate({"sigma": 25, "sigmaa": 3})


def test_all_that_was_asked_for_is_there() -> None:
    assert set(KINDS) == {
        *("gaussian", "poisson-gaussian", "camera", "speckle", "salt-and-pepper", "banding"),
        *("gaussian-blur", "motion-blur", "defocus", "reduce", "jpeg", "webp"),
        *("fading", "cast", "vignette", "scratches", "dust", "creases", "missing"),
    }


def test_the_order_of_flags_goes_from_the_lens_to_the_file() -> None:
    place = {kind.kind: index for index, kind in enumerate(ORDER)}
    assert place["defocus"] < place["reduce"] < place["camera"] < place["fading"] < place["scratches"] < place["jpeg"]
