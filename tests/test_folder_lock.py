"""One run at a time in an output folder; who holds it is named; the system gives it back whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from restore.errors import OutputError
from restore.folder_lock import RUN, WORKER, folder_lock, holder

HOLDER = """
import sys, time
from pathlib import Path
from restore.folder_lock import folder_lock
sys.argv = ["/usr/bin/restore", "denoise", "in", "-o", "out"]
with folder_lock(Path({folder!r})):
    print("held", flush=True)
    time.sleep(60)
"""


def other_process(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(folder=str(folder))], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    inside = tmp_path / ".restore"
    inside.mkdir()
    process = other_process(inside)
    try:
        with pytest.raises(OutputError) as refusal, folder_lock(inside):
            pytest.fail("both hold it")
        assert refusal.value.path == tmp_path
        assert f"process {process.pid} on {os.uname().nodename} since 2" in str(refusal.value)
        assert "restore denoise in -o out)" in str(refusal.value)
        with folder_lock(inside, WORKER):  # another lock of the same folder
            pass
    finally:
        process.kill()
        process.communicate()


def test_a_run_that_was_killed_holds_nothing_any_more(tmp_path: Path) -> None:
    process = other_process(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "run.json").exists()
    with folder_lock(tmp_path):
        assert json.loads((tmp_path / "run.json").read_text())["process"] == os.getpid()
    assert not (tmp_path / "run.json").exists()


def test_a_worker_waits_for_the_one_before_it(tmp_path: Path) -> None:
    with folder_lock(tmp_path, WORKER):
        began = time.monotonic()
        with pytest.raises(OutputError), folder_lock(tmp_path, WORKER, wait=0.2):
            pytest.fail("both hold it")
        assert time.monotonic() - began >= 0.2


def test_the_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path):
        raise ZeroDivisionError
    with folder_lock(tmp_path):
        pass


def test_a_holder_whose_note_is_damaged_is_still_refused(tmp_path: Path) -> None:
    with folder_lock(tmp_path, RUN):
        (tmp_path / "run.json").write_text("{")
        assert holder(tmp_path) is None
        with pytest.raises(OutputError, match="has not said who it is"), folder_lock(tmp_path, RUN):
            pytest.fail("both hold it")


def test_a_full_disk_that_cannot_take_the_note_does_not_keep_a_run_from_going_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", refuse)
    with folder_lock(tmp_path):
        assert holder(tmp_path) is None


def test_a_folder_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.lock").mkdir()
    with pytest.raises(OutputError, match="cannot be locked"), folder_lock(tmp_path):
        pytest.fail("a folder is in the place of the lock")
