"""What a restorer writes beside its results: where it lies, what it holds, and who knows of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.accounting import unknown_pictures
from restore.errors import OutputError
from restore.evaluate import pair_up
from restore.job import Job
from restore.journal_reading import read_journal
from restore.planning import plan
from restore.provenance import treatments
from tests.companions_bench import ALL, Bench, Listing, Photo, bench

if TYPE_CHECKING:
    from tests.conftest import Outcome

__all__ = ["bench"]


def test_companions_lie_beside_the_result_each_in_its_own_size_and_format(bench: Bench, listing_of: Listing) -> None:
    assert bench.run().done == 1
    assert listing_of(bench.out) == sorted(ALL)
    shapes = {name: bench.manager.read_image(bench.out / name, 10**9).pixels for name in ALL}
    assert {name: (pixels.shape, str(pixels.dtype)) for name, pixels in shapes.items()} == {
        "a.jpg": ((16, 24, 3), "uint8"),
        "a.negative.jpg": ((16, 24, 3), "uint8"),
        "a.map.png": ((8, 12, 3), "uint8"),
        "a.map.tif": ((8, 12, 1), "float32"),
    }


def test_a_companion_holds_the_metadata_its_image_has_says_what_made_it_and_has_the_results_file_times(
    bench: Bench,
) -> None:
    bench.run()
    read = {name: bench.manager.read_image(bench.out / name, 10**9).metadata for name in ALL}
    assert {name for name, metadata in read.items() if b"A camera" in (metadata.exif or b"")} == {
        "a.jpg",
        "a.negative.jpg",
    }, "a map was not taken by the camera"
    assert {name: [each.model for each in treatments(metadata.xmp or b"")] for name, metadata in read.items()} == {
        name: ["tiny"] for name in ALL
    }
    assert {(bench.out / name).stat().st_mtime_ns for name in ALL} == {10**18}


def test_the_result_appears_last(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = Path.replace

    def noted(path: Path, target: Path) -> Path:
        order.append(target.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    bench.run()
    assert order == ["a.negative.jpg", "a.map.png", "a.map.tif", "a.jpg"]


def test_a_companion_that_cannot_be_written_leaves_nothing_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, listing_of: Listing
) -> None:
    write = bench.manager.write_image

    def fail(image: object, path: Path, quality: int | None) -> object:
        if path.suffix == ".tif":
            raise OutputError("cannot be written.", path=path)
        return write(image, path, quality)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.manager, "write_image", fail)
    (result,) = bench.run().results
    assert result.reason == f"{bench.out / 'a.map.tif'}: cannot be written."
    assert listing_of(bench.out) == []


def test_a_picture_that_was_not_changed_is_copied_and_has_its_companions(bench: Bench, listing_of: Listing) -> None:
    assert bench.run(strength=0).done == 1
    assert (bench.out / "a.jpg").read_bytes() == bench.source.read_bytes()
    assert listing_of(bench.out) == sorted(ALL)


def test_no_command_that_looks_at_results_takes_companions_for_strangers(bench: Bench, photo: Photo) -> None:
    photo(bench.out / "b.negative.jpg")
    bench.run()
    assert list(unknown_pictures(read_journal(bench.out))) == [bench.out / "b.negative.jpg"]
    pairs, problems = pair_up(bench.out, bench.place / "in")
    assert [pair.name for pair in pairs] == ["a.jpg"]
    assert [problem.path for problem in problems] == [bench.out / "b.negative.jpg"]


def test_a_dry_run_shows_them_and_knows_what_is_done(bench: Bench, cli: Callable[..., Outcome]) -> None:
    words = ("denoise", bench.source.parent, "-o", bench.out, "--companions")
    shown = cli(*words, 3, "--dry-run").out.splitlines()
    assert shown[:2] == [f"{bench.out}/ (4 files)", "  a.jpg + .negative.jpg .map.png .map.tif"]
    bench.run()
    assert "1 to skip" in cli(*words, 3, "--dry-run").out
    (bench.out / "a.map.tif").unlink()
    assert "1 to do" in cli(*words, 3, "--dry-run").out


def test_a_job_whose_plan_forgot_them_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="not made for what this restorer writes beside"):
        Job(plan([str(bench.source)], bench.out), bench.tiny.spec, bench.tiny.options(companions=1))
