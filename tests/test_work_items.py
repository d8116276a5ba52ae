"""Work items, packed and unpacked: what goes in comes out."""

from __future__ import annotations

from pathlib import Path

from restore.spec import Companion
from restore.work_items import Items, Plan, WorkItem

BARE = WorkItem((Path("in/a.png"),), Path("out/a.png"))
FULL = WorkItem(
    (Path("in/a.png"), Path("in/caf\udce9.png")),
    Path("out/a.png"),
    "exists",
    "collides",
    Path("old/a.png"),
    present=True,
    replace=True,
    set_aside=(Path("out/a.png"), Path("out/a.map.png")),
    mask=Path("masks/a.png"),
)


def test_items_come_back_as_they_were() -> None:
    items = Items([BARE, FULL])
    assert list(items) == [BARE, FULL] == [items[0], items[-1]] and items[:1] == (BARE,)
    assert FULL.inputs == (*FULL.sources, Path("masks/a.png")) and BARE.inputs == BARE.sources
    assert items == [BARE, FULL] and items != [FULL, BARE] and len(items) == 2


def test_a_plan_knows_what_is_written_beside_each_result() -> None:
    plan = Plan((BARE, FULL), companions=(Companion("x"), Companion("map", ".tif")))
    assert plan.beside(plan.items[0]) == (Path("out/a.x.png"), Path("out/a.map.tif"))
    assert Plan((BARE,)).beside(BARE) == ()
    assert [item.is_pending for item in plan.items] == [True, False]
    assert (plan.pending, plan.is_settled) == ((BARE,), False)
