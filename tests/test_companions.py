"""What a restorer writes beside its results, through the whole life of a run: the same promises as for the results."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.accounting import Finding, check_all, set_aside, unknown_pictures
from restore.batch import run_batch
from restore.contracts import promised_companions
from restore.errors import ExitCode, OutputError
from restore.evaluate import pair_up
from restore.in_place import plan_in_place
from restore.job import Job
from restore.journal_reading import read_journal
from restore.naming import Naming
from restore.planning import Plan, plan
from restore.plugin_manager import PluginManager
from restore.provenance import treatments
from restore.reporting import Report
from restore.resuming import DONE

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]

ALL = ["a.map.png", "a.map.tif", "a.negative.jpg", "a.jpg"]


class Bench:
    """A folder `in` with one picture, and runs over it.

    Attributes:
        source: The picture.
        out: Where results go.
    """

    def __init__(self, place: Path, tiny: Tiny, manager: PluginManager) -> None:
        self.place, self.tiny, self.manager = place, tiny, manager
        self.source, self.out = place / "in" / "a.jpg", place / "out"

    def job(
        self, the_plan: Callable[..., Plan], companions: int, *, strength: float = 1.0, overwrite: bool = False
    ) -> Job:
        """A job of the tiny restorer."""
        options = self.tiny.options(companions=companions, strength=strength)
        promised = promised_companions(self.tiny.spec, options)
        the_plan = partial(the_plan, companions=promised, overwrite=overwrite)
        return Job(the_plan(), self.tiny.spec, options, overwrite=overwrite)

    def run(self, companions: int = 3, *, strength: float = 1.0, overwrite: bool = False) -> Report:
        """Restore the folder."""

        def planned(**named: object) -> Plan:
            return plan([str(self.place / "in")], self.out, **named)  # type: ignore[arg-type]

        return run_batch(self.job(planned, companions, strength=strength, overwrite=overwrite), self.manager)

    def run_in_place(self, companions: int = 3, *, strength: float = 1.0) -> Report:
        """Restore the folder in its own place."""

        def planned(**named: object) -> Plan:
            return plan_in_place([str(self.place / "in")], self.place / "old", **named)  # type: ignore[arg-type]

        return run_batch(self.job(planned, companions, strength=strength), self.manager)

    def findings(self) -> dict[str, tuple[Finding, str | None]]:
        """What `restore verify` finds."""
        return {
            each.entry.output: (each.finding, each.reason)
            for each in check_all(read_journal(self.out), 1, lambda _: None)
        }


@pytest.fixture
def bench(tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager) -> Bench:
    from PIL import Image as PillowImage

    bench = Bench(tmp_path, tiny, tiny_manager)
    photo(bench.source)
    exif = PillowImage.Exif()
    exif[271] = "A camera"
    with PillowImage.open(bench.source) as picture:
        picture.save(bench.source, exif=exif, quality=95)
    os.utime(bench.source, ns=(10**18, 10**18))
    return bench


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


def test_no_command_that_looks_at_results_takes_companions_for_strangers(bench: Bench, photo: Photo) -> None:
    photo(bench.out / "b.negative.jpg")
    bench.run()
    assert list(unknown_pictures(read_journal(bench.out))) == [bench.out / "b.negative.jpg"]
    pairs, problems = pair_up(bench.out, bench.place / "in")
    assert [pair.name for pair in pairs] == ["a.jpg"]
    assert [problem.path for problem in problems] == [bench.out / "b.negative.jpg"]


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


def test_other_companions_are_another_result(bench: Bench) -> None:
    report = bench.run(2)
    assert report.done == 1
    (entry,) = read_journal(bench.out).entries
    assert [(row.path, row.former) for row in entry.companions] == [("a.map.png", False), ("a.negative.jpg", False)]
    assert bench.run(2).with_reason(DONE) == 1
    assert bench.run(3).done == 1
