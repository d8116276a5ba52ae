"""What is known of a plugin grows while it is used, and each problem is kept once."""

from __future__ import annotations

from restore.plugin_record import PluginRecord, reason


def test_a_new_record_has_no_problem() -> None:
    info = PluginRecord("one", "package.module").info()
    assert (info.name, info.module, info.problem, info.traceback) == ("one", "package.module", None, None)


def test_problems_are_kept_once_each_and_the_first_traceback_stays() -> None:
    record = PluginRecord("one", "package.module")
    record.note("It is odd.")
    for message in ("first", "second"):
        try:
            raise ValueError(message)
        except ValueError as error:
            record.note("It failed.", error)
    info = record.info()
    assert info.problem == "It is odd. It failed."
    assert info.traceback is not None
    assert "ValueError: first" in info.traceback and "second" not in info.traceback


def test_a_reason_is_the_type_and_the_first_line_without_its_full_stop() -> None:
    assert reason(ValueError("bad header.\nmore")) == "ValueError: bad header"
    assert reason(ZeroDivisionError()) == "ZeroDivisionError"
    assert reason(SystemExit(3)) == "SystemExit: 3"
