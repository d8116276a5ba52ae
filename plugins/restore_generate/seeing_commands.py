"""The commands `animate`, `map`, `uncertainty` and `web`. Imports nothing heavy until one is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.errors import InputError, UsageError
from restore_generate.asking import check_encodes, check_file, number_of, weights_of

if TYPE_CHECKING:
    from torch import Tensor

    from restore_generate.making import Maker
    from restore_generate.maps import Plane
    from restore_generate.pictures import PictureSet

MOST_DOTS = 3000
_overwrite = click.option("--overwrite", is_flag=True, help="Replace OUTPUT where it exists.")
_output = click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The PNG file to write.")
_device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")


@click.command(short_help="Show how samples change while a model learns.")
@click.argument("work", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .gif or .mp4 file to write.")
@click.option("--fps", type=click.IntRange(1, 50), default=10, show_default=True, help="Frames per second.")
@click.option("--grids", is_flag=True, help="Take the grids of the reports: with what comes back of real pictures.")
@_overwrite
def animate(work: Path, output: Path, fps: int, grids: bool, overwrite: bool) -> None:
    """Make an animation of the training whose work folder is WORK: the same latents, step by step.

    Training keeps eight frames in the time in which its steps double (`--set frames=8`), of the averaged weights; each
    frame says its step. MP4 needs the extra `video`.
    """
    check_file(output, (".gif", ".mp4"), overwrite=overwrite)
    from restore_generate.animating import HELD, captioned, check_can_write, sheets, write_animation

    check_can_write(output)
    found = sheets(work, grids)
    write_animation(output, captioned(found), fps, HELD)
    click.echo(f"wrote {output}: {len(found)} frames, steps {found[0][1]:,} to {found[-1][1]:,}")


@click.command("map", short_help="Show what a latent space holds, and where pictures lie in it.")
@click.argument("model")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of pictures to show as dots beside the map.")
@click.option("--project", is_flag=True, help="More than two latents: the plane along which those of --data vary most.")
@click.option("--columns", type=click.IntRange(2, 50), default=20, show_default=True, help="Pictures in a row.")
@click.option("--class", "name", metavar="NAME", help="Of which class; models with classes only, and needed there.")
@_output
@_device
@_overwrite
def map_(
    model: str,
    data: Path | None,
    project: bool,
    columns: int,
    name: str | None,
    output: Path,
    device: str,
    overwrite: bool,
) -> None:
    """Show what MODEL makes over the plane of its two latents, each picture for an equally likely part of it.

    With --data a second panel shows where given pictures lie, coloured by class, in the same place where the map shows
    what is made there. Train a model for it with --set latent=2.
    """
    path = weights_of(model)
    check_file(output, (".png",), overwrite=overwrite)
    if project and data is None:
        raise UsageError("--project needs pictures.", hint="Add --data FOLDER.")
    from restore_generate.grids import write_picture
    from restore_generate.making import load

    maker = load(path, device)
    if maker.conditioned and name is None:
        raise UsageError("this model must be told the class.", hint=f"Add --class: {', '.join(maker.classes)}.")
    label = number_of(name, maker.classes) if name is not None else 0
    if maker.model.latent_size != 2 and not project:
        hint = "Train one with --set latent=2 (vrnn: and patch=32), or add --data FOLDER --project."
        raise UsageError(f"this model has {maker.model.latent_size} latents; a map shows two.", hint=hint)
    if data is not None:
        check_encodes(maker.architecture.model)
    write_picture(output, _panels(maker, data, project, columns, label))
    click.echo(f"wrote {output}")


def _panels(maker: Maker, data: Path | None, project: bool, columns: int, label: int) -> Tensor:
    """The map, and beside it where the pictures of a folder lie: ``(3, H, W)`` in [0, 1]."""
    import torch
    import torch.nn.functional as F

    from restore_generate.grids import ENLARGED
    from restore_generate.maps import grid_places, principal_plane, scatter, whole_plane

    real = latents = None
    if data is not None:
        real, latents = _encoded(maker, data)
    plane: Plane = whole_plane(maker.device)
    if project and latents is not None:
        plane = principal_plane(latents)
        click.echo(f"the plane holds {100 * sum(plane.shares or ()):.1f} % of the variance of the latents")
    edge = maker.architecture.edge
    made = maker.decode(plane.latents(grid_places(columns)), [label] * columns**2)
    rows = made.view(columns, columns, -1, edge, edge).permute(2, 0, 3, 1, 4)
    sheet = rows.reshape(-1, columns * edge, columns * edge).expand(3, -1, -1).cpu()
    sheet = sheet.repeat_interleave(ENLARGED, 1).repeat_interleave(ENLARGED, 2)
    if real is None or latents is None:
        return sheet
    places = plane.places(latents)
    labels, classes, height = real.labels.tolist(), real.classes, sheet.shape[1]
    dots = scatter(places, labels, classes, max(height, 480), plane.names)
    below = max(height, dots.shape[1])
    panels = [F.pad(each, (0, 0, 0, below - each.shape[1]), value=1.0) for each in (sheet, dots)]
    return torch.cat(panels, 2)


def _encoded(maker: Maker, data: Path) -> tuple[PictureSet, Tensor]:
    """Pictures of a folder, and where they lie; a conditional model is told the class of each."""
    from restore_generate.pictures import load_pictures

    a = maker.architecture
    real = load_pictures((data,), a.edge, a.channels, MOST_DOTS)
    if len(real) < 3:
        raise InputError("holds fewer than three pictures.", path=data, hint="Name a folder with more.")
    if maker.conditioned and real.classes != maker.classes:
        hint = f"Name a folder with a subfolder for each of {', '.join(maker.classes)}."
        raise InputError("has other classes than the model.", path=data, hint=hint)
    return real, maker.encode(real.pictures(), real.labels.tolist() if maker.conditioned else [0] * len(real))


@click.command(short_help="Show where a Bayesian model is not sure of what it makes.")
@click.argument("model")
@click.argument("photographs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--draws", type=click.IntRange(2, 256), default=32, show_default=True, help="Draws of the weights.")
@click.option("-n", "count", type=click.IntRange(1, 64), default=8, show_default=True, help="How many, of seeds.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all draws.")
@_output
@_device
@_overwrite
def uncertainty(
    model: str,
    photographs: tuple[Path, ...],
    draws: int,
    count: int,
    seed: int,
    output: Path,
    device: str,
    overwrite: bool,
) -> None:
    """Show the mean of many draws of a Bayesian MODEL's weights (bvae), and below it their standard deviation.

    Of samples, or of PHOTOGRAPHS, which are shown in the first row then. The latents are the same in every draw: what
    differs is what the model has not learned surely.
    """
    path = weights_of(model)
    check_file(output, (".png",), overwrite=overwrite)
    import torch

    from restore_generate.bvae import BVAE
    from restore_generate.grids import write_grid
    from restore_generate.making import load

    maker = load(path, device)
    if not isinstance(maker.model, BVAE):
        hint = "Train one with: restore generate train bvae DATA -o bvae.safetensors"
        raise UsageError(f"the weights of {maker.architecture.model} are certain: it has one of each.", hint=hint)
    real = maker.read(photographs) if photographs else None
    noise = maker.noise(count, seed) if real is None else maker.encode(real, [0] * len(real))
    mean, deviation = maker.model.over_weights(noise, draws, torch.Generator(maker.device).manual_seed(seed))
    grey = deviation.mean(1, keepdim=True).expand_as(mean)
    white = max(float(grey.max()), 1e-6)
    write_grid(output, torch.cat([*([real] if real is not None else []), mean, grey / white]), len(noise))
    click.echo(f"standard deviation over {draws} draws: {float(grey.mean()):.4f} in the mean; white is {white:.4f}")
    click.echo(f"wrote {output}")


@click.command(short_help="Move latents, temperature, class and seed by hand, in the browser.")
@click.argument("model")
@click.option("--port", type=click.IntRange(1, 65535), help="Where to serve.  [default: the first free one from 7860]")
@click.option("--no-browser", is_flag=True, help="Do not open the page, only say its address.")
@_device
def web(model: str, port: int | None, no_browser: bool, device: str) -> None:
    """Serve a page with sliders for the latents of MODEL that change its pictures most. Needs the extra `web`.

    To this machine only (127.0.0.1), without the network: nothing is sent or fetched. Ctrl-C ends it.
    """
    path = weights_of(model)
    from restore_generate.making import load
    from restore_generate.web import page, serve, wait

    blocks = page(load(path, device), f"restore generate: {path.stem}")
    address = serve(blocks, port, browser=not no_browser)
    click.echo(f"open {address} (Ctrl-C ends it)")
    wait(blocks)
