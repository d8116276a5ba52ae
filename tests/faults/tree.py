"""A folder of small pictures of many kinds, some of them bad, the same for the same seed."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import imagecodecs
import numpy as np
import PIL.Image
import tifffile

from tests.faults import trouble

FOLDERS = ("", "1998", "1998/summer", "Größe 東京", "a b/c")
SUFFIXES = (".jpg", ".png", ".16.png", ".tif", ".webp")


@dataclass(frozen=True)
class Tree:
    """A folder of inputs.

    Attributes:
        root: The folder.
        good: Names of the sound pictures, relative to it.
        bad: Names of the bad ones, each with words that its reason must hold.
        hashes: What every file held when it was made, with its time of change; links that lead nowhere have none.
    """

    root: Path
    good: frozenset[str]
    bad: dict[str, str]
    hashes: dict[str, tuple[str, int]]

    @property
    def inputs(self) -> int:
        """How many files."""
        return len(self.good) + len(self.bad)


def grow(root: Path, count: int, bad: int, random: Random, *, size: int = 32, hang: bool = False) -> Tree:
    """Make a tree.

    Args:
        root: Where.
        count: How many files.
        bad: How many of them are bad.
        random: Decides on everything else.
        size: The edge of the pictures, in pixels; widths vary below 41, where trouble begins.
        hang: Have a file whose decoder hangs too; the run then needs --timeout.
    """
    numbers = iter(range(count))
    sound = set()
    for number in range(count - bad):
        suffix = SUFFIXES[number % len(SUFFIXES)]
        name = os.path.join(random.choice(FOLDERS), f"photo {next(numbers):03}{suffix}")  # noqa: PTH118
        if number == 7:
            name = os.fsdecode(os.fsencode(name[: -len(suffix)]) + b" \xff\xfe" + os.fsencode(suffix))
        _picture(root / name, random, random.randrange(24, size + 1), size)
        sound.add(name)
    kinds = [kind for kind in BAD if hang or kind != trouble.DECODER_HANG]
    spoiled = {}
    for number in range(bad):
        kind = kinds[number % len(kinds)]
        name = os.path.join(random.choice(FOLDERS), f"photo {next(numbers):03} {kind}.png")  # noqa: PTH118
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        make, words = BAD[kind]
        make(root / name, random)
        spoiled[name] = words
    for place in root.rglob("*"):
        if place.is_file():
            moment = 10**18 + random.randrange(10**17)
            os.utime(place, ns=(moment, moment))
    return Tree(root, frozenset(sound), spoiled, hashes(root))


def hashes(folder: Path) -> dict[str, tuple[str, int]]:
    """Content and time of change of every file below a folder, without what restore keeps in ``.restore``."""
    found = {}
    for place in folder.rglob("*"):
        inner = place.relative_to(folder)
        if ".restore" not in inner.parts and place.is_file() and os.access(place, os.R_OK):
            found[str(inner)] = (hashlib.sha256(place.read_bytes()).hexdigest(), place.stat().st_mtime_ns)
    return found


def _picture(path: Path, random: Random, width: int, height: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.frombuffer(random.randbytes(width * height * 3), np.uint8).reshape(height, width, 3)
    if path.name.endswith(".16.png"):
        path.write_bytes(imagecodecs.png_encode(pixels.astype(np.uint16) * 257))
    elif path.suffix == ".tif":
        tifffile.imwrite(path, pixels, compression="zlib", photometric="rgb")
    else:
        PIL.Image.fromarray(pixels).save(path)


def _too_large(path: Path, random: Random) -> None:
    """A sound header of a picture of 4 gigapixels, with nothing behind it."""
    fields = struct.pack(">IIBBBBB", 65536, 65536, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + fields
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)))


def _cut(path: Path, random: Random) -> None:
    _picture(path, random, 30, 30)
    path.write_bytes(path.read_bytes()[:700])


def _empty(path: Path, random: Random) -> None:
    path.touch()


def _text(path: Path, random: Random) -> None:
    path.write_text("no picture\n")


def _nowhere(path: Path, random: Random) -> None:
    path.symlink_to("nowhere.png")


def _locked(path: Path, random: Random) -> None:
    """A file that nobody may read."""
    _picture(path, random, 30, 30)
    path.chmod(0)


def _width(width: int) -> Callable[[Path, Random], None]:
    return lambda path, random: _picture(path, random, width, 8)


BAD: dict[str, tuple[Callable[[Path, Random], None], str]] = {
    "empty": (_empty, "is empty"),
    "cut": (_cut, "damaged"),
    "text": (_text, "is not a picture"),
    "too-large": (_too_large, "max-pixels"),
    "nowhere": (_nowhere, "leads nowhere"),
    "locked": (_locked, "denied"),
    "raises": (_width(trouble.RAISE), "ZeroDivisionError"),
    "segfault": (_width(trouble.SEGFAULT), "crashed (SIGSEGV) while restoring it"),
    "exits": (_width(trouble.EXIT), "ended with code 3 while restoring it"),
    trouble.DECODER_CRASH: (_width(30), "crashed (SIGSEGV) while reading it"),
    "decoder-refuses": (_width(30), "refused by the decoder of trouble"),
    trouble.DECODER_HANG: (_width(30), "took longer than"),
}
"""Bad files: how they are made, and words of the reason that must be given for each."""
