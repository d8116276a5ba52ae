"""The readers over damaged files, in short; `python tests/fuzz/run.py` is the long form. And: can it fail at all?"""

from __future__ import annotations

import importlib
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest

from restore.codecs.reading import read
from restore.errors import InputError
from restore.image import Image
from tests.fuzz import trial as trials
from tests.fuzz.corpus import corpus
from tests.fuzz.layout import layout, repaired_png
from tests.fuzz.mutations import TRUNCATION, mutated
from tests.fuzz.run import Row, format_of, inputs, table
from tests.fuzz.trial import REFUSED, Trial, Verdict
from tests.fuzz.worker import Worker

ROOT = Path(__file__).resolve().parents[1]
FILES = corpus()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # pytest forgets the reader's own filter
@pytest.mark.parametrize("kind", sorted({format_of(name) for name in FILES}))
def test_damaged_files_are_read_or_refused_by_name_and_nothing_is_printed(
    folder: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    files = {name: data for name, data in FILES.items() if format_of(name) == kind}
    trial, row = Trial(folder), Row()
    for item in inputs(files, 7, 0, 6 if kind == "RAW" else 50):
        path = folder / f"input{Path(item.name).suffix}"
        path.write_bytes(item.data)
        verdict = trial.run(path, folder / item.name if item.damage == TRUNCATION else None)
        assert not verdict.is_finding, f"{item.number}, {item.name}, {item.damage}: {verdict}"
        row.add(item, verdict)
    assert row.outcomes[REFUSED] > 0
    assert capfd.readouterr() == ("", "")


def test_every_file_of_the_corpus_is_read_but_the_animation(folder: Path) -> None:
    unread = []
    for name in FILES:
        try:
            read(folder / name)
        except InputError:
            unread.append(name)
    assert unread == ["animated.gif"]


def test_the_same_seed_gives_the_same_damage() -> None:
    some = {name: FILES[name] for name in ("metadata.jpg", "big.tif", "raw.ppm")}
    first, again = (list(inputs(some, 5, 40, 30)) for _ in range(2))
    assert first == again
    assert first[7] == next(inputs(some, 5, 47, 1))
    assert first != list(inputs(some, 6, 40, 30))


@pytest.mark.parametrize("name", FILES)
def test_every_file_has_parts_or_numbers_to_change(name: str) -> None:
    where = layout(FILES[name])
    assert len(where.parts) + len(where.numbers) + len(where.texts) >= 3
    assert all(at >= 0 and at + size <= len(FILES[name]) for at, size, _ in where.numbers)


def test_repaired_checksums_let_libpng_read_on() -> None:
    data = bytearray(FILES["type-0-8-bit.png"])
    data[19] ^= 1  # the width
    assert zlib.crc32(data[12:29]) != struct.unpack(">I", data[29:33])[0]
    data[:] = repaired_png(bytes(data))
    assert zlib.crc32(data[12:29]) == struct.unpack(">I", data[29:33])[0]


def test_damage_is_damage() -> None:
    whole = FILES["metadata.jpg"]
    same = sum(mutated(whole, FILES["plain.tif"], Random(seed))[0] == whole for seed in range(200))
    assert same < 10


def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Path, int], Image]) -> None:
    monkeypatch.setattr(trials, "read", answer)


def test_an_error_that_is_no_answer_to_a_user_is_a_finding(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, most: int) -> Image:
        raise InputError("is bad.\nVery bad.", path=path, hint="Throw it away.")

    def forget(path: Path, most: int) -> Image:
        raise InputError("is bad.", hint="Throw it away.")

    def fail(path: Path, most: int) -> Image:
        raise ZeroDivisionError

    for answer, outcome in ((refuse, "poor error"), (forget, "poor error"), (fail, "exception")):
        answering(monkeypatch, answer)
        assert Trial(folder).run(folder / "plain.tif").outcome == outcome


def test_half_a_picture_and_a_changing_one_are_findings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(folder / "baseline.jpg")
    noise = iter(range(9))
    answering(monkeypatch, lambda path, most: whole.with_pixels(whole.pixels + np.uint8(next(noise))))
    assert Trial(folder).run(folder / "baseline.jpg").outcome == "not deterministic"
    half = whole.with_pixels(whole.pixels // 2)
    answering(monkeypatch, lambda path, most: whole if path.name == "baseline.jpg" else half)
    assert Trial(folder).run(folder / "cut.jpg", folder / "baseline.jpg").outcome == "silent loss"
    answering(monkeypatch, lambda path, most: Image(np.zeros((1, most + 1, 1), np.uint8)))
    assert Trial(folder).run(folder / "baseline.jpg").outcome == "odd picture"


SERVERS = """
import os, time

def crashing(pipe, folder, warm):
    (folder / "printed.txt").write_text("its last words")
    pipe.send(None)
    pipe.recv()
    os.abort()

def hanging(pipe, folder, warm):
    pipe.send(None)
    pipe.recv()
    time.sleep(60)
"""


def test_crashes_and_hangs_are_findings_and_not_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A module of their own: torch-fidelity installs a package "tests", and a new process finds that one.
    (tmp_path / "servers_for_fuzzing.py").write_text(SERVERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    servers = importlib.import_module("servers_for_fuzzing")
    worker = Worker(tmp_path, [], servers.crashing)
    for _ in range(2):
        verdict = worker.run(tmp_path / "a.png")
        assert verdict.outcome == "crash"
        assert "exit code -6" in verdict.detail
        assert "its last words" in verdict.detail
    assert Worker(tmp_path, [], servers.hanging, limit=0.2).run(tmp_path / "a.png").outcome == "hang"


def test_the_long_form_runs_where_another_package_of_tests_is_found_first(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("raise RuntimeError('the tests of somebody else')")
    command = [sys.executable, str(ROOT / "tests" / "fuzz" / "run.py"), "--inputs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 inputs of seed 1 in" in done.stdout


def test_the_table_adds_up() -> None:
    row = Row()
    for outcome, seconds in (("read", 0.5), ("refused", 0.1), ("crash", 2.0)):
        row.add(next(inputs({"a.jpg": FILES["baseline.jpg"]}, 1, 0, 1)), Verdict(outcome, seconds=seconds))
    assert "| all | 3 | 1 | 1 | 1 | 2.00 |" in table({"JPEG": row})
