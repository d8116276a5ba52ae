"""`restore degrade`: lossless results, pairs that `evaluate` and `inpaint` take, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import restore_classic.plugin
import restore_degrade.plugin
from PIL import Image as PillowImage

from restore.codecs.reading import read
from restore.degradations import KINDS
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.conftest import Outcome

Photo = Callable[..., Path]
Command = Callable[..., "Outcome"]


@pytest.fixture
def restore_(run_cli: Command) -> Command:
    """Runs ``restore`` in this process with the plugin that degrades."""
    manager = PluginManager.of({"degrade": restore_degrade.plugin})
    return lambda *words: run_cli(manager, *words)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A JPEG with EXIF, and below it a 16-bit TIFF and a PNG."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    random = np.random.default_rng(0)
    small = random.integers(40, 200, (9, 12, 3), dtype=np.uint8)
    smooth = PillowImage.fromarray(small).resize((96, 72), PillowImage.Resampling.BICUBIC)
    exif = PillowImage.Exif()
    exif[271] = "Maker"
    smooth.save(folder / "a.jpg", quality=95, exif=exif)
    smooth.save(folder / "sub" / "b.png")
    grey = np.asarray(smooth.convert("L")).astype(np.uint16) * 257
    PillowImage.fromarray(grey).save(folder / "sub" / "c.tif")
    return folder


def files(folder: Path) -> list[str]:
    return sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*.*") if p.is_file() and ".restore/" not in f"{p}"
    )


def test_results_mirror_the_tree_and_are_not_compressed_again(restore_: Command, photos: Path, tmp_path: Path) -> None:
    assert restore_("degrade", photos, "-o", tmp_path / "out", "--gaussian", "10").code == ExitCode.OK
    assert files(tmp_path / "out") == ["a.png", "sub/b.png", "sub/c.tif"]
    noise = read(tmp_path / "out" / "a.png").pixels.astype(float) - read(photos / "a.jpg").pixels
    assert float(noise.std()) == pytest.approx(10, rel=0.05)
    assert PillowImage.open(tmp_path / "out" / "a.png").getexif()[271] == "Maker"
    assert read(tmp_path / "out" / "sub" / "c.tif").pixels.dtype == np.uint16


def test_the_user_may_want_them_compressed(restore_: Command, photos: Path, tmp_path: Path) -> None:
    assert restore_("degrade", photos / "a.jpg", "-o", tmp_path / "x.jpg", "--jpeg", "30").code == ExitCode.OK
    assert PillowImage.open(tmp_path / "x.jpg").format == "JPEG"
    assert restore_("degrade", photos, "-o", tmp_path / "out", "--jpeg", "30", "--format", "webp").code == ExitCode.OK
    assert files(tmp_path / "out") == ["a.webp", "sub/b.webp", "sub/c.webp"]


def test_the_same_seed_gives_the_same_bytes_in_any_company(restore_: Command, photos: Path, tmp_path: Path) -> None:
    restore_("degrade", photos, "-o", tmp_path / "all", "--gaussian", "5..50", "--no-provenance")
    restore_(
        "degrade", photos / "sub" / "b.png", "-o", tmp_path / "other.png", "--gaussian", "5..50", "--no-provenance"
    )
    alone = (tmp_path / "other.png").read_bytes()
    assert alone == (tmp_path / "all" / "sub" / "b.png").read_bytes()
    restore_("degrade", photos, "-o", tmp_path / "else", "--gaussian", "5..50", "--no-provenance", "--seed", "1")
    assert alone != (tmp_path / "else" / "sub" / "b.png").read_bytes()


def test_pairs_are_three_trees_whose_masks_mark_what_differs(restore_: Command, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    assert restore_("degrade", photos, "-o", out, "--scratches", "0.02", "--keep-truth").code == ExitCode.OK
    assert files(out / "degraded") == files(out / "truth") == ["a.png", "sub/b.png", "sub/c.tif"]
    assert files(out / "masks") == ["a.png", "sub/b.png", "sub/c.png"]
    for name, mask in (("a.png", "a.png"), ("sub/b.png", "sub/b.png"), ("sub/c.tif", "sub/c.png")):
        spoilt, truth, marked = (
            read(out / folder / file).pixels for folder, file in (("degraded", name), ("truth", name), ("masks", mask))
        )
        changed = (spoilt != truth).any(2)
        assert changed.any() and not changed[marked[..., 0] == 0].any()
        assert changed[marked[..., 0] == 255].mean() > 0.99  # a scratch may have the grey of what it hides


@pytest.mark.parametrize(
    ("flags", "masks"),
    [
        ((), ["a.png.png", "a.tif.png", "b.png"]),
        (("--suffix", "_x"), ["a_x.png.png", "a_x.tif.png", "b_x.png"]),
        (("--format", "jpg", "--include", "*.jpg"), ["a.jpg.png", "b.png"]),
    ],
)
def test_inpaint_finds_the_masks_of_pairs_whose_inputs_share_a_stem(
    run_cli: Command, photos: Path, tmp_path: Path, flags: tuple[str, ...], masks: list[str]
) -> None:
    manager = PluginManager.of({"degrade": restore_degrade.plugin, "classic": restore_classic.plugin})
    out, picture = tmp_path / "pairs", PillowImage.open(photos / "a.jpg")
    for name in ("a.jpg", "a.tif", "b.jpg"):
        (tmp_path / "three").mkdir(exist_ok=True)
        picture.save(tmp_path / "three" / name)
    words = ("degrade", tmp_path / "three", "-o", out, "--scratches", "0.02", "--keep-truth", *flags)
    assert run_cli(manager, *words).code == ExitCode.OK
    assert files(out / "masks") == masks
    filled = run_cli(
        manager, "inpaint", out / "degraded", "-o", tmp_path / "filled", "--mask", out / "masks", "-m", "telea"
    )
    assert filled.code == ExitCode.OK, filled.err
    assert files(tmp_path / "filled") == files(out / "degraded")


def test_evaluate_takes_the_pairs_as_they_are(restore_: Command, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    assert restore_("degrade", photos, "-o", out, "--gaussian", "25", "--keep-truth").code == ExitCode.OK
    assert not (out / "masks").exists()
    told = restore_("evaluate", out / "degraded", out / "truth", "--json")
    assert told.code == ExitCode.OK
    psnr = [each["psnr_rgb"] for each in json.loads(told.out)["images"]]
    assert psnr == pytest.approx([20.17] * 3, abs=0.5)


def test_pairs_of_a_reduction_hold_the_truth_in_full(restore_: Command, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs"
    assert restore_("degrade", photos, "-o", out, "--reduce", "5", "--keep-truth").code == ExitCode.OK
    assert read(out / "degraded" / "a.png").pixels.shape == (14, 19, 3)
    assert read(out / "truth" / "a.png").pixels.shape == (70, 95, 3)


def test_a_chain_is_followed_and_a_bad_file_stops_nothing(restore_: Command, photos: Path, tmp_path: Path) -> None:
    chain = tmp_path / "chain.toml"
    chain.write_text('[[step]]\nkind = "defocus"\nradius = 2\n\n[[step]]\nkind = "jpeg"\nquality = [20, 40]\n')
    (photos / "bad.png").write_bytes(b"no picture")
    outcome = restore_("degrade", photos, "-o", tmp_path / "out", "--chain", chain)
    assert outcome.code == ExitCode.SOME_FAILED and "bad.png" in outcome.err
    assert files(tmp_path / "out") == ["a.png", "sub/b.png", "sub/c.tif"]


def test_a_chain_that_has_changed_is_followed_again(restore_: Command, photos: Path, tmp_path: Path) -> None:
    chain = tmp_path / "chain.toml"
    done = []
    for sigma in (5, 5, 9):
        chain.write_text(f'[[step]]\nkind = "gaussian"\nsigma = {sigma}\n')
        done.append(
            json.loads(restore_("degrade", photos, "-o", tmp_path / "out", "--chain", chain, "--json").out)["done"]
        )
    assert done == [3, 0, 3]


def test_pairs_are_told_in_one_json_document(restore_: Command, photos: Path, tmp_path: Path) -> None:
    told = restore_("degrade", photos, "-o", tmp_path / "pairs", "--dust", "0.01", "--keep-truth", "--json")
    assert {name: run["done"] for name, run in json.loads(told.out).items()} == {"truth": 3, "masks": 3, "degraded": 3}


def test_the_list_shows_every_kind_and_needs_no_input(restore_: Command) -> None:
    outcome = restore_("degrade", "--list")
    assert outcome.code == ExitCode.OK
    assert all(f"{kind}: " in outcome.out for kind in KINDS)
    assert (
        "sigma: Standard deviation, on the scale 0 to 255. [a number from 0 to 255, or a range within]" in outcome.out
    )


def test_help_names_each_kinds_value(restore_: Command) -> None:
    said = restore_("degrade", "--help").out
    assert "--gaussian SIGMA[,NAME=VALUE]" in said and "--in-place" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what is done, like --gaussian 25"),
        (("--gaussian", "300"), "'sigma' cannot be '300'"),
        (("--gausian", "30"), "Did you mean --gaussian?"),
        (("--chain", "none.toml"), "none.toml: cannot be read as a chain"),
        (("--gaussian", "3", "--keep-truth", "--watch"), "--watch and --keep-truth"),
        (("--reduce", "2", "--dust", "0.01", "--keep-truth"), "no mask fits"),
        (("--gaussian", "3", "-m", "spoil-mask", "--keep-truth"), "not for the model 'spoil-mask'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    restore_: Command, photos: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    outcome = restore_("degrade", photos, "-o", tmp_path / "out", *words)
    assert outcome.code == ExitCode.USAGE and said in outcome.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["in/pairs", "pairs.png"])
def test_pairs_lie_in_a_folder_outside_their_inputs(
    restore_: Command, photos: Path, tmp_path: Path, place: str
) -> None:
    outcome = restore_("degrade", photos, "-o", tmp_path / place, "--gaussian", "3", "--keep-truth")
    assert outcome.code == ExitCode.USAGE and not (tmp_path / place).exists()


def test_a_folder_of_pairs_may_have_a_dot_in_its_name(restore_: Command, photos: Path, tmp_path: Path) -> None:
    words = ("degrade", photos / "a.jpg", "--gaussian", "3", "--keep-truth", "-o")
    refused = restore_(*words, tmp_path / "pairs.v2")
    assert refused.code == ExitCode.USAGE and "pairs.v2/ if it is to be called so" in refused.err
    assert restore_(*words, f"{tmp_path / 'pairs.v2'}/").code == ExitCode.OK
    assert restore_(*words, tmp_path / "pairs.v2").code == ExitCode.OK  # now it is there
    assert files(tmp_path / "pairs.v2" / "truth") == files(tmp_path / "pairs.v2" / "degraded") == ["a.png"]


def test_an_input_folder_whose_name_looks_like_a_pattern_holds_no_pairs(
    restore_: Command, photos: Path, tmp_path: Path
) -> None:
    odd = photos.rename(tmp_path / "in [1]")
    outcome = restore_("degrade", odd, "-o", odd / "pairs", "--gaussian", "3", "--keep-truth")
    assert outcome.code == ExitCode.USAGE and not (odd / "pairs").exists()


def test_the_truth_is_never_compressed_with_losses(restore_: Command, photos: Path, tmp_path: Path) -> None:
    words = ("--missing", "0.1", "--keep-truth", "--format", "jpg")
    assert restore_("degrade", photos / "a.jpg", "-o", tmp_path / "out", *words).code == ExitCode.OK
    assert files(tmp_path / "out") == ["degraded/a.jpg", "masks/a.png", "truth/a.png"]


def test_originals_are_never_spoilt(restore_: Command, photos: Path, tmp_path: Path) -> None:
    before = (photos / "a.jpg").read_bytes()
    outcome = restore_("degrade", photos, "--in-place", "--backup", tmp_path / "b", "--gaussian", "3")
    assert outcome.code == ExitCode.USAGE and "would spoil the originals" in outcome.err
    assert restore_("degrade", photos, "-o", photos, "--gaussian", "3").code == ExitCode.OUTPUT
    assert (photos / "a.jpg").read_bytes() == before
