"""What `restore.testing` tries a restorer with: the model, loaded once, and small pictures."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from restore.contracts import promised_companions
from restore.errors import UsageError, WeightsError
from restore.image import Image, Metadata, Observation, Pixels, Restoration, picture_of
from restore.loading import completed_options, load_restorer
from restore.options import build_options
from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime
from restore.steps import restore

Mask = npt.NDArray[np.bool_]
"""``(H, W)``, True = missing."""

SIZES: tuple[dict[str, object], ...] = (
    {"scale": 2},
    {"scale": 3},
    {"scale": 4},
    {"scale": 1.5},
    {"scale": 5},
    {"size": "150x100"},
    {"max_side": 160},
    {"max_side": 20},
)
"""Options that a model which enlarges is tried with, as far as it has them and takes these values."""

METADATA = Metadata(source_format="TIFF", exif=b"II*\0\x08\0\0\0\0\0", xmp=b"<x/>", icc=b"profile", dpi=(300.0, 300.0))


class NotToldError(AssertionError):
    """A restorer without default options, or without weights of its own, was given none that will do."""


class Bench:
    """One loaded model and what it is given.

    Args:
        spec: Its description.
        options: What it is tried with; None for its defaults.
        weights: A file for a model that has no weights of its own; None for the shipped ones.
    """

    def __init__(self, spec: RestorerSpec, options: Options | None = None, weights: Path | None = None) -> None:
        self.spec = spec
        self._options = options
        self._weights = weights

    @cached_property
    def defaults(self) -> Options:
        """What it is tried with where a rule asks for nothing else.

        Raises:
            NotToldError: It must be told what to do, and was not.
        """
        try:
            given = self._options or build_options(self.spec.options, {})
        except UsageError as error:
            raise NotToldError(f"give it options to be tried with, for it has no defaults: {error}") from error
        try:
            return completed_options(self.spec, given, self._weights)
        except WeightsError as error:
            raise NotToldError(str(error)) from error

    @cached_property
    def restorer(self) -> Restorer:
        """The model, on the CPU; pictures are too small for several threads to be worth their while."""
        return self.loaded(Runtime(device="cpu", threads=1))

    def loaded(self, runtime: Runtime) -> Restorer:
        """The model, loaded anew."""
        return load_restorer(self.spec, self._weights, runtime)

    def restore(self, image: Image, options: Options | None = None, restorer: Restorer | None = None) -> Image:
        """What the model makes of a picture; with its default options unless others are given."""
        answer = (restorer or self.restorer).restore(self.observation(image), options or self.defaults)
        result: object = picture_of(answer)
        assert isinstance(result, Image), f"restore gave a {type(result).__name__} instead of an Image"
        return result

    def answer(self, observation: Observation, restorer: Restorer | None = None) -> Restoration:
        """What the model makes of an observation, checked as in every run."""
        return restore(restorer or self.restorer, observation, self.spec, self.defaults)

    def observation(self, image: Image) -> Observation:
        """A picture with what else the model needs: the first of `masks`, or a second frame half as bright."""
        if self.spec.needs is Needs.FRAMES:
            half = image.pixels * np.float32(0.5)
            return Observation((image, image.with_pixels(half.astype(image.pixels.dtype))))
        if self.spec.needs is Needs.IMAGE_AND_MASK:
            return Observation((image,), masks(image.height, image.width)["a hole in the middle"])
        return Observation((image,))

    def scratched(self, image: Image) -> Observation:
        """The same, but little of a large picture is missing: what it takes to fill much is another question."""
        if self.spec.needs is Needs.IMAGE_AND_MASK:
            return Observation((image,), scratches(image.height, image.width))
        return self.observation(image)

    def made(self, result: Image) -> Pixels:
        """The pixels ``(N, C)`` of a result that are the model's work: all of them, or those that were missing."""
        mask = self.observation(result).mask
        return result.pixels.reshape(-1, result.channels) if mask is None else result.pixels[mask]


def scratches(height: int, width: int) -> Mask:
    """Two scratches, one upright, one slanting, each two pixels wide and at most 160 long."""
    rows, columns = np.mgrid[:height, :width]
    upright = np.abs(columns - width // 3) < 1.5
    slanting = np.abs(columns - width // 2 - rows // 3) < 1.5
    missing: Mask = (upright | slanting) & (rows < 160) & (columns > 0)
    return missing


def masks(height: int, width: int) -> dict[str, Mask]:
    """What can be missing of a picture, by what it is; always something is left."""
    rows, columns = np.mgrid[:height, :width]
    scattered = np.random.default_rng(2).random((height, width)) < 0.3
    scattered[height // 2, width // 2] = False
    inside = (rows >= height // 3) & (rows < height * 2 // 3) & (columns >= width // 3) & (columns < width * 2 // 3)
    return {
        "a hole in the middle": inside,
        "a hole at the border": (rows < height // 2) & (columns < width // 3),
        "an outer border": (rows < height // 4) | (columns >= width - width // 4),
        "scattered pixels": scattered,
        "a single pixel": (rows == height // 2) & (columns == width // 4) & (width >= 4),
        "all but one pixel": (rows != height // 2) | (columns != width // 2),
        "nothing": np.zeros((height, width), dtype=np.bool_),
    }


def picture(height: int, width: int, channels: int = 3, dtype: type = np.uint8, seed: int = 0) -> Image:
    """A soft gradient with noise of 4 % of white, the same for the same arguments; float stays within [-0.1, 1.1]."""
    rows, columns = np.linspace(0.1, 0.8, height)[:, None, None], np.linspace(0, 0.2, width)[None, :, None]
    clean = rows + columns * np.array([1.0, 0.6, 0.3])[None, None, :channels]
    noisy = clean + np.random.default_rng(seed).normal(0, 0.04, (height, width, channels))
    if dtype is np.float32:
        return Image(noisy.clip(-0.1, 1.1).astype(np.float32), metadata=METADATA)
    return Image((noisy.clip(0, 1) * np.iinfo(dtype).max).round().astype(dtype), metadata=METADATA)


def other_sizes(spec: RestorerSpec) -> list[Options]:
    """The options for every one of `SIZES` that the model takes."""
    found = []
    for size in SIZES if spec.output_size is not None else ():
        if not set(size) <= set(spec.options.model_fields):
            continue
        try:
            found.append(spec.options.model_validate(size))
        except ValidationError:
            continue
    return found


def promising(spec: RestorerSpec, defaults: Options) -> list[Options]:
    """The options among which companions may be asked for: the defaults; each switch turned; each whole number at 2.

    Args:
        spec: The restorer.
        defaults: What it is tried with where nothing else is asked for.

    Raises:
        PluginError: The model promises what it cannot.
    """
    turned: dict[str, object] = {}
    for name in spec.options.model_fields:
        value = getattr(defaults, name)
        if isinstance(value, int):
            turned[name] = not value if isinstance(value, bool) else 2
    found = [defaults]
    for values in [*({name: value} for name, value in turned.items()), *([turned] if turned else [])]:
        with suppress(ValidationError):
            found.append(spec.options.model_validate({**dict(defaults), **values}))
    return [options for options in found if promised_companions(spec, options)]
