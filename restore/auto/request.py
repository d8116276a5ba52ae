"""What `restore auto` can be asked for. Free of torch."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field

from restore.enlarging import Enlarging
from restore.spec import Options

STEPS = ("dejpeg", "inpaint", "denoise", "correct")
"""The steps that may be taken, as tasks, in their order: what came last over a picture goes first."""

UPSCALE = "upscale"
"""The step that is taken only where a size is asked for."""

_SIDE = re.compile(r"\s*(\d{1,6})\s*")


def _listed(text: str) -> str:
    """Check a list of steps and write it in the order in which they are taken."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in STEPS]
    if unknown or not names:
        raise ValueError(f"write one or more of {','.join(STEPS)}, with commas between")
    return ",".join(step for step in STEPS if step in names)


def _a_size(text: str) -> str:
    """Check a size: ``3840x2160``, or the longer side alone."""
    side = _SIDE.fullmatch(text)
    asked = Enlarging(max_side=int(side[1])) if side else Enlarging(size=text)
    return str(asked.max_side or asked.size)


class AutoOptions(Options):
    """Options of `restore auto`."""

    steps: Annotated[str, AfterValidator(_listed)] = Field(
        default=",".join(STEPS),
        description="Which steps may be taken where a photo needs them; all others are left out.",
    )
    upscale_to: Annotated[str, AfterValidator(_a_size)] | None = Field(
        default=None,
        description="Enlarge smaller photos, too: until they fill WIDTHxHEIGHT in one direction and fit in the other, "
        "or until the longer side has so many pixels.",
    )

    @property
    def allowed(self) -> tuple[str, ...]:
        """The steps that may be taken."""
        return tuple(self.steps.split(","))

    @property
    def enlarging(self) -> Enlarging | None:
        """How photos are enlarged, or None."""
        if self.upscale_to is None:
            return None
        if "x" in self.upscale_to:
            return Enlarging(size=self.upscale_to)
        return Enlarging(max_side=int(self.upscale_to))


class AutoRun(AutoOptions):
    """The same with what else shapes results, for a run's recipe.

    Attributes:
        models: Which model serves each step, as `restore.pipeline.Link.recipe`: another model, another result.
        whole: Height and width of the picture that a piece is of, where one is tried for a forecast.
    """

    models: tuple[dict[str, Any], ...] = ()
    whole: tuple[int, int] | None = Field(default=None, exclude=True)

    def for_piece(self, height: int, width: int) -> Self:
        """The options that treat a piece of a picture of this size as the whole picture would be."""
        return self.model_copy(update={"whole": (height, width)})

    def growing(self, height: int, width: int) -> Enlarging | None:
        """How a picture of this size, or a piece of the whole one, is enlarged; None where it is large enough."""
        asked = self.enlarging
        if asked is None:
            return None
        size = self.whole or (height, width)
        if asked.output_size(*size) == size:
            return None
        if self.whole is None:
            return asked
        # As a size, since factors have a limit: a small photo may be enlarged more than that, and so is its piece.
        return Enlarging(max_side=round(max(height, width) * asked.factor(*size)))
