"""One model for each kind of degradation: what can be said about it, in which range, and what that means."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from restore.degradations.spans import Bounds, Span

Levels = Annotated[Span, Bounds(0, 255)]
Share = Annotated[Span, Bounds(0, 1)]
Covered = Annotated[Span, Bounds(0, 0.5)]
Tone = Literal["any", "light", "dark"]

_TONE = "Colour of the damage: light (as dust on a negative leaves it), dark (as on a slide), or either by chance."
_LINEAR = "Blur the light itself, as a lens does, not the values of the file."


class Step(BaseModel):
    """What all kinds have in common: they are known by a name, frozen, and refuse keys they do not have.

    Attributes:
        kind: The name: as a flag, and as ``kind`` in TOML.
        main: The field that a flag's bare value is: ``--gaussian 25`` is ``sigma = 25``.
        damages: Whether a mask says where it did something.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: ClassVar[str]
    main: ClassVar[str]
    damages: ClassVar[bool] = False


class Gaussian(Step):
    """White Gaussian noise."""

    kind, main = "gaussian", "sigma"
    sigma: Levels = Field(description="Standard deviation, on the scale 0 to 255.")
    grey: bool = Field(default=False, description="The same noise in all channels.")


class PoissonGaussian(Step):
    """Noise of counted light and of reading it out, white and in every channel on its own."""

    kind, main = "poisson-gaussian", "photons"
    photons: Annotated[Span, Bounds(1, 1e6)] = Field(description="Light quanta that make white; fewer, more noise.")
    read: Levels = Field(default=(0.0, 0.0), description="Standard deviation of the readout, on the scale 0 to 255.")


class Camera(Step):
    """Noise as a camera leaves it: in linear sensor values, demosaicked, smoothed by chance."""

    kind, main = "camera", "shot"
    shot: Annotated[Span, Bounds(1e-5, 0.1)] = Field(
        description="Variance per linear signal, white being 1; in phones 0.0001 (by day) to 0.012 (by night)."
    )


class Speckle(Step):
    """Noise in proportion to the brightness, as of radar, ultrasound and lasers."""

    kind, main = "speckle", "sigma"
    sigma: Share = Field(description="Standard deviation as a share of each pixel's value.")


class SaltAndPepper(Step):
    """Single white and black pixels."""

    kind, main = "salt-and-pepper", "share"
    share: Share = Field(description="Share of the pixels.")
    salt: Share = Field(default=(0.5, 0.5), description="Share of white ones among them.")


class Banding(Step):
    """Rows or columns that are too light or too dark as a whole."""

    kind, main = "banding", "sigma"
    sigma: Levels = Field(description="Standard deviation of the lines' offsets, on the scale 0 to 255.")
    direction: Literal["rows", "columns", "both"] = Field(default="rows", description="Which lines.")


class GaussianBlur(Step):
    """A blur by a Gaussian."""

    kind, main = "gaussian-blur", "sigma"
    sigma: Annotated[Span, Bounds(0, 50)] = Field(description="Standard deviation in pixels.")
    linear: bool = Field(default=False, description=_LINEAR)


class MotionBlur(Step):
    """A blur by an even, straight movement of the camera."""

    kind, main = "motion-blur", "length"
    length: Annotated[Span, Bounds(1, 200)] = Field(description="Of the way, in pixels; 1 for none.")
    angle: Annotated[Span, Bounds(0, 180)] = Field(
        default=(0.0, 180.0), description="Of the way, in degrees: 0 is along the rows, 90 along the columns."
    )
    linear: bool = Field(default=True, description=_LINEAR)


class Defocus(Step):
    """A lens out of focus: every point becomes a disc."""

    kind, main = "defocus", "radius"
    radius: Annotated[Span, Bounds(0, 50)] = Field(description="Of the disc, in pixels.")
    linear: bool = Field(default=True, description=_LINEAR)


class Reduce(Step):
    """A smaller picture; what does not fill a whole pixel of it is cropped at the right and below."""

    kind, main = "reduce", "scale"
    scale: int = Field(ge=2, le=16, description="How many times smaller, a whole number.")
    kernel: Literal["bicubic", "bilinear", "area"] = Field(
        default="bicubic", description="What a new pixel is made of."
    )
    antialias: bool = Field(
        True, description="Widen the kernel by the scale, as MATLAB and Pillow do; OpenCV does not."
    )


class Jpeg(Step):
    """What saving as JPEG leaves."""

    kind, main = "jpeg", "quality"
    quality: Annotated[Span, Bounds(1, 100)] = Field(description="Of libjpeg.")
    subsampling: Literal["4:2:0", "4:4:4"] = Field(
        default="4:2:0", description="Colour at half the resolution, or in full."
    )


class Webp(Step):
    """What saving as lossy WebP leaves."""

    kind, main = "webp", "quality"
    quality: Annotated[Span, Bounds(0, 100)] = Field(description="Of libwebp.")


class Fading(Step):
    """Dyes that have lost density: pale blacks and, the dyes being unlike, a tint."""

    kind, main = "fading", "strength"
    strength: Annotated[Span, Bounds(0, 0.9)] = Field(description="Share of the density that is lost.")
    tint: Share = Field(
        default=(0.4, 0.4), description="How much longer magenta and yellow hold than cyan; 0 for no tint."
    )


class Cast(Step):
    """Light of another colour than the picture was balanced for; grey pictures stay as they are."""

    kind, main = "cast", "strength"
    strength: Annotated[Span, Bounds(0, 2)] = Field(description="How much the channels drift apart, in stops of light.")
    hue: Annotated[Span, Bounds(0, 360)] = Field(
        (0.0, 360.0), description="Of the light, in degrees: 0 red, 120 green."
    )


class Vignette(Step):
    """Corners darker than the middle."""

    kind, main = "vignette", "strength"
    strength: Annotated[Span, Bounds(0, 0.95)] = Field(description="Share of the light that is lost in the corners.")


class Scratches(Step):
    """Long thin scratches, some of them broken."""

    kind, main, damages = "scratches", "share", True
    share: Covered = Field(description="Share of the pixels, reached or a little more.")
    tone: Tone = Field(default="any", description=_TONE)


class Dust(Step):
    """Specks and hairs."""

    kind, main, damages = "dust", "share", True
    share: Covered = Field(description="Share of the pixels, reached or a little more.")
    tone: Tone = Field(default="any", description=_TONE)


class Creases(Step):
    """Folds from edge to edge: a bright broken line, with a shade along one side."""

    kind, main, damages = "creases", "count", True
    count: Annotated[Span, Bounds(0, 50)] = Field(description="How many, rounded.")


class Missing(Step):
    """Parts that are gone, in one flat grey."""

    kind, main, damages = "missing", "share", True
    share: Covered = Field(description="Share of the pixels.")
    shape: Literal["brush", "boxes", "text"] = Field(
        default="brush", description="Free strokes, rectangles or letters."
    )
    fill: Share = Field(default=(1.0, 1.0), description="What stands there: 0 black, 1 white.")


ORDER: tuple[type[Step], ...] = (
    *(Vignette, Defocus, MotionBlur, GaussianBlur, Reduce),
    *(Camera, PoissonGaussian, Speckle, Gaussian, SaltAndPepper, Banding),
    *(Fading, Cast, Creases, Scratches, Dust, Missing),
    *(Webp, Jpeg),
)
"""In which order flags are followed: the lens, the sensor, the print and its life, the file."""

KINDS: dict[str, type[Step]] = {model.kind: model for model in ORDER}
"""Each kind by its name."""
