"""A tiny plugin for the tests of planning, engine and command line: inverts pictures, or gets into trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import Field

from restore.errors import InputError
from restore.image import Image, Observation, Restoration, picture_of
from restore.spec import Companion, Options, Restorer, RestorerSpec, Runtime, hookimpl

UNLUCKY = 13
"""Pictures of this width get into the trouble that the option asks for."""


class TinyOptions(Options):
    """Options of the tiny restorer."""

    strength: float = Field(1.0, ge=0, le=1.5, description="0 changes nothing.")
    trouble: str = Field("", description="What happens to pictures of the unlucky width.")
    companions: int = Field(0, ge=0, le=3, description="How many of the tiny companions are written.")


COMPANIONS = (Companion("negative"), Companion("map", ".png"), Companion("map", ".tif"))
"""What the tiny restorer can write: the picture as it was, and two maps of half its size without any metadata."""


def tiny_companions(options: TinyOptions) -> tuple[Companion, ...]:
    """What the tiny restorer promises."""
    return COMPANIONS[: options.companions]


class TinyRestorer:
    """Inverts a picture, or gets into trouble."""

    def restore(self, observation: Observation, options: TinyOptions) -> Image | Restoration:
        """Invert; strength 0 gives the same pixels in another array."""
        image, restored = observation.image, self._restored(observation.image, options)
        if not options.companions:
            return restored
        half = image.pixels[::2, ::2]
        maps = Image((half / image.white * 255).astype(np.uint8)), Image(half[..., :1].astype(np.float32))
        return Restoration(restored, (image, *maps)[: options.companions])

    def _restored(self, image: Image, options: TinyOptions) -> Image:
        if image.width == UNLUCKY:
            self._trouble(options.trouble)
            if options.trouble == "shape":
                return image.with_pixels(image.pixels[1:], None if image.alpha is None else image.alpha[1:])
        if options.strength == 0:
            return image.with_pixels(image.pixels.copy())
        return image.with_pixels((image.white - image.pixels).astype(image.pixels.dtype))

    def _trouble(self, kind: str) -> None:
        if kind == "bug":
            raise ZeroDivisionError("tiny bug")
        if kind == "refusal":
            raise InputError("cannot be restored by tiny.", hint="Try another model.")
        if kind == "exit":
            raise SystemExit(3)
        if kind == "memory":
            raise MemoryError
        if kind == "interrupt":
            raise KeyboardInterrupt


@dataclass(eq=False)
class Tiny:
    """A plugin for the tests of planning, engine and command line; counts how often its model was loaded."""

    loads: list[tuple[Path | None, Runtime]] = field(default_factory=list)

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Load at once."""
        self.loads.append((weights, runtime))
        return TinyRestorer()

    @property
    def spec(self) -> RestorerSpec:
        """Its first restorer."""
        return self.provide_restorers()[0]

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """Two models for one task and one for another."""
        return [
            RestorerSpec(
                "tiny", "denoise", "Inverts.", TinyOptions, self.load, default=True, companions=tiny_companions
            ),
            RestorerSpec("plain", "denoise", "Inverts, without options.", Options, self.load_plain),
            RestorerSpec("sharp", "sharpen", "Another task.", Options, self.load_plain),
        ]

    def options(self, strength: float = 1.0, trouble: str = "", companions: int = 0) -> TinyOptions:
        """Options of the first restorer."""
        return TinyOptions(strength=strength, trouble=trouble, companions=companions)

    def load_plain(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Load a model without options."""
        self.loads.append((weights, runtime))
        return PlainRestorer()


class PlainRestorer:
    """Inverts."""

    def restore(self, observation: Observation, options: Options) -> Image:
        """Invert."""
        return picture_of(TinyRestorer().restore(observation, TinyOptions(strength=1.0, trouble="", companions=0)))
