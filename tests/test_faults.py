"""Batches that cannot lose a photo, in short; `python tests/faults/run.py` is the long form with many more kills."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from random import Random

import pytest

from restore.journal import Journal
from tests.faults import faults, scenes
from tests.faults.checks import check_journal, check_tidy
from tests.faults.run import Scene, all_scenes
from tests.faults.tree import BAD, grow, hashes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scenes are played with POSIX signals")

SHORT: dict[str, Scene] = {
    "killed at random moments": functools.partial(scenes.killed, kills=5, files=24, bad=11, within=1.5),
    "killed in place": functools.partial(scenes.killed_in_place, kills=2, files=8, within=1.2),
    "killed at every step": scenes.killed_at_every_step,
    "killed with companions": functools.partial(scenes.killed, kills=3, files=16, bad=4, within=1.5, companions=2),
    "killed in place with companions": functools.partial(
        scenes.killed_in_place, kills=2, files=6, within=1.2, companions=2
    ),
    "killed over older results": functools.partial(scenes.killed_over_older_results, most=2),
    "stopped at once": scenes.stopped_at_once,
    "two at once": functools.partial(scenes.two_at_once, files=10),
    "the disk is full": functools.partial(faults.disk_full, files=16),
    "permission is lost": functools.partial(faults.permission_lost, files=12),
    "inputs move": functools.partial(faults.moving_inputs, files=12),
    "a picture is too slow": faults.too_slow,
    "too many failures": faults.too_many_failures,
    "the model crashes while it loads": faults.stillborn,
}


@pytest.mark.parametrize("scene", SHORT)
def test_no_photo_is_lost_when(scene: str, tmp_path: Path) -> None:
    try:
        print(SHORT[scene](tmp_path, Random(scene)))
    except faults.SceneImpossible as why:
        pytest.skip(str(why))


def test_the_long_form_plays_at_least_what_the_short_form_does() -> None:
    assert len(all_scenes(1, 1, 1)) > len(SHORT)


def test_a_tree_has_every_kind_of_trouble_and_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first = grow(tmp_path / "a", 20, len(BAD) - 1, Random(1))
    second = grow(tmp_path / "b", 20, len(BAD) - 1, Random(1))
    assert (first.good, first.bad, first.hashes) == (second.good, second.bad, second.hashes)
    assert first.inputs == 20
    assert len(set(first.bad.values())) == len(BAD) - 1


def test_the_checks_can_fail(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a result that no journal knows")
    assert set(hashes(tmp_path)) == {"a.png"}
    Journal.open(tmp_path).close()
    with pytest.raises(AssertionError, match="does not know"):
        check_journal(tmp_path)
    (tmp_path / ".restore-0123.png").touch()
    with pytest.raises(AssertionError):
        check_tidy(tmp_path)
