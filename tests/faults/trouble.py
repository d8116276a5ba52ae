"""A plugin for tests that does nothing useful: it inverts pictures, or gets into the trouble that a picture asks for.

`install` puts it where Python finds it like an installed package, so that a worker in a process of its own has it too.
The trouble is written in the picture: its width, or for trouble while decoding its name.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from restore.errors import InputError
from restore.image import Image, Observation, Restoration
from restore.journal import Journal
from restore.spec import Companion, Options, Restorer, RestorerSpec, Runtime, hookimpl

SLEEP, RAISE, SEGFAULT, EXIT, HANG, ALLOCATE = 41, 42, 43, 44, 45, 46
"""Widths of pictures that are trouble."""
DECODER_CRASH, DECODER_HANG = "decoder-crash", "decoder-hang"
"""In names of pictures whose decoder is trouble."""

DIE = "TROUBLE_DIE"
"""Environment variable: ``STEP:COUNT:MARKER``, the process kills itself when it comes to a step for the COUNT-th time,
if the file MARKER is not there yet."""
STEPS = ("before intend", "after intend", "after rename", "after finish")

_FOREVER = 3600.0
_INFO = "trouble-1.0.dist-info"


class TroubleOptions(Options):
    """Options of the model."""

    delay: float = Field(0.0, ge=0, description="Seconds that every picture takes.")
    flavour: int = Field(0, description="Added to every sample: results of another flavour are other results.")
    companions: int = Field(0, ge=0, le=2, description="How many pictures are written beside each result.")


COMPANIONS = (Companion("twin"), Companion("map", ".tif"))


def companions_of(options: TroubleOptions) -> tuple[Companion, ...]:
    """What is promised for these options."""
    return COMPANIONS[: options.companions]


class Trouble:
    """Inverts a picture, or makes trouble."""

    def restore(self, observation: Observation, options: TroubleOptions) -> Image | Restoration:
        """Invert; the width says what else. A map is much larger than its result, so that writing it takes a while."""
        image = observation.image
        time.sleep(options.delay)
        _make(image.width)
        restored = image.with_pixels((image.white - image.pixels + options.flavour).astype(image.pixels.dtype))
        if not options.companions:
            return restored
        level = np.float32(image.pixels.mean() + options.flavour)
        return Restoration(restored, (image, Image(np.full((300, 400, 1), level)))[: options.companions])


def _make(width: int) -> None:
    if width == SLEEP:
        time.sleep(2)
    elif width == RAISE:
        raise ZeroDivisionError("trouble was asked for")
    elif width == SEGFAULT:
        ctypes.string_at(0)
    elif width == EXIT:
        os._exit(3)
    elif width == HANG:
        time.sleep(_FOREVER)
    elif width == ALLOCATE:
        hoard: list[Any] = []
        while True:
            hoard.append(np.ones(64 << 20, np.uint8))


def _arm(step: str, count: int, marker: Path) -> None:
    """Have this process kill itself at a step of putting a result on the disk."""
    numbers = itertools.count(1)

    def die() -> None:
        if next(numbers) == count and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(function: Callable[..., Any], *, before: bool, filtered: bool = False) -> Callable[..., Any]:
        def call(first: Any, *arguments: Any, **named: Any) -> Any:
            counts = not filtered or first.name.startswith(".restore-")
            if before and counts:
                die()
            answer = function(first, *arguments, **named)
            if not before and counts:
                die()
            return answer

        return call

    if step == "before intend":
        Journal.intend = wrapped(Journal.intend, before=True)  # type: ignore[method-assign]
    elif step == "after intend":
        Journal.intend = wrapped(Journal.intend, before=False)  # type: ignore[method-assign]
    elif step == "after rename":
        Path.replace = wrapped(Path.replace, before=False, filtered=True)  # type: ignore[method-assign]
    else:
        Journal.finish = wrapped(Journal.finish, before=False)  # type: ignore[method-assign]


if os.environ.get(DIE):
    _step, _count, _marker = os.environ[DIE].split(":", 2)
    _arm(_step, int(_count), Path(_marker))


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    return Trouble()


def _crash_at_load(weights: Path | None, runtime: Runtime) -> Restorer:
    time.sleep(0.2)
    ctypes.string_at(0)
    raise AssertionError("unreachable")


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Two models: one that loads, one that crashes while it loads."""
    return [
        RestorerSpec(
            "trouble",
            "denoise",
            "Inverts, or makes trouble.",
            TroubleOptions,
            _load,
            default=True,
            companions=companions_of,
        ),
        RestorerSpec("stillborn", "denoise", "Crashes while it loads.", TroubleOptions, _crash_at_load),
    ]


@hookimpl
def read_image(path: Path, max_pixels: int) -> Image | None:
    """A decoder that crashes, hangs or refuses, for files that are named so."""
    if DECODER_CRASH in path.name:
        ctypes.string_at(0)
    if DECODER_HANG in path.name:
        time.sleep(_FOREVER)
    if "decoder-refuses" in path.name:
        raise InputError("is refused by the decoder of trouble.", path=path)
    return None


def install(folder: Path) -> dict[str, str]:
    """Install this plugin into a folder.

    Args:
        folder: Where; made if it is missing.

    Returns:
        The environment for a process that is to have this plugin, and no other.
    """
    package, info = folder / "restore_trouble", folder / _INFO
    package.mkdir(parents=True, exist_ok=True)
    info.mkdir(exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "plugin.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trouble\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[restore.plugins]\ntrouble = restore_trouble.plugin\n")
    root = Path(__file__).resolve().parents[2]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(root)]),
        "RESTORE_PLUGINS": "trouble",
        "OMP_NUM_THREADS": "1",
    }
