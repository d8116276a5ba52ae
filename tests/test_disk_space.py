"""How much disk a run will take, and that a run without room is refused."""

from __future__ import annotations

import os
import shutil
import tracemalloc
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restore.codecs.header import Header
from restore.codecs.writing import write
from restore.disk_space import Room, check_disk, result_bytes, rooms
from restore.errors import OutputError
from restore.image import Image, Metadata
from restore.naming import Naming
from restore.planning import Plan, WorkItem, plan
from restore.result_size import Growth
from restore.spec import Companion

Photo = Callable[..., Path]
Usage = namedtuple("Usage", "total used free")

PAIRS = ((".png", ".tif"), (".tif", ".png"), (".ppm", ".webp"))


def of_size(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, count))


def test_a_result_in_its_sources_format_is_as_large_as_the_source(tmp_path: Path) -> None:
    source = of_size(tmp_path / "a.jpg", 1000)
    assert result_bytes(WorkItem((source,), tmp_path / "b.jpeg")) == 1000
    assert result_bytes(WorkItem((source,), tmp_path / "b.jpeg"), lambda header: 4.0) == 4000
    assert result_bytes(WorkItem((tmp_path / "gone.jpg",), tmp_path / "b.jpg")) == 0


@pytest.mark.parametrize(
    ("source", "target", "dtype"),
    [
        *((source, target, dtype) for source, target in PAIRS for dtype in ("uint8", "uint16")),
        (".bmp", ".jpg", "uint8"),  # BMP holds 8 bits
    ],
)
def test_another_format_is_foretold_within_a_factor_of_two(
    tmp_path: Path, source: str, target: str, dtype: str
) -> None:
    """With a picture that has as much texture as photographs have on average."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1:256j, 0:1:256j]
    picture = 0.5 + 0.3 * np.sin(9 * np.dstack([x, y, x + y])) + rng.normal(0, 0.008, (256, 256, 1))
    white = np.iinfo(dtype).max
    before, after = tmp_path / f"a{source}", tmp_path / f"b{target}"
    pixels = np.rint(picture.clip(0, 1) * white).astype(dtype)
    write(Image(pixels), before)
    write(Image(pixels, metadata=Metadata(source_format=source[1:].upper().replace("TIF", "TIFF"))), after)
    assert 0.4 < result_bytes(WorkItem((before,), after)) / after.stat().st_size < 2.5


def test_what_grows_needs_room_by_what_its_header_says(tmp_path: Path, photo: Photo) -> None:
    source = photo(tmp_path / "a.png", width=300, height=200)
    size = source.stat().st_size
    seen: list[Header | None] = []

    def growth(header: Header | None) -> float:
        seen.append(header)
        return 2.5

    assert result_bytes(WorkItem((source,), tmp_path / "b.png"), growth) == int(2.5 * size)
    assert result_bytes(WorkItem((source,), tmp_path / "b.bmp"), growth) == 2.5 * 300 * 200 * 3
    assert [(header.width, header.height) for header in seen if header is not None] == [(300, 200)] * 2


def test_a_file_whose_header_says_nothing_is_not_taken_for_nothing(tmp_path: Path) -> None:
    source = of_size(tmp_path / "a.heic", 1000)
    assert result_bytes(WorkItem((source,), tmp_path / "a.jpg")) == 3000


def test_what_is_skipped_or_impossible_needs_no_room(tmp_path: Path) -> None:
    of_size(tmp_path / "in" / "a.jpg", 1000)
    of_size(tmp_path / "in" / "b.jpg", 500)
    of_size(tmp_path / "out" / "a.jpg", 1)
    (room,) = rooms(plan([str(tmp_path / "in")], tmp_path / "out"))
    assert (room.folder, room.written, room.needed) == (tmp_path / "out", 500, 500)
    assert rooms(Plan((WorkItem((tmp_path / "in" / "a.jpg",), tmp_path / "x.jpg", problem="x"),))) == ()


def test_replaced_results_give_room_back_but_one_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        of_size(tmp_path / "in" / f"{name}.jpg", 1000)
        of_size(tmp_path / "out" / f"{name}.jpg", 900)
    (room,) = rooms(plan([str(tmp_path / "in")], tmp_path / "out", overwrite=True))
    assert (room.written, room.needed) == (2000, 2000 - 1800 + 1000)


def test_backups_count_until_they_are_there(tmp_path: Path) -> None:
    source = of_size(tmp_path / "in" / "a.jpg", 1000)
    item = WorkItem((source,), source, backup=tmp_path / "kept" / "a.jpg", present=True)
    (room,) = rooms(Plan((item,), folder=tmp_path / "in"))
    assert (room.written, room.needed) == (2000, 1000 + 1000)
    of_size(tmp_path / "kept" / "a.jpg", 1000)
    assert rooms(Plan((item,), folder=tmp_path / "in"))[0].needed == 1000


def test_a_plan_the_disk_cannot_hold_is_refused_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_size(tmp_path / "in" / "a.jpg", 3_000_000)
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out" / "new")
    free(monkeypatch, 3_000_000)
    check_disk(the_plan)
    free(monkeypatch, 2_999_999)
    with pytest.raises(
        OutputError, match=r"out/new: about 3\.0 MB will be needed, but only 3\.0 MB are free.*Free some"
    ):
        check_disk(the_plan)
    with pytest.raises(OutputError, match=r"12\.0 MB will be needed"):
        check_disk(the_plan, lambda header: 4.0)


def test_every_file_system_is_judged_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "mounted"
    other.mkdir()
    stat = Path.stat

    def elsewhere(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(path, follow_symlinks=follow_symlinks)
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:10])) if path == other else found

    monkeypatch.setattr(Path, "stat", elsewhere)
    source = of_size(tmp_path / "a.jpg", 1000)
    items = tuple(WorkItem((source,), folder / "b.jpg") for folder in (tmp_path, other))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, 10 if Path(path) == other else 10**9))
    with pytest.raises(OutputError, match="mounted: about"):
        check_disk(Plan(items))


def test_a_change_of_format_counts(tmp_path: Path, photo: Photo) -> None:
    source = photo(tmp_path / "in" / "a.jpg", width=640, height=480)
    (room,) = rooms(plan([str(tmp_path / "in")], tmp_path / "out", naming=Naming(format="bmp")))
    assert room.written == 640 * 480 * 3 > source.stat().st_size


def test_what_lies_beside_results_counts_and_gives_back_what_it_replaces(tmp_path: Path, photo: Photo) -> None:
    source = photo(tmp_path / "in" / "a.jpg", width=640, height=480)
    companions = (Companion("sample"), Companion("map", ".bmp"), Companion("map", ".tif"))

    def foreseen(growth: Growth | None = None) -> Room:
        the_plan = plan([str(tmp_path / "in")], tmp_path / "out", companions=companions, overwrite=True)
        (room,) = rooms(the_plan, growth)
        return room

    size, pixels = source.stat().st_size, 640 * 480
    a_float_map = int(pixels * 2.5)
    assert foreseen().written == foreseen().needed == 2 * size + pixels * 3 + a_float_map
    assert foreseen(lambda header: 4.0).written == 4 * foreseen().written
    of_size(tmp_path / "out" / "a.map.bmp", pixels * 3)
    written = foreseen().written
    assert foreseen().needed == written - pixels * 3 + written, "the old one stays until the new one is whole"


def test_a_long_plan_is_looked_through_item_by_item(tmp_path: Path) -> None:
    items = (WorkItem((tmp_path / f"{number}.jpg",), tmp_path / "out" / f"{number}.jpg") for number in range(2000))
    long = Plan(tuple(items), folder=tmp_path / "out")

    def peak() -> int:
        tracemalloc.start()
        rooms(long)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    least = min(peak() for _ in range(3))  # in one of them the interpreter may enlarge its table of names
    assert least < 200_000, "all items at once take a megabyte and more"


def test_masks_take_little_but_in_formats_that_do_not_compress(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.png", width=1000, height=600)
    for form, size in ((None, 12_000), ("bmp", 600_000)):
        (room,) = rooms(plan([str(tmp_path / "in")], tmp_path / "out", naming=Naming(format=form, masks=True)))
        assert room.written == size
