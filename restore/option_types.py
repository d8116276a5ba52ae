"""What a field of an options model accepts, read from its annotation: choices, ranges, switches, repetition."""

from __future__ import annotations

import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Range:
    """A span of numbers.

    Attributes:
        whole: Whether only whole numbers are meant.
        ge: The least value, or None.
        gt: The bound all values lie above, or None.
        le: The greatest value, or None.
        lt: The bound all values lie below, or None.
        multiple_of: The step, or None.
    """

    whole: bool
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: float | None = None

    def words(self) -> str:
        """The span in words: "a number from 0 to 75", "a whole number above 0"."""
        noun = "a whole number" if self.whole else "a number"
        if self.ge is not None and self.le is not None:
            parts = [f"from {self.ge:.12g} to {self.le:.12g}"]
        else:
            bounds = (("of at least", self.ge), ("above", self.gt), ("of at most", self.le), ("below", self.lt))
            parts = [f"{word} {bound:.12g}" for word, bound in bounds if bound is not None]
        step = [] if self.multiple_of is None else [f"in steps of {self.multiple_of:.12g}"]
        return " ".join([noun, *filter(None, [" and ".join(parts)]), *step])

    def metavar(self) -> str:
        """The span as help shows it: ``0..75``, ``1..``, ``NUMBER``."""
        low = self.ge if self.ge is not None else self.gt
        high = self.le if self.le is not None else self.lt
        if low is None and high is None:
            return "INTEGER" if self.whole else "NUMBER"
        return f"{'' if low is None else f'{low:.12g}'}..{'' if high is None else f'{high:.12g}'}"


@dataclass(frozen=True)
class Accepts:
    """What one option accepts; several of these at once for a union.

    Attributes:
        choices: Fixed values (of a Literal or an Enum), as pydantic wants them.
        ranges: Spans of numbers.
        switch: Whether it is an on/off flag.
        path: Whether it is a path.
        text: Whether it takes text (or a type not known here).
        repeated: Whether the flag may be given several times.
        length: How many values one flag takes.
    """

    choices: tuple[object, ...] = ()
    ranges: tuple[Range, ...] = ()
    switch: bool = False
    path: bool = False
    text: bool = False
    repeated: bool = False
    length: int = 1

    def words(self) -> str:
        """What is allowed, in words: "auto or a number from 0 to 75"."""
        if self.switch:
            return "on or off"
        parts = [str(choice) for choice in self.choices] + [span.words() for span in self.ranges]
        parts += (["a path"] if self.path else []) + (["text"] if self.text else [])
        one = " or ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
        if self.length > 1:
            return f"{self.length} values, each {one}"
        return f"{one} (repeat the flag for more)" if self.repeated else one

    def metavar(self) -> str:
        """What is allowed, as help shows it: ``auto|0..75``."""
        parts = [str(choice) for choice in self.choices] + [span.metavar() for span in self.ranges]
        return "|".join(parts + (["PATH"] if self.path else []) + (["TEXT"] if self.text else []))

    def member(self, value: object) -> object:
        """The choice that a text names (pydantic takes no "2" for ``Literal[2]``), else the value as it is."""
        if isinstance(value, list | tuple):
            return tuple(self.member(item) for item in value)
        return next((choice for choice in self.choices if str(choice) == value), value)


def settable(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of an options model that users set: all but those marked as read-only, which the restorer sets."""
    marked = {name: field.json_schema_extra for name, field in model.model_fields.items()}
    read_only = {name for name, extra in marked.items() if isinstance(extra, dict) and extra.get("readOnly")}
    return {name: field for name, field in model.model_fields.items() if name not in read_only}


def accepts(field: FieldInfo) -> Accepts:
    """What a field of an options model accepts."""
    return _accepts(field.annotation, field.metadata)


def _accepts(annotation: Any, constraints: Sequence[object]) -> Accepts:  # noqa: ANN401  any annotation may come
    annotation = getattr(annotation, "__value__", annotation)  # `type Sigma = …`
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _accepts(arguments[0], [*constraints, *_flattened(arguments[1:])])
    if origin in (Union, types.UnionType):
        return _united(_accepts(one, constraints) for one in arguments if one is not type(None))
    if origin is Literal:
        return Accepts(choices=arguments)
    if origin in (list, set, frozenset) or (origin is tuple and arguments[-1] is Ellipsis):
        return replace(_accepts(arguments[0], constraints), repeated=True)
    if origin is tuple:
        return replace(_united(_accepts(one, constraints) for one in arguments), length=len(arguments))
    return _plain(annotation, constraints)


def _plain(annotation: object, constraints: Sequence[object]) -> Accepts:
    if not isinstance(annotation, type):
        return Accepts(text=True)
    if issubclass(annotation, Enum):
        return Accepts(choices=tuple(member.value for member in annotation))
    if issubclass(annotation, bool):
        return Accepts(switch=True)
    if issubclass(annotation, int | float):
        return Accepts(ranges=(_range(issubclass(annotation, int), constraints),))
    return Accepts(path=True) if issubclass(annotation, Path) else Accepts(text=True)


def _united(parts: Iterable[Accepts]) -> Accepts:
    every = list(parts)
    return Accepts(
        choices=tuple(dict.fromkeys(choice for part in every for choice in part.choices)),
        ranges=tuple(dict.fromkeys(span for part in every for span in part.ranges)),
        switch=all(part.switch for part in every),
        path=any(part.path for part in every),
        text=any(part.text for part in every),
        length=max((part.length for part in every), default=1),
        repeated=any(part.repeated for part in every),
    )


def _range(whole: bool, constraints: Sequence[object]) -> Range:
    span = Range(whole)
    for constraint in constraints:
        found = {name: getattr(constraint, name, None) for name in ("ge", "gt", "le", "lt", "multiple_of")}
        span = replace(span, **{name: bound for name, bound in found.items() if bound is not None})
    return span


def _flattened(constraints: Iterable[object]) -> list[object]:
    """Pydantic's `Field(ge=0)` inside an `Annotated` keeps its bounds one level down."""
    return [item for one in constraints for item in (one.metadata if isinstance(one, FieldInfo) else [one])]
