"""How masks are called that are made of pictures, so that `restore.masks.pairing` finds whose each is.

The mask of ``sub/photo.jpg`` is ``sub/photo.png``. Where that could be another picture's too it has the picture's whole
name: beside ``photo.tif``, ``sub/photo.jpg.png``. The picture is the input, or what another run makes of it
(`restore.naming.Naming.masks_of`). What else lies in a picture's folder counts, not only what a run is
about: the name must not depend on ``--include``, nor on whether pictures are done one by one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from restore.codecs.formats import READABLE_SUFFIXES
from restore.collisions import Collision, folded
from restore.errors import OutputError
from restore.finding import Found
from restore.naming import Names, Naming

ENDING = ".png"
"""Of masks, unless the user wants another: small, and read by everything."""


def mask_names(files: Iterable[Found], folder: Path, naming: Naming) -> Names:
    """The mask of each picture.

    Args:
        files: The pictures.
        folder: Of the masks; mirrors the pictures' tree.
        naming: What the user wants in their names.
    """
    pictures = tuple(files)
    above = {file: os.path.dirname(file.name) for file in pictures}  # noqa: PTH120 (very many paths)
    called = _called(naming)
    shared = {place: _Shared(map(called, map(Path, names))) for place, names in _neighbours(pictures, above).items()}
    ending = ENDING if naming.format is None else f".{naming.format.lower()}"

    def named(file: Found) -> Path:
        name = called(file.name)
        kept = name.name if shared[above[file]].covers(name) else name.stem
        suffix = naming.suffix if naming.masks_of is None else ""  # which their pictures have already
        return folder / name.with_name(f"{kept}{suffix}{ending}")

    return Names(pictures, named)


def _called(naming: Naming) -> Callable[[Path], Path]:
    """How the picture of a mask is called, by the name of its input."""
    return (lambda name: name) if naming.masks_of is None else naming.masks_of.result


def among_pictures(names: Names) -> list[Collision]:
    """Masks that would lie beside their pictures, where the next run would take them for pictures.

    Args:
        names: The mask of each picture.
    """
    real: dict[str, str] = {}

    def place(path: Path) -> str:
        folder = os.path.dirname(path)  # noqa: PTH120 (very many paths)
        return real.setdefault(folder, os.path.realpath(folder))

    return [
        Collision(
            (file,),
            OutputError(
                "is a mask in the folder of its picture, where the next run would take it for a picture.",
                path=mask,
                hint="Choose another -o, or give masks a name of their own with --suffix _mask.",
            ),
        )
        for file, mask in names.items()
        if place(file.path) == place(mask)
    ]


class _Shared:
    """Which names in one folder do not tell one picture from another without their ending."""

    def __init__(self, names: Iterable[Path]) -> None:
        paths = list(names)
        stems = Counter(folded(Path(path.stem)) for path in paths)
        self._stems = {stem for stem, count in stems.items() if count > 1}
        self._names = {folded(path) for path in paths}

    def covers(self, name: Path) -> bool:
        """Whether another picture has the same stem, or is called just like this one's stem (a.jpg, a.jpg.png)."""
        stem = folded(Path(name.stem))
        return stem in self._stems or (stem in self._names and stem != folded(Path(name.name)))


def _neighbours(files: tuple[Found, ...], above: dict[Found, str]) -> dict[str, set[str]]:
    """Per folder of the masks the names of all pictures that lie in the folders these come from."""
    names: dict[str, set[str]] = {}
    folders: dict[str, set[str]] = {}
    for file in files:
        place = above[file]
        names.setdefault(place, set()).add(os.path.basename(file.text))  # noqa: PTH119
        folders.setdefault(place, set()).add(os.path.dirname(file.text))  # noqa: PTH120
    for place, origins in folders.items():
        for origin in origins:
            names[place].update(_pictures_in(origin))
    return names


def _pictures_in(folder: str) -> Iterable[str]:
    """Names of the pictures in a folder; none where it cannot be listed, which finding has told already."""
    try:
        with os.scandir(folder or ".") as entries:
            return [each.name for each in entries if os.path.splitext(each.name)[1].lower() in READABLE_SUFFIXES]  # noqa: PTH122
    except OSError:
        return []
