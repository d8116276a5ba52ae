"""Series become work items: places, names, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from restore.errors import InputError, OutputError, UsageError
from restore.naming import Naming
from restore.series.request import Grouping, Series
from restore.series_planning import plan_series
from restore.spec import Companion
from restore.work_items import Plan

Photo = Callable[..., Path]
SUFFIX = Series(group_by=Grouping("suffix"))


@pytest.fixture
def folder(tmp_path: Path, photo: Photo) -> Path:
    """Two series and a lone frame."""
    for name in ("a_1.jpg", "a_2.jpg", "sub/b_1.png", "sub/b_2.png", "lone.jpg"):
        photo(tmp_path / "in" / name)
    return tmp_path / "in"


def results(plan: Plan) -> dict[str, list[str]]:
    """The frames of each result by its name."""
    return {item.output.name: [source.name for source in item.sources] for item in plan.items}


def test_each_series_is_one_item_in_a_mirrored_tree(folder: Path, tmp_path: Path) -> None:
    plan = plan_series([str(folder)], tmp_path / "out", SUFFIX)
    assert [item.output.relative_to(tmp_path).as_posix() for item in plan.pending] == [
        "out/a.fused.jpg",
        "out/sub/b.fused.png",
    ]
    assert results(plan) == {
        "a.fused.jpg": ["a_1.jpg", "a_2.jpg"],
        "b.fused.png": ["b_1.png", "b_2.png"],
        "lone.fused.jpg": ["lone.jpg"],
    }
    [lone] = [item for item in plan.items if item.problem is not None]
    assert lone.sources[0].name == "lone.jpg" and plan.folder == tmp_path / "out"


def test_names_and_formats_that_the_user_wants_are_given(folder: Path, tmp_path: Path) -> None:
    plan = plan_series([str(folder)], tmp_path / "out", SUFFIX, naming=Naming("_hdr", "tif"))
    assert sorted(results(plan)) == ["a_hdr.tif", "b_hdr.tif", "lone_hdr.tif"]


def test_results_that_exist_are_left_alone_or_replaced(folder: Path, tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "out" / "a.fused.jpg")
    skipped = [item.output.name for item in plan_series([str(folder)], tmp_path / "out", SUFFIX).items if item.skip]
    assert skipped == ["a.fused.jpg"]
    assert not any(item.skip for item in plan_series([str(folder)], tmp_path / "out", SUFFIX, overwrite=True).items)


def test_what_lies_beside_results_in_the_input_folder_is_no_frame(folder: Path, photo: Photo) -> None:
    for name in ("a.fused.jpg", "a.fused.weights.png", "sub/b.fused.png"):
        photo(folder / name)
    plan = plan_series([str(folder)], folder, SUFFIX, companions=(Companion("weights", ".png"),), overwrite=True)
    assert sorted(name for frames in results(plan).values() for name in frames) == [
        "a_1.jpg", "a_2.jpg", "b_1.png", "b_2.png", "lone.jpg",
    ]  # fmt: skip
    assert "3 files are results of an earlier run by name (….fused), and not taken as input" in plan.notes


def test_a_folder_of_results_alone_is_an_error(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.fused.jpg")
    with pytest.raises(InputError, match="nothing but results of fusion"):
        plan_series([str(tmp_path / "in")], tmp_path / "out", SUFFIX)


def test_results_that_are_named_may_be_fused_again(tmp_path: Path, photo: Photo) -> None:
    frames = [str(photo(tmp_path / name)) for name in ("near.fused.jpg", "far.fused.jpg")]
    plan = plan_series(frames, tmp_path / "out.jpg", Series())
    assert results(plan) == {"out.jpg": ["near.fused.jpg", "far.fused.jpg"]} and plan.folder is None


def test_a_result_in_any_frames_place_is_refused(tmp_path: Path, photo: Photo) -> None:
    frames = [str(photo(tmp_path / name)) for name in ("a.jpg", "b.jpg", "c.jpg")]
    for frame in frames:
        with pytest.raises(OutputError, match="is an input and would be overwritten"):
            plan_series(frames, frame, Series(), overwrite=True)


def test_two_series_of_one_name_collide(tmp_path: Path, photo: Photo) -> None:
    for name in ("one/a_1.jpg", "one/a_2.jpg", "two/a_1.jpg", "two/a_2.jpg"):
        photo(tmp_path / name)
    files = [str(path) for path in sorted(tmp_path.rglob("*.jpg"))]
    with pytest.raises(OutputError, match="would be the result of"):
        plan_series(files, f"{tmp_path / 'out'}/", SUFFIX)
    listed = plan_series(files, f"{tmp_path / 'out'}/", SUFFIX, list_collisions=True)
    assert len(listed.collisions) == 1 and all(item.problem for item in listed.items)


def test_a_picture_name_for_several_series_and_names_beside_a_file_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="3 series found"):
        plan_series([str(folder)], tmp_path / "out.jpg", SUFFIX)
    frames = [str(folder / "a_1.jpg"), str(folder / "a_2.jpg")]
    with pytest.raises(UsageError, match="--suffix and --format make no sense"):
        plan_series(frames, tmp_path / "out.jpg", Series(), naming=Naming("_x"))


def test_one_named_file_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"lone\.jpg: is one frame only"):
        plan_series([str(folder / "lone.jpg")], tmp_path / "out.jpg", Series())
