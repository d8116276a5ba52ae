"""Reports add up, always, and their exit code follows from what happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from restore.cli.accounts import summary
from restore.errors import ExitCode
from restore.reporting import FileResult, Report, State


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
