"""Which of the pictures found are meant: patterns as git reads them, and dates."""

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.selection import Selection, Tally, moment

TREE = ("a.jpg", "B.JPG", "scans/a.tif", "2024/scans/b.tif", "2024/c.tif", "2024/deep/d.tif")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=1)))


def taken(*, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
    selection = Selection(include, exclude)
    return [name for name in TREE if selection.reason(Path("in") / name, Path(name)) is None]


def test_without_options_every_file_is_taken() -> None:
    assert taken() == list(TREE)


def test_masks_are_not_taken_wherever_they_are_reached_from(tmp_path: Path) -> None:
    for name in TREE:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "link").symlink_to("in")

    def left(masks: Path, root: str = "in") -> list[str]:
        selection = Selection(masks=masks)
        return [name for name in TREE if selection.reason(tmp_path / root / name, Path(name)) == "--mask"]

    assert left(tmp_path / "in" / "2024" / "scans") == ["2024/scans/b.tif"]
    assert left(tmp_path / "in" / "2024" / "c.tif") == ["2024/c.tif"]
    assert left(tmp_path / "in" / "2024" / "scans", "link") == ["2024/scans/b.tif"]
    assert left(tmp_path / "link" / "2024", "in") == ["2024/scans/b.tif", "2024/c.tif", "2024/deep/d.tif"]
    assert left(tmp_path / "in" / "202") == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["a.jpg", "B.JPG"]),
        ("scans/", ["scans/a.tif", "2024/scans/b.tif"]),
        ("/scans/", ["scans/a.tif"]),
        ("2024/*.tif", ["2024/c.tif"]),
        ("/2024/", ["2024/scans/b.tif", "2024/c.tif", "2024/deep/d.tif"]),
        ("2024/**/[bd].tif", ["2024/scans/b.tif", "2024/deep/d.tif"]),
        ("?.TIF", ["scans/a.tif", "2024/scans/b.tif", "2024/c.tif", "2024/deep/d.tif"]),
    ],
)
def test_a_pattern_means_what_it_means_in_a_gitignore_whatever_the_case(pattern: str, expected: list[str]) -> None:
    assert taken(include=(pattern,)) == expected
    assert taken(exclude=(pattern,)) == [name for name in TREE if name not in expected]


def test_one_include_must_match_and_no_exclude_may() -> None:
    assert taken(include=("*.jpg", "/scans/")) == ["a.jpg", "B.JPG", "scans/a.tif"]
    assert taken(include=("*.jpg", "/scans/"), exclude=("a.*",)) == ["B.JPG"]


def test_an_exclamation_mark_takes_back_an_earlier_pattern() -> None:
    assert taken(exclude=("*.tif", "!c.tif")) == ["a.jpg", "B.JPG", "2024/c.tif"]


@pytest.mark.parametrize("pattern", ["", " ", "#comment", "a[", "!", "/"])
def test_a_pattern_that_can_match_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError, match="is not a pattern that can match a file"):
        Selection(exclude=(pattern,))


def test_files_changed_before_the_moment_are_left_out_and_those_without_a_time_are_not(tmp_path: Path) -> None:
    selection = Selection(since=NOW)
    for name, seconds in (("old", -1), ("same", 0), ("new", 1)):
        (tmp_path / name).write_bytes(b"x")
        os.utime(tmp_path / name, (0, NOW.timestamp() + seconds))
    names = ("old", "same", "new", "gone")
    assert [selection.reason(tmp_path / name, Path(name)) for name in names] == ["--since", None, None, None]


def test_what_is_left_out_is_counted_by_the_option_that_did_it() -> None:
    tally = Tally(Selection(include=("*.tif",), exclude=("/2024/",)))
    assert [name for name in TREE if tally.takes(Path(name), Path(name))] == ["scans/a.tif"]
    assert tally.notes() == ["3 files left out by --exclude", "2 files left out by --include"]


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90min", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("1.5 D", timedelta(hours=36)),
        ("2w", timedelta(days=14)),
    ],
)
def test_an_age_is_counted_from_now(text: str, ago: timedelta) -> None:
    assert moment(text, NOW) == NOW - ago


def test_a_date_begins_at_local_midnight_and_a_zone_is_respected() -> None:
    assert moment("2026-11-01", NOW) == datetime(2026, 11, 1).astimezone()
    assert (
        moment("2026-11-01 18:30", NOW) == moment("2026-11-01T18:30", NOW) == datetime(2026, 11, 1, 18, 30).astimezone()
    )
    assert moment("2026-11-01T18:30+05:00", NOW) == datetime(2026, 11, 1, 13, 30, tzinfo=UTC)  # fmt: skip


@pytest.mark.parametrize("text", ["", "yesterday", "7", "7y", "2026-13-01", "-7d", "9999999999999d"])
def test_what_is_neither_date_nor_age_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since .* is not a date or an age\. Write"):
        moment(text, NOW)


def test_a_moment_in_the_future_is_refused() -> None:
    with pytest.raises(UsageError, match="lies in the future"):
        moment("2026-12-24", NOW)
