"""Ctrl-C and SIGTERM: the first finishes what is in hand, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import click

_FIRST = "finishing the picture in hand; once more to stop at once"


@contextmanager
def stopped_by_signals(*, quiet: bool, note: str = _FIRST) -> Iterator[threading.Event]:
    """Turn the first signal into a wish to stop, and any further one into a `KeyboardInterrupt`.

    Args:
        quiet: Say nothing about it.
        note: What is said at the first signal.

    Yields:
        The wish: set by the first signal.
    """
    stop = threading.Event()

    def heard(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        if not quiet:
            with suppress(RuntimeError):  # heard in the middle of printing something else
                click.echo(note, err=True)

    if threading.current_thread() is not threading.main_thread():  # only the main thread can hear signals
        yield stop
        return
    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
