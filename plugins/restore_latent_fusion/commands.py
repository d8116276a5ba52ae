"""The command `blend`. Imports nothing heavy until it is called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.errors import InputError, OutputError, UsageError

if TYPE_CHECKING:
    from restore.image import Image
    from restore_latent_fusion.blending import Blender, Ends

FRAMES = 24
"""Pictures of an animation where nothing is said."""


@click.command("blend", short_help="Go from one picture to another through the latent space.")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--t", type=click.FloatRange(0, 1), help="How far to go: 0 is FIRST, 1 SECOND.  [default: 0.5]")
@click.option(
    "--frames",
    type=click.IntRange(2, 1000),
    help=f"Write an animation of so many pictures instead, there and not back.  [default for .gif: {FRAMES}]",
)
@click.option("--duration", type=click.IntRange(20), default=80, show_default=True, help="Milliseconds of each.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT where it exists.")
def blend(
    first: Path,
    second: Path,
    output: Path,
    t: float | None,
    frames: int | None,
    duration: int,
    device: str,
    overwrite: bool,
) -> None:
    """Blend FIRST and SECOND in the latent space of `latent-fusion`.

    One picture, with FIRST's size, depth and metadata; or, with --frames, an animation (.gif or .webp). SECOND is
    resized to FIRST's size where it has another.
    """
    frames = FRAMES if frames is None and t is None and output.suffix.lower() == ".gif" else frames
    _check(first, second, output, t, frames, overwrite=overwrite)
    from restore.codecs.core import read_image
    from restore.codecs.formats import DEFAULT_MAX_PIXELS
    from restore.spec import Runtime
    from restore_latent_fusion.animation import write_animation
    from restore_latent_fusion.blending import load
    from restore_latent_fusion.plugin import WEIGHTS

    one, other = (read_image(path, DEFAULT_MAX_PIXELS) for path in (first, second))
    _make_folder(output)
    blender = load(WEIGHTS, Runtime(device))
    ends = blender.prepare(one, other, (first, second))
    if frames is None:
        _write(blender.blend(ends, 0.5 if t is None else t), output)
    else:
        write_animation(_between(blender, ends, frames), output, duration)
    click.echo(f"wrote {output}")


def _check(first: Path, second: Path, output: Path, t: float | None, frames: int | None, *, overwrite: bool) -> None:
    """Refuse what cannot be done before anything is loaded."""
    from restore.codecs.formats import WRITABLE_SUFFIXES

    if output.is_dir():
        raise OutputError("is a folder.", path=output, hint="Give -o the name of a file.")
    if frames is not None:
        from restore_latent_fusion.animation import check_suffix

        if t is not None:
            raise UsageError(
                "--t and --frames cannot go together.", hint="--t gives one picture, --frames all of them."
            )
        check_suffix(output)
    elif output.suffix.lower() not in WRITABLE_SUFFIXES:
        raise OutputError(
            f"cannot be written: {output.suffix or 'a name without suffix'} is not a format for single pictures.",
            path=output,
            hint=f"Use one of {' '.join(sorted(WRITABLE_SUFFIXES))}, or --frames for a .gif.",
        )
    for path in (first, second):
        if not path.is_file():
            said = "is not a file." if path.exists() else "does not exist."
            raise InputError(said, path=path, hint="Give two pictures.")
        if output.exists() and output.samefile(path):
            raise OutputError("would replace an input.", path=output, hint="Give -o another name.")
    if output.exists() and not overwrite:
        raise OutputError("exists already.", path=output, hint="Give -o another name, or say --overwrite.")


def _between(blender: Blender, ends: Ends, frames: int) -> Iterator[Image]:
    """Evenly spaced pictures from the first to the second."""
    return (blender.blend(ends, k / (frames - 1)) for k in range(frames))


def _make_folder(path: Path) -> None:
    """Make the folder of a file, before minutes are spent on what could not be written."""
    from restore.codecs.atomic import output_error

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, path) from error


def _write(image: Image, path: Path) -> None:
    from restore.codecs.atomic import atomic_path
    from restore.codecs.core import write_image

    with atomic_path(path) as temporary:
        for sentence in write_image(image, temporary, None):
            click.echo(f"{path}: {sentence}", err=True)
