"""Damage of every kind, from a seed: what truncation, bad disks, broken transfers and malice do to files."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from tests.fuzz.layout import Layout, layout, repaired_png

TRUNCATION = "truncated"
LARGEST = 1 << 20
"""Bytes of a damaged file: what it takes to read one beside its size is what is to be seen."""
CODES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 262, 32773, 32803, 32845, 32946, 34712, 34887, 34892, 34925, 50000, 50001, 50002)
"""Values that mean something in TIFF (compression, photometric kind, types) besides being small."""


def mutated(data: bytes, donor: bytes, rng: Random) -> tuple[bytes, str]:
    """Return a damaged copy, and what was done to it.

    Args:
        data: A valid file.
        donor: Another one, of any format, from which pieces may be taken.
        rng: The same state gives the same damage.
    """
    if rng.random() < 0.16:
        return _truncate(data, layout(data), rng), TRUNCATION
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        name = rng.choice((*KINDS, "numbers changed"))
        done.append(name)
        data = KINDS[name](data, layout(data), donor, rng)[:LARGEST]
    if rng.random() < 0.05:
        done.append(TRUNCATION)
        data = _truncate(data, layout(data), rng)
    if data.startswith(b"\x89PNG") and rng.random() < 0.75:
        data = repaired_png(data)
    if data.startswith(b"RIFF") and rng.random() < 0.5:
        data = data[:4] + (len(data) - 8 & 0xFFFFFFFF).to_bytes(4, "little") + data[8:]
    return data, ", ".join(done)


def _truncate(data: bytes, where: Layout, rng: Random) -> bytes:
    """Cut anywhere, within the head, within the tail, or at and beside the border of a part or number."""
    borders = [at for part in where.parts for at in part] + [at for at, _, _ in where.numbers] or [len(data) // 2]
    cut = rng.choice((
        rng.randrange(len(data) + 1),
        rng.randrange(min(128, len(data) + 1)),
        len(data) - 1 - rng.randrange(min(24, len(data) + 1)),
        rng.choice(borders) + rng.randrange(-3, 4),
    ))  # fmt: skip
    return data[: max(0, min(cut, len(data) - 1))]


def _flip_bits(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    out = bytearray(data)
    reach = len(out) if rng.random() < 0.6 else min(len(out), 256)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if reach:
            out[rng.randrange(reach)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _overwrite(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    start, size = rng.randrange(len(data) + 1), rng.choice((1, 2, 4, 16, 64, 512))
    run = rng.choice((bytes(size), b"\xff" * size, b"\x80" * size, rng.randbytes(size)))
    return data[:start] + run[: len(data) - start] + data[start + size :]


def _change_numbers(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    """Set lengths, dimensions, counts and offsets to extremes, to their neighbours, or to each other's meanings."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        if where.texts:
            start, end = rng.choice(where.texts)
            text = rng.choice((b"0", b"1", b"-1", b"256", b"65535", b"65536", b"1000000", b"99999999999", b"9" * 400))
            return bytes(out[:start]) + text + bytes(out[end:])
        if not where.numbers:
            return bytes(out)
        at, size, order = rng.choice(where.numbers)
        ends: Literal["little", "big"] = "little" if order == "<" else "big"
        value, top = int.from_bytes(out[at : at + size], ends), (1 << 8 * size) - 1
        extremes = (0, 1, 2, top, top - 1, top >> 1, (top >> 1) + 1, len(data), len(data) - at, 4096, 1000, 65535)
        beside = (value + 1, value - 1, value * 2, value // 2, value ^ (1 << rng.randrange(8 * size)), value * 1000)
        new = rng.choice((rng.choice(extremes), rng.choice(beside), rng.choice(CODES), rng.randrange(top + 1)))
        out[at : at + size] = (new & top).to_bytes(size, ends)
    return bytes(out)


def _splice(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    """The head of one file and the tail of another, cut alike or anywhere, or a piece of the other in between."""
    cut = rng.randrange(len(data) + 1)
    other = rng.choice((min(cut, len(donor)), rng.randrange(len(donor) + 1)))
    if rng.random() < 0.5:
        return data[:cut] + donor[other:]
    size = rng.choice((4, 32, 256))
    return data[:cut] + donor[other : other + size] + data[cut + rng.choice((0, size)) :]


def _double(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    start, end = rng.choice(where.parts or [(0, len(data))])
    return data[:end] + data[start:end] * rng.choice((1, 1, 2, 40)) + data[end:]


def _leave_out(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    start, end = rng.choice(where.parts or [(len(data) // 3, len(data) // 2)])
    return data[:start] + data[end:]


def _move(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    start, end = rng.choice(where.parts or [(len(data) // 3, len(data) // 2)])
    rest = data[:start] + data[end:]
    at = rng.choice([0, len(rest), *(part[0] for part in where.parts)])
    return rest[:at] + data[start:end] + rest[at:]


def _insert(data: bytes, where: Layout, donor: bytes, rng: Random) -> bytes:
    at, size = rng.randrange(len(data) + 1), rng.choice((1, 2, 3, 16, 256, 4096))
    return data[:at] + rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size))) + data[at:]


KINDS: dict[str, Callable[[bytes, Layout, bytes, Random], bytes]] = {
    "bits flipped": _flip_bits,
    "overwritten": _overwrite,
    "numbers changed": _change_numbers,
    "spliced": _splice,
    "part doubled": _double,
    "part left out": _leave_out,
    "part moved": _move,
    "inserted": _insert,
}
