"""Small words and numbers for people: sizes, times, counts; and the types of the flags that take them."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def printable(text: str) -> str:
    """The text without the lone surrogates that stand for bytes in a file name that is not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def counted(count: int, noun: str) -> str:
    """``1 input``, ``2 inputs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def number(value: float) -> str:
    """About three significant digits, never in powers of ten."""
    if value >= 100 or value == 0:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}" if value >= 0.001 else f"{value:.4f}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``21 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 7200 else f"{whole // 3600} h {whole % 3600 // 60} min"


def size(count: float) -> str:
    """Bytes in decimal units: ``340 kB``, ``1.2 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{number(count) if unit != 'bytes' else round(count)} {unit}"
        count /= 1000
    return f"{number(count)} TB"


class Bytes(click.ParamType[int]):
    """An amount of memory: ``2GiB``, ``800MB``, ``1.5G`` or plain bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse it; at least one byte."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmgt]?)(i?)b?\s*", str(value), re.IGNORECASE)
        if not found:
            self.fail(f"{value!r} is not a size: write 2GiB, 800MB or a number of bytes.", param, ctx)
        factor = (_BINARY if found[3] else _UNITS)[found[2].lower()]
        amount = int(float(found[1]) * factor)
        if amount < 1:
            self.fail("must be more than nothing.", param, ctx)
        return amount


class Pixels(click.ParamType[int]):
    """A number of pixels: ``250M`` (megapixels) or a plain number."""

    name = "pixels"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse it; at least one pixel."""
        found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([kmg]?)(?:p|px)?\s*", str(value), re.IGNORECASE)
        amount = int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
        if amount < 1:
            self.fail(f"{value!r} is not a number of pixels: write 250M or 250000000.", param, ctx)
        return amount


class Device(click.ParamType[str]):
    """Where to compute: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``."""

    name = "device"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check its spelling; whether it is there is asked when the model loads."""
        text = str(value).lower()
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
            self.fail(f"{value!r} is not a device: use auto, cpu, cuda, cuda:N or mps.", param, ctx)
        return text
