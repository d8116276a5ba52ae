"""The program that develops RAW files, run as it is: what it writes is what `restore.codecs.raw` reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from restore.codecs import raw
from tests.fuzz.corpus import corpus


def developed(tmp_path: Path, data: bytes, most: int = 10_000) -> tuple[dict[str, object], bytes]:
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "in").open("rb") as file:
        command = [sys.executable, "-P", str(raw.PROGRAM), str(most)]
        line, _, pixels = subprocess.run(command, stdin=file, capture_output=True, check=True).stdout.partition(b"\n")
    return json.loads(line), pixels


def test_it_tells_the_shape_and_then_the_pixels(tmp_path: Path) -> None:
    message, pixels = developed(tmp_path, corpus()["plain.dng"])
    assert message == {"shape": [96, 64, 3]}
    assert len(pixels) == 96 * 64 * 3 * 2


def test_it_refuses_by_size_before_it_unpacks(tmp_path: Path) -> None:
    message, pixels = developed(tmp_path, corpus()["plain.dng"], most=96 * 64 - 1)
    assert message == {"error": "size", "size": [96, 64]}
    assert pixels == b""


def test_it_says_what_is_no_raw_file(tmp_path: Path) -> None:
    assert developed(tmp_path, b"no photo " * 50)[0] == {"error": "unsupported"}
