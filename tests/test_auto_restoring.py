"""`restore auto` as a restorer: looks first, does only what helps, and tells what it found and did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from restore_classic import plugin as classic
from restore_correct import plugin as correct

from restore.auto.means import means
from restore.auto.request import AutoOptions, AutoRun
from restore.auto.restoring import Automatic, auto_run, auto_spec, workers
from restore.batch import described, run_batch
from restore.image import Image, Observation, Restoration
from restore.job import Job
from restore.journal_reading import read_journal
from restore.pipeline.chain import Models
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.provenance import treatments
from restore.resuming import DONE
from restore.spec import Runtime

if TYPE_CHECKING:
    from tests.tiny_neighbours import Painter, Spotter

NOISE = 20


def scene(noise: float = 0.0, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """Something like a photo: soft light, edges, dark and light parts; the same each time."""
    chance = np.random.default_rng(1)
    rows, columns = np.mgrid[: size[0], : size[1]]
    light = 120 + 60 * np.sin(columns / 23) + 50 * np.cos(rows / 17)
    pixels = np.stack([light, light * 0.9 + 10, light * 0.8 + 25], axis=2)
    pixels[20:40, 30:60] *= 0.1
    pixels[60:70, 80:110] = 250
    pixels += chance.normal(0, 0.7, pixels.shape) + chance.normal(0, 1, pixels.shape) * noise
    return np.floor(pixels + 0.5).clip(0, 255).astype(np.uint8)


@pytest.fixture
def manager() -> PluginManager:
    return PluginManager.of({"classic": classic, "correct": correct})


def mended(manager: PluginManager, pixels: np.ndarray, options: AutoRun | None = None) -> Restoration:
    done = auto_spec(manager).load(None, Runtime()).restore(Observation((Image(pixels),)), options or AutoRun())
    assert isinstance(done, Restoration)
    return done


def rows(done: Restoration, key: str = "steps") -> list[dict[str, object]]:
    assert done.account is not None
    found = done.account[key]
    assert isinstance(found, list)
    return found


def test_a_sound_photo_is_left_untouched_and_the_account_says_why(manager: PluginManager) -> None:
    done = mended(manager, scene())
    assert done.untouched
    assert np.array_equal(done.image.pixels, scene())
    assert done.account is not None
    assert done.account["summary"] == "left as it is: nothing that would surely help was found"
    assert {row["task"] for row in rows(done, "left_out")} == {"dejpeg", "inpaint", "denoise", "correct"}


def test_a_noisy_photo_is_denoised_and_the_account_says_why(manager: PluginManager) -> None:
    done = mended(manager, scene(NOISE))
    assert not done.untouched
    (step,) = rows(done)
    assert (step["task"], step["changed"]) == ("denoise", True)
    assert str(step["why"]).startswith("noise of sigma ")
    assert done.account is not None
    assert done.account["summary"] == f"denoise ({step['why']})"
    findings = done.account["findings"]
    assert isinstance(findings, dict)
    assert findings["noise"]["sigma"] == pytest.approx(NOISE, rel=0.15)
    before, after = (np.abs(pixels.astype(float) - scene()).mean() for pixels in (scene(NOISE), done.image.pixels))
    assert after < 0.7 * before


def test_faults_are_mended_in_the_reverse_order_of_their_coming(manager: PluginManager) -> None:
    pale = (0.25 + scene(NOISE).astype(float) / 255 * 0.5) * 255
    done = mended(manager, (pale + 0.5).astype(np.uint8))
    assert [row["task"] for row in rows(done)] == ["denoise", "correct"]
    assert rows(done)[1]["options"] == {"contrast": 1.0}


def test_a_step_that_was_not_asked_for_is_left_out(manager: PluginManager) -> None:
    done = mended(manager, scene(NOISE), AutoRun(steps="correct"))
    assert done.untouched
    assert {"task": "denoise", "why": "not asked for (--steps)"} in rows(done, "left_out")


def test_what_no_model_can_do_is_said(manager: PluginManager) -> None:
    only_correct = PluginManager.of({"correct": correct})
    done = mended(only_correct, scene(NOISE))
    assert done.untouched
    why = {str(row["task"]): str(row["why"]) for row in rows(done, "left_out")}
    assert why["denoise"].endswith(", but no plugin has a model for denoise")
    assert why["inpaint"] == "damage: not looked for (no plugin has a model for detect)"
    assert means(only_correct).missing["dejpeg"] == "no plugin has a model for dejpeg"


def test_damage_is_found_once_and_filled(painter: Painter, spotter: Spotter) -> None:
    manager = PluginManager.of({"painter": painter, "spotter": spotter, "correct": correct})
    pixels = scene().clip(0, 190)
    pixels[10:12, 20:90] = 255
    done = mended(manager, pixels)
    assert [row["task"] for row in rows(done)] == ["detect", "inpaint"]
    assert rows(done)[1]["why"] == "1.14% is damaged"
    assert len(spotter.seen) == 1, "what was found while looking is not looked for again"
    assert painter.seen[0][10, 20:90].all()
    assert done.account is not None
    assert done.account["summary"] == "inpaint (1.14% is damaged)"


def test_damage_that_noise_had_hidden_is_found_and_filled_in_the_denoised_picture(
    painter: Painter, spotter: Spotter
) -> None:
    manager = PluginManager.of({"painter": painter, "spotter": spotter, "classic": classic})
    pixels = (scene(30) * 0.7).astype(np.uint8)
    pixels[10:14, 20:90] = 255
    done = mended(manager, pixels)
    assert [row["task"] for row in rows(done)] == ["denoise", "detect", "inpaint"]
    assert str(rows(done)[2]["why"]).endswith("is damaged, as is seen without the noise")
    assert len(spotter.seen) == 3, "in the picture as it came, in the denoised sample, in the denoised picture"
    assert painter.seen[0][11:13, 21:89].mean() > 0.9
    plan = Automatic(manager, Models(manager, Runtime())).planned(Image(pixels), AutoRun())
    steps = plan["steps"]
    assert isinstance(steps, list)
    assert [step["task"] for step in steps] == ["denoise", "detect", "inpaint"]


def test_a_plan_can_be_had_without_doing_anything(manager: PluginManager) -> None:
    looker = Automatic(manager, Models(manager, Runtime()))
    account = looker.planned(Image(scene(NOISE)), AutoRun())
    steps = account["steps"]
    assert isinstance(steps, list)
    assert [(step["task"], "changed" in step) for step in steps] == [("denoise", False)]


def test_another_model_or_other_steps_are_another_recipe(manager: PluginManager, tmp_path: Path) -> None:
    Pillow.fromarray(scene()).save(tmp_path / "a.png")

    def digest(asked: AutoOptions, known: PluginManager) -> str:
        job = Job(plan([str(tmp_path / "a.png")], tmp_path / "out/"), auto_spec(known), auto_run(asked, known))
        return described(job)[0].digest

    first = digest(AutoOptions(), manager)
    assert digest(AutoOptions(), manager) == first
    assert digest(AutoOptions(steps="denoise"), manager) != first
    assert digest(AutoOptions(), PluginManager.of({"correct": correct})) != first


def test_a_folder_is_sorted_into_what_needs_something_and_what_is_copied(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(scene()).save(tmp_path / "in" / "sound.jpg", quality=95, subsampling=0, exif=exif)
    Pillow.fromarray(scene(NOISE)).save(tmp_path / "in" / "noisy.png")
    manager = PluginManager.discover()
    options = auto_run(AutoOptions(steps="denoise,correct"), manager)
    job = Job(plan([str(tmp_path / "in")], tmp_path / "out"), auto_spec(manager), options)
    report = run_batch(job, manager, workers=workers)
    assert report.done == 2, [result.reason for result in report.results]
    assert (tmp_path / "out" / "sound.jpg").read_bytes() == (tmp_path / "in" / "sound.jpg").read_bytes()
    told = {entry.output: entry.account for entry in read_journal(tmp_path / "out").entries}
    assert str((told["sound.jpg"] or {})["summary"]).startswith("left as it is")
    assert str((told["noisy.png"] or {})["summary"]).startswith("denoise (")
    xmp = manager.read_image(tmp_path / "out" / "noisy.png", 10**6).metadata.xmp
    assert xmp is not None
    (treatment,) = treatments(xmp)
    done = treatment.options["done"]
    assert isinstance(done, list)
    assert [step["task"] for step in done] == ["denoise"]
    assert run_batch(job, manager).with_reason(DONE) == 2
