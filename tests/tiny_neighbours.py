"""Tiny plugins beside the tiny one: a fuser of frames, an inpainter that needs a mask, a detector that makes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import Field

from restore.image import Image, Observation
from restore.spec import Makes, Needs, Options, Restorer, RestorerSpec, Runtime, hookimpl
from tests.tiny import UNLUCKY, Tiny


@dataclass(eq=False)
class Averager:
    """A plugin with a fuser that gives the mean of all frames.

    Attributes:
        seen: What it was given.
    """

    seen: list[Observation] = field(default_factory=list)

    def restore(self, observation: Observation, options: Options) -> Image:
        """Mean of all frames, grey ones as colour where the first is coloured."""
        self.seen.append(observation)
        first = observation.image
        mean = np.mean([frame.pixels.astype(np.float64) for frame in observation.frames], axis=0)
        pixels = mean if first.pixels.dtype == np.float32 else np.rint(mean)
        return first.with_pixels(pixels.astype(first.pixels.dtype))

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Nothing to load."""
        return self

    @property
    def spec(self) -> RestorerSpec:
        """Its restorer."""
        return self.provide_restorers()[0]

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One model."""
        return [RestorerSpec("mean", "fuse", "The mean of all frames.", Options, self.load, needs=Needs.FRAMES)]


@dataclass(eq=False)
class Painter:
    """A plugin with an inpainter that paints over the whole picture and forgets alpha and metadata.

    Attributes:
        seen: The masks it was given.
    """

    seen: list[np.ndarray] = field(default_factory=list)

    def restore(self, observation: Observation, options: Options) -> Image:
        """Paint everything in the brightest colour."""
        assert observation.mask is not None
        self.seen.append(observation.mask.copy())
        pixels = observation.image.pixels
        return Image(np.full_like(pixels, 1 if pixels.dtype == np.float32 else np.iinfo(pixels.dtype).max))

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Nothing to load."""
        return self

    @property
    def spec(self) -> RestorerSpec:
        """Its restorer."""
        return RestorerSpec("painter", "inpaint", "Paints.", Options, self.load, needs=Needs.IMAGE_AND_MASK)

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One, and one of the same task that needs no mask."""
        return [self.spec, RestorerSpec("guesser", "inpaint", "Guesses.", Options, Tiny().load_plain)]


class SpotterOptions(Options):
    """Options of the detector."""

    level: float = Field(0.8, gt=0, lt=1, description="What is at least so bright is damaged; 1 is white.")


@dataclass(eq=False)
class Spotter:
    """A plugin with a detector: what is nearly white is damaged. The pictures that `photo` writes have none of it.

    Attributes:
        trouble: What happens to pictures of the unlucky width: a "bug", or a mask of a wrong "size".
        seen: Sizes of the pictures it was given.
        loads: How often it was loaded.
    """

    trouble: str = ""
    seen: list[tuple[int, int]] = field(default_factory=list)
    loads: int = 0

    def restore(self, observation: Observation, options: SpotterOptions) -> Image:
        """Mark what is bright; keeps the picture's metadata, which no mask may hold."""
        image = observation.image
        self.seen.append((image.width, image.height))
        pixels = (image.pixels.max(axis=2, keepdims=True) >= options.level * image.white).astype(np.uint8) * 255
        if image.width == UNLUCKY and self.trouble == "bug":
            raise ZeroDivisionError("spotter's bug")
        return Image(pixels[1:] if image.width == UNLUCKY and self.trouble else pixels, metadata=image.metadata)

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Count it."""
        self.loads += 1
        return self

    @property
    def spec(self) -> RestorerSpec:
        """Its restorer."""
        return RestorerSpec("spotter", "detect", "Finds white.", SpotterOptions, self.load, makes=Makes.MASK)

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One."""
        return [self.spec]
