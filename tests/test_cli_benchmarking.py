"""`restore benchmark` as users meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from restore.cli import main
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager
from restore.spec import Options, RestorerSpec, hookimpl

Photo = Callable[..., Path]
Cli = Callable[..., Any]


@pytest.fixture
def classic(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``restore`` with the classical methods, in this process and in those it starts."""
    monkeypatch.setenv("RESTORE_PLUGINS", "classic")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments], PluginManager.discover())
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_models_are_compared_on_the_same_noise(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        photo(tmp_path / "data" / name, width=64, height=48)
    models = ("-m", "wavelet", "-m", "tv:weight=0.5,iterations=20")
    table = tmp_path / "table.csv"
    code, out, err = classic(
        "benchmark", "denoise", tmp_path / "data", *models, "--sigma", 10, "--sigma", 25, "--json", "--csv", table
    )
    assert code == ExitCode.OK, err
    document = json.loads(out)
    rows = {(row["setting"], row["model"]): row for row in document["rows"]}
    assert len(rows) == 6
    noisy = rows["sigma 25", "(input)"]
    assert noisy["psnr_rgb"] == pytest.approx(20.5, abs=0.6)
    assert noisy["s/MP"] is None
    for model in ("wavelet", "tv:weight=0.5,iterations=20"):
        row = rows["sigma 25", model]
        assert row["images"] == 2
        assert row["psnr_rgb"] > noisy["psnr_rgb"]
        assert row["s/MP"] == pytest.approx(1 / row["MP/s"])
        assert row["GFLOP/s"] is None
        assert 20 < row["peak MiB"] < 1000
    assert len(document["samples"]) == 12
    assert "not clipped" not in out
    assert table.read_text().count("\n") == 7


def test_the_table_names_machine_seed_and_conventions(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "data" / "a.png", width=64, height=48)
    code, out, _ = classic(
        "benchmark", "denoise", tmp_path / "data", "-m", "bilateral", "--grey", "--seed", 5, "--blind"
    )
    assert code == ExitCode.OK
    for text in ("CPUs", "seed 5", "not told", "data range 1", "clipped to [0, 1]", "psnr_rgb", "MP/s"):
        assert text in out
    assert "psnr_y" not in out


def test_upscalers_are_measured_scale_by_scale(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "data" / "a.png", width=64, height=48)
    models = ("-m", "bicubic", "-m", "opencv-nearest")
    code, out, err = classic("benchmark", "upscale", tmp_path / "data", *models, "--scale", 2, "--scale", 4)
    assert code == ExitCode.OK, err
    for text in ("x2", "x4", "psnr_y", "border 2 (x2), 4 (x4)", "reduced by MATLAB's bicubic", "pixels of the results"):
        assert text in out
    assert "noise" not in out and "(input)" not in out
    code, out, _ = classic("benchmark", "upscale", tmp_path / "data", *models, "--scale", 3, "--json")
    document = json.loads(out)
    assert [row["model"] for row in document["rows"]] == ["bicubic", "opencv-nearest"]
    assert "border 3" in document["conventions"]["x3"][0]
    assert document["rows"][0]["psnr_y"] > document["rows"][1]["psnr_y"]


def test_fusers_are_judged_by_their_frames_or_by_the_truth(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    for name in ("a_1.png", "a_2.png"):
        photo(tmp_path / "data" / name, width=64, height=48)
    words = ("benchmark", "fuse", tmp_path / "data", "-m", "average", "-m", "laplacian:window=1")
    code, out, err = classic(*words, "--mode", "exposure")
    assert code == ExitCode.OK, err
    for text in ("exposure", "mef_ssim", "qabf", "(input)", "laplacian:window=1", "Petrovic 2000", "s/MP"):
        assert text in out
    code, out, _ = classic(*words, "--mode", "focus", "--json")
    document = json.loads(out)
    assert [row["setting"] for row in document["rows"]] == ["focus"] * 3
    assert document["rows"][1]["mef_ssim"] is None and 0 < document["rows"][1]["qabf"] < 1
    assert {sample["image"] for sample in document["samples"]} == {"a"} and document["setup"]["mode"] == "focus"
    code, out, _ = classic(*words, "--synthetic", "focus", "--seed", 3, "--json")
    document = json.loads(out)
    assert {row["setting"] for row in document["rows"]} == {"focus, plain", "focus, occluding"}
    assert document["rows"][0]["psnr_rgb"] > 10 and "seed 3" in out


def test_inpainters_are_measured_hole_by_hole(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "data" / "a.png", width=64, height=48)
    words = ("benchmark", "inpaint", tmp_path / "data", "-m", "telea", "-m", "telea:radius=2", "--masks", "scratch")
    code, out, err = classic(*words, "--masks", "brush20", "--seed", 3)
    assert code == ExitCode.OK, err
    for text in ("scratch", "brush20", "psnr_hole", "ssim_hole", "gradient_hole", "(input)", "seed 3", "mid-grey"):
        assert text in out
    assert "boxes" not in out
    code, out, _ = classic(*words, "--json")
    document = json.loads(out)
    assert document["setup"]["masks"] == ["scratch"]
    spoilt, *filled = document["rows"]
    assert [row["model"] for row in filled] == ["telea", "telea:radius=2"]
    assert all(row["psnr_hole"] > spoilt["psnr_hole"] for row in filled)


class Fixed:
    """A plugin whose upscaler always does the same."""

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One without options; nobody gets as far as loading it."""
        return [RestorerSpec("fixed", "upscale", "Doubles.", Options, lambda weights, runtime: pytest.fail())]


def test_a_model_that_cannot_be_told_the_scale_cannot_be_measured(
    photo: Photo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo(tmp_path / "a.png")
    words = ["benchmark", "upscale", str(tmp_path), "-m", "fixed"]
    assert main(words, PluginManager.of({"fixed": Fixed()})) == ExitCode.USAGE
    assert "the model 'fixed' cannot be measured: it has no option --scale" in capsys.readouterr().err


def test_real_pairs_are_measured_blind(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    pairs = [photo(tmp_path / folder / "a.png", width=64, height=48).parent for folder in ("noisy", "clean")]
    code, out, _ = classic("benchmark", "denoise", "--pairs", *pairs, "-m", "bilateral", "--json")
    assert code == ExitCode.OK
    assert {row["setting"] for row in json.loads(out)["rows"]} == {"pairs"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("paint", "DATA", "-m", "tv"),
            "there is no benchmark for 'paint'. There are: denoise, dejpeg, upscale, inpaint, fuse",
        ),
        (("denoise", "DATA", "-m", "tvv"), "There is no model 'tvv'"),
        (("denoise", "DATA", "-m", "tv:weight"), "'weight' has no value"),
        (("denoise", "DATA", "-m", "tv:wait=1"), "wait"),
        (("denoise", "DATA", "-m", "tv", "-m", "tv"), "a model is named twice"),
        (("denoise", "-m", "tv"), "needs a folder of clean pictures"),
        (("denoise", "--pairs", "DATA", "DATA", "--sigma", "5", "-m", "tv"), "--sigma goes with added noise"),
        (("denoise", "DATA", "-m", "tv", "--csv", "nowhere/t.csv"), "there is no such folder"),
        (("denoise", "DATA", "-m", "tv", "--csv", "a.png"), "is no name for a table"),
        (("denoise", "DATA", "-m", "tv", "--scale", "2"), "--scale means nothing to the benchmark of denoise"),
        (
            ("upscale", "DATA", "-m", "bicubic", "--sigma", "5"),
            "--sigma means nothing to the benchmark of upscale. It has",
        ),
        (("upscale", "DATA", "-m", "bicubic", "--blind"), "--blind means nothing"),
        (("denoise", "DATA", "-m", "tv", "--uncertainty"), "--uncertainty means nothing to the benchmark of denoise"),
        (("upscale", "DATA", "-m", "bicubic", "--uncertainty"), "bicubic makes no map of uncertainty"),
        (("upscale", "DATA", "-m", "tv"), "the model 'tv' is for denoise, not for upscale"),
        (("upscale", "DATA", "-m", "bicubic:size=9x9"), "cannot go together"),
        (("upscale", "-m", "bicubic"), "needs a folder of pictures"),
        (("inpaint", "-m", "telea"), "needs a folder of pictures"),
        (("inpaint", "DATA", "-m", "telea", "--masks", "holes"), "'holes' is not one of 'brush20', 'brush40'"),
        (("inpaint", "DATA", "-m", "telea", "--scale", "2"), "--scale means nothing to the benchmark of inpaint"),
        (("denoise", "DATA", "-m", "tv", "--masks", "text"), "--masks means nothing to the benchmark of denoise"),
        (("inpaint", "DATA", "-m", "telea", "--mode", "focus"), "--mode means nothing to the benchmark of inpaint"),
        (("fuse", "DATA", "-m", "average"), "is the only frame of its series"),
        (("fuse", "DATA", "-m", "average", "--synthetic", "focus", "--mode", "focus"), "--mode goes with real series"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    classic: Cli, photo: Photo, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    photo(tmp_path / "a.png", width=40, height=40)
    code, out, err = classic("benchmark", *(str(tmp_path) if a == "DATA" else a for a in arguments))
    assert code != ExitCode.OK
    assert out == ""
    assert message in err


def test_a_model_that_fails_is_reported_and_the_others_are_measured(classic: Cli, photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "data" / "a.png", width=64, height=48)
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"of something else")
    code, out, err = classic(
        "benchmark", "denoise", tmp_path / "data", "-m", "bilateral", "-m", f"tv:weights={weights}", "--json"
    )
    assert code == ExitCode.SOME_FAILED
    assert [row["model"] for row in json.loads(out)["rows"]] == ["(input)", "bilateral"]
    assert "a method without weights" in err
