"""A number or a range, from TOML and from text."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from restore.degradations.spans import Bounds, Span, words

LEVELS: TypeAdapter[tuple[float, float]] = TypeAdapter(Annotated[Span, Bounds(0, 255)])


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (25, (25, 25)),
        (2.5, (2.5, 2.5)),
        ([5, 50], (5, 50)),
        ("25", (25, 25)),
        ("5..50", (5, 50)),
        (" 5 .. 50 ", (5, 50)),
    ],
)
def test_a_span_is_a_number_or_a_range(given: object, meant: tuple[float, float]) -> None:
    assert LEVELS.validate_python(given) == meant


@pytest.mark.parametrize("given", ["", "x", "5..", "5..6..7", [1, 2, 3], [], True, None, "nan", "inf", 10**400, {}])
def test_nothing_else_is_one(given: object) -> None:
    with pytest.raises(ValidationError, match="write a number like 25, or a range"):
        LEVELS.validate_python(given)


def test_a_range_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValidationError, match="begins at 50, above its end 5"):
        LEVELS.validate_python([50, 5])


@pytest.mark.parametrize("given", [-1, 256, [5, 300], "-1..5"])
def test_bounds_hold_both_ends_and_are_named(given: object) -> None:
    with pytest.raises(ValidationError, match="a number from 0 to 255, or a range within"):
        LEVELS.validate_python(given)


@pytest.mark.parametrize("text", ["25", "5..50", "0.25..0.5"])
def test_a_span_is_written_as_it_is_typed(text: str) -> None:
    assert words(LEVELS.validate_python(text)) == text


def test_json_gives_back_the_span_it_was_made_of() -> None:
    for span in ((25.0, 25.0), (5.0, 50.0)):
        assert LEVELS.validate_json(LEVELS.dump_json(span)) == span


def test_the_schema_says_what_an_editor_may_offer() -> None:
    number, several = LEVELS.json_schema()["anyOf"]
    assert number == {"type": "number", "minimum": 0, "maximum": 255}
    assert several["items"] == number
