"""How honest a map of uncertainty is: the measures themselves, then a model that makes one, through the benchmark."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restore.benchmark.calibration import (
    calibration,
    calibration_curve,
    channel_errors,
    luma_errors,
    rank_correlation,
    reliability_curve,
    share_within,
    without_border,
)
from restore.cli import main
from restore.errors import ExitCode, PluginError
from restore.plugin_manager import PluginManager

Photo = Callable[..., Path]

RANDOM = np.random.default_rng(0)
SIGMA = np.exp(RANDOM.normal(1, 0.7, 40_000))
ERRORS = SIGMA[:, None] * RANDOM.standard_normal((40_000, 3))
"""What a calibrated map looks like, and the errors it speaks of."""


def test_errors_are_in_grey_levels_of_8_bits_without_the_border() -> None:
    reference = np.full((5, 6, 3), 100, np.uint8)
    restored = reference.copy()
    restored[1, 1] = (110, 100, 90)
    restored[0, 0] = 255
    assert channel_errors(restored, reference, 1).shape == (3, 4, 3)
    assert channel_errors(restored, reference, 1)[0, 0] == pytest.approx([10, 0, -10])
    assert luma_errors(restored, reference, 1)[0, 0] == pytest.approx(0.299 * 10 - 0.114 * 10)
    assert luma_errors(restored, reference, 1).max() < 2
    sixteen = [picture.astype(np.uint16) * 257 for picture in (restored, reference)]
    assert luma_errors(sixteen[0], sixteen[1], 1) == pytest.approx(luma_errors(restored, reference, 1))


def test_a_grey_picture_has_one_error_for_each_pixel() -> None:
    reference, restored = np.full((3, 3, 1), 50, np.uint8), np.full((3, 3, 1), 42, np.uint8)
    assert luma_errors(restored, reference, 0) == pytest.approx(np.full((3, 3), 8))
    assert channel_errors(restored, reference, 0).shape == (3, 3, 1)


def test_ranks_are_correlated_and_not_values() -> None:
    predicted = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert rank_correlation(predicted, np.exp(predicted)) == pytest.approx(1)
    assert rank_correlation(predicted, 100 * predicted) == pytest.approx(1)
    assert rank_correlation(predicted, -predicted) == pytest.approx(-1)
    # Ties share their mean rank: of 1 2 3 4 and 1.5 1.5 3.5 3.5 the correlation is 4 / sqrt(5 * 4).
    assert rank_correlation(predicted, np.array([[7, 7], [9, 9]])) == pytest.approx(4 / np.sqrt(20))


def test_without_an_order_there_is_no_rank_correlation() -> None:
    assert np.isnan(rank_correlation(np.ones(9), np.arange(9)))
    assert np.isnan(rank_correlation(np.arange(9), np.zeros(9)))


def test_every_channel_of_every_pixel_counts_in_the_share_within_two_sigma() -> None:
    sigma = np.array([[1.0, 4.0]])
    errors = np.array([[[2.0, -2.1, 0.0], [-8.0, 8.1, 9.0]]])
    assert share_within(sigma, errors, 2) == 3 / 6


def test_a_calibrated_map_lies_on_both_diagonals() -> None:
    predicted, actual = calibration_curve(SIGMA, ERRORS, 20)
    assert len(predicted) == 20 and (np.diff(predicted) > 0).all()
    assert actual == pytest.approx(predicted, rel=0.05)
    nominal = [0.1, 0.5, 0.9, 0.99]
    assert reliability_curve(SIGMA, ERRORS, nominal) == pytest.approx(nominal, abs=0.01)


def test_a_map_that_is_too_sure_of_itself_lies_below_and_one_that_is_too_modest_above() -> None:
    predicted, actual = calibration_curve(SIGMA / 2, ERRORS, 5)
    assert actual == pytest.approx(2 * predicted, rel=0.05)
    assert (reliability_curve(SIGMA / 2, ERRORS, [0.5, 0.9]) < [0.4, 0.8]).all()
    assert (reliability_curve(SIGMA * 2, ERRORS, [0.5, 0.9]) > [0.6, 0.95]).all()


def test_the_border_of_the_map_is_left_out_as_that_of_the_picture() -> None:
    reference = np.full((20, 20, 3), 128, np.uint8)
    restored = reference + RANDOM.integers(0, 9, (20, 20, 1), np.uint8)
    restored[:2] = restored[-2:] = restored[:, :2] = restored[:, -2:] = 255
    spread = (restored[..., :1].astype(np.float32) - 128) / 1.9
    spread[:2] = 0
    values = calibration(restored, reference, spread, 2, "fake")
    assert values == {"rank_correlation": pytest.approx(1), "within_2_sigma": 1}
    assert without_border(spread, 2).shape == (16, 16, 1)
    assert calibration(restored, reference, spread, 1, "fake")["within_2_sigma"] < 1


@pytest.mark.parametrize(
    ("spread", "message"),
    [
        (np.ones((4, 4, 3), np.float32), r"\(4, 4, 3\) float32; \(4, 4, 1\) float32 was expected"),
        (np.ones((2, 2, 1), np.float32), r"\(2, 2, 1\)"),
        (np.ones((4, 4, 1), np.uint8), "uint8"),
        (np.full((4, 4, 1), np.nan, np.float32), "not finite"),
        (np.full((4, 4, 1), -1, np.float32), "below zero"),
    ],
)
def test_what_is_no_map_is_refused(spread: np.ndarray, message: str) -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(PluginError, match=f"the map of fake .*{message}"):
        calibration(picture, picture, spread, 0, "fake")


PLUGIN = '''
import numpy as np

from restore.enlarging import Enlarging
from restore.image import Image, Restoration
from restore.spec import Companion, RestorerSpec, hookimpl


class FrankOptions(Enlarging):
    uncertainty: bool = False
    certain: bool = False
    forgetful: bool = False


class Frank:
    """Repeats pixels and is as unsure as their column is far to the right; or the same everywhere."""

    def restore(self, observation, options):
        image, scale = observation.image, int(options.scale)
        large = image.with_pixels(image.pixels.repeat(scale, 0).repeat(scale, 1))
        spread = np.full((large.height, large.width, 1), 1000 if options.certain else 1, np.float32)
        if not options.certain:
            spread += np.arange(large.width, dtype=np.float32)[None, :, None]
        maps = (Image(np.zeros((3, 3, 3), np.uint8)), Image(spread))
        return Restoration(large, maps[: 1 if options.forgetful else 2]) if options.uncertainty else large


def promised(options):
    return (Companion("uncertainty", ".png"), Companion("uncertainty", ".tif")) if options.uncertainty else ()


@hookimpl
def provide_restorers():
    return [
        RestorerSpec("frank", "upscale", "Says what it thinks.", FrankOptions, lambda weights, runtime: Frank(),
                     output_size=Enlarging.output_size, scales="any", companions=promised),
    ]
'''

Benchmark = Callable[..., tuple[int, str, str]]


@pytest.fixture
def benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], photo: Photo
) -> Benchmark:
    """Measures upscalers on two small pictures; `frank` is installed here and in the processes that are started."""
    site = tmp_path / "site"
    information = site / "restore_frank-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "restore_frank.py").write_text(PLUGIN)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: restore-frank\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[restore.plugins]\nfrank = restore_frank\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("RESTORE_PLUGINS", "frank,classic")
    for name in ("a.png", "b.png"):
        photo(tmp_path / "data" / name, width=64, height=48)

    def call(*words: object) -> tuple[int, str, str]:
        arguments = ["benchmark", "upscale", tmp_path / "data", "--threads", 1, "--scale", 2, *words]
        code = main([str(word) for word in arguments], PluginManager.discover())
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_the_table_says_how_honest_a_map_is_and_how_that_is_measured(benchmark: Benchmark) -> None:
    code, out, err = benchmark("-m", "frank", "--limit", 1, "--uncertainty")
    assert code == ExitCode.OK, err
    for text in ("rank_correlation", "within_2_sigma", "Spearman", "95 % is calibrated", "include making the maps"):
        assert text in out


def test_scripts_get_both_measures_of_every_picture_and_their_means(benchmark: Benchmark, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    code, out, err = benchmark("-m", "frank", "-m", "frank:certain=yes", "--uncertainty", "--json", "--csv", table)
    assert code == ExitCode.OK, err
    document = json.loads(out)
    unsure, certain = document["rows"]
    values = [sample["values"] for sample in document["samples"] if sample["label"] == "frank"]
    for name in ("rank_correlation", "within_2_sigma"):
        assert unsure[name] == pytest.approx(sum(each[name] for each in values) / 2)
    assert 0 < unsure["within_2_sigma"] < 1
    assert certain["within_2_sigma"] == 1, "no error is beyond 2000 grey levels"
    assert certain["rank_correlation"] is None, "the same everywhere says nothing"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["rank_correlation"]) == unsure["rank_correlation"]
    assert rows[1]["rank_correlation"] == ""


def test_maps_are_not_made_where_nobody_asked(benchmark: Benchmark) -> None:
    code, out, err = benchmark("-m", "frank", "--limit", 1)
    assert code == ExitCode.OK, err
    assert "psnr_y" in out and "rank_correlation" not in out and "within_2_sigma" not in out


def test_models_without_a_map_are_refused_before_anything_is_measured(benchmark: Benchmark) -> None:
    for model in ("bicubic", "frank:uncertainty=no"):
        code, out, err = benchmark("-m", model, "--uncertainty")
        assert (code, out) == (ExitCode.USAGE, "")
        assert f"{model} makes no map of uncertainty that could be measured. Leave out --uncertainty" in err


def test_a_model_that_keeps_its_promise_to_itself_is_reported(benchmark: Benchmark) -> None:
    code, _, err = benchmark("-m", "frank:forgetful=yes", "--limit", 1, "--uncertainty")
    assert code == ExitCode.SOME_FAILED
    assert "frank:forgetful=yes did not give all the pictures beside its result that it promised" in err
