"""Looking at one photo: what is there is shown, what is not is told, and nothing of it is an error."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restore.plugin_manager import PluginManager
from restore.reports.looking import Looker
from restore.reports.photo import File, Photo
from restore.reports.sizes import Sizes
from restore.reports.truth import Truth
from restore.stamps import Stamp, content_hash

PhotoFile = Callable[..., Path]
SIZES = Sizes(64, 32, 16, 80)


def noted(path: Path, role: str) -> File:
    """A file as a journal notes it."""
    return File(path, role, Stamp.of(path), content_hash(path))


@pytest.fixture
def looker(tiny_manager: PluginManager) -> Looker:
    return Looker(tiny_manager, SIZES, 10**8)


@pytest.fixture
def done(photo: PhotoFile, tmp_path: Path) -> Photo:
    """A photo that was restored."""
    before, after = photo(tmp_path / "in" / "a.png", 200, 100), photo(tmp_path / "out" / "a.png", 200, 100, "L")
    return Photo("a.png", "done", noted(after, "result"), (noted(before, "input"),))


def test_before_after_and_a_detail_in_its_own_pixels_are_seen(looker: Looker, done: Photo) -> None:
    look = looker.look(done)
    assert look.before is not None and look.after is not None and look.details is not None
    assert look.before.shown.shape == (32, 64, 3) and (look.before.width, look.before.height) == (200, 100)
    assert [each.shape[:2] for each in look.details] == [(32, 32), (32, 32)]
    assert look.troubles == () and None not in look.histograms
    assert look.change is not None and math.isfinite(look.change.psnr or 0)


def test_moved_and_changed_files_are_told_and_the_rest_is_shown(
    looker: Looker, done: Photo, photo: PhotoFile, tmp_path: Path
) -> None:
    done.inputs[0].path.rename(tmp_path / "in" / "moved.png")
    photo(done.result.path, 90, 60)
    look = looker.look(done)
    assert look.before is None and look.after is not None and look.after.width == 90
    assert [("not there any more" in each, "has changed since" in each) for each in look.troubles] == [
        (True, False),
        (False, True),
    ]


def test_a_result_that_is_gone_or_no_picture_any_more_is_no_error(looker: Looker, done: Photo) -> None:
    done.result.path.write_bytes(b"no picture")
    assert looker.look(done).after is None
    done.result.path.unlink()
    look = looker.look(done)
    assert look.after is None and "not there any more" in look.troubles[0]


def test_what_took_a_process_down_is_never_opened(done: Photo) -> None:
    class Trap:
        """A reader that must not be asked."""

        def read_image(self, path: Path, max_pixels: int) -> None:
            raise AssertionError(path)

    looker = Looker(Trap(), SIZES, 10**8)  # type: ignore[arg-type]
    assert looker.look(replace(done, state="failed", is_dangerous=True)).before is None
    done.inputs[0].path.unlink()
    assert "not there" in looker.look(replace(done, state="failed", is_dangerous=True)).troubles[0]


def test_of_a_failed_photo_the_input_is_shown_where_it_can_be(looker: Looker, done: Photo) -> None:
    failed = replace(done, state="failed", reason="the model is broken")
    look = looker.look(failed)
    assert look.before is not None and look.after is None and look.troubles == ()
    done.inputs[0].path.write_bytes(b"x")
    unread = replace(failed, inputs=(File(done.inputs[0].path, "input"),))
    assert looker.look(unread).troubles == (), "why it failed is told already"


def test_frames_masks_and_maps_are_seen_small(looker: Looker, done: Photo, photo: PhotoFile, tmp_path: Path) -> None:
    frames = tuple(noted(photo(tmp_path / "in" / f"{n}.png", 200, 100), "frame") for n in range(3))
    beside = (noted(photo(tmp_path / "out" / "a.map.png", 50, 50), "map"),)
    look = looker.look(replace(done, inputs=frames, beside=beside))
    assert [(each.file.role, max(each.shown.shape)) for each in look.others] == [
        ("frame", 64),
        ("frame", 16),
        ("frame", 16),
        ("map", 16),
    ]
    assert look.others[0] is look.before
    mask = noted(photo(tmp_path / "in" / "m.png", 200, 100, "L"), "mask")
    assert [each.file.role for each in looker.look(replace(done, mask=mask)).others] == ["mask"]


def test_maps_of_floats_are_figures_and_not_shown(looker: Looker, done: Photo, tmp_path: Path) -> None:
    import tifffile

    tifffile.imwrite(tmp_path / "out" / "a.map.tif", np.full((8, 8), 7.5, np.float32))
    look = looker.look(replace(done, beside=(noted(tmp_path / "out" / "a.map.tif", "map"),)))
    assert look.others == () and look.troubles == ()


def test_of_a_long_series_the_first_frames_are_shown_and_the_rest_counted(
    looker: Looker, done: Photo, photo: PhotoFile, tmp_path: Path
) -> None:
    frame = noted(photo(tmp_path / "in" / "f.png"), "frame")
    look = looker.look(replace(done, inputs=(frame,) * 20))
    assert len(look.others) == 12 and "8 more" in look.troubles[-1]


def test_findings_are_looked_for_only_when_asked_or_told(
    tiny_manager: PluginManager, looker: Looker, done: Photo
) -> None:
    assert looker.look(done).findings is None
    found = Looker(tiny_manager, SIZES, 10**8, findings=True).look(done).findings
    assert found is not None and found.width == 200
    assert looker.look(replace(done, findings=found)).findings is found


def test_results_are_measured_against_the_truth_as_evaluate_does(
    tiny_manager: PluginManager, done: Photo, photo: PhotoFile, tmp_path: Path
) -> None:
    photo(tmp_path / "truth" / "a.tif", 200, 100, "L")
    photo(tmp_path / "out" / "b.png")
    truth = Truth(tmp_path / "out", tmp_path / "truth", tiny_manager, 10**8)
    look = Looker(tiny_manager, SIZES, 10**8, truth).look(done)
    assert look.score is not None and look.score.after["psnr_rgb"] == math.inf
    assert look.score.before == {}, "it was coloured, and the truth is grey"
    other = replace(done, result=File(tmp_path / "out" / "b.png", "result"))
    assert "no picture of the truth belongs to it" in Looker(tiny_manager, SIZES, 10**8, truth).look(other).troubles[-1]


def test_a_picture_that_is_too_large_is_not_opened(tiny_manager: PluginManager, done: Photo) -> None:
    look = Looker(tiny_manager, SIZES, 100).look(done)
    assert look.before is None and len(look.troubles) == 2


def test_the_time_of_a_file_alone_is_no_change(looker: Looker, done: Photo) -> None:
    os.utime(done.inputs[0].path, (5, 5))
    assert looker.look(done).troubles == ()
    assert np.isfinite(looker.look(done).change.psnr)  # type: ignore[union-attr, arg-type]
