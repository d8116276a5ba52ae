"""What a run reports: one result per input, the sum, and whom to tell while it goes on."""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, overload

from restore.errors import ExitCode
from restore.work_items import Plan, WorkItem

State = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one work item.

    Attributes:
        source: The (first) input file.
        output: The file that was, or would have been, written.
        state: "done", "skipped" (nothing to do) or "failed".
        reason: Why it was skipped or failed, for the user; None when done.
        seconds: Time spent on it, in whatever threads: reading, restoring and writing.
        megapixels: Size of the input, 0 if it was never read.
        warnings: What could not be kept, one sentence each.
        exit_code: What the process returns if this was the only input.
        details: The traceback of a failure that is nobody's expected error, else None.
        account: What a restorer tells of this picture, as JSON, see `restore.image.Restoration.account`; or None.
    """

    source: Path
    output: Path
    state: State
    reason: str | None = None
    seconds: float = 0.0
    megapixels: float = 0.0
    warnings: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.OK
    details: str | None = None
    account: str | None = None


_Fate = tuple[State, str | None, tuple[str, ...], ExitCode, str | None, str | None]
"""What most results have in common: state, reason, warnings, exit code, details, account."""

_NONE = -1
"""The fate of an item without a result."""


class Results(Sequence[FileResult]):
    """What became of the items of a plan, in its order; those without a result are passed over.

    Held in 20 bytes each, without the paths, which the plan has: a run of any length takes little more memory than a
    short one.

    Args:
        plan: Whose items.
    """

    def __init__(self, plan: Plan) -> None:
        self._items = plan.items
        count = len(plan.items)
        self._seconds, self._megapixels = array("d", [0.0]) * count, array("d", [0.0]) * count
        self._fate = array("l", [_NONE]) * count
        self._fates: dict[_Fate, int] = {}
        self._count = 0

    def put(self, index: int, result: FileResult) -> None:
        """Book the result of the item of this place in the plan."""
        self._count += self._fate[index] == _NONE
        fate = result.state, result.reason, result.warnings, result.exit_code, result.details, result.account
        self._fate[index] = self._fates.setdefault(fate, len(self._fates))
        self._seconds[index], self._megapixels[index] = result.seconds, result.megapixels

    def has(self, index: int) -> bool:
        """Whether the item of this place in the plan has a result."""
        return self._fate[index] != _NONE

    def without(self) -> Sequence[int]:
        """The places in the plan of the items without a result."""
        return array("l", (index for index, fate in enumerate(self._fate) if fate == _NONE))

    def rows(self) -> Iterator[tuple[State, str | None, float]]:
        """State, reason and megapixels of each result, without the paths, which take their time."""
        fates = list(self._fates)
        for fate, megapixels in zip(self._fate, self._megapixels, strict=True):
            if fate != _NONE:
                yield fates[fate][0], fates[fate][1], megapixels

    def warned_of(self, beginning: str) -> int:
        """How many results have a warning that begins like this."""
        warned = [_warns(fate[2], beginning) for fate in self._fates]
        return sum(number != _NONE and warned[number] for number in self._fate) if any(warned) else 0

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> FileResult: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[FileResult, ...]: ...

    def __getitem__(self, index: int | slice) -> FileResult | tuple[FileResult, ...]:
        return tuple(self)[index]

    def __iter__(self) -> Iterator[FileResult]:
        fates = list(self._fates)
        for item, number, seconds, megapixels in zip(
            self._items, self._fate, self._seconds, self._megapixels, strict=True
        ):
            if number != _NONE:
                state, reason, warnings, code, details, account = fates[number]
                source, output = item.sources[0], item.output
                told = (warnings, code, details, account)
                yield FileResult(source, output, state, reason, seconds, megapixels, *told)


def _warns(warnings: Sequence[str], beginning: str) -> bool:
    return any(each.startswith(beginning) for each in warnings)


@dataclass(frozen=True)
class Report:
    """The account of a whole run; every input appears exactly once.

    Attributes:
        inputs: How many inputs were planned.
        results: One per input in the plan's order; fewer only after an interruption or an early stop.
        seconds: Wall-clock time of the run.
        interrupted: Whether the user stopped it.
        stopped: Why the run stopped itself early, or None.

    Raises:
        ValueError: The results do not add up to the inputs (a bug in the engine, never hidden).
    """

    inputs: int
    results: Sequence[FileResult]
    seconds: float
    interrupted: bool = False
    stopped: str | None = None

    def __post_init__(self) -> None:
        early = self.interrupted or self.stopped is not None
        if len(self.results) != self.inputs and not (early and len(self.results) < self.inputs):
            raise ValueError(f"{self.inputs} inputs but {len(self.results)} results")

    @property
    def done(self) -> int:
        """How many inputs were restored."""
        return self._count("done")

    @property
    def skipped(self) -> int:
        """How many inputs needed nothing."""
        return self._count("skipped")

    @property
    def failed(self) -> int:
        """How many inputs could not be restored."""
        return self._count("failed")

    @property
    def left(self) -> int:
        """How many inputs an interruption or an early stop left untouched."""
        return self.inputs - len(self.results)

    @property
    def megapixels(self) -> float:
        """Sum over the inputs that were restored."""
        return sum(megapixels for state, _, megapixels in self._rows() if state == "done")

    @property
    def exit_code(self) -> ExitCode:
        """130 after an interruption; a failed only input's own code; 8 if some of several failed; else 0."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.failed and self.inputs == 1 and self.results:
            return self.results[0].exit_code
        return ExitCode.SOME_FAILED if self.failed else ExitCode.OK

    def with_reason(self, reason: str) -> int:
        """How many results have this reason."""
        return sum(each == reason for _, each, _ in self._rows())

    def warned_of(self, beginning: str) -> int:
        """How many results have a warning that begins like this."""
        if isinstance(self.results, Results):
            return self.results.warned_of(beginning)
        return sum(_warns(result.warnings, beginning) for result in self.results)

    def _count(self, state: State) -> int:
        return sum(each == state for each, _, _ in self._rows())

    def _rows(self) -> Iterator[tuple[State, str | None, float]]:
        if isinstance(self.results, Results):
            return self.results.rows()
        return ((result.state, result.reason, result.megapixels) for result in self.results)


