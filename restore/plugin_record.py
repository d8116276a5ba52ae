"""What is known of one plugin: where it came from, what it offers, what is wrong with it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field

from restore.spec import RestorerSpec

FAILURES = (Exception, SystemExit)
"""What a plugin may throw without taking the process along; KeyboardInterrupt is the user's and passes."""


@dataclass(frozen=True)
class PluginInfo:
    """What `restore plugins` shows of one plugin.

    Attributes:
        name: Its entry-point name.
        version: Version of the distribution it came with, or "".
        module: Where it was imported from.
        problem: What is wrong with it in one or more sentences, or None.
        traceback: The traceback behind the first problem, where there is one.
        hooks: Names of the hooks it implements; empty where the plugin was refused.
        restorers: Names of the restorers it provides and that were accepted.
        seconds: How long importing it took.
    """

    name: str
    version: str
    module: str
    problem: str | None
    traceback: str | None
    hooks: tuple[str, ...]
    restorers: tuple[str, ...]
    seconds: float


@dataclass
class PluginRecord:
    """The manager's own, growing notes behind a `PluginInfo`."""

    name: str
    module: str
    distribution: str = ""
    version: str = ""
    seconds: float = 0.0
    hooks: tuple[str, ...] = ()
    specs: list[RestorerSpec] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    traceback: str | None = None

    def note(self, problem: str, error: BaseException | None = None) -> None:
        """Keep a problem (one sentence, each once) and the traceback of the first error."""
        if problem not in self.problems:
            self.problems.append(problem)
        if error is not None and self.traceback is None:
            self.traceback = "".join(traceback.format_exception(error))

    def info(self) -> PluginInfo:
        """The notes as they stand."""
        return PluginInfo(
            name=self.name,
            version=self.version,
            module=self.module,
            problem=" ".join(self.problems) or None,
            traceback=self.traceback,
            hooks=self.hooks,
            restorers=tuple(spec.name for spec in self.specs),
            seconds=self.seconds,
        )


def reason(error: BaseException) -> str:
    """An exception as part of a sentence: its type and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0].rstrip('.')}" if lines else type(error).__name__
