"""Every error a user can see: what went wrong, in which file, what to do next, and the exit code of the process.

Code anywhere in the core or in a plugin raises one of these for trouble that a user can act on. Anything else that
escapes is a bug and is shown with its traceback. Only ``cli.py`` prints them and exits.
"""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """What the process returns to the shell; scripts rely on these numbers, they never change meaning."""

    OK = 0
    USAGE = 2
    INPUT = 3
    OUTPUT = 4
    PLUGIN = 5
    WEIGHTS = 6
    DEVICE = 7
    SOME_FAILED = 8
    INTERRUPTED = 130


class RestoreError(Exception):
    """The base of all errors shown without a traceback.

    Args:
        message: One sentence that says what is wrong.
        path: The file or folder it is about; named in front of the message.
        hint: What the user can try next; a full sentence.
    """

    exit_code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, *, path: Path | str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = None if path is None else Path(path)
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path is not None else ""
        advice = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}{advice}"


class UsageError(RestoreError):
    """A command, an option or a value that makes no sense; nothing was done."""

    exit_code = ExitCode.USAGE


class InputError(RestoreError):
    """A file that cannot be read as a picture: missing, broken, not permitted, too large, animated."""

    exit_code = ExitCode.INPUT


class OutputError(RestoreError):
    """A result that cannot be written, or a plan whose outputs would collide or overwrite an input."""

    exit_code = ExitCode.OUTPUT


class PluginError(RestoreError):
    """A plugin that cannot be loaded, breaks its contract, or a model name that no plugin provides."""

    exit_code = ExitCode.PLUGIN


class WeightsError(RestoreError):
    """A weights file that is missing, damaged, or belongs to another model."""

    exit_code = ExitCode.WEIGHTS


class DeviceError(RestoreError):
    """A device that is not there, runs out of memory at the smallest tile, or computes NaN even in float32."""

    exit_code = ExitCode.DEVICE
