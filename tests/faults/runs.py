"""Starts ``restore`` as a user would, in a session of its own, and ends it in all the ways there are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psutil

WAYS = ("all", "all", "main", "worker")
"""Who is killed: all processes of the run, only the one the user started, only its worker."""
PATIENCE = 120.0
"""Seconds after which a run hangs."""

_START = """
import ctypes, os, resource, sys
if os.geteuid() == 0 and sys.platform == "linux":
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability)  # PR_CAPBSET_DROP: permissions hold for root too from here on
if int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class Ended:
    """A run that has ended.

    Attributes:
        code: What it returned.
        document: What ``--json`` printed, if it came to that.
        said: On standard error.
    """

    code: int
    document: dict[str, Any]
    said: str

    @property
    def states(self) -> dict[str, tuple[str, str]]:
        """State and reason of every input."""
        return {each["source"]: (each["state"], each["reason"] or "") for each in self.document["results"]}


class Run:
    """A run that goes on.

    Args:
        environment: See `tests.faults.trouble.install`.
        arguments: Of ``restore denoise``; the model and ``--json`` are added.
        model: Which one.
        address_space: Bytes that each of its processes may have, or None for any number.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *arguments: object,
        model: str = "trouble",
        address_space: int | None = None,
    ) -> None:
        command = [str(Path(sys.executable).with_name("restore")), "denoise", *map(str, arguments)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, str(address_space or 0), *command, "-m", model, "--json"],
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def kill(self, way: str) -> None:
        """End it without warning."""
        if way == "worker":
            for child in self.workers():
                with suppress(psutil.Error):
                    child.kill()
            return
        self.send(signal.SIGKILL, everybody=way == "all")
        self.process.communicate()

    def send(self, number: signal.Signals, *, everybody: bool = True) -> None:
        """Send a signal, as a terminal does to everybody, or to the main process alone."""
        with suppress(ProcessLookupError):
            (os.killpg if everybody else os.kill)(self.process.pid, number)

    def workers(self) -> list[psutil.Process]:
        """The processes that do the work."""
        try:
            children = psutil.Process(self.process.pid).children()
            return [child for child in children if any("spawn_main" in word for word in child.cmdline())]
        except psutil.Error:
            return []

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        """Wait until something is so; False when the run ends before."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None:
                return condition()
            assert time.monotonic() < end, "the run hangs"
            time.sleep(0.01)
        return True

    def end(self) -> Ended:
        """Wait for its end."""
        try:
            out, said = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill("all")
            raise
        code = self.process.returncode
        return Ended(code, json.loads(out) if out else {}, said.decode(errors="backslashreplace"))


def run(environment: Mapping[str, str], *arguments: object, **how: Any) -> Ended:
    """Run to the end."""
    return Run(environment, *arguments, **how).end()


def disturbed(random: Random, environment: Mapping[str, str], *arguments: object, within: float) -> str | None:
    """Start a run and kill it at a random moment.

    Args:
        random: Chooses the moment and the way.
        environment: See `Run`.
        arguments: See `Run`.
        within: Seconds; the moment lies in them.

    Returns:
        Whom it killed; None where the run was over before.
    """
    one, way = Run(environment, *arguments), random.choice(WAYS)
    try:
        one.process.wait(random.uniform(0.05, within))
    except subprocess.TimeoutExpired:
        one.kill(way)
        if way == "worker":
            one.end()
        return way
    one.end()
    return None
