"""What was written beside a result, when the run comes again: the same promises as for the results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from restore.accounting import Finding, set_aside
from restore.journal_reading import read_journal
from restore.resuming import DONE
from tests.companions_bench import ALL, Bench, Listing, bench

if TYPE_CHECKING:
    pass

__all__ = ["bench"]


def test_what_is_done_with_its_companions_is_left_alone_also_when_files_were_only_touched(bench: Bench) -> None:
    bench.run()
    for name in ALL:
        os.utime(bench.out / name, ns=(1, 1))
    for _ in range(2):
        report = bench.run()
        assert report.with_reason(DONE) == 1
    (entry,) = read_journal(bench.out).entries
    assert {row.stamp.modified_ns for row in entry.companions} == {1}, "next time nothing is read"


@pytest.mark.parametrize("name", ["a.negative.jpg", "a.map.png", "a.map.tif"])
def test_a_result_without_one_of_its_companions_is_not_done(bench: Bench, name: str, listing_of: Listing) -> None:
    bench.run()
    (bench.out / name).unlink()
    assert bench.findings() == {"a.jpg": (Finding.MISSING, f"{name} beside it: missing")}
    assert bench.run().done == 1
    assert listing_of(bench.out) == sorted(ALL)
    assert bench.findings() == {"a.jpg": (Finding.WHOLE, None)}
    assert set_aside(bench.out) == []


def test_a_companion_that_somebody_has_changed_is_kept_before_it_is_made_again(bench: Bench) -> None:
    bench.run()
    (bench.out / "a.map.png").write_bytes(b"retouched")
    finding, reason = bench.findings()["a.jpg"]
    assert finding is Finding.CHANGED and reason is not None and "a.map.png beside it: has 9 bytes" in reason
    report = bench.run()
    assert report.done == 1 and "was kept as" in report.results[0].warnings[0]
    assert [path.read_bytes() for path in set_aside(bench.out)] == [b"retouched"]
    assert bench.findings() == {"a.jpg": (Finding.WHOLE, None)}


def test_companions_that_a_result_has_no_longer_are_kept_aside(bench: Bench, listing_of: Listing) -> None:
    bench.run(3)
    report = bench.run(1)
    assert report.done == 1
    assert listing_of(bench.out) == ["a.jpg", "a.negative.jpg"]
    assert sorted(path.name for path in set_aside(bench.out)) == ["a.map-1.png", "a.map-1.tif"]
    assert all("belonged to the result before" in each for each in report.results[0].warnings)
    assert bench.run(3).done == 1
    assert listing_of(bench.out) == sorted(ALL)


def test_somebodys_file_in_a_companions_place_is_never_overwritten_unasked(bench: Bench) -> None:
    bench.out.mkdir()
    (bench.out / "a.map.png").write_bytes(b"mine")
    for _ in range(2):
        (result,) = bench.run().results
        assert result.state == "skipped" and result.reason is not None
        assert result.reason.startswith(f"{bench.out / 'a.map.png'} exists already")
    bench.run(1)  # a result is there now, but no map
    (result,) = bench.run(3).results
    assert result.state == "skipped" and (bench.out / "a.map.png").read_bytes() == b"mine"
    assert bench.run(3, overwrite=True).done == 1
    assert (bench.out / "a.map.png").read_bytes() != b"mine"


def test_other_companions_are_another_result(bench: Bench) -> None:
    report = bench.run(2)
    assert report.done == 1
    (entry,) = read_journal(bench.out).entries
    assert [(row.path, row.former) for row in entry.companions] == [("a.map.png", False), ("a.negative.jpg", False)]
    assert bench.run(2).with_reason(DONE) == 1
    assert bench.run(3).done == 1