class Run(Protocol):
    """The work on a plan: what `accounted` must know of it."""

    @property
    def results(self) -> Results:
        """What became of the items so far."""
        ...

    @property
    def stopped(self) -> str | None:
        """Why it stopped itself early, or None."""
        ...

    def go(self) -> None:
        """Work until nothing is left, or until it is to stop."""
        ...

    def close(self) -> None:
        """Let go of everything, whatever has happened."""
        ...


def accounted(run: Run, inputs: int, stop: threading.Event) -> Report:
    """Let a run go to its end, or to the user's interruption, and account for it.

    Args:
        run: What is to be done.
        inputs: How many items it has.
        stop: Set where it was to stop before its end.
    """
    began, interrupted = time.perf_counter(), False
    try:
        run.go()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        run.close()
    interrupted |= len(run.results) < inputs and stop.is_set() and run.stopped is None
    return Report(inputs, run.results, time.perf_counter() - began, interrupted, run.stopped)


class Observer(Protocol):
    """Whom the engine tells how a run goes on; always called in the thread that called `restore.engine.run`."""

    def started(self, plan: Plan) -> None:
        """The run begins."""
        ...

    def progressed(self, item: WorkItem) -> None:
        """The restorer begins with this item."""
        ...

    def finished(self, result: FileResult) -> None:
        """Nothing more will happen to this input; comes once per input, not always in the plan's order."""
        ...


class Tracer(Protocol):
    """Who must know what is in hand at any moment, also when the process dies; called from any thread."""

    def stage(self, index: int, stage: str) -> None:
        """The item of this place in the plan is "reading", "waiting", "restoring" or "writing" from now on."""
        ...

    def result(self, index: int, result: FileResult) -> None:
        """Nothing more will happen to this item."""
        ...


class Silence:
    """An observer that does nothing: for scripts and tests."""

    def started(self, plan: Plan) -> None:
        """Ignore it."""

    def progressed(self, item: WorkItem) -> None:
        """Ignore it."""

    def finished(self, result: FileResult) -> None:
        """Ignore it."""
