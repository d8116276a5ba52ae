"""Loading and running the networks of others."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from restore.enlarging import left_as_it_is
from restore.errors import InputError, WeightsError
from restore.image import Image, Observation, Pixels
from restore.resampling import resized
from restore.spec import Restorer, Runtime
from restore.toolkit.alpha import bled
from restore.toolkit.missing import check_known, what_is_missing
from restore_spandrel.channels import run_network
from restore_spandrel.contents import INPAINT, UPSCALE, check_task
from restore_spandrel.execution import Execution
from restore_spandrel.filling import fill
from restore_spandrel.plugin import InpaintOptions, MendOptions, UpscaleOptions
from restore_spandrel.reading import network_of, read_model

log = logging.getLogger("restore")

FACE = 512
"""Edge of the pictures that networks of faces know."""

CLIPPED = "Values below black or beyond white were cut off: the networks of others know none."


def load(task: str, weights: Path, runtime: Runtime) -> Restorer:
    """Load a network for a task.

    Args:
        task: The command it is to serve.
        weights: A model file, see `restore_spandrel.reading.read_model`.
        runtime: Device, precision, tile and memory.

    Raises:
        WeightsError: The file cannot be read, or another command is for what it holds.
        DeviceError: The device is not there, or the network cannot compute in the precision asked for.
    """
    descriptor = read_model(weights)
    network = network_of(descriptor)
    check_task(network, task, weights)
    if task == INPAINT and (network.input_channels, network.output_channels) != (3, 3):
        said = f"this {network.architecture} fills pictures of {network.input_channels} channels"
        raise WeightsError(f"{said}; only networks of RGB pictures are run.", path=weights, hint="Take another model.")
    rule = descriptor.size_requirements
    log.info(
        "%s: %s, %s, x%d, %d channels in, %d out, sizes from %d in steps of %d%s",
        weights.name,
        network.architecture,
        network.purpose,
        network.scale,
        network.input_channels,
        network.output_channels,
        max(rule.minimum, 1),
        rule.multiple_of,
        ", square" if rule.square else "",
    )
    execution = Execution.of(descriptor, runtime)
    if task == UPSCALE:
        return Upscaler(execution)
    return Inpainter(execution) if task == INPAINT else Mender(execution)


class Upscaler:
    """A loaded network that enlarges.

    Args:
        execution: How it is run.
    """

    def __init__(self, execution: Execution) -> None:
        self.execution = execution

    def restore(self, observation: Observation, options: UpscaleOptions) -> Image:
        """Enlarge one picture; see `restore.spec.Restorer`.

        By less than the network does: by all of it, and a bicubic reduction.

        Raises:
            InputError: It is to be enlarged more than the network does, or holds NaN or infinite values.
        """
        image = observation.image
        options = options.model_copy(update={"network": network_of(self.execution.descriptor)})
        size = options.output_size(image.height, image.width)
        if size == (image.height, image.width):
            return left_as_it_is(image)
        _check_finite(image)
        pixels = bled(image.pixels, image.alpha)
        made, alpha = run_network(self.execution, pixels, image.alpha)
        if image.alpha is not None and alpha is None:
            alpha = self._alpha(image.alpha)
        result = image.with_pixels(_sized(made, size), None if alpha is None else _bounded(_sized(alpha, size)))
        return _told(image, result)

    def _alpha(self, alpha: Pixels) -> Pixels:
        """Transparency with the same edges: run through the same network, as a grey picture."""
        scale = self.execution.descriptor.scale
        if (alpha == alpha.flat[0]).all():
            return np.full((alpha.shape[0] * scale, alpha.shape[1] * scale), alpha.flat[0], alpha.dtype)
        return run_network(self.execution, alpha[:, :, None])[0][:, :, 0]


class Mender:
    """A loaded network that keeps a picture's size.

    Args:
        execution: How it is run.
    """

    def __init__(self, execution: Execution) -> None:
        self.execution = execution

    def restore(self, observation: Observation, options: MendOptions) -> Image:
        """Mend one picture; see `restore.spec.Restorer`. Its transparency stays as it is.

        Raises:
            InputError: It holds NaN or infinite values; or it is no face, for a network of faces.
        """
        image = observation.image
        if options.strength == 0:
            return image
        descriptor = self.execution.descriptor
        if descriptor.purpose == "FaceSR" and max(image.height, image.width) > FACE:
            raise InputError(
                f"is {image.width} x {image.height} pixels; {descriptor.architecture.name} mends a face that fills "
                f"{FACE} x {FACE} pixels.",
                hint="Cut the face out and reduce it to that size first.",
            )
        _check_finite(image)
        made, _ = run_network(self.execution, image.pixels, image.alpha, options.strength)
        return _told(image, image.with_pixels(made))


class Inpainter:
    """A loaded network that fills holes.

    Args:
        execution: How it is run.
    """

    def __init__(self, execution: Execution) -> None:
        self.execution = execution

    def restore(self, observation: Observation, options: InpaintOptions) -> Image:
        """Fill the holes of one picture; see `restore.spec.Restorer`.

        Known pixels come back byte for byte; what missing ones held has no influence.

        Raises:
            InputError: There is no mask, it covers the whole picture, or known pixels are NaN or infinite.
        """
        image, mask = observation.image, what_is_missing(observation)
        if mask is None:
            return image
        check_known(image.pixels, mask)
        return image.with_pixels(fill(self.execution, image.pixels, mask))


def _check_finite(image: Image) -> None:
    """Refuse what no network can work on, before it takes the time of the whole picture."""
    planes = [image.pixels] if image.alpha is None else [image.pixels, image.alpha]
    if image.pixels.dtype == np.float32 and not all(np.isfinite(plane).all() for plane in planes):
        raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")


def _told(given: Image, result: Image) -> Image:
    """The result, with a note where values were cut off."""
    pixels = given.pixels
    if pixels.dtype != np.float32 or (pixels.min() >= 0 and pixels.max() <= 1):
        return result
    return result.with_warnings(CLIPPED)


def _sized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    return pixels if pixels.shape[:2] == size else resized(pixels, *size)


def _bounded(alpha: Pixels) -> Pixels:
    return alpha.clip(0, 1) if alpha.dtype == np.float32 else alpha
