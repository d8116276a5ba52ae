"""Shared by several test files: a tiny plugin, pictures, and the command line run in-process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pydantic import Field

from restore.errors import InputError
from restore.image import Image, Observation, Restoration, picture_of
from restore.journal import FOLDER
from restore.plugin_manager import PluginManager
from restore.spec import Companion, Makes, Needs, Options, Restorer, RestorerSpec, Runtime, hookimpl

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


@dataclass(frozen=True)
class Outcome:
    """What a command gave."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def no_own_weights(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models take what they ship with, whatever the developer who runs the tests has made their default."""
    monkeypatch.setenv("RESTORE_WEIGHTS", str(tmp_path_factory.getbasetemp() / "own-weights"))


@pytest.fixture
def tiny() -> Tiny:
    return Tiny()


@pytest.fixture
def tiny_manager(tiny: Tiny) -> PluginManager:
    return PluginManager.of({"tiny": tiny})


@pytest.fixture
def averager() -> Averager:
    return Averager()


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def spotter() -> Spotter:
    return Spotter()


@pytest.fixture
def photo() -> Callable[..., Path]:
    """Writes a small picture with structure in it; the suffix says the format."""
    from PIL import Image as PillowImage

    def write(path: Path, width: int = 24, height: int = 16, mode: str = "RGB") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows, columns = np.mgrid[:height, :width]
        pixels = np.stack([rows * 7 % 256, columns * 5 % 256, (rows + columns) % 256], axis=2).astype(np.uint8)
        PillowImage.fromarray(pixels).convert(mode).save(path)
        return path

    return write


@pytest.fixture
def run_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs ``restore`` in this process with any plugins."""
    from restore.cli import main

    def call(manager: PluginManager, *arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments], manager)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return call


@pytest.fixture
def cli(tiny_manager: PluginManager, run_cli: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Runs ``restore`` in this process with the tiny plugin."""
    return lambda *arguments: run_cli(tiny_manager, *arguments)


@pytest.fixture
def listing_of() -> Callable[[Path], list[str]]:
    """All names below a folder, hidden ones too: shows whether something half-written was left behind.

    A journal, and a folder that holds nothing else, are part of every run and not listed.
    """

    def names(folder: Path) -> list[str]:
        return sorted(
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if FOLDER not in path.relative_to(folder).parts
            and not (path.is_dir() and [child.name for child in path.iterdir()] == [FOLDER])
        )

    return names
