"""Running chains on pictures of any depth."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from restore.degradations.options import Spoiling
from restore.degrade.chain import Degraded, degraded
from restore.errors import DeviceError, InputError
from restore.image import Image, Observation, Pixels
from restore.resampling import resized
from restore.spec import Runtime
from restore.toolkit.alpha import bled
from restore.toolkit.device import Machine, choose, is_out_of_memory
from restore.toolkit.pixels import PixelReader, to_pixels

DAMAGED = 255


class Spoiler:
    """Spoils pictures.

    Args:
        machine: Where.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @classmethod
    def on(cls, runtime: Runtime) -> Spoiler:
        """One for this runtime.

        Raises:
            DeviceError: The device asked for is not there.
        """
        return cls(choose(runtime))

    def restore(self, observation: Observation, options: Spoiling) -> Image:
        """Spoil a picture; its alpha is only made smaller with it, and what is hidden is spoilt as if it were visible.

        A grey picture's noise is that of one channel. Where a chain rounds to 8 bits (JPEG, WebP), so is a deeper
        picture's content, in its own depth.

        Raises:
            InputError: The picture is too small or too large for a step, or holds NaN or infinite values, or such large
                ones that they would become so.
            DeviceError: Not enough memory.
        """
        image = _checked(observation)
        done = self.spoilt(image, options)
        channels = done.pictures[:, : image.channels]
        spoilt = to_pixels(channels.contiguous(), image.pixels.dtype)
        if spoilt.dtype == np.float32 and not np.isfinite(spoilt).all():
            raise InputError("holds values too large for what is done to it.", hint="Divide them first: white is 1.")
        height, width = options.output_size(image.height, image.width)
        result = image.with_pixels(np.ascontiguousarray(spoilt), _smaller(image, height, width, options.scale()))
        return result.with_warnings(*done.warnings)

    def spoilt(self, image: Image, options: Spoiling) -> Degraded:
        """What the chain makes of a picture: a batch of one, in three channels.

        Nothing that full transparency hides comes to light by it.

        Raises:
            InputError: The picture is too small or too large for a step.
            DeviceError: Not enough memory.
        """
        device = self.machine.device
        generator = torch.Generator(device).manual_seed(seed_of(image.pixels, options.seed))
        reader = PixelReader(bled(image.pixels, image.alpha), 1)
        try:
            with torch.inference_mode(), _one_thread():
                clean = reader(0, image.height, 0, image.width).contiguous().to(device)
                return degraded(clean, options.steps(), generator, grey=image.is_grey)
        except ValueError as error:
            raise InputError(f"cannot be spoilt like that: {error}.", hint="Leave that step out.") from error
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise DeviceError("not enough memory to spoil it.", hint="Try --jobs 1, or --device cpu.") from error


class Truth:
    """Gives back what was there before, as far as a spoilt picture shows it."""

    def restore(self, observation: Observation, options: Spoiling) -> Image:
        """Crop the picture to whole pixels of its reduction; all of it where nothing is reduced.

        What is fully transparent has the colour that was spoilt, so that both are alike where nothing was done.
        """
        image = observation.image
        height, width = options.truth_size(image.height, image.width)
        pixels = np.ascontiguousarray(bled(image.pixels, image.alpha)[:height, :width])
        return image.with_pixels(pixels, None if image.alpha is None else image.alpha[:height, :width].copy())


class DamageMask:
    """Says where a spoiler's damage lies.

    Args:
        spoiler: Draws it again, with the same chance.
    """

    def __init__(self, spoiler: Spoiler) -> None:
        self.spoiler = spoiler

    def restore(self, observation: Observation, options: Spoiling) -> Image:
        """Mark the damage of one picture.

        Returns:
            ``(H, W, 1)`` uint8, 255 = damaged, 0 = sound.

        Raises:
            InputError: The picture is made smaller as well, so that no mask fits both; or as `Spoiler.restore`.
        """
        image = _checked(observation)
        if options.scale() > 1:
            raise InputError(
                "has no mask of damage to a smaller picture.", hint="Reduce first, then damage what came out."
            )
        mask = self.spoiler.spoilt(image, options).mask
        marked = np.zeros((image.height, image.width, 1), np.uint8)
        if mask is not None:
            marked[mask[0, 0].cpu().numpy()] = DAMAGED
        return Image(marked)


def seed_of(pixels: Pixels, seed: int) -> int:
    """The seed of a picture's chance, below 2^63: made of the user's seed and of all that the picture holds."""
    told = hashlib.blake2b(f"{seed} {pixels.shape} {pixels.dtype}".encode(), digest_size=8)
    told.update(np.ascontiguousarray(pixels).data)
    return int.from_bytes(told.digest(), "big") >> 1


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Compute with a single thread: with several, spectra and powers differ in their last bits, by how many there are.

    Where noise is drawn from what came out (`torch.poisson`), another last bit is another picture.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _checked(observation: Observation) -> Image:
    """The picture, unless it holds what nothing can be done to."""
    image = observation.image
    if image.pixels.dtype == np.float32 and not np.isfinite(image.pixels).all():
        raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")
    return image


def _smaller(image: Image, height: int, width: int, scale: int) -> npt.NDArray[np.generic] | None:
    """The alpha of a result of this size."""
    if image.alpha is None or scale == 1:
        return image.alpha
    return resized(image.alpha[: height * scale, : width * scale], height, width)
