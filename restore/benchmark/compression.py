"""Mending JPEG, measured: clean pictures saved by libjpeg at known qualities."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator

import numpy as np
import PIL.Image

from restore.benchmark.tasks import Case, Setup, Task
from restore.errors import UsageError
from restore.evaluate import pictures_in
from restore.image import Image, Observation, Pixels
from restore.metrics import Convention, prepare, unit_scale
from restore.plugin_manager import PluginManager

QUALITIES = (10, 20, 30, 40)
"""What is measured where no quality is asked for."""


def compression_cases(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    """Pictures saved as JPEG with the pictures they were made of.

    Saved by libjpeg (Pillow) with its own tables and 4:2:0 subsampling, as nearly all files are; grey ones with one
    channel. Models get the decoded pixels alone, without a file; they are told the quality, or "auto" with ``blind``.
    """
    if setup.data is None:
        raise UsageError("the benchmark needs a folder of pictures.", hint="Give it after the task's name.")
    files = pictures_in(setup.data)
    conventions = (Convention("rgb"),) if setup.grey else (Convention("y"), Convention("rgb"))
    for name, path in itertools.islice(files.items(), setup.limit):
        pixels = manager.read_image(path, setup.max_pixels).pixels
        clean = np.rint(255 * (prepare(pixels, Convention("grey")) if setup.grey else unit_scale(pixels)))
        clean = clean.astype(np.uint8)
        for quality in setup.qualities or QUALITIES:
            told = {"saved_at": "auto" if setup.blind else quality}
            saved = Observation((Image(saved_as_jpeg(clean, quality)),))
            yield Case(name, f"quality {quality}", saved, clean, told, conventions)


def saved_as_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """What is left of a picture that was saved as JPEG.

    Args:
        pixels: uint8 ``(H, W, 1)`` or ``(H, W, 3)``.
        quality: Of libjpeg, 1 to 100.

    Returns:
        The same shape.
    """
    file = io.BytesIO()
    PIL.Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]).save(file, "JPEG", quality=quality)
    decoded = np.asarray(PIL.Image.open(file))
    return decoded.reshape(pixels.shape)


def _notes(setup: Setup) -> tuple[str, ...]:
    knowledge = "not told the quality" if setup.blind else "told the quality"
    return (f"saved by libjpeg with 4:2:0 subsampling; models got the pixels alone, {knowledge}",)


COMPRESSION = Task("dejpeg", compression_cases, _notes, flags=frozenset({"quality", "blind", "grey"}))
