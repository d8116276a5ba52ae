"""The options of everything that degrades: a flag for each kind, or a chain; the sizes that follow. Free of torch."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
    model_validator,
)

from restore.degradations.chains import chain_of, from_words, read_chain, written
from restore.degradations.kinds import ORDER, Step
from restore.errors import InputError
from restore.spec import Options


def _chain(given: str) -> str:
    """A file's chain as text in full, so that a run knows when the file has changed."""
    if given.startswith('[{"kind":'):  # only what `written` wrote: files may be called [1].toml
        return written(chain_of(given))
    return written(read_chain(given))


class Spoiling(Options):
    """What is done to pictures: by flags, one for each kind, or by a chain."""

    chain: Annotated[str, AfterValidator(_chain)] | None = Field(
        default=None,
        description="A TOML file that says what is done, in its order: tables [[step]] with kind and its values. "
        "Instead of the flags.",
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**32,
        description="Of all chance. Each picture's own is made of it and of its pixels: equal pictures are spoilt "
        "equally, whatever they are called and whatever else is in the run.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        flags = [kind for kind in ORDER if getattr(self, _name(kind)) is not None]
        if self.chain is not None and flags:
            raise ValueError(f"--chain says all that is done: write '{flags[0].kind}' into it as a step")
        if self.chain is None and not flags:
            raise ValueError("say what is done, like --gaussian 25 or --chain FILE; --list shows what there is")
        return self

    @model_serializer(mode="wrap")
    def _what_was_said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without the flags that were not given: what is recorded of a picture shows what was done to it."""
        return {name: value for name, value in write(self).items() if value is not None}

    def steps(self) -> tuple[Step, ...]:
        """What is done, in its order."""
        if self.chain is not None:
            return chain_of(self.chain)
        given = ((kind.kind, getattr(self, _name(kind))) for kind in ORDER)
        return tuple(from_words(kind, text) for kind, text in given if text is not None)

    def scale(self) -> int:
        """How many times smaller the results are."""
        scale = 1
        for step in self.steps():
            scale *= int(getattr(step, "scale", 1))
        return scale

    def damages(self) -> bool:
        """Whether there is damage that a mask can mark."""
        return any(step.damages for step in self.steps())

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the result.

        Raises:
            InputError: Nothing would be left of the picture.
        """
        scale = self.scale()
        if min(height, width) < scale:
            raise InputError(
                f"cannot be made {scale} times smaller: it has {width} x {height} pixels.",
                hint="Reduce it less, or leave it out with --exclude.",
            )
        return height // scale, width // scale

    def truth_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the truth: the part of the picture that the result shows."""
        high, wide = self.output_size(height, width)
        return high * self.scale(), wide * self.scale()


def _name(kind: type[Step]) -> str:
    """The field of a kind: its flag without dashes."""
    return kind.kind.replace("-", "_")


def _flag(kind: type[Step]) -> Any:  # noqa: ANN401  what create_model takes
    """A field whose text is a step of this kind."""

    def sound(text: str) -> str:
        from_words(kind.kind, text)
        return text.strip()

    said = [f"{name}: {field.description}" for name, field in kind.model_fields.items() if name != kind.main]
    others = f" Then {' '.join(said)}" if said else ""
    main = kind.model_fields[kind.main]
    told = f"{(kind.__doc__ or '').splitlines()[0]} {kind.main}: {main.description}{others}"
    return Annotated[str, AfterValidator(sound)] | None, Field(default=None, description=told)


SpoilOptions: type[Spoiling] = create_model(
    "SpoilOptions", __base__=Spoiling, __module__=__name__, **{_name(kind): _flag(kind) for kind in ORDER}
)
"""Those of `Spoiling`, and a flag for each kind."""
