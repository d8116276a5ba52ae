"""The commands `compress` and `expand`. Imports nothing heavy until one is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.errors import InputError, UsageError
from restore_generate.asking import check_encodes, check_file, check_folder, weights_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor

    from restore_generate.making import Maker

SUFFIX = ".latents"
_device = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")


@click.command(short_help="Write pictures as quantised latents, and say what that costs.")
@click.argument("model")
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help=f"The {SUFFIX} file to write.")
@click.option(
    "--step",
    type=click.FloatRange(0.01, 10),
    default=0.5,
    show_default=True,
    help="Width of a quantisation step: larger is smaller files and worse pictures.",
)
@_device
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT where it exists.")
def compress(model: str, pictures: tuple[Path, ...], output: Path, step: float, device: str, overwrite: bool) -> None:
    """Write PICTURES, of any size, as quantised and entropy coded latents of MODEL, in tiles of 32 or 64 pixels.

    Says bits per pixel of the whole file, names and all, and PSNR, beside JPEG and WebP of no more bytes per picture.
    A toy beside those on photographs: it shows what latents cost. Metadata and alpha are not kept.
    """
    path = weights_of(model)
    check_file(output, (SUFFIX,), overwrite=overwrite)
    import torch

    from restore.codecs.atomic import atomic_path
    from restore_generate import coding

    maker, digest = _load(path, device)
    read = [(picture.name, _read(picture, maker.architecture.channels)) for picture in pictures]
    if len({name for name, _ in read}) < len(read):
        raise UsageError("two pictures have the same name.", hint="Compress them into files of their own.")
    tensors = [(name, torch.from_numpy(array).permute(2, 0, 1).float() / 255) for name, array in read]
    content = coding.compress(maker, digest, tensors, step)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)
    again = coding.expand(coding.unpack(output, maker, digest), maker)
    _compare([array for _, array in read], [_bytes(pixels) for _, pixels in again], len(content))
    click.echo(f"wrote {output}")


@click.command(short_help="Make pictures of a file of latents.")
@click.argument("model")
@click.argument("latents", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Folder to write, new or empty.")
@_device
def expand(model: str, latents: Path, output: Path, device: str) -> None:
    """Make the pictures in LATENTS, as PNG, with the same MODEL that they were compressed with."""
    path = weights_of(model)
    maker, digest = _load(path, device)
    from restore_generate import coding
    from restore_generate.grids import write_picture

    packed = coding.unpack(latents, maker, digest)
    stems = [
        Path(entry.name.replace("\\", "/")).name.rpartition(".")[0] or entry.name for entry in packed.head.pictures
    ]
    names = [
        stem if stems.count(stem) == 1 else entry.name for stem, entry in zip(stems, packed.head.pictures, strict=True)
    ]
    if any(Path(name).name != name or name in (".", "..") for name in names):
        raise InputError("names of its pictures lead elsewhere.", path=latents, hint="Do not trust this file.")
    check_folder(output)
    for name, (_, pixels) in zip(names, coding.expand(packed, maker), strict=True):
        write_picture(output / f"{name}.png", pixels)
    click.echo(f"wrote {len(names)} pictures to {output}")


def _load(path: Path, device: str) -> tuple[Maker, str]:
    from restore.weights import header
    from restore_generate.making import load

    maker = load(path, device)
    check_encodes(maker.architecture.model)
    if maker.conditioned:
        raise UsageError("this model must be told a class, which a file does not hold.", hint="Take vae or ae.")
    return maker, header(path)["sha256"]


def _read(path: Path, channels: int) -> npt.NDArray[np.uint8]:
    """A picture of any size, uint8 ``(H, W, channels)``."""
    import cv2
    import numpy as np

    if not path.is_file():
        said = "is not a file." if path.exists() else "does not exist."
        raise InputError(said, path=path, hint="Give a picture: JPEG, PNG, TIFF, WebP or BMP.")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    flags = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    picture = cv2.imdecode(data, flags) if data.size else None
    if picture is None:
        raise InputError("cannot be decoded as a picture.", path=path, hint="Save it as JPEG or PNG.")
    return np.atleast_3d(np.asarray(picture, np.uint8))


def _bytes(pixels: Tensor) -> npt.NDArray[np.uint8]:
    import torch

    return (pixels.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


def _compare(pictures: list[npt.NDArray[np.uint8]], again: list[npt.NDArray[np.uint8]], size: int) -> None:
    """Bits per pixel and PSNR, beside JPEG and WebP at each picture's share of the bytes."""
    import numpy as np

    from restore_generate.codecs_beside import Codec, nearest, psnr

    pixels = sum(each.shape[0] * each.shape[1] for each in pictures)
    own = np.mean([psnr(a.astype(np.float64), b.astype(np.float64)) for a, b in zip(pictures, again, strict=True)])
    click.echo(f"latents  {8 * size / pixels:8.4f} bits per pixel  {own:6.2f} dB")
    codecs: tuple[Codec, ...] = ("JPEG", "WEBP")
    for codec in codecs:
        found = [nearest(each, codec, size * each.shape[0] * each.shape[1] / pixels) for each in pictures]
        total, quality = sum(each[0] for each in found), float(np.mean([each[1] for each in found]))
        remark = "  (its smallest; no file of it is as small)" if total > size else ""
        click.echo(f"{codec.lower():7s}  {8 * total / pixels:8.4f} bits per pixel  {quality:6.2f} dB{remark}")
