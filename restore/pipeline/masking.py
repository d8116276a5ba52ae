"""What is missing in the pictures of one step: everything that `restore inpaint` can be told but files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from restore.errors import UsageError
from restore.masks.detecting import detector_of
from restore.masks.request import GROW_FOUND, MOST, TOLERANCE, Box, Masking, parse_colour
from restore.spec import Options

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

FOUND: Literal["found"] = "found"


def _box(text: str) -> str:
    try:
        return str(Box.parse(text))
    except UsageError as error:
        raise ValueError(error.hint) from error


def _colour(text: str) -> str:
    try:
        return "#{:02x}{:02x}{:02x}".format(*parse_colour(text))
    except UsageError as error:
        raise ValueError("write it like '#ff00ff' or by name, like magenta") from error


class MaskKeys(Options):
    """What a step that fills holes may say beside its model's options."""

    mask: Literal["auto", "alpha", "found"] | None = Field(
        default=None,
        description="What is missing. auto: damage that is found by itself. alpha: what is transparent. found: what "
        "the last step of the task 'detect' has found; this where nothing is said.",
    )
    mask_color: Annotated[str, AfterValidator(_colour)] | None = Field(
        default=None, description="What has this colour is missing, like '#ff00ff'."
    )
    tolerance: int = Field(
        default=TOLERANCE, ge=0, le=255, description="By how much of 255 each channel may differ from mask-color."
    )
    box: tuple[Annotated[str, AfterValidator(_box)], ...] = Field(
        default=(),
        description="Rectangles that are missing, each as 'x,y,w,h' in pixels; negative x or y count from the right or "
        "lower edge.",
    )
    grow: int | None = Field(
        default=None,
        ge=0,
        le=MOST,
        description=f"Enlarge what is missing by so many pixels; else 0, or {GROW_FOUND} where damage is found.",
    )
    feather: int = Field(
        default=0, ge=0, le=MOST, description="Mix filling and picture over so many pixels further, for a soft seam."
    )

    @property
    def uses_found(self) -> bool:
        """Whether a detect step before says what is missing."""
        return self.mask == FOUND or (self.mask is None and self.mask_color is None and not self.box)

    def masking(self, manager: PluginManager) -> Masking:
        """The same as the engine understands it.

        Args:
            manager: Knows who finds damage by itself.

        Raises:
            PluginError: ``mask = "auto"`` without a model for it.
            WeightsError: That model's weights cannot be read.
        """
        finds = self.uses_found or self.mask == "auto"
        return Masking(
            alpha=self.mask == "alpha",
            colour=None if self.mask_color is None else parse_colour(self.mask_color),
            tolerance=self.tolerance,
            boxes=tuple(map(Box.parse, self.box)),
            grow=self.grow if self.grow is not None else GROW_FOUND if finds else 0,
            feather=self.feather,
            detector=detector_of(manager) if self.mask == "auto" else None,
        )
