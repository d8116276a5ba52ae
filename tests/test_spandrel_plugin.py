"""`-m spandrel` from the command line: what it says, what it refuses, and what stands in the results' history."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import restore_spandrel.plugin
import torch
from click.testing import CliRunner
from PIL import Image as Pillow
from restore_spandrel.plugin import InpaintOptions, MendOptions, UpscaleOptions, provide_restorers

from restore import Pipeline, load
from restore.cli.main import main
from restore.errors import ExitCode, InputError, WeightsError
from restore.loading import install_hint
from restore.option_types import settable
from restore.plugin_manager import PluginManager
from restore.provenance import treatments
from restore.stamps import content_hash
from tests.spandrel_models import photograph, pixels_of, tensor_of, written

SPECS = {spec.name: spec for spec in provide_restorers()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Pillow.fromarray(photograph(40, 52)).save(path)
    return path


@dataclass(frozen=True)
class Told:
    """What a command printed, on either stream, and its exit code."""

    exit_code: int
    output: str


def run(*words: str | Path) -> Told:
    """`restore WORDS` in this process."""
    manager = PluginManager.of({"spandrel": restore_spandrel.plugin})
    with CliRunner().isolation() as streams:
        code = main([str(word) for word in words], manager)
        said = "".join(stream.getvalue().decode() for stream in streams[:2])
    return Told(code, " ".join(said.split()))


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Pillow.open(path))


@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_photo_is_enlarged_as_much_as_the_network_in_the_users_file_does(
    ending: str, folder: Path, photo: Path, tmp_path: Path
) -> None:
    model = written("ESRGAN", folder, ending)
    result = run("upscale", photo, "-o", tmp_path / "big.png", "-m", "spandrel", "--weights", model, "--threads", "1")
    assert result.exit_code == 0, result.output
    from restore_spandrel.reading import read_model

    expected = pixels_of(read_model(model)(tensor_of(photograph(40, 52))))
    assert np.array_equal(pixels(tmp_path / "big.png"), expected)


def test_the_files_name_and_sha256_and_what_is_in_it_stand_in_the_results_history(
    folder: Path, photo: Path, tmp_path: Path
) -> None:
    model, out = written("ESRGAN", folder), tmp_path / "out"
    words: list[str | Path] = ["-m", "spandrel", "--weights", model, "--threads", "1", "--no-isolate"]
    assert run("upscale", photo.parent, "-o", out, *words).exit_code == 0
    (told,) = treatments(Pillow.open(out / "photo.png").info["xmp"])
    assert told.model == "spandrel"
    assert told.weights == content_hash(model)
    assert told.options["weights_file"] == "ESRGAN.pth"
    assert told.options["scale"] == 4
    assert told.options["network"] == {
        "architecture": "ESRGAN",
        "purpose": "SR",
        "scale": 4,
        "input_channels": 3,
        "output_channels": 3,
    }


def test_the_familys_name_will_do_for_every_task(folder: Path, photo: Path, tmp_path: Path) -> None:
    model = written("NAFNet", folder)
    for task in ("denoise", "dejpeg"):
        out = tmp_path / f"{task}.png"
        result = run(task, photo, "-o", out, "-m", "spandrel", "--weights", model, "--threads", "1")
        assert result.exit_code == 0, result.output
        assert pixels(out).shape == (40, 52, 3)


@pytest.mark.parametrize(
    ("task", "name", "right"), [("denoise", "ESRGAN", "restore upscale"), ("upscale", "NAFNet", "restore denoise")]
)
def test_a_model_for_another_command_is_refused_with_that_one_before_anything_is_written(
    task: str, name: str, right: str, folder: Path, photo: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    result = run(task, photo, "-o", out, "-m", "spandrel", "--weights", written(name, folder))
    assert result.exit_code == ExitCode.WEIGHTS
    assert f"Use: {right} INPUT -o OUT -m spandrel --weights {name}.pth" in result.output
    assert not out.exists()


def test_an_attack_in_a_model_file_is_refused_with_the_code_for_weights_and_does_nothing(
    photo: Path, tmp_path: Path
) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "was-here"),)

    model, out = tmp_path / "model.pth", tmp_path / "out.png"
    torch.save({"params": {"conv_first.weight": torch.ones(3)}, "epoch": Attack()}, model)
    result = run("upscale", photo, "-o", out, "-m", "spandrel", "--weights", model)
    assert result.exit_code == 6
    assert "could run a program, so it was not opened" in result.output and "model.pth" in result.output
    assert not (tmp_path / "was-here").exists() and not out.exists()


def test_without_a_file_it_says_what_to_give(photo: Path, tmp_path: Path) -> None:
    result = run("upscale", photo, "-o", tmp_path / "out.png", "-m", "spandrel")
    assert result.exit_code == ExitCode.WEIGHTS
    assert "it runs those that you have. Give a file with --weights FILE" in result.output


def test_a_result_that_would_be_too_large_is_refused_by_the_scale_of_the_network(
    folder: Path, photo: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small.png"
    model = written("ESRGAN", folder)
    result = run("upscale", photo, "-o", small, "-m", "spandrel", "--weights", model, "--max-pixels", "20000")
    assert result.exit_code != 0
    assert "would grow from 52 x 40 to 208 x 160 pixels" in result.output


def test_more_than_the_network_does_is_refused_at_once(folder: Path, photo: Path, tmp_path: Path) -> None:
    words: list[str | Path] = ["-m", "spandrel", "--weights", written("Compact", folder), "--scale", "3"]
    result = run("upscale", photo, "-o", tmp_path / "out.png", *words)
    assert result.exit_code != 0
    assert "--scale 3 is more than the 2 times of the network in Compact.pth" in result.output


def test_what_is_read_from_the_file_is_no_flag() -> None:
    assert list(settable(UpscaleOptions)) == ["scale", "size", "max_side"]
    assert list(settable(MendOptions)) == ["strength"]
    assert list(settable(InpaintOptions)) == []
    result = run("upscale", "-m", "spandrel", "--help")
    assert "--max-side" in result.output and "--network" not in result.output


def test_the_size_of_a_result_follows_from_the_network() -> None:
    network = {"architecture": "X", "purpose": "SR", "scale": 4, "input_channels": 3, "output_channels": 3}
    options = UpscaleOptions.model_validate({"scale": 4, "network": network})
    assert options.output_size(10, 20) == (40, 80)
    with pytest.raises(InputError, match="this network enlarges 4 times"):
        UpscaleOptions.model_validate({"max_side": 100, "network": network}).output_size(10, 20)
    bytes_for = SPECS["spandrel"].working_bytes
    assert bytes_for is not None
    less = UpscaleOptions.model_validate({"scale": 2, "network": network})
    assert bytes_for(less, 1000, 1000, 3, 8) - bytes_for(options, 1000, 1000, 3, 8) == 4000 * 4000 * 3


def test_where_the_library_is_missing_it_is_listed_with_how_to_install_it() -> None:
    assert all(spec.requires == ("spandrel",) for spec in SPECS.values())
    assert install_hint(("spandrel",), "restore-photos") == 'Install it with: pip install "restore-photos[community]"'


def test_the_description_imports_neither_torch_nor_spandrel() -> None:
    code = "import sys, restore_spandrel.plugin; print([n for n in ('torch', 'spandrel', 'cv2') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lama_fills_what_a_mask_marks(folder: Path, photo: Path, tmp_path: Path) -> None:
    out, model = tmp_path / "filled.png", written("LaMa", folder, ".safetensors")
    words: list[str | Path] = ["-m", "spandrel", "--weights", model, "--threads", "1", "--box", "10,10,8,8"]
    result = run("inpaint", photo, "-o", out, *words)
    assert result.exit_code == 0, result.output
    changed = (pixels(out) != pixels(photo)).any(axis=2)
    assert changed[10:18, 10:18].mean() > 0.9
    changed[10:18, 10:18] = False
    assert not changed.any()


@pytest.mark.parametrize(
    ("name", "task", "flags", "said"),
    [
        ("ESRGAN", "upscale", (), {}),
        ("ESRGAN", "upscale", ("--scale", "2"), {"scale": 2}),
        ("DRUNet", "denoise", ("--strength", "0.5"), {"strength": 0.5}),
        ("LaMa", "inpaint", ("--box", "10,10,8,8"), {"box": "10,10,8,8"}),
    ],
)
def test_python_gives_what_the_command_gives_and_needs_no_task(
    name: str, task: str, flags: tuple[str, ...], said: dict[str, Any], folder: Path, photo: Path, tmp_path: Path
) -> None:
    file, out = written(name, folder), tmp_path / "out.png"
    result = run(task, photo, "-o", out, "-m", "spandrel", "--weights", file, "--threads", "1", *flags)
    assert result.exit_code == 0, result.output
    model = load("spandrel", weights=file, threads=1)
    assert model.task == task
    assert np.array_equal(model(photo, **said).pixels, pixels(out))


def test_a_step_of_a_pipeline_in_python_takes_the_familys_name_too(folder: Path, photo: Path) -> None:
    file = written("NAFNet", folder)
    alone = Pipeline([("spandrel", {"weights": file})], threads=1)
    for_task = Pipeline([("dejpeg", {"model": "spandrel", "weights": file})], threads=1)
    assert (str(alone), str(for_task)) == ("<Pipeline: spandrel-denoise>", "<Pipeline: spandrel-dejpeg>")
    assert np.array_equal(alone(photo).pixels, for_task(photo).pixels)


def test_a_file_for_no_task_says_in_python_too_what_is_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "model.pth").write_text("no model")
    with pytest.raises(WeightsError, match=r"model\.pth"):
        load("spandrel", weights=tmp_path / "model.pth")
