"""The description of `correct` and its options: all is off until it is asked for. Free of torch and OpenCV."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from restore.correct.quadrilateral import ordered
from restore.correct.skew import LARGEST
from restore.errors import WeightsError
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl

_POINT = re.compile(r"\s*(\d{1,6}(?:\.\d+)?)\s*,\s*(\d{1,6}(?:\.\d+)?)\s*")

_STRIPS = 96 << 20
"""Bytes of what is held as floats at a time, and of the reduced copies."""


def _a_point(text: str) -> str:
    """Check a place and write it as ``x,y``."""
    found = _POINT.fullmatch(text)
    if found is None:
        raise ValueError("write it as x,y in pixels from the upper left, like 120,45")
    return f"{found[1]},{found[2]}"


Point = Annotated[str, AfterValidator(_a_point)]

Share = Annotated[float, Field(ge=0, le=1)]


class CorrectOptions(Options):
    """Options of `correct`, in the order in which things are done."""

    dewarp: bool = Field(
        default=False,
        description="Find a photographed print by its four corners and show it alone, from straight ahead, in its own "
        "proportions; pictures in which no print is found stay as they are.",
    )
    corners: tuple[Point, Point, Point, Point] | None = Field(
        default=None,
        description="The print's corners as four x,y in pixels, in any order, instead of looking for them.",
    )
    deskew: bool = Field(
        default=False, description="Turn a scan whose lines (of text, of a print's edges) lie up to 15 degrees askew."
    )
    edges: Literal["fill", "crop"] = Field(
        default="fill",
        description="What --deskew makes of the corners: 'fill' keeps all of the picture and fills them with its "
        "border's colour (transparent pictures: with nothing), 'crop' cuts them off.",
    )
    crop: bool = Field(default=False, description="Cut off the even background that a scanner leaves round a print.")
    dehaze: Share = Field(default=0.0, description="Share of haze and fog that is taken away (dark channel prior).")
    exposure: float = Field(
        default=0.0, ge=-5, le=5, description="Stops (EV) by which the light is raised or lowered: 1 is twice as much."
    )
    white_balance: Literal["grey-world", "shades-of-grey"] | None = Field(
        default=None,
        description="Take a colour cast away that is found in the whole picture: 'shades-of-grey' lets bright things "
        "count for more, which is mostly better than 'grey-world', the plain mean.",
    )
    neutral: Point | None = Field(
        default=None, description="Take a colour cast away by what is grey at x,y, in pixels of the picture as it came."
    )
    white_balance_strength: Share = Field(default=1.0, description="How much of the cast is taken away.")
    fading: Share = Field(
        default=0.0,
        description="How far every channel by itself is stretched from black to white: for faded dyes, whose colours "
        "went at different speeds.",
    )
    contrast: Share = Field(
        default=0.0, description="How far all channels together are stretched from black to white, which keeps colours."
    )
    gamma: float = Field(
        default=1.0, ge=0.2, le=5, description="Above 1 lightens the middle tones, below 1 darkens them."
    )
    clahe: Share = Field(
        default=0.0,
        description="How much of local contrast (CLAHE on lightness) is mixed in; 0.3 to 0.5 still looks natural.",
    )
    clahe_limit: float = Field(
        default=2.0,
        ge=1,
        le=10,
        description="Where --clahe cuts histograms off; more is steeper and enlarges grain and noise.",
    )
    sharpen: float = Field(
        default=0.0, ge=0, le=5, description="How many times fine detail is added (unsharp mask, in luma)."
    )
    sharpen_radius: float = Field(default=1.0, ge=0.3, le=20, description="What is fine detail, in pixels.")
    sharpen_threshold: float = Field(
        default=2.0, ge=0, le=50, description="Detail below it, in 8-bit steps, is noise and stays as it is."
    )

    @model_validator(mode="after")
    def _asked(self) -> CorrectOptions:
        if not any(self.model_dump(include=set(CORRECTIONS), exclude_defaults=True)):
            flags = ", ".join(f"--{name.replace('_', '-')}" for name in CORRECTIONS)
            raise ValueError(f"nothing says what to correct; give one or more of {flags}")
        if self.deskew and self.finds_print:
            raise ValueError("--deskew and --dewarp cannot go together; a print that is dewarped lies straight")
        if self.neutral is not None and self.white_balance is not None:
            raise ValueError("--neutral and --white-balance cannot go together; give one of them")
        if self.corners is not None:
            try:
                ordered(np.array(points_of(self.corners)))
            except ValueError as error:
                raise ValueError(f"--corners: {error}; give each corner of the print once, as x,y") from None
        return self

    @property
    def finds_print(self) -> bool:
        """Whether the picture becomes the print in it."""
        return self.dewarp or self.corners is not None

    @property
    def tones(self) -> bool:
        """Whether anything treats each value by itself."""
        balances = (self.white_balance is not None or self.neutral is not None) and self.white_balance_strength > 0
        return balances or bool(self.exposure or self.fading or self.contrast) or self.gamma != 1

    @property
    def value_steps(self) -> int:
        """In how many steps values are changed, each of which makes a picture."""
        return sum((self.dehaze > 0, self.tones, self.clahe > 0, self.sharpen > 0))

    def size_is_found(self) -> bool:
        """Whether the result's size depends on what is in the picture."""
        return self.finds_print or self.deskew or self.crop

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width that no result has more pixels than."""
        if not self.deskew or self.edges == "crop":
            return height, width
        sine, cosine = math.sin(math.radians(LARGEST)), math.cos(math.radians(LARGEST))
        return math.ceil(height * cosine + width * sine) + 1, math.ceil(width * cosine + height * sine) + 1


CORRECTIONS = (
    *("dewarp", "corners", "deskew", "crop", "dehaze", "exposure", "white_balance", "neutral"),
    *("fading", "contrast", "gamma", "clahe", "sharpen"),
)
"""The options of which one must be given; the others say how."""


def points_of(texts: Sequence[str]) -> list[tuple[float, float]]:
    """Places as numbers, x and y."""
    return [(float(x), float(y)) for x, y in (text.split(",") for text in texts)]


def _working_bytes(options: CorrectOptions, height: int, width: int, channels: int, bits: int) -> int:
    """The picture turned or cut; the one before a step where there are several, which 8 bit takes twice and in 16."""
    tall, wide = options.output_size(height, width)
    samples = tall * wide * channels
    straight = samples * bits // 8 if options.size_is_found() else 0
    stepped = 0 if options.value_steps < 2 else 4 * samples if bits == 8 else samples * bits // 8
    return straight + stepped + _STRIPS


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_correct.infer import Corrector

    if weights is not None:
        raise WeightsError("correct is a method without weights.", path=weights, hint="Leave --weights out.")
    return Corrector(runtime)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the corrections."""
    return [
        RestorerSpec(
            name="correct",
            task="correct",
            summary="White balance, fading, contrast, exposure, haze, sharpness; scans straightened, prints dewarped",
            options=CorrectOptions,
            load=_load,
            output_size=CorrectOptions.output_size,
            size_is_found=CorrectOptions.size_is_found,
            working_bytes=_working_bytes,
            sources=(
                "Buchsbaum: A spatial processor model for object colour perception, J. Franklin Institute 1980",
                "Finlayson, Trezzi: Shades of gray and colour constancy, CIC 2004",
                "Limare et al.: Simplest color balance, IPOL 2011",
                "Zuiderveld: Contrast limited adaptive histogram equalization, Graphics Gems IV, 1994",
                "He, Sun, Tang: Single image haze removal using dark channel prior, CVPR 2009",
                "He, Sun, Tang: Guided image filtering, ECCV 2010",
                "Postl: Detection of linear oblique structures and skew scan in digitized documents, ICPR 1986",
                "Zhang, He: Whiteboard scanning and image enhancement, Digital Signal Processing 2007",
                "Schreiber: Wirephoto quality improvement by unsharp masking, Pattern Recognition 1970",
            ),
            default=True,
        )
    ]
