"""Inpainting, measured: holes drawn by chance, the same for every model, cut into pictures of which all is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from restore.benchmark.tasks import Case, Setup, Task, seeded
from restore.errors import InputError, UsageError
from restore.evaluate import pictures_in
from restore.holes import KINDS
from restore.image import Image, Observation, Pixels
from restore.metrics import Convention
from restore.plugin_manager import PluginManager


def inpainting_cases(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    """Pictures with holes, in the depth of their files, beside the whole ones.

    A hole depends on its kind, the seed, the file's name and the picture's size alone. What was there is gone before a
    model sees the picture: every missing pixel is mid-grey (`mid_grey`).
    """
    if setup.data is None:
        raise UsageError("the benchmark needs a folder of pictures.", hint="Give it after the task's name.")
    from restore.holes.drawing import SMALLEST, draw_hole

    files = pictures_in(setup.data)
    for name, path in itertools.islice(files.items(), setup.limit):
        whole = manager.read_image(path, setup.max_pixels).pixels
        height, width = whole.shape[:2]
        if min(height, width) < SMALLEST:
            size = f"{width} x {height}"
            raise InputError(f"{size} pixels are too few for a hole.", path=path, hint="Take it out of the folder.")
        for kind in setup.masks or KINDS:
            mask = draw_hole(kind, height, width, seeded(setup.seed, f"{kind}/{name}"))
            spoilt = whole.copy()
            spoilt[mask] = mid_grey(whole)
            yield Case(name, kind, Observation((Image(spoilt),), mask), whole, {}, (Convention("rgb"),))


def mid_grey(pixels: Pixels) -> float:
    """Half of white in the depth of a picture: 128, 32768 or 0.5."""
    return 0.5 if pixels.dtype == np.float32 else (int(np.iinfo(pixels.dtype).max) + 1) // 2


def _notes(setup: Setup) -> tuple[str, ...]:
    return (
        f"seed {setup.seed}; the same holes for every model, filled with mid-grey; models given the mask",
        "_hole: over missing pixels alone. psnr_hole: of their mean squared error; ssim_hole: mean over windows whose "
        "middle is missing; l1: mean absolute error in % of white; gradient_hole: mean squared Sobel gradient of luma "
        "(0.299 R + 0.587 G + 0.114 B), divided by the true one: below 1 is blurred; per picture, then the mean",
        "s/MP and MP/s count pixels of whole pictures",
    )


INPAINTING = Task("inpaint", inpainting_cases, _notes, flags=frozenset({"masks", "seed"}))
