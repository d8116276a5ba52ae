"""How much larger: the options that every upscaler has, and the sizes that follow from them. Free of torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Protocol, Self, runtime_checkable

from pydantic import AfterValidator, Field, model_validator

from restore.image import Image
from restore.spec import Options

DEFAULT_SCALE = 2.0
"""What is done where nothing is said."""

LARGE_ENOUGH = "was as large already as was asked for, and is left as it is"

_SIZE = re.compile(r"\s*(\d{1,6})\s*[x×]\s*(\d{1,6})\s*", re.IGNORECASE)


def _a_size(text: str) -> str:
    """Check a size and write it as ``3840x2160``."""
    found = _SIZE.fullmatch(text)
    if found is None or 0 in (int(found[1]), int(found[2])):
        raise ValueError("write it as WIDTHxHEIGHT in pixels, like 3840x2160")
    return f"{int(found[1])}x{int(found[2])}"


@runtime_checkable
class ForPieces(Protocol):
    """Options that mean something else for a piece of a picture than for the whole: a size that it is to reach."""

    def for_piece(self, height: int, width: int) -> Options:
        """The options that treat a piece of a picture of this size as the whole picture would be."""
        ...


class Enlarging(Options):
    """How much larger: by a factor, into a size, or to a longer side; one of the three, twice where none is given."""

    scale: Annotated[float, Field(gt=1, le=8)] | None = Field(
        default=None,
        description="How many times larger, from above 1 to 8, like 2 or 1.5; 2 where neither this nor --size nor "
        "--max-side is given.",
    )
    size: Annotated[str, AfterValidator(_a_size)] | None = Field(
        default=None,
        description="Enlarge until the picture fills this WIDTHxHEIGHT in one direction and fits in the other, keeping "
        "its proportions. Pictures that are as large already stay as they are.",
    )
    max_side: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        default=None,
        description="Enlarge until the longer side has so many pixels. Pictures that are as large already stay as they "
        "are.",
    )

    @model_validator(mode="before")
    @classmethod
    def _twice_by_default(cls, given: Any) -> Any:  # noqa: ANN401  whatever pydantic is given
        if isinstance(given, Mapping) and all(given.get(name) is None for name in ("scale", "size", "max_side")):
            return {**given, "scale": DEFAULT_SCALE}
        return given

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [f"--{name.replace('_', '-')}" for name in ("scale", "size", "max_side") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} cannot go together; give one of --scale, --size and --max-side")
        return self

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the result.

        Both edges grow by `factor` and are rounded to whole pixels, halves up; what was asked for is met exactly.

        Args:
            height: Rows of the picture.
            width: Columns of the picture.
        """
        if self.scale is not None:
            return _rounded(height * self.scale), _rounded(width * self.scale)
        wide, high = self._frame(height, width)
        if wide <= width or high <= height:
            return height, width
        if wide * height <= high * width:  # the width is met first
            return max((2 * height * wide + width) // (2 * width), height), wide
        return high, max((2 * width * high + height) // (2 * height), width)

    def factor(self, height: int, width: int) -> float:
        """How many times larger the picture becomes; 1.0 where it is left as it is.

        The factor meant: the rounding of the edges to whole pixels is left out of account, so that --scale 2 is 2.0 and
        a --size of exactly twice the picture too, whatever its proportions.

        Args:
            height: Rows of the picture.
            width: Columns of the picture.
        """
        if self.scale is not None:
            return self.scale
        wide, high = self._frame(height, width)
        return max(min(wide / width, high / height), 1.0)

    def for_piece(self, height: int, width: int) -> Self:
        """The options that enlarge a piece of a picture as much as the whole picture is enlarged.

        Args:
            height: Rows of the whole picture.
            width: Columns of the whole picture.
        """
        return self.model_copy(update={"scale": self.factor(height, width), "size": None, "max_side": None})

    def _frame(self, height: int, width: int) -> tuple[int, int]:
        """Width and height that the result is to fit into."""
        if self.max_side is not None:
            return self.max_side, self.max_side
        wide, high = (self.size or f"{width}x{height}").split("x")
        return int(wide), int(high)


def left_as_it_is(image: Image) -> Image:
    """The same picture with a note that it was large enough: what an upscaler returns where the size stays."""
    return image.with_warnings(LARGE_ENOUGH)


def _rounded(length: float) -> int:
    return max(int(length + 0.5), 1)
