"""Reports add up, always, and their exit code follows from what happened."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from restore.cli.accounts import summary
from restore.errors import ExitCode
from restore.reporting import FileResult, Report, Results, State
from restore.work_items import Plan, WorkItem


def result(state: State, megapixels: float = 0.0, code: ExitCode = ExitCode.OK) -> FileResult:
    return FileResult(Path("a.jpg"), Path("b.jpg"), state, megapixels=megapixels, exit_code=code)


def test_the_final_line_adds_up() -> None:
    results = [result("done", 3.52)] * 10 + [result("skipped", 9.0), result("failed", 9.0)]
    report = Report(12, tuple(results), seconds=21.0)
    assert summary(report) == "12 inputs = 10 done + 1 skipped + 1 failed (35.2 MP in 21 s, 1.7 MP/s)"
    assert report.inputs == report.done + report.skipped + report.failed


def test_an_input_without_a_result_is_a_bug_unless_the_user_interrupted() -> None:
    with pytest.raises(ValueError, match="2 inputs but 1 results"):
        Report(2, (result("done"),), 1.0)
    with pytest.raises(ValueError, match="1 inputs but 2 results"):
        Report(1, (result("done"),) * 2, 1.0, interrupted=True)
    report = Report(2, (result("done"),), 1.0, interrupted=True)
    assert (report.left, report.exit_code) == (1, ExitCode.INTERRUPTED)
    assert " + 1 left (" in summary(report)


def test_the_exit_code_is_the_only_inputs_own_or_8_for_some_of_several() -> None:
    failed = result("failed", code=ExitCode.INPUT)
    assert Report(1, (failed,), 1.0).exit_code == ExitCode.INPUT
    assert Report(2, (failed, failed), 1.0).exit_code == ExitCode.SOME_FAILED
    assert Report(2, (result("skipped"), result("done")), 1.0).exit_code == ExitCode.OK


def plan(count: int) -> Plan:
    return Plan(tuple(WorkItem((Path(f"{number}.jpg"),), Path("out", f"{number}.jpg")) for number in range(count)))


def test_results_come_back_whole_and_in_the_plans_order() -> None:
    one = FileResult(Path("0.jpg"), Path("out/0.jpg"), "done", None, 1.5, 3.52, ("no XMP",), ExitCode.OK)
    two = FileResult(Path("2.jpg"), Path("out/2.jpg"), "failed", "is damaged", 0.1, 0.0, (), ExitCode.INPUT, "Trace")
    results = Results(plan(4))
    results.put(2, two)
    results.put(0, result("failed"))
    results.put(0, one)
    assert tuple(results) == (one, two) and results[1:] == (two,) and len(results) == 2
    assert list(results.rows()) == [("done", None, 3.52), ("failed", "is damaged", 0.0)]
    assert (results.has(2), results.has(3), list(results.without())) == (True, False, [1, 3])


def test_results_of_a_long_run_take_next_to_no_memory() -> None:
    results = Results(plan(5000))
    tracemalloc.start()
    for number in range(5000):
        state: State = "done" if number % 2 else "skipped"
        results.put(number, FileResult(Path("a.jpg"), Path("b.jpg"), state, None, number / 7, number / 3))
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(results) == 5000 and held < 10_000
