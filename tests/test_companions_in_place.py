"""What is written beside results that take their inputs' place, lie among their inputs, or have a name of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from restore.accounting import set_aside
from restore.batch import run_batch
from restore.errors import ExitCode
from restore.in_place import plan_in_place
from restore.naming import Naming
from restore.planning import Plan, plan
from restore.resuming import DONE
from tests.companions_bench import ALL, Bench, Listing, Photo, bench

if TYPE_CHECKING:
    from tests.conftest import Outcome

__all__ = ["bench"]


def test_in_place_companions_lie_beside_the_result_and_are_never_inputs_themselves(
    bench: Bench, listing_of: Listing
) -> None:
    original = bench.source.read_bytes()
    assert bench.run_in_place().done == 1
    for _ in range(2):
        report = bench.run_in_place()
        assert (report.inputs, report.with_reason(DONE)) == (1, 1)
    report = bench.run_in_place(0)  # whose plan knows of no companions, but the journal does
    assert (report.inputs, report.done, report.skipped) == (4, 1, 3)
    assert listing_of(bench.place / "in") == ["a.jpg"] and len(set_aside(bench.place / "in")) == 3
    assert (bench.place / "old" / "a.jpg").read_bytes() == original
    assert listing_of(bench.place / "old") == ["a.jpg"]


def test_in_place_a_picture_that_needs_nothing_is_not_touched_and_has_its_companions(
    bench: Bench, listing_of: Listing
) -> None:
    before = bench.source.read_bytes(), bench.source.stat().st_ino
    assert bench.run_in_place(strength=0).done == 1
    assert (bench.source.read_bytes(), bench.source.stat().st_ino) == before
    assert listing_of(bench.place / "in") == sorted(ALL)
    assert bench.run_in_place(strength=0).with_reason(DONE) == 1
    (bench.place / "in" / "a.map.tif").unlink()
    assert bench.run_in_place(strength=0).done == 1
    assert listing_of(bench.place / "in") == sorted(ALL)


def test_beside_their_inputs_companions_are_no_inputs_either(bench: Bench) -> None:
    folder = bench.source.parent

    def planned(**named: object) -> Plan:
        return plan([str(folder)], folder, naming=Naming("_x"), **named)  # type: ignore[arg-type]

    for companions, reasons in ((3, [None]), (3, [DONE]), (0, None)):
        report = run_batch(bench.job(planned, companions), bench.manager)
        if reasons is not None:
            assert [result.reason for result in report.results] == reasons
    assert (report.inputs, report.done, report.skipped) == (4, 1, 3)


def test_a_single_file_has_its_companions_beside_it(
    bench: Bench, cli: Callable[..., Outcome], listing_of: Listing
) -> None:
    goal = bench.place / "goal"
    goal.mkdir()
    outcome = cli("denoise", bench.source, "-o", goal / "b.png", "--companions", 3, "--json")
    assert outcome.code == ExitCode.OK
    assert listing_of(goal) == ["b.map.png", "b.map.tif", "b.negative.png", "b.png"]
    (result,) = json.loads(outcome.out)["results"]
    assert result["companions"] == [str(goal / name) for name in ("b.negative.png", "b.map.png", "b.map.tif")]
    again = cli("denoise", bench.source, "-o", goal / "b.png", "--companions", 3)
    assert "1 skipped" in again.out
    (goal / "b.png").unlink()
    assert "1 skipped" in cli("denoise", bench.source, "-o", goal / "b.png", "--companions", 3).out


def test_in_place_files_from_several_folders_are_known_again_however_they_are_spelled(
    bench: Bench, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.place)
    photo(bench.place / "two" / "b.png")

    def planned(**named: object) -> Plan:
        return plan_in_place(["in/a.jpg", "two/b.png"], "old", **named)  # type: ignore[arg-type]

    assert run_batch(bench.job(planned, 3), bench.manager).done == 2
    assert run_batch(bench.job(planned, 3), bench.manager).with_reason(DONE) == 2
    (bench.place / "two" / "b.map.tif").unlink()
    report = run_batch(bench.job(planned, 3), bench.manager)
    assert (report.done, report.with_reason(DONE)) == (1, 1)
    assert not report.results[1].warnings, "what is ours is replaced, not set aside"
