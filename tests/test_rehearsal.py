"""A dry run knows what an earlier run has done, and leaves its journal as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.batch import run_batch
from restore.in_place import plan_in_place
from restore.job import Job
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.rehearsal import rehearsed
from restore.resuming import DONE

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("in_place", [False, True])
def test_it_tells_what_is_done_and_what_will_be_done_again_and_writes_nothing(
    tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager, in_place: bool
) -> None:
    for name in ("a", "b"):
        photo(tmp_path / "in" / f"{name}.png")

    def job(strength: float = 1.0) -> Job:
        inputs = [str(tmp_path / "in")]
        the_plan = plan_in_place(inputs, tmp_path / "kept") if in_place else plan(inputs, tmp_path / "out")
        return Job(the_plan, tiny.spec, tiny.options(strength))

    assert rehearsed(job()) == job(), "there is no journal yet"
    run_batch(job(), tiny_manager)
    before = everything(tmp_path)
    assert [item.skip for item in rehearsed(job()).plan.items] == [DONE, DONE]
    assert len(rehearsed(job(strength=0.5)).plan.pending) == 2, "other options: done again"
    assert everything(tmp_path) == before


def test_a_single_file_has_no_journal(tmp_path: Path, photo: Photo, tiny: Tiny) -> None:
    job = Job(plan([str(photo(tmp_path / "a.png"))], tmp_path / "b.png"), tiny.spec, tiny.options())
    assert rehearsed(job) is job
