"""What a field accepts is read from its annotation, however it is written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from annotated_types import Interval
from pydantic import Field, create_model

from restore.option_types import accepts, settable


@pytest.mark.parametrize(
    ("annotation", "words", "metavar"),
    [
        (float, "a number", "NUMBER"),
        (int, "a whole number", "INTEGER"),
        (Annotated[float, Field(gt=0, lt=2)], "a number above 0 and below 2", "0..2"),
        (Annotated[float, Interval(ge=0, le=1)], "a number from 0 to 1", "0..1"),
        (Annotated[int, Field(le=9)] | None, "a whole number of at most 9", "..9"),
        (Annotated[int, Field(ge=0, le=2**32 - 1)], "a whole number from 0 to 4294967295", "0..4294967295"),
        (Literal["auto"] | Annotated[int, Field(ge=1)], "auto or a whole number of at least 1", "auto|1.."),
        (Literal["a", "b", "c"], "a, b or c", "a|b|c"),
        (list[str], "text (repeat the flag for more)", "TEXT"),
        (dict[str, int], "text", "TEXT"),
        (tuple[str, str] | None, "2 values, each text", "TEXT"),
    ],
)
def test_what_is_allowed_is_said_in_words_and_briefly(annotation: Any, words: str, metavar: str) -> None:
    model = create_model("Model", x=(annotation, ...))
    kind = accepts(model.model_fields["x"])
    assert (kind.words(), kind.metavar()) == (words, metavar)


def test_text_is_matched_to_choices_that_are_not_text() -> None:
    kind = accepts(create_model("Model", x=(Literal[2, 3], 2)).model_fields["x"])
    assert kind.member("3") == 3
    assert kind.member("5") == "5"
    assert kind.member(("2", "5")) == (2, "5")


def test_users_set_all_fields_but_those_marked_as_read_only() -> None:
    read_only = Field(default=None, json_schema_extra={"readOnly": True})
    model = create_model("Some", mine=(int, Field(default=1)), found=(str | None, read_only))
    assert list(settable(model)) == ["mine"]
