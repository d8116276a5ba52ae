"""New pictures like those in a folder, each beginning at one of them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import torch

from restore.codecs.atomic import atomic_path
from restore.errors import InputError
from restore_generate.grids import write_picture
from restore_generate.latents import mixed
from restore_generate.making import BATCH, Maker
from restore_generate.pictures import SUFFIXES


def augment_folder(maker: Maker, folder: Path, output: Path, count: int, distance: float, seed: int) -> None:
    """Write new pictures, in subfolders of the same names as those in `folder`, and `made.csv`.

    Args:
        maker: A model with an encoder.
        folder: Pictures, with or without a subfolder for each class.
        output: An empty folder.
        count: How many; the given ones take turns.
        distance: From 0, the given picture as the model sees it, to 1, a free sample.
        seed: Of all draws.

    Raises:
        InputError: Nothing is there, a file cannot be decoded, or a subfolder is no class of a model that needs one.
    """
    if not folder.is_dir():
        said = "is not a folder." if folder.exists() else "does not exist."
        raise InputError(said, path=folder, hint="Name a folder of pictures.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        raise InputError("there is no picture in it.", path=folder, hint="Name a folder with JPEG or PNG files.")
    order = torch.randperm(len(paths), generator=torch.Generator().manual_seed(seed)).tolist()
    chosen = [paths[order[k % len(paths)]] for k in range(count)]
    names = [_subfolder(path, folder) for path in chosen]
    labels = [_label(maker, name, folder) for name in names]
    noise = maker.noise(count, seed)
    rows: list[tuple[str, str]] = []
    for start in range(0, count, BATCH):
        part = slice(start, start + BATCH)
        latents = maker.encode(maker.read(chosen[part]), labels[part])
        shares = torch.full((len(latents),), distance)
        pictures = maker.decode(mixed(latents, noise[part], shares), labels[part])
        for k, picture in enumerate(pictures, start):
            target = output / names[k] / f"{k:0{len(str(count))}d}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_picture(target, picture)
            rows.append((target.relative_to(output).as_posix(), chosen[k].relative_to(folder).as_posix()))
    _write_table(output / "made.csv", rows)


def _subfolder(path: Path, folder: Path) -> str:
    parts = path.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else ""


def _label(maker: Maker, name: str, folder: Path) -> int:
    if not maker.conditioned:
        return 0
    if name not in maker.classes:
        said = f"its subfolder {name!r} is no class of the model." if name else "has pictures without a class."
        hint = f"This model needs pictures in subfolders called {', '.join(maker.classes)}."
        raise InputError(said, path=folder, hint=hint)
    return maker.classes.index(name)


def _write_table(path: Path, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("made", "from"))
    writer.writerows(rows)
    with atomic_path(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
