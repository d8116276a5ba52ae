"""How large results become, and what is held on the way: `RestorerSpec.output_size` and `RestorerSpec.working_bytes`.

Where a size is only found in the picture itself (`RestorerSpec.size_is_found`), the largest there can be is taken.

Asked before a picture is read (from its header, for memory and disk) and again before the model runs on it (from the
picture itself): a header does not tell whether the picture is to be turned, and a size that has to fit into another
depends on that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from restore.codecs.header import Header
from restore.errors import InputError, PluginError
from restore.spec import Options, RestorerSpec

Growth = Callable[[Header | None], float]
"""Pixels of a result per pixel of its picture, from its header; None for a header that does not tell."""

_DEFECT = "This is a defect of the plugin: `restore plugins` says where it comes from."

_TYPICAL = (3000, 4000)
"""Height and width taken for a picture whose header does not tell."""


def result_size(spec: RestorerSpec, options: Options, height: int, width: int) -> tuple[int, int]:
    """Height and width of a picture's result.

    Args:
        spec: The restorer.
        options: An instance of its options.
        height: Rows of the picture.
        width: Columns of the picture.

    Raises:
        InputError: The restorer cannot make that size.
        PluginError: What the plugin says is no size, or it fails to say.
    """
    if spec.output_size is None:
        return height, width
    try:
        answer = spec.output_size(options, height, width)
    except InputError:
        raise
    except Exception as error:  # a plugin's function may raise anything
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise PluginError(f"output_size of the model '{spec.name}' failed ({what}).", hint=_DEFECT) from error
    if not (isinstance(answer, tuple) and len(answer) == 2 and all(type(edge) is int and edge > 0 for edge in answer)):
        raise PluginError(f"output_size of the model '{spec.name}' gave {answer!r}.", hint=_DEFECT)
    return answer


def size_is_found(spec: RestorerSpec, options: Options) -> bool:
    """Whether a result's size depends on what is in the picture; `result_size` is then the most pixels it may have.

    Args:
        spec: The restorer.
        options: An instance of its options.

    Raises:
        PluginError: What the plugin says is neither True nor False, or it fails to say.
    """
    if spec.size_is_found is None:
        return False
    try:
        answer: object = spec.size_is_found(options)
    except Exception as error:  # a plugin's function may raise anything
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise PluginError(f"size_is_found of the model '{spec.name}' failed ({what}).", hint=_DEFECT) from error
    if not isinstance(answer, bool):
        raise PluginError(f"size_is_found of the model '{spec.name}' gave {answer!r}.", hint=_DEFECT)
    return answer


def growth_of(spec: RestorerSpec, options: Options, header: Header | None) -> float:
    """Pixels of a result per pixel of its picture; the larger one where turning it matters, 0 where it is refused.

    Args:
        spec: The restorer.
        options: An instance of its options.
        header: The picture's, or None where it does not tell: then that of 12 megapixels.

    Raises:
        PluginError: What the plugin says is no size, or it fails to say.
    """
    height, width = _TYPICAL if header is None else (header.height, header.width)
    sizes = _possible(spec, options, height, width)
    return max((_pixels(spec, options, *size) for size in sizes), default=0) / (height * width)


def working_bytes(spec: RestorerSpec, options: Options, header: Header) -> int:
    """What a restorer holds beside a picture and its result; the larger one where turning the picture matters.

    Args:
        spec: The restorer.
        options: An instance of its options.
        header: The picture's.

    Raises:
        PluginError: What the plugin says is no number of bytes, or it fails to say.
    """
    return _bytes("working_bytes", spec.working_bytes, spec, options, header)


def working_bytes_of_series(spec: RestorerSpec, options: Options, headers: Sequence[Header]) -> int:
    """What a restorer holds beside the frames of a series and its result: once, and for each frame.

    Args:
        spec: The restorer.
        options: An instance of its options.
        headers: Of the frames.

    Raises:
        PluginError: What the plugin says is no number of bytes, or it fails to say.
    """
    once = max(working_bytes(spec, options, header) for header in headers)
    return once + sum(_bytes("frame_bytes", spec.frame_bytes, spec, options, header) for header in headers)


def _bytes(
    name: str,
    asked: Callable[[Any, int, int, int, int], int] | None,
    spec: RestorerSpec,
    options: Options,
    header: Header,
) -> int:
    """Ask a plugin for a number of bytes; the larger one of both ways in which a picture may lie."""
    if asked is None:
        return 0
    channels = header.channels + header.alpha
    sizes = _possible(spec, options, header.height, header.width)
    try:
        answers: list[object] = [asked(options, *size, channels, header.bits) for size in sizes]
    except Exception as error:  # a plugin's function may raise anything
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise PluginError(f"{name} of the model '{spec.name}' failed ({what}).", hint=_DEFECT) from error
    if not all(type(answer) is int and answer >= 0 for answer in answers):
        raise PluginError(f"{name} of the model '{spec.name}' gave {answers[0]!r}.", hint=_DEFECT)
    return max((answer for answer in answers if isinstance(answer, int)), default=0)


def check_header(spec: RestorerSpec, options: Options, header: Header, max_pixels: int, path: Path) -> None:
    """Refuse a picture whose result would be too large or cannot be made, however the picture is turned.

    Args:
        spec: The restorer.
        options: An instance of its options.
        header: The picture's.
        max_pixels: The largest result there may be.
        path: The picture's file, for the message.

    Raises:
        InputError: Names both sizes and the limit; or what the restorer says.
        PluginError: What the plugin says is no size, or it fails to say.
    """
    asked = header.height, header.width
    smaller = min(_possible(spec, options, *asked), key=lambda size: _pixels(spec, options, *size), default=asked)
    check_size(spec, options, smaller, max_pixels, path)


def check_size(spec: RestorerSpec, options: Options, size: tuple[int, int], max_pixels: int, path: Path) -> None:
    """Refuse a picture whose result would be too large.

    Args:
        spec: The restorer.
        options: An instance of its options.
        size: Height and width of the picture, upright.
        max_pixels: The largest result there may be.
        path: The picture's file, for the message.

    Raises:
        InputError: Names both sizes and the limit.
        PluginError: What the plugin says is no size, or it fails to say.
    """
    height, width = result_size(spec, options, *size)
    if height * width > max(max_pixels, size[0] * size[1]):  # that a picture is too large as it is, its reader says
        raise InputError(
            f"would grow from {size[1]} x {size[0]} to {width} x {height} pixels ({height * width / 1e6:,.0f} "
            f"megapixels); the limit is {max_pixels / 1e6:,.0f}.",
            path=path,
            hint="Ask for a smaller size, or raise the limit with --max-pixels.",
        )


def _possible(spec: RestorerSpec, options: Options, height: int, width: int) -> list[tuple[int, int]]:
    """The sizes that a picture may have when it is upright, without those whose results the restorer cannot make."""
    found = []
    for size in ((height, width), (width, height)):
        try:
            result_size(spec, options, *size)
        except InputError:
            continue
        found.append(size)
    return found


def _pixels(spec: RestorerSpec, options: Options, height: int, width: int) -> int:
    tall, wide = result_size(spec, options, height, width)
    return tall * wide
