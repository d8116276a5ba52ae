"""The battery any plugin can run on its restorers in one line.

>>> from restore.testing import check_restorer                          # doctest: +SKIP
>>> check_restorer(my_plugin.SPEC)                                      # doctest: +SKIP

or, one test per rule: ``@pytest.mark.parametrize("check", checks(SPEC), ids=str)`` and ``check.run()``. The command
``restore plugins check NAME`` shows the same as a table. The rules are in `restore.conformance.rules`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from pathlib import Path

from restore.conformance.rules import LOADS, RULES, SOUND
from restore.conformance.trials import Bench, NotToldError
from restore.contracts import spec_problem
from restore.plugin_record import FAILURES, reason
from restore.spec import Options, RestorerSpec

STOPS = {SOUND: "the description is not sound", LOADS: "the model does not load"}
"""Rules after which none is tried where they are broken, and why."""


@dataclass(frozen=True)
class Check:
    """One rule that applies, and the function that raises where it is broken; it returns what was measured, or None."""

    rule: str
    run: Callable[[], str | None]

    def __str__(self) -> str:
        return self.rule


class Verdict(Enum):
    """What became of one rule."""

    PASSED = "passed"
    BROKEN = "broken"
    NOT_DUE = "does not apply"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Finding:
    """One rule, tried.

    Attributes:
        rule: Its name.
        verdict: What became of it.
        said: What was seen where it is broken, what was measured where it passed, why it does not apply or was not
            tried; or "".
        seconds: How long it took.
        error: What was raised where it is broken.
    """

    rule: str
    verdict: Verdict
    said: str = ""
    seconds: float = 0.0
    error: BaseException | None = field(default=None, compare=False, repr=False)


def check_restorer(spec: RestorerSpec, options: Options | None = None, weights: Path | None = None) -> None:
    """Put one restorer to the test, with small pictures.

    Args:
        spec: The description a plugin provides.
        options: What it is tried with where it has no defaults, because it must be told what to do; None for its
            defaults.
        weights: What it is tried with where it has no weights of its own; None for the shipped ones.

    Raises:
        AssertionError: It breaks rules; each is named with what was seen.
    """
    broken = [found for found in findings(spec, options, weights) if found.verdict is Verdict.BROKEN]
    if broken:
        name = getattr(spec, "name", spec)
        told = "\n".join(f"- {found.rule}: {found.said}" for found in broken)
        raise AssertionError(f"The restorer {name!r} breaks these rules:\n{told}") from broken[0].error


def checks(spec: RestorerSpec, options: Options | None = None, weights: Path | None = None) -> list[Check]:
    """The rules that apply to one restorer, each to be run on its own; the model is loaded by the first that needs it.

    Args:
        spec: The description a plugin provides.
        options: As for `check_restorer`.
        weights: As for `check_restorer`.
    """
    bench = Bench(spec, options, weights)
    if spec_problem(spec):
        return [Check(rule.name, partial(rule.judge, bench)) for rule in RULES if rule.name == SOUND]
    return [Check(rule.name, partial(rule.judge, bench)) for rule in RULES if not rule.not_due(spec)]


def findings(
    spec: RestorerSpec,
    options: Options | None = None,
    weights: Path | None = None,
    starting: Callable[[str], None] | None = None,
) -> Iterator[Finding]:
    """Try every rule on one restorer, those too that do not apply; never raises for what a plugin does.

    Args:
        spec: The description a plugin provides.
        options: As for `check_restorer`.
        weights: As for `check_restorer`.
        starting: Called with the name of each rule before it is tried.

    Yields:
        A finding for each rule, as soon as it is tried. Where the description is not sound, the model does not load or
        was not told what to do, the rules after that are not tried: they would all say the same.
    """
    bench = Bench(spec, options, weights)
    stopped = ""
    for rule in RULES:
        why = "" if stopped else rule.not_due(spec)
        if stopped or why:
            yield Finding(rule.name, Verdict.NOT_TRIED if stopped else Verdict.NOT_DUE, stopped or why)
            continue
        if starting is not None:
            starting(rule.name)
        found = _tried(rule.name, partial(rule.judge, bench))
        yield found
        if isinstance(found.error, NotToldError):
            stopped = "it was not told what to do"
        elif found.verdict is Verdict.BROKEN:
            stopped = STOPS.get(rule.name, "")


def _tried(rule: str, judge: Callable[[], str | None]) -> Finding:
    """Try one rule; whatever a plugin raises is a finding."""
    began = time.perf_counter()
    try:
        said = judge()
    except FAILURES as error:
        told = str(error) if isinstance(error, AssertionError) else f"it raised {reason(error)}"
        return Finding(rule, Verdict.BROKEN, told, time.perf_counter() - began, error)
    return Finding(rule, Verdict.PASSED, said or "", time.perf_counter() - began)
