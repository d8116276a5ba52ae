"""How close results come to the truth."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from restore.errors import InputError, UsageError
from restore.plugin_manager import PluginManager
from restore.reports.photo import File, Photo
from restore.reports.truth import Score, Truth, means

PhotoFile = Callable[..., Path]
LARGE = 10**8


def test_before_and_after_are_measured_in_the_conventions_of_evaluate(
    tmp_path: Path, photo: PhotoFile, tiny_manager: PluginManager
) -> None:
    paths = [photo(tmp_path / folder / "a.png") for folder in ("in", "out", "truth")]
    before, after, _ = (tiny_manager.read_image(path, LARGE) for path in paths)
    truth = Truth(tmp_path / "out", tmp_path / "truth", tiny_manager, LARGE)
    darker = before.with_pixels(before.pixels // 2)
    score, problem = truth.measured(Photo("a.png", "done", File(paths[1], "result")), darker, after)
    assert problem is None and score is not None
    assert set(score.after) == set(score.before) == {"psnr_rgb", "ssim_rgb", "psnr_y", "ssim_y"}
    assert score.after["psnr_rgb"] == math.inf and score.before["psnr_rgb"] < 20


def test_a_truth_of_another_size_or_without_a_picture_is_told(
    tmp_path: Path, photo: PhotoFile, tiny_manager: PluginManager
) -> None:
    path = photo(tmp_path / "out" / "a.png")
    photo(tmp_path / "truth" / "a.png", 30, 30)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.png").write_bytes(b"nothing")
    after = tiny_manager.read_image(path, LARGE)
    done = Photo("a.png", "done", File(path, "result"))
    for folder, said in (("truth", "another size"), ("other", "cannot be compared")):
        score, problem = Truth(tmp_path / "out", tmp_path / folder, tiny_manager, LARGE).measured(done, None, after)
        assert score is None and said in str(problem)


def test_a_folder_without_any_result_is_no_trouble_but_one_without_a_truth_is(
    tmp_path: Path, photo: PhotoFile, tiny_manager: PluginManager
) -> None:
    photo(tmp_path / "truth" / "a.png")
    (tmp_path / "out").mkdir()
    Truth(tmp_path / "out", tmp_path / "truth", tiny_manager, LARGE)
    photo(tmp_path / "out" / "a.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        Truth(tmp_path / "out", tmp_path / "empty", tiny_manager, LARGE)
    with pytest.raises(UsageError):
        Truth(tmp_path / "out", tmp_path / "truth" / "a.png", tiny_manager, LARGE)


def test_the_means_before_are_of_the_same_photos_or_none() -> None:
    one, two = Score({"psnr_rgb": 30.0}, {"psnr_rgb": 20.0}), Score({"psnr_rgb": 40.0}, {"psnr_rgb": 22.0})
    assert means([one, two]) == {"psnr_rgb": (21.0, 35.0)}
    assert means([one, Score({"psnr_rgb": 40.0}, {})]) == {"psnr_rgb": (None, 35.0)}
    assert means([Score({"ssim_y": math.nan}, {})]) == {} == means([])
