"""Which files are one series: by names, by number, by when they were taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from restore import grouping
from restore.errors import InputError
from restore.finding import Found
from restore.grouping import FoundSeries, common_part, grouped, last_part
from restore.series.request import Grouping
from restore.series.shooting import Shot

NOON = datetime(2026, 11, 1, 12)


def found(*texts: str) -> list[Found]:
    """Files that were found in a folder."""
    return [Found(f"in/{text}", 3) for text in texts]


def names(series: Sequence[FoundSeries]) -> list[list[str]]:
    """The frames of each."""
    return [[frame.text.removeprefix("in/") for frame in each.frames] for each in series]


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Found]]:
    """Makes files of shots: name, seconds after noon, exposure, and if need be more."""

    def take(*shots: tuple[str, float | None, float | None], lasted: float = 0.0, of: str = "") -> list[Found]:
        known = {
            Path(f"in/{name}"): None
            if second is None
            else Shot(of or name.partition("-")[0], NOON + timedelta(seconds=second), lasted, exposure)
            for name, second, exposure in shots
        }
        monkeypatch.setattr(grouping, "shot_of", known.get)
        return found(*(name for name, _, _ in shots))

    return take


@pytest.mark.parametrize(
    ("stem", "part"),
    [
        ("scene_1", "scene"),
        ("x_infrared", "x"),
        ("IMG-a", "IMG"),
        ("my day 07", "my day"),
        ("a_b-c", "a_b"),
        ("a - 1", "a"),
        ("scene", None),
        ("_1", None),
        ("a_", None),
    ],
)
def test_the_common_part_is_what_stands_before_the_last_one(stem: str, part: str | None) -> None:
    assert common_part(stem) == part


@pytest.mark.parametrize(("stem", "part"), [("x_infrared", "infrared"), ("a - 1", "1"), ("scene", "scene")])
def test_the_last_part_is_what_stands_behind_it(stem: str, part: str) -> None:
    assert last_part(stem) == part


def test_names_that_differ_in_their_last_part_are_one_series_per_folder() -> None:
    files = found("a_1.jpg", "a_2.png", "b-ir.jpg", "b-vis.jpg", "sub/a_1.jpg", "sub/a_2.jpg")
    series = grouped(files, Grouping("suffix"))
    assert names(series) == [["a_1.jpg", "a_2.png"], ["b-ir.jpg", "b-vis.jpg"], ["sub/a_1.jpg", "sub/a_2.jpg"]]
    assert [each.stem for each in series] == ["a", "b", "a"]
    assert not any(each.problem for each in series)


def test_a_file_called_like_a_whole_series_is_one_of_it() -> None:
    assert names(grouped(found("a b.jpg", "a b-1.jpg", "a b-2.jpg"), Grouping("suffix"))) == [
        ["a b.jpg", "a b-1.jpg", "a b-2.jpg"]
    ]


def test_a_lone_frame_has_a_problem_and_its_own_name() -> None:
    [lone] = grouped(found("holiday_2024.jpg"), Grouping("suffix"))
    assert lone.stem == "holiday_2024" and "only frame" in (lone.problem or "")


def test_every_so_many_files_are_a_series_in_each_folder() -> None:
    files = found("1.jpg", "2.jpg", "3.jpg", "4.jpg", "sub/1.jpg", "sub/2.jpg")
    assert names(grouped(files, Grouping(count=2))) == [
        ["1.jpg", "2.jpg"],
        ["3.jpg", "4.jpg"],
        ["sub/1.jpg", "sub/2.jpg"],
    ]


def test_files_that_are_left_over_are_named_with_their_folder() -> None:
    with pytest.raises(InputError, match=r"in: has 5 files.*series of 3 each: 4\.jpg, 5\.jpg would be left over"):
        grouped(found("1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"), Grouping(count=3))


def test_a_pause_begins_another_series_but_a_long_exposure_is_none(camera: Callable[..., list[Found]]) -> None:
    shots = (("a-1.jpg", 0, 0.0), ("a-2.jpg", 2, 0.0), ("a-3.jpg", 9, 0.0), ("a-4.jpg", 10, 0.0))
    assert names(grouped(camera(*shots), Grouping())) == [["a-1.jpg", "a-2.jpg"], ["a-3.jpg", "a-4.jpg"]]
    assert len(grouped(camera(*shots, lasted=8.0), Grouping())) == 1


def test_an_exposure_that_comes_again_begins_the_next_bracket(camera: Callable[..., list[Found]]) -> None:
    files = camera(*((f"a-{index}.jpg", index / 4, exposure) for index, exposure in enumerate([0, -2, 2, 0, -2, 2])))
    assert [len(each.frames) for each in grouped(files, Grouping())] == [3, 3]


def test_frames_of_equal_exposure_are_a_stack_until_another_exposure_comes(camera: Callable[..., list[Found]]) -> None:
    files = camera(*((f"a-{index}.jpg", index / 4, exposure) for index, exposure in enumerate([0, 0, 0, 0, -2, 2])))
    assert [len(each.frames) for each in grouped(files, Grouping())] == [4, 2]


def test_two_cameras_and_two_formats_are_apart(camera: Callable[..., list[Found]]) -> None:
    shots = [(f"{of}-{index}.{kind}", index, None) for index in (1, 2) for of in "ab" for kind in ("jpg", "nef")]
    series = grouped(camera(*shots), Grouping())
    assert sorted(names(series)) == [[f"{of}-1.{kind}", f"{of}-2.{kind}"] for of in "ab" for kind in ("jpg", "nef")]


def test_frames_come_in_the_order_they_were_taken_in(camera: Callable[..., list[Found]]) -> None:
    files = camera(("a-1.jpg", 2, 1.0), ("a-2.jpg", 0, 0.0), ("a-3.jpg", 1, -1.0))
    [series] = grouped(files, Grouping())
    assert names([series]) == [["a-2.jpg", "a-3.jpg", "a-1.jpg"]] and series.stem == "a-2"


def test_a_file_without_time_has_a_problem_and_none_with_any_is_an_error(camera: Callable[..., list[Found]]) -> None:
    files = camera(("a-1.jpg", 0, None), ("a-2.jpg", 1, None), ("scan.jpg", None, None))
    series = grouped(files, Grouping())
    assert names(series) == [["a-1.jpg", "a-2.jpg"], ["scan.jpg"]]
    assert "--group-by" in (series[1].problem or "")
    with pytest.raises(InputError, match=r"no file says when .*scan\.jpg.*--group-by suffix"):
        grouped(camera(("scan.jpg", None, None)), Grouping())


def test_a_file_that_cannot_be_looked_at_keeps_its_problem(camera: Callable[..., list[Found]]) -> None:
    files = [*camera(("a-1.jpg", 0, None), ("a-2.jpg", 1, None)), Found("in/b_1.jpg", 3, problem="is a dead link.")]
    series = grouped(files, Grouping())
    assert [each.problem for each in series] == [None, "is a dead link."]


def test_of_so_many_files_each_one_that_cannot_be_tried_spoils_its_own_series_only() -> None:
    files = found("1.jpg", "2.jpg", "3.jpg", "4.jpg")
    files[1] = Found("in/2.jpg", 3, problem="is a dead link.")
    series = grouped(files, Grouping(count=2))
    assert names(series) == [["1.jpg", "2.jpg"], ["3.jpg", "4.jpg"]]
    assert [each.problem for each in series] == ["in/2.jpg: is a dead link.", None]


def test_a_folder_that_may_not_be_entered_counts_as_no_frame(tmp_path: Path) -> None:
    locked = Found(str(tmp_path), len(str(tmp_path.parent)) + 1, problem="may not be entered.")
    series = grouped([locked, *found("1.jpg", "2.jpg")], Grouping(count=2))
    assert [each.problem for each in series] == ["may not be entered.", None]
