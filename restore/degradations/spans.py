"""A number, or a range that a number is drawn from, as one type for TOML and for text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainSerializer
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_LIKE = "write a number like 25, or a range like [5, 50] (on the command line 5..50)"


def _read(given: object) -> object:
    """``25``, ``[5, 50]``, ``"25"`` and ``"5..50"`` as two numbers."""
    ends: object = given.split("..") if isinstance(given, str) else given
    both = [ends, ends] if isinstance(ends, int | float) else ends
    if not isinstance(both, list | tuple) or len(both) not in (1, 2) or any(isinstance(end, bool) for end in both):
        raise ValueError(_LIKE)
    try:
        low, high = float(both[0]), float(both[-1])
    except (TypeError, ValueError, OverflowError):
        raise ValueError(_LIKE) from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(_LIKE)
    if low > high:
        raise ValueError(f"the range begins at {low:g}, above its end {high:g}")
    return low, high


def words(span: tuple[float, float]) -> str:
    """A span as it is typed: ``25`` or ``5..50``."""
    return f"{span[0]:.12g}" if span[0] == span[1] else f"{span[0]:.12g}..{span[1]:.12g}"


def _written(span: tuple[float, float]) -> float | list[float]:
    return span[0] if span[0] == span[1] else list(span)


Span = Annotated[tuple[float, float], BeforeValidator(_read), PlainSerializer(_written)]
"""From where to where a number is drawn, evenly; both ends are equal where it is fixed."""


@dataclass(frozen=True)
class Bounds:
    """Between which numbers a `Span` must lie; stands beside it in an ``Annotated``.

    Attributes:
        low: The least.
        high: The greatest.
    """

    low: float
    high: float

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check(), handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        number: dict[str, Any] = {"type": "number", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [number, {"type": "array", "items": number, "minItems": 2, "maxItems": 2}]}

    def _check(self) -> Callable[[tuple[float, float]], tuple[float, float]]:
        def within(span: tuple[float, float]) -> tuple[float, float]:
            if span[0] < self.low or span[1] > self.high:
                raise ValueError(f"give {self}")
            return span

        return within

    def __str__(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}, or a range within"
