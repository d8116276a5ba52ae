"""`restore fuse`: one picture of several frames, from the command line to the files, with a model that averages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image as PillowImage
from PIL.TiffImagePlugin import IFDRational
from skimage import data

from restore.codecs.reading import read
from restore.errors import ExitCode
from restore.image import SeriesKind
from restore.plugin_manager import PluginManager
from restore.provenance import treatments

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny_neighbours import Averager

Command = Callable[..., "Outcome"]
Shoot = Callable[..., Path]
Listing = Callable[[Path], list[str]]
EXIF_IFD, TAKEN, BIAS, MODEL = 0x8769, 0x9003, 0x9204, 0x0110


@pytest.fixture
def manager(averager: Averager) -> PluginManager:
    return PluginManager.of({"averager": averager})


@pytest.fixture
def fuse(manager: PluginManager, run_cli: Command) -> Command:
    """``restore fuse`` with further words."""
    return lambda *words: run_cli(manager, "fuse", *words)


@pytest.fixture(scope="module")
def scene() -> npt.NDArray[np.uint8]:
    """A photograph of 200 x 150 pixels."""
    small: npt.NDArray[np.uint8] = cv2.resize(data.astronaut()[40:340, :400], (200, 150), interpolation=cv2.INTER_AREA)
    return small


@pytest.fixture
def shoot(scene: npt.NDArray[np.uint8]) -> Shoot:
    """Writes a frame: the scene, more or less exposed, taken at some second of a day, or without any EXIF."""

    def write(
        path: Path, steps: float = 0.0, *, second: int | None = None, bias: float = 0.0, size: int | None = None
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        light = (scene / 255.0) ** 2.2 * 2.0**steps
        picture = PillowImage.fromarray(np.rint(light.clip(0, 1) ** (1 / 2.2) * 255).astype(np.uint8))
        exif = PillowImage.Exif()
        if second is not None:
            exif[MODEL] = "Box"
            inner = exif.get_ifd(EXIF_IFD)
            inner[TAKEN] = f"2026:11:01 10:{second // 60:02}:{second % 60:02}"
            inner[BIAS] = IFDRational(round(bias * 10), 10)
        (picture if size is None else picture.resize((size, size))).save(path, exif=exif)
        return path

    return write


def test_the_document_of_a_run_names_all_frames(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    frames = [shoot(tmp_path / "in" / name, steps) for name, steps in (("a.png", 0.5), ("b.png", -3.0))]
    for words in (("--dry-run",), ()):  # what is said before and after is the same
        (result,) = json.loads(fuse(*frames, "-o", tmp_path / "out.png", "--json", *words).out)["results"]
        assert result["frames"] == [str(frame) for frame in frames] and result["source"] == str(frames[0])


def test_named_files_are_one_series_and_out_is_a_file(
    tmp_path: Path, shoot: Shoot, fuse: Command, averager: Averager
) -> None:
    frames = [shoot(tmp_path / name, steps) for name, steps in (("a.png", 0.5), ("b.png", -3.0), ("c.png", 4.0))]
    outcome = fuse(*frames, "-o", tmp_path / "out.png")
    assert outcome.code == ExitCode.OK, outcome.err
    seen = averager.seen[0]
    assert (seen.kind, len(seen.frames)) == (SeriesKind.EXPOSURE, 3)
    assert sorted(seen.names) == ["a", "b", "c"] and seen.names[0] == "a"
    mean = np.mean([frame.pixels.astype(float) for frame in seen.frames], axis=0)
    assert np.array_equal(read(tmp_path / "out.png").pixels, np.rint(mean))


def test_named_files_into_a_folder_are_called_like_the_first_one(
    tmp_path: Path, shoot: Shoot, fuse: Command, listing_of: Listing
) -> None:
    frames = [shoot(tmp_path / "in" / name) for name in ("b.png", "a.png")]
    assert fuse(*frames, "-o", f"{tmp_path / 'out'}/").code == ExitCode.OK
    assert listing_of(tmp_path / "out") == ["b.fused.png"]


def test_the_result_is_never_written_over_a_frame(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    frames = [shoot(tmp_path / name) for name in ("a.png", "b.png")]
    before = frames[1].read_bytes()
    outcome = fuse(*frames, "-o", frames[1], "--overwrite")
    assert outcome.code == ExitCode.OUTPUT and "is an input" in outcome.err
    assert frames[1].read_bytes() == before


def test_one_frame_alone_is_an_error_that_names_it(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    outcome = fuse(shoot(tmp_path / "lone.png"), "-o", tmp_path / "out.png")
    assert outcome.code == ExitCode.INPUT
    assert "lone.png" in outcome.err and "one frame only" in outcome.err


def test_series_in_a_folder_are_found_by_when_they_were_taken(
    tmp_path: Path, shoot: Shoot, fuse: Command, listing_of: Listing, averager: Averager
) -> None:
    for number, bias in enumerate((0, -2, 2, 0, -2, 2)):  # two brackets without a pause
        shoot(tmp_path / "in" / "walk" / f"{number}.jpg", bias / 2, second=number // 2, bias=float(bias))
    for number, second in ((6, 100), (7, 102)):
        shoot(tmp_path / "in" / f"{number}.jpg", second=second)
    outcome = fuse(tmp_path / "in", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OK, outcome.err
    assert listing_of(tmp_path / "out") == ["6.fused.jpg", "walk", "walk/0.fused.jpg", "walk/3.fused.jpg"]
    assert sorted(len(seen.frames) for seen in averager.seen) == [2, 3, 3]


def test_files_that_do_not_say_when_they_were_taken_have_to_be_grouped_by_the_user(
    tmp_path: Path, shoot: Shoot, fuse: Command, listing_of: Listing
) -> None:
    for name in ("tree_1.png", "tree_2.png", "x-infrared.png", "x-visible.png"):
        shoot(tmp_path / "in" / name)
    outcome = fuse(tmp_path / "in", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.INPUT and "--group-by" in outcome.err
    assert fuse(tmp_path / "in", "-o", tmp_path / "out", "--group-by", "suffix").code == ExitCode.OK
    assert listing_of(tmp_path / "out") == ["tree.fused.png", "x.fused.png"]


def test_a_series_of_one_frame_fails_and_the_others_are_done(
    tmp_path: Path, shoot: Shoot, fuse: Command, listing_of: Listing
) -> None:
    for name in ("a_1.png", "a_2.png", "lone.png"):
        shoot(tmp_path / "in" / name)
    outcome = fuse(tmp_path / "in", "-o", tmp_path / "out", "--group-by", "suffix")
    assert outcome.code == ExitCode.SOME_FAILED
    assert "lone.png" in outcome.err and "only frame of its series" in outcome.err
    assert listing_of(tmp_path / "out") == ["a.fused.png"]


def test_what_is_left_over_from_so_many_files_each_is_named(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    for number in range(5):
        shoot(tmp_path / "in" / f"{number}.png")
    outcome = fuse(tmp_path / "in", "-o", tmp_path / "out", "--group-by", "2")
    assert outcome.code == ExitCode.INPUT and "4.png would be left over" in outcome.err


def test_frames_of_different_size_fail_with_both_names(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    frames = [shoot(tmp_path / "a.png"), shoot(tmp_path / "b.png", size=80)]
    outcome = fuse(*frames, "-o", tmp_path / "out.png")
    assert outcome.code == ExitCode.SOME_FAILED or outcome.code == ExitCode.INPUT
    assert "b.png: has 80 x 80 pixels" in outcome.err and "a.png has 200 x 150" in outcome.err


def test_frames_of_different_scenes_fail_with_both_names_and_advice(
    tmp_path: Path, shoot: Shoot, fuse: Command
) -> None:
    other = cv2.resize(data.coffee(), (200, 150), interpolation=cv2.INTER_AREA)
    PillowImage.fromarray(other).save(tmp_path / "b.png")
    frames = [shoot(tmp_path / "a.png"), tmp_path / "b.png"]
    outcome = fuse(*frames, "-o", tmp_path / "out.png")
    assert outcome.code != ExitCode.OK
    assert "a.png" in outcome.err and "b.png" in outcome.err and "--no-align" in outcome.err
    assert fuse(*frames, "-o", tmp_path / "out.png", "--no-align").code == ExitCode.OK


def test_the_same_command_again_makes_only_what_changed_in_any_frame(
    tmp_path: Path, shoot: Shoot, fuse: Command, averager: Averager
) -> None:
    for name in ("a_1.png", "a_2.png", "b_1.png", "b_2.png"):
        shoot(tmp_path / "in" / name)
    command = (tmp_path / "in", "-o", tmp_path / "out", "--group-by", "suffix", "--json")
    assert json.loads(fuse(*command).out)["done"] == 2
    again = json.loads(fuse(*command).out)
    assert (again["done"], again["skipped"]) == (0, 2)
    shoot(tmp_path / "in" / "b_2.png", 0.5)
    changed = json.loads(fuse(*command).out)
    assert (changed["done"], changed["skipped"]) == (1, 1)
    assert [seen.names[0][0] for seen in averager.seen] == ["a", "b", "b"]


def test_what_is_said_about_series_counts_like_an_option(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    frames = [shoot(tmp_path / "in" / name) for name in ("a.png", "b.png")]
    out = f"{tmp_path / 'out'}/"
    fuse(*frames, "-o", out)
    assert json.loads(fuse(*frames, "-o", out, "--mode", "exposure", "--json").out)["done"] == 1
    [treatment] = treatments(read(tmp_path / "out" / "a.fused.png").metadata.xmp or b"")
    assert treatment.options["series"] == {"mode": "exposure", "align": True, "deghost": True}


def test_results_of_an_earlier_run_in_the_same_folder_are_no_frames(
    tmp_path: Path, shoot: Shoot, fuse: Command, listing_of: Listing
) -> None:
    for name in ("a_1.jpg", "a_2.jpg"):
        shoot(tmp_path / name, second=7)
    for grouping in ("suffix", "exif"):
        outcome = fuse(tmp_path, "-o", tmp_path, "--group-by", grouping)
        assert outcome.code == ExitCode.OK, outcome.err
    assert "earlier run by name" in outcome.err
    assert listing_of(tmp_path) == ["a.fused.jpg", "a_1.fused.jpg", "a_1.jpg", "a_2.jpg"]


def test_a_suffix_of_the_users_own_is_known_again_too(
    tmp_path: Path, shoot: Shoot, fuse: Command, listing_of: Listing
) -> None:
    for name in ("a.jpg", "b.jpg"):
        shoot(tmp_path / name, second=7)
    for _ in range(2):
        outcome = fuse(tmp_path, "-o", tmp_path, "--suffix", "_hdr")
        assert outcome.code == ExitCode.OK, outcome.err
    assert listing_of(tmp_path) == ["a.jpg", "a_hdr.jpg", "b.jpg"]


def test_a_dry_run_shows_the_series_and_what_they_take(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    for name in ("a_1.png", "a_2.png", "a_3.png"):
        shoot(tmp_path / "in" / name)
    command = (tmp_path / "in", "-o", tmp_path / "out", "--group-by", "suffix", "--dry-run")
    outcome = fuse(*command)
    assert outcome.code == ExitCode.OK and "a.fused.png (from a_1.png and 2 more)" in outcome.out
    document = json.loads(fuse(*command, "--json").out)
    assert [Path(frame).name for frame in document["results"][0]["frames"]] == ["a_1.png", "a_2.png", "a_3.png"]
    assert document["megapixels"] == pytest.approx(3 * 200 * 150 / 1e6)
    assert document["seconds"] is not None and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"), [(["--in-place", "--backup", "kept"], "several originals"), (["--watch"], "last frame")]
)
def test_what_cannot_be_done_with_series_is_refused(
    tmp_path: Path, shoot: Shoot, fuse: Command, words: list[str], said: str
) -> None:
    shoot(tmp_path / "in" / "a.png")
    place = [] if "--in-place" in words else ["-o", tmp_path / "out"]
    outcome = fuse(tmp_path / "in", *place, *words)
    assert outcome.code == ExitCode.USAGE and said in outcome.err


def test_a_picture_name_as_out_for_several_series_is_refused(tmp_path: Path, shoot: Shoot, fuse: Command) -> None:
    for name in ("a_1.png", "a_2.png", "b_1.png", "b_2.png"):
        shoot(tmp_path / "in" / name)
    outcome = fuse(tmp_path / "in", "-o", tmp_path / "out.png", "--group-by", "suffix")
    assert outcome.code == ExitCode.OUTPUT and "2 series found" in outcome.err


def test_sixteen_bit_frames_make_a_result_of_sixteen_bits(
    tmp_path: Path, scene: npt.NDArray[np.uint8], fuse: Command
) -> None:
    deep = scene.astype(np.uint16) * 257
    for name, pixels in (("a.tif", deep), ("b.tif", deep - np.minimum(deep, 3))):
        cv2.imwrite(str(tmp_path / name), pixels[..., ::-1])
    assert fuse(tmp_path / "a.tif", tmp_path / "b.tif", "-o", tmp_path / "out.tif").code == ExitCode.OK
    assert read(tmp_path / "out.tif").pixels.dtype == np.uint16


def test_the_help_of_the_command_explains_series(fuse: Command) -> None:
    outcome = fuse("--help")
    assert outcome.code == ExitCode.OK
    for word in ("The series", "--group-by", "--mode", "--no-align", "--no-deghost", "a.fused.jpg"):
        assert word in outcome.out
