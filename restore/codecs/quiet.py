"""What decoders say about damaged files is kept off the user's terminal; `restore` says it in its own words.

libpng (through imagecodecs) and tifffile log a line for every oddity, Pillow warns; a folder of damaged files would
bury the report. Whoever wants to see it sets up `logging`: the lines still reach the root logger's handlers.
"""

from __future__ import annotations

import logging
import warnings

LOGGERS = ("imagecodecs", "tifffile", "PIL")
LONGEST = 200


def quieten() -> None:
    """Stop lines of the decoders' loggers and Pillow's warnings from being printed; calling it again changes nothing.

    A logger without any handler prints its warnings, so each gets one that does nothing. Pillow's warnings go through
    a filter of the process: filters for a stretch of code (`warnings.catch_warnings`) do not work between threads.
    """
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            logger.addHandler(logging.NullHandler())
    warnings.filterwarnings("ignore", module=r"PIL\.")


def printable(text: str) -> str:
    """Return what a decoder says, or a file holds, on one line of at most 200 printable characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
