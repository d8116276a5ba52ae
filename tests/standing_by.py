"""Commands that stand by at a folder until Ctrl-C is pressed, and what happens in the meantime."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def until(condition: Callable[[], object]) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@contextmanager
def meanwhile(*steps: Callable[[], object]) -> Iterator[None]:
    """Do something beside the command, which runs in the main thread, then press Ctrl-C."""
    trouble: list[BaseException] = []

    def act() -> None:
        try:
            for step in steps:
                step()
        except BaseException as error:
            trouble.append(error)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=act)
    thread.start()
    yield
    thread.join()
    assert not trouble
