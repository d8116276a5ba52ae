"""Loading and running `vae-sr`."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from restore.diagnose import looks_processed
from restore.enlarging import left_as_it_is
from restore.errors import InputError
from restore.image import Image, Observation, Pixels, Restoration
from restore.resampling import resized
from restore.spec import Runtime
from restore.toolkit.alpha import bled
from restore.toolkit.device import Machine, choose
from restore.toolkit.pixels import as_grey, in_channels
from restore.toolkit.strips import edge_within
from restore.weights import fitting
from restore.weights import load as load_weights
from restore_vae_sr.enlargement import BYTES_PER_PIXEL, EDGE, Enlargement, Sampling
from restore_vae_sr.model import SCALES, Architecture, VaeSr
from restore_vae_sr.plugin import UpscaleOptions
from restore_vae_sr.uncertainty import drawn, measured

log = logging.getLogger("restore")


class VaeUpscaler:
    """The loaded upscaler.

    Args:
        models: By training, "clean" and "photo"; one of them where the user gives weights.
        machine: Where to run them.
        edge: A strip holds edge² small pixels.
    """

    def __init__(self, models: dict[str, VaeSr], machine: Machine, edge: int) -> None:
        self.models = models
        self.machine = machine
        self.edge = edge

    def restore(self, observation: Observation, options: UpscaleOptions) -> Restoration:
        """Enlarge one picture; see `restore.spec.Restorer`.

        Raises:
            InputError: The observation has a mask, is to be enlarged more than the networks know, or holds NaN or
                infinite values.
        """
        image = observation.image
        if observation.mask is not None:
            raise InputError(
                "vae-sr has no use for a mask.", hint="Enlarge first, inpaint afterwards, or leave it out."
            )
        size = options.output_size(image.height, image.width)
        if size == (image.height, image.width):
            return _unchanged(left_as_it_is(image), options)
        _check_finite(image)
        factor = options.factor(image.height, image.width)
        scale = next(scale for scale in SCALES if factor <= scale + 1e-9)
        training = self._training(image.pixels, options)
        consistent = training == "clean" if options.consistent == "auto" else options.consistent == "on"
        how = Enlargement(self.models[training], scale, self.machine, self.edge, consistent)
        return _Picture(image, how, size).restore(options)

    def _training(self, pixels: Pixels, options: UpscaleOptions) -> str:
        if len(self.models) == 1:
            return next(iter(self.models))
        if options.training != "auto":
            return options.training
        found = looks_processed(pixels)
        training = "photo" if found.processed else "clean"
        log.info("taken for a %s picture: %s", training, found.reason)
        return training


def _check_finite(image: Image) -> None:
    """Refuse what no network can work on, before it takes the time of the whole picture."""
    planes = [image.pixels] if image.alpha is None else [image.pixels, image.alpha]
    if image.pixels.dtype == np.float32 and not all(np.isfinite(plane).all() for plane in planes):
        raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")


def _unchanged(image: Image, options: UpscaleOptions) -> Restoration:
    """A picture that was large enough, and companions that say that nothing was invented."""
    nothing = np.zeros((image.height, image.width), np.float32)
    maps = (drawn(nothing), measured(nothing)) if options.uncertainty else ()
    return Restoration(image, (image,) * options.samples + maps)


class _Picture:
    """One picture on its way."""

    def __init__(self, image: Image, how: Enlargement, size: tuple[int, int]) -> None:
        self.image = image
        self.how = how
        self.size = size
        pixels = bled(image.pixels, image.alpha)
        self.pixels = as_grey(pixels)
        self.alpha = None if image.alpha is None else self._alpha(image.alpha)

    def restore(self, options: UpscaleOptions) -> Restoration:
        """The faithful picture and what else was asked for."""
        height, width = (n * self.how.scale for n in self.pixels.shape[:2])
        spread = np.empty((height, width), np.float32) if options.uncertainty else None
        faithful = self._finished(self.how.run(self.pixels, spread=spread))
        draws = (Sampling(options.seed, k + 1, options.temperature) for k in range(options.samples))
        samples = tuple(self._finished(self.how.run(self.pixels, draw)) for draw in draws)
        return Restoration(faithful, samples + (() if spread is None else self._maps(spread)))

    def _maps(self, spread: npt.NDArray[np.float32]) -> tuple[Image, Image]:
        if spread.shape != self.size:
            spread = np.maximum(resized(spread, *self.size), 0)
        return drawn(spread), measured(spread)

    def _alpha(self, alpha: Pixels) -> Pixels:
        """Transparency with the same edges: run through the same network, as a grey picture."""
        if (alpha == alpha.flat[0]).all():
            return np.full(self.size, alpha.flat[0], alpha.dtype)
        larger = self._sized(self.how.run(alpha[:, :, None]))[:, :, 0]
        return larger.clip(0, 1) if larger.dtype == np.float32 else larger

    def _sized(self, pixels: Pixels) -> Pixels:
        return pixels if pixels.shape[:2] == self.size else resized(pixels, *self.size)

    def _finished(self, pixels: Pixels) -> Image:
        return self.image.with_pixels(in_channels(self._sized(pixels), self.image.channels), self.alpha)


def load(files: Sequence[Path], runtime: Runtime) -> VaeUpscaler:
    """Load one or several trainings.

    Args:
        files: Safetensors files written by the training.
        runtime: Device, precision and tile.

    Raises:
        WeightsError: A file is missing, damaged or of another model.
        DeviceError: The device asked for is not there.
    """
    models = {}
    for path in files:
        tensors, header = load_weights(path, "vae-sr")
        with fitting(path, "vae-sr"):
            model = VaeSr(Architecture(**json.loads(header["config"])))
            model.load_state_dict(tensors)
            models[str(json.loads(header["settings"])["training"])] = model
    edge = runtime.tile or (edge_within(runtime.memory, BYTES_PER_PIXEL, EDGE) if runtime.memory else EDGE)
    return VaeUpscaler(models, choose(runtime), edge)
