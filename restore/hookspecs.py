"""The hooks: what a plugin may contribute, each with its contract.

There is no hook around the pixels: pluggy collects answers or picks one, it does not chain. Chaining restorers is the
pipeline's job.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from restore.image import Image, Pixels

if TYPE_CHECKING:
    import click

    from restore.engine import Job, Report
    from restore.spec import RestorerSpec

hookspec = pluggy.HookspecMarker("restore")

Metric = Callable[[Pixels, Pixels], float]


@hookspec
def provide_restorers() -> Sequence[RestorerSpec]:
    """Return the descriptions of the restorers this plugin has.

    Called once per process, before the command line is parsed, so it must cost nothing: no torch, no OpenCV, no file
    access beyond the path of the weights. All plugins' answers are collected. A name that another plugin already gave
    is reported by `restore plugins` and left out.
    """
    raise AssertionError("a specification is never called")


@hookspec(firstresult=True)
def read_image(path: Path, max_pixels: int) -> Image | None:
    """Read one picture, upright, with everything round the pixels; None if the format is not this plugin's.

    Called in a reader thread, once per input file. The core's own codecs are asked last.

    Args:
        path: An existing file.
        max_pixels: Refuse larger pictures from their header, before any pixel is decoded.

    Raises:
        restore.errors.InputError: The file is of this format and cannot be read; names the file and the next step.
    """


@hookspec(firstresult=True)
def write_image(image: Image, path: Path, quality: int | None) -> Sequence[str] | None:
    """Write one picture to `path` whose suffix names the format; None if the format is not this plugin's.

    Called in a writer thread with a temporary path in the target folder; the caller renames it into place. Returns what
    the format could not keep, one sentence each (empty when all is kept). The core's own codecs are asked last.

    Args:
        image: The picture; its metadata are to be kept as far as the format can.
        path: Where to write; its suffix names the format.
        quality: 1 to 100 for lossy formats, or None to follow the source (at least 92).

    Raises:
        restore.errors.OutputError: The picture cannot be written.
    """


@hookspec
def provide_metrics() -> Mapping[str, Metric]:
    """Return further measures for `restore evaluate`, by name.

    Each takes the restored and the reference pixels, both ``(H, W, C)`` float64 in [0, 1], and returns a number. Called
    once per process. All plugins' answers are collected.
    """
    raise AssertionError("a specification is never called")


@hookspec
def run_finished(job: Job, report: Report) -> None:
    """Observe a finished run: notify somebody, file a report.

    Called once, in the main thread, after the last file, also when files failed. Neither argument may be changed; an
    exception raised here is shown as a warning and changes nothing.
    """


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands of your own to the ``restore`` command: the escape hatch for what is not a restorer.

    Called once per process while the command line is built; as cheap as `provide_restorers`. A name that exists already
    is refused and reported by `restore plugins`.
    """
