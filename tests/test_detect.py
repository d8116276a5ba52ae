"""`restore detect`: masks of what is damaged, to look at, to edit and to give back, whose each is never in doubt."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.codecs.reading import read
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny_neighbours import Painter, Spotter

Photo = Callable[..., Path]
Command = Callable[..., "Outcome"]
SPOT = (slice(4, 7), slice(10, 15))


@pytest.fixture
def manager(spotter: Spotter, painter: Painter) -> PluginManager:
    return PluginManager.of({"spotter": spotter, "painter": painter})


@pytest.fixture
def restore_(manager: PluginManager, run_cli: Command) -> Command:
    """Runs ``restore`` in this process with a detector and an inpainter."""
    return lambda *words: run_cli(manager, *words)


@pytest.fixture
def detect(restore_: Command, tmp_path: Path) -> Command:
    """``restore detect IN -o MASKS`` with further words."""
    return lambda *words: restore_("detect", tmp_path / "in", "-o", tmp_path / "masks", *words)


@pytest.fixture
def damaged(photo: Photo) -> Photo:
    """Writes a picture with a white spot."""

    def write(path: Path, *, spot: tuple[slice, slice] = SPOT, exif: PillowImage.Exif | None = None) -> Path:
        pixels = np.array(PillowImage.open(photo(path)))
        pixels[spot] = 255
        PillowImage.fromarray(pixels).save(path, exif=exif or PillowImage.Exif())
        return path

    return write


def marked(path: Path) -> np.ndarray:
    """What a mask file marks; it holds nothing but black and white, in one channel of 8 bits."""
    pixels = read(path).pixels
    assert pixels.dtype == np.uint8 and pixels.shape[2] == 1 and set(np.unique(pixels)) <= {0, 255}
    found: np.ndarray = pixels[..., 0] == 255
    return found


def spotted(spot: tuple[slice, slice] = SPOT) -> np.ndarray:
    """The mask that is due."""
    mask = np.zeros((16, 24), np.bool_)
    mask[spot] = True
    return mask


def test_masks_are_png_in_the_tree_of_the_pictures(
    tmp_path: Path, damaged: Photo, detect: Command, listing_of: Callable[[Path], list[str]]
) -> None:
    for name in ("a.tif", "sub/b.png", "sub/c.v2.webp"):
        damaged(tmp_path / "in" / name)
    outcome = detect("--quality", "100")
    assert outcome.code == ExitCode.OK, outcome.err
    assert listing_of(tmp_path / "masks") == ["a.png", "sub", "sub/b.png", "sub/c.v2.png"]
    assert np.array_equal(marked(tmp_path / "masks" / "a.png"), spotted())
    assert np.array_equal(marked(tmp_path / "masks" / "sub" / "b.png"), spotted())


@pytest.mark.parametrize("mode", ["L", "I;16", "F", "RGBA", "P"])
def test_any_depth_and_number_of_channels_gives_the_same_kind_of_mask(
    tmp_path: Path, detect: Command, mode: str
) -> None:
    values = {"I;16": (np.uint16, 65535), "F": (np.float32, 1.0)}.get(mode, (np.uint8, 255))
    pixels = np.full((16, 24), values[1] * 0.2).astype(values[0])
    pixels[SPOT] = values[1]
    picture = PillowImage.fromarray(pixels)
    (tmp_path / "in").mkdir()
    (picture if mode in ("L", "I;16", "F") else picture.convert(mode)).save(tmp_path / "in" / "a.tif")
    assert detect().code == ExitCode.OK
    assert np.array_equal(marked(tmp_path / "masks" / "a.png"), spotted())


def test_pictures_that_differ_in_their_ending_only_have_a_mask_each_and_inpaint_finds_it(
    tmp_path: Path, damaged: Photo, restore_: Command, detect: Command, listing_of: Callable[[Path], list[str]]
) -> None:
    spots = [(slice(row, row + 2), slice(3, 9)) for row in (1, 5, 9)]
    names = ["a.png", "a.tif", "sub/a.png"]
    for name, spot in zip(names, spots, strict=True):
        damaged(tmp_path / "in" / name, spot=spot)
    assert detect().code == ExitCode.OK
    assert listing_of(tmp_path / "masks") == ["a.png.png", "a.tif.png", "sub", "sub/a.png"]
    for name, spot in zip(("a.png.png", "a.tif.png", "sub/a.png"), spots, strict=True):
        assert np.array_equal(marked(tmp_path / "masks" / name), spotted(spot)), name
    told = json.loads(
        restore_(
            "inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", tmp_path / "masks", "--dry-run", "--json"
        ).out
    )
    masks = {Path(row["source"]).name + Path(row["source"]).parent.name: row["mask"] for row in told["results"]}
    assert masks == {
        "a.pngin": f"{tmp_path}/masks/a.png.png",
        "a.tifin": f"{tmp_path}/masks/a.tif.png",
        "a.pngsub": f"{tmp_path}/masks/sub/a.png",
    }


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_mask_can_be_edited_and_given_back_whichever_way_the_picture_was_held(
    tmp_path: Path, damaged: Photo, restore_: Command, detect: Command, painter: Painter, orientation: int
) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    source = damaged(tmp_path / "in" / "a.png", exif=exif)
    assert detect().code == ExitCode.OK
    place = tmp_path / "masks" / "a.png"
    upright = read(source).pixels
    assert np.array_equal(marked(place), (upright == 255).all(axis=2)), "the mask is of the upright picture"
    meta = read(place).metadata
    assert (meta.exif, meta.orientation) == (None, 1), "neither the turn nor the place it was taken at"

    edited = np.array(PillowImage.open(place))
    edited[0, 0] = 255
    PillowImage.fromarray(edited).save(place)
    outcome = restore_("inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", tmp_path / "masks")
    assert outcome.code == ExitCode.OK, outcome.err
    assert np.array_equal(painter.seen[0], edited == 255)
    filled = read(tmp_path / "out" / "a.png").pixels
    assert np.array_equal(filled[edited == 0], upright[edited == 0])


def test_the_mask_of_a_sound_picture_is_black_and_no_error_when_it_is_given_back(
    tmp_path: Path, photo: Photo, damaged: Photo, restore_: Command, detect: Command
) -> None:
    sound = [photo(tmp_path / "in" / name) for name in ("a.jpg", "b.jpg")]
    damaged(tmp_path / "in" / "c.png")
    outcome = detect()
    assert outcome.code == ExitCode.OK and not marked(tmp_path / "masks" / "a.png").any()
    assert "note: no damage was found in 2 pictures: their masks are black (-v names them)" in outcome.err
    assert "warning" not in outcome.err
    outcome = restore_("inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", tmp_path / "masks")
    assert outcome.code == ExitCode.OK
    assert "note: nothing is missing in 2 pictures, left as they are (-v names them)" in outcome.err
    for source in sound:
        assert (tmp_path / "out" / source.name).read_bytes() == source.read_bytes()


def test_with_v_it_tells_how_much_was_found_in_each_picture(tmp_path: Path, damaged: Photo, detect: Command) -> None:
    source = damaged(tmp_path / "in" / "a.png")
    assert f"INFO: {source}: 3.906% is damaged, in 1 place" in detect("-v").err
    assert "damaged" not in detect("--overwrite").err


def test_one_bad_picture_never_stops_the_others(tmp_path: Path, damaged: Photo, detect: Command) -> None:
    damaged(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"no picture")
    damaged(tmp_path / "in" / "c.png")
    outcome = detect()
    assert outcome.code == ExitCode.SOME_FAILED and "3 inputs = 2 done + 0 skipped + 1 failed" in outcome.out
    assert sorted(path.name for path in (tmp_path / "masks").glob("*.png")) == ["a.png", "c.png"]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("bug", "the model 'spotter' or a codec failed unexpectedly (ZeroDivisionError: spotter's bug)"),
        ("size", "the model 'spotter' returned (15, 13, 1) uint8 where a mask was due: (16, 13, 1) uint8, 0 or 255."),
    ],
)
def test_a_detector_in_trouble_over_one_picture_fails_that_picture_only(
    tmp_path: Path, photo: Photo, damaged: Photo, detect: Command, spotter: Spotter, trouble: str, said: str
) -> None:
    spotter.trouble = trouble
    damaged(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "unlucky.png", width=13)
    outcome = detect()
    assert outcome.code == ExitCode.SOME_FAILED and said in outcome.err
    assert [path.name for path in (tmp_path / "masks").glob("*.png")] == ["a.png"]


def test_what_is_done_stays_unless_it_is_to_be_done_in_another_way(
    tmp_path: Path, damaged: Photo, detect: Command, spotter: Spotter
) -> None:
    damaged(tmp_path / "in" / "a.png")
    detect()
    assert "1 done already" in detect().out and len(spotter.seen) == 1
    assert "1 input = 1 done" in detect("--level", "0.5").out
    assert "1 input = 1 done" in detect("--level", "0.5", "--overwrite").out
    damaged(tmp_path / "in" / "a.png", spot=(slice(0, 2), slice(0, 2)))
    assert "1 input = 1 done" in detect("--level", "0.5").out, "another picture of that name"


def test_a_mask_that_was_edited_is_left_alone_until_it_is_to_be_made_again(
    tmp_path: Path, damaged: Photo, detect: Command
) -> None:
    damaged(tmp_path / "in" / "a.png")
    detect()
    place = tmp_path / "masks" / "a.png"
    PillowImage.new("L", (24, 16), 0).save(place)
    edited = place.read_bytes()
    damaged(tmp_path / "in" / "b.png")
    for words in ((), ("--level", "0.5"), ("--level", "0.5")):
        assert f"{place} was changed since it was made (--overwrite makes it again)" in detect(*words).out
        assert place.read_bytes() == edited and (tmp_path / "masks" / "b.png").exists()
    assert "2 inputs = 2 done" in detect("--overwrite").out
    assert np.array_equal(marked(place), spotted())
    (kept,) = (tmp_path / "masks" / ".restore").rglob("a*.png")
    assert kept.read_bytes() == edited, "never thrown away"


def test_journal_and_verify_know_masks_like_any_result(
    tmp_path: Path, damaged: Photo, restore_: Command, detect: Command
) -> None:
    damaged(tmp_path / "in" / "a.png")
    detect()
    assert restore_("verify", tmp_path / "masks").code == ExitCode.OK
    (tmp_path / "masks" / "a.png").unlink()
    assert restore_("verify", tmp_path / "masks").code != ExitCode.OK


@pytest.mark.parametrize("words", [["in", "-o", "in"], ["in/a.jpg", "-o", "in/"], ["in/b.png", "-o", "in/b.png"]])
def test_masks_never_go_among_the_pictures(
    tmp_path: Path, photo: Photo, restore_: Command, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    photo(tmp_path / "in" / "a.jpg")
    photo(tmp_path / "in" / "b.png")
    before = {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()}
    monkeypatch.chdir(tmp_path)
    outcome = restore_("detect", *words, "--overwrite")
    assert outcome.code == ExitCode.OUTPUT
    assert "is a mask in the folder of its picture" in outcome.err or "is an input and would be" in outcome.err
    assert {path.name: path.read_bytes() for path in (tmp_path / "in").iterdir()} == before


def test_a_name_of_their_own_allows_masks_beside_their_pictures(
    tmp_path: Path, damaged: Photo, restore_: Command
) -> None:
    damaged(tmp_path / "in" / "a.tif")
    words = ["detect", tmp_path / "in", "-o", tmp_path / "in", "--suffix", "_mask"]
    assert "1 input = 1 done" in restore_(*words).out
    assert np.array_equal(marked(tmp_path / "in" / "a_mask.png"), spotted())
    assert "1 done already" in restore_(*words).out, "the mask is no picture of the next run"


def test_a_mask_takes_no_pictures_place(tmp_path: Path, photo: Photo, restore_: Command) -> None:
    photo(tmp_path / "in" / "a.png")
    outcome = restore_("detect", tmp_path / "in", "--in-place", "--backup", tmp_path / "old")
    assert (outcome.code, "would put a mask in the place of each picture" in outcome.err) == (ExitCode.USAGE, True)


def test_a_single_mask_goes_where_it_is_told(tmp_path: Path, damaged: Photo, restore_: Command) -> None:
    source = damaged(tmp_path / "a.png")
    assert restore_("detect", source, "-o", tmp_path / "m.tif").code == ExitCode.OK
    assert np.array_equal(marked(tmp_path / "m.tif"), spotted())
    assert restore_("detect", source, "-o", tmp_path / "other", "--format", "bmp").code == ExitCode.OK
    assert np.array_equal(marked(tmp_path / "other" / "a.bmp"), spotted())


def test_a_dry_run_tells_names_and_disk_and_writes_nothing(
    tmp_path: Path, damaged: Photo, detect: Command, spotter: Spotter
) -> None:
    damaged(tmp_path / "in" / "a.tif")
    told = json.loads(detect("--dry-run", "--json").out)
    assert [Path(row["output"]).name for row in told["results"]] == ["a.png"]
    assert told["disk"][0]["written"] == int(24 * 16 * 0.02), "a mask, not a picture"
    assert not (tmp_path / "masks").exists()
    detect()
    spotter.loads = 0
    assert detect("--dry-run").code == ExitCode.OK and spotter.loads == 0, "nothing to do: nothing to load"


def test_thousands_of_pictures_are_planned_in_no_time(tmp_path: Path, detect: Command) -> None:
    import time

    (tmp_path / "in").mkdir()
    for number in range(3000):
        (tmp_path / "in" / f"{number}.{'jpg' if number % 2 else 'png'}").write_bytes(b"")
    began = time.perf_counter()
    assert len(json.loads(detect("--dry-run", "--json").out)["results"]) == 3000
    assert time.perf_counter() - began < 6, "2 ms each, on a busy machine"
