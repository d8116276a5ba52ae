"""The commands `sample`, `interpolate`, `reconstruct` and `augment`. Imports nothing heavy until one is called."""

from __future__ import annotations

from pathlib import Path

import click

from restore.errors import UsageError
from restore_generate.asking import check_encodes, check_file, check_folder, number_of, weights_of

_overwrite = click.option("--overwrite", is_flag=True, help="Replace OUTPUT where it exists.")
_output = click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The PNG file to write.")
_device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
_seed = click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all draws.")
_class = click.option("--class", "name", metavar="NAME", help="Of which class; models with classes only.")


@click.command(short_help="Make pictures and show them on a grid.")
@click.argument("model")
@click.option("-n", "count", type=click.IntRange(1, 10_000), default=64, show_default=True, help="How many.")
@_class
@_seed
@click.option(
    "--temperature",
    type=click.FloatRange(0, 2),
    default=1.0,
    show_default=True,
    help="Spread of the noise: below 1 more usual pictures and less variety.",
)
@click.option("--columns", type=click.IntRange(1), help="Pictures in a row.  [default: about as many as rows]")
@_output
@_device
@_overwrite
def sample(
    model: str,
    count: int,
    name: str | None,
    seed: int,
    temperature: float,
    columns: int | None,
    output: Path,
    device: str,
    overwrite: bool,
) -> None:
    """Make pictures with MODEL: the name of one that is shipped (vae, cvae, dcgan) or a .safetensors file.

    A model of classes makes all of them in turn where --class does not name one. The same seed makes the same pictures.
    """
    path = weights_of(model)
    check_file(output, (".png",), overwrite=overwrite)
    from restore_generate.grids import write_grid
    from restore_generate.making import load

    maker = load(path, device)
    labels = [number_of(name, maker.classes)] * count if name is not None else maker.in_turn(count)
    pictures = maker.decode(temperature * maker.noise(count, seed), labels)
    write_grid(output, pictures, columns or round(count**0.5))
    click.echo(f"wrote {output}")


@click.command(short_help="Go from one picture to another through the latent space.")
@click.argument("model")
@click.argument("first")
@click.argument("second")
@click.option(
    "--steps", type=click.IntRange(2, 1000), help="Pictures, both ends included.  [default: 10; 60 in an animation]"
)
@_class
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write: a row of pictures (.png), or an animation there and back (.gif, .mp4).",
)
@click.option("--fps", type=click.IntRange(1, 50), default=20, show_default=True, help="Of an animation.")
@_device
@_overwrite
def interpolate(
    model: str,
    first: str,
    second: str,
    steps: int | None,
    name: str | None,
    output: Path,
    fps: int,
    device: str,
    overwrite: bool,
) -> None:
    """Go from FIRST to SECOND along the sphere on which a model's noise lies (slerp), and show it in a row or move.

    FIRST and SECOND are seeds (whole numbers) or photographs; photographs need a model with an encoder.
    """
    path = weights_of(model)
    check_file(output, (".png", ".gif", ".mp4"), overwrite=overwrite)
    from restore_generate.animating import check_can_write, there_and_back, write_animation
    from restore_generate.grids import write_grid
    from restore_generate.latents import slerp
    from restore_generate.making import load

    check_can_write(output)
    maker = load(path, device)
    label = number_of(name, maker.classes) if name is not None else 0
    ends = [
        maker.noise(1, int(end)) if end.isdecimal() else maker.encode(maker.read([Path(end)]), [label])
        for end in (first, second)
    ]
    moves = output.suffix.lower() != ".png"
    steps = steps or (60 if moves else 10)
    pictures = maker.decode(slerp(ends[0], ends[1], steps), [label] * steps)
    if moves:
        write_animation(output, there_and_back(pictures), fps)
    else:
        write_grid(output, pictures, steps)
    click.echo(f"wrote {output}")


@click.command(short_help="Pass photographs through a model and show what is left of them.")
@click.argument("model")
@click.argument("photographs", nargs=-1, required=True, type=click.Path(path_type=Path))
@_class
@_output
@_device
@_overwrite
def reconstruct(
    model: str, photographs: tuple[Path, ...], name: str | None, output: Path, device: str, overwrite: bool
) -> None:
    """Pass PHOTOGRAPHS through the latent space of MODEL: those in the first row, what comes back in the second.

    Pictures are cut to a square and resized to the model's 32 or 64 pixels first.
    """
    path = weights_of(model)
    check_file(output, (".png",), overwrite=overwrite)
    import torch

    from restore_generate.grids import write_grid
    from restore_generate.making import load

    maker = load(path, device)
    check_encodes(maker.architecture.model)
    if name is None and maker.conditioned:
        raise UsageError("this model must be told the class.", hint=f"Add --class: {', '.join(maker.classes)}.")
    labels = [number_of(name, maker.classes) if name is not None else 0] * len(photographs)
    pictures = maker.read(photographs)
    again = maker.decode(maker.encode(pictures, labels), labels)
    write_grid(output, torch.cat([pictures, again]), len(photographs))
    for photograph, psnr in zip(photographs, maker.psnr(pictures, again), strict=True):
        click.echo(f"{photograph}: {psnr:.2f} dB")
    click.echo(f"wrote {output}")


@click.command(short_help="Make new pictures like those in a folder.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-m", "--model", default="vae", show_default=True, help="A model with an encoder, or a .safetensors file."
)
@click.option("-n", "count", type=click.IntRange(1), default=1000, show_default=True, help="How many.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The folder to write, new or empty."
)
@click.option(
    "--distance",
    type=click.FloatRange(0, 1),
    default=0.3,
    show_default=True,
    help="How far to go from a given picture: 0 gives it back as the model sees it, 1 is a free sample.",
)
@_seed
@_device
def augment(folder: Path, model: str, count: int, output: Path, distance: float, seed: int, device: str) -> None:
    """Make new pictures like those in FOLDER: each begins at one of them and goes some way through the latent space.

    Where FOLDER has a subfolder for each class, so has OUTPUT. `made.csv` says which picture each began at.
    """
    path = weights_of(model)
    check_folder(output)
    from restore_generate.augmenting import augment_folder
    from restore_generate.making import load

    maker = load(path, device)
    check_encodes(maker.architecture.model)
    augment_folder(maker, folder, output, count, distance, seed)
    click.echo(f"wrote {count} pictures to {output}")
