"""What models print while they work is kept off standard output, however they do it."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stdout

import pytest

from restore.stray_output import kept_off_stdout

ALL_WAYS = """
import ctypes, os, subprocess, sys
from restore.stray_output import kept_off_stdout
print("before")
with kept_off_stdout() as out:
    print("by Python")
    os.write(1, b"by descriptor\\n")
    ctypes.CDLL(None).printf(b"by C, and left in its buffer")
    subprocess.run([sys.executable, "-c", "print('by another process')"])
    print("meant for it", file=out)
print("after")
"""


def test_whatever_prints_ends_on_standard_error_and_what_is_meant_for_standard_output_does_not() -> None:
    done = subprocess.run([sys.executable, "-c", ALL_WAYS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["before", "meant for it", "after"]
    for way in ("by Python", "by descriptor", "by C, and left in its buffer", "by another process"):
        assert way in done.stderr


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_standard_stream_is_no_reason_to_fail(closed: str) -> None:
    code = "from restore.stray_output import kept_off_stdout\nwith kept_off_stdout(): print('stray', flush=True)"
    words = ["sh", "-c", f'exec "$0" -c "$1" {closed}>&-', sys.executable, code]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_stream_that_stands_for_standard_output_stays_what_is_meant() -> None:
    said = io.StringIO()
    with redirect_stdout(said), kept_off_stdout() as out:
        print("stray")
        print("meant", file=out)
    assert said.getvalue() == "meant\n"


def test_all_is_as_before_when_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    stream = sys.stdout
    with pytest.raises(RuntimeError), kept_off_stdout():
        raise RuntimeError
    print("after", flush=True)
    assert sys.stdout is stream and capfd.readouterr().out == "after\n"
