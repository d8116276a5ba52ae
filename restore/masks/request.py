"""What the user says is missing: plain values that can be sent to another process; free of heavy imports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from restore.errors import UsageError
from restore.spec import Needs, RestorerSpec

TOLERANCE = 10
"""Steps of 255 by which a colour may differ where the user says nothing: what a good JPEG does to an even area."""

GROW_FOUND = 1
"""Pixels by which a mask that is found grows where the user says nothing: damage has soft edges."""

MOST = 4096
"""Pixels by which a mask may be grown or feathered."""

NOTHING = "Nothing is missing"
"""How the sentence begins that says of a picture why nothing was filled in it."""


@dataclass(frozen=True)
class Box:
    """A rectangle in the upright picture, in pixels.

    Attributes:
        x: Its left edge, from the picture's left; negative: from the picture's right edge.
        y: Its upper edge, from the picture's top; negative: from the picture's lower edge.
        width: At least 1.
        height: At least 1.
    """

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Box:
        """Read ``x,y,w,h``.

        Raises:
            UsageError: It is not four whole numbers, or the box would be empty.
        """
        found = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*", text)
        if found is None or int(found[3]) == 0 or int(found[4]) == 0:
            raise UsageError(
                f"--box {text!r} is not a box.",
                hint="Write x,y,w,h in pixels, like 120,40,300,20; negative x or y: from the right or lower edge.",
            )
        return cls(*map(int, found.groups()))

    def within(self, height: int, width: int) -> tuple[slice, slice] | None:
        """Its rows and columns in a picture of this size, cut at the picture's edges; None if it lies outside."""
        left = self.x if self.x >= 0 else width + self.x
        top = self.y if self.y >= 0 else height + self.y
        right, bottom = min(left + self.width, width), min(top + self.height, height)
        left, top = max(left, 0), max(top, 0)
        return (slice(top, bottom), slice(left, right)) if left < right and top < bottom else None

    def __str__(self) -> str:
        """As it is given on the command line."""
        return f"{self.x},{self.y},{self.width},{self.height}"


@dataclass(frozen=True)
class Detector:
    """Who looks for damage, as plain values; made by `restore.masks.detecting.detector_of`.

    Attributes:
        model: Name of a restorer that makes masks.
        weights: SHA-256 of its weights file; None where it has none.
        options: Its options as plain JSON values.
    """

    model: str
    weights: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, object]:
        """What shapes its masks, as plain JSON values."""
        return {"model": self.model, "weights": self.weights, "options": dict(self.options)}


@dataclass(frozen=True)
class Masking:
    """What is missing in every picture of a run: the union of all that is given here, then grown.

    Attributes:
        place: A mask for all pictures, or a folder of masks that mirrors the pictures' tree; None for neither.
        alpha: What is transparent in the picture is missing.
        colour: What has this colour (red, green, blue; 0 to 255) in the picture is missing; None for no colour.
        tolerance: By how many steps of 255 each channel may differ from the colour.
        boxes: Rectangles that are missing.
        invert: In mask files black is missing instead of white.
        grow: Pixels by which the missing area is enlarged on all sides.
        feather: Width in pixels of the seam round the grown area in which filling and picture are mixed.
        detector: What it finds damaged in a picture is missing too; None to look for nothing.
    """

    place: Path | None = None
    alpha: bool = False
    colour: tuple[int, int, int] | None = None
    tolerance: int = TOLERANCE
    boxes: tuple[Box, ...] = ()
    invert: bool = False
    grow: int = 0
    feather: int = 0
    detector: Detector | None = None

    @property
    def is_given(self) -> bool:
        """Whether it says at all what is missing."""
        said = self.place is not None or self.alpha or self.colour is not None or bool(self.boxes)
        return said or self.detector is not None

    @property
    def settings(self) -> dict[str, object]:
        """What shapes results, as plain JSON values. Not where masks lie: they are inputs, known by their content."""
        said: dict[str, object] = {
            "alpha": self.alpha,
            "colour": None if self.colour is None else [*self.colour, self.tolerance],
            "boxes": [str(box) for box in self.boxes],
            "invert": self.invert,
            "grow": self.grow,
            "feather": self.feather,
        }
        return said if self.detector is None else said | {"auto": self.detector.settings}

    @property
    def told(self) -> dict[str, object]:
        """What is said of it in a picture's history: what was asked for, and whether there was a mask file."""
        asked = {name: value for name, value in self.settings.items() if value}
        return asked if self.place is None else {"file": True, **asked}


def parse_colour(text: str) -> tuple[int, int, int]:
    """Read a colour: ``#ff00ff``, ``#f0f``, ``ff00ff`` or a name (``magenta``).

    Raises:
        UsageError: It is none.
    """
    from PIL import ImageColor

    bare = re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", text.strip())
    try:
        red, green, blue = ImageColor.getrgb(f"#{text.strip()}" if bare else text.strip())[:3]
    except ValueError:
        hint = "Write it like '#ff00ff' (in quotes: # begins a comment in many shells) or by name, like magenta."
        raise UsageError(f"--mask-color {text!r} is not a colour.", hint=hint) from None
    return red, green, blue


def check_masking(spec: RestorerSpec, masking: Masking | None) -> None:
    """Refuse a mask for a restorer that takes none, and none for one that needs it.

    Raises:
        UsageError: Says what to add or to leave out.
    """
    if spec.needs is Needs.IMAGE_AND_MASK and (masking is None or not masking.is_given):
        raise UsageError(
            f"the model '{spec.name}' fills what is missing, and nothing says what that is.",
            hint="Give --mask FILE, FOLDER, alpha or auto, --mask-color, or --box; they can be combined.",
        )
    if spec.needs is not Needs.IMAGE_AND_MASK and masking is not None:
        raise UsageError(f"the model '{spec.name}' takes no mask.", hint="Leave it out, or choose another model.")
