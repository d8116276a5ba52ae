"""What models and libraries print while they work is kept off standard output, which is for results (``--json``)."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from typing import TextIO

_OUT, _ERR = 1, 2
"""Standard output and standard error, as C code knows them."""


@contextmanager
def kept_off_stdout() -> Iterator[TextIO]:
    """Lead all that is printed meanwhile to standard error, whoever prints it: Python, C code, another process.

    It holds for the whole process, all threads of it, so it is for a program's own commands, not for a library.

    Yields:
        What standard output was before: for what is really meant for it.
    """
    meant = sys.stdout
    with ExitStack() as undone, redirect_stdout(sys.stderr):
        saved = _led_away(undone)
        # A stream on the descriptor itself would be led away with it; any other one (of a test, of a notebook) is not.
        if saved is not None and _descriptor(meant) == _OUT:
            stream = os.fdopen(os.dup(saved), "w", encoding=meant.encoding, errors=meant.errors, buffering=1)
            meant = undone.enter_context(stream)
        yield meant


def _led_away(undone: ExitStack) -> int | None:
    """Lead the descriptor to standard error; the one that leads to where it led before, None where nothing is there."""
    if sys.stdout is not None:
        sys.stdout.flush()
    _flush_c()
    try:
        saved = os.dup(_OUT)
    except OSError:  # standard output is closed
        return None
    undone.callback(os.close, saved)
    try:
        os.dup2(_ERR, _OUT)
    except OSError:  # standard error is closed
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _OUT)
        os.close(nowhere)
    undone.callback(os.dup2, saved, _OUT)
    undone.callback(_flush_c)
    return saved


def _flush_c() -> None:
    """Have written what C code has printed so far, which would else appear where the descriptor leads later."""
    if sys.platform != "win32":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).fflush(None)


def _descriptor(stream: TextIO | None) -> int | None:
    """The descriptor behind a stream, None where there is none."""
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
