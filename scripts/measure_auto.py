"""Measure `restore auto`: whether it leaves sound photos alone, and mends spoilt ones better than every step on all.

    python scripts/measure_auto.py clean FOLDER... [--limit N]
    python scripts/measure_auto.py mixed FOLDER... [--count 60] [--seed 1] [--keep OUT]

``clean``: how many photos come out byte for byte as they went in, and the PSNR of the others to what they were.

``mixed``: every photo gets one to three faults, seeded: noise, JPEG, a cast, fading, weak contrast, scratches
with dust, by `restore.degrade` and in the order of a picture's life; those with JPEG are saved as JPEG, else as PNG.
Then `restore auto` and every step (dejpeg, denoise, correct with white balance and levels) run over all of them.
``--keep`` leaves truth, spoilt and mended pictures there, to be looked at.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Pillow

from restore.auto.means import means
from restore.auto.request import AutoRun
from restore.auto.restoring import auto_spec
from restore.degradations.kinds import Cast, Dust, Fading, Gaussian, Scratches, Step
from restore.degrade.chain import degraded
from restore.image import Image, Observation, Pixels, picture_of
from restore.masks.detecting import DETECT
from restore.metrics import psnr, ssim
from restore.pipeline import MaskKeys, PlannedStep, pipeline_options, pipeline_spec
from restore.plugin_manager import PluginManager
from restore.spec import Runtime

LONGEST, MOST_PIXELS = 512, 10**8
FAULTS = ("noise", "contrast", "fading", "cast", "damage", "jpeg")
"""In the order in which they come over a picture."""


@dataclass(frozen=True)
class Spoilt:
    """A photo with faults.

    Attributes:
        name: Of its file.
        truth: What it was.
        faults: What was done to it.
        path: Where it lies.
    """

    name: str
    truth: Pixels
    faults: tuple[str, ...]
    path: Path


@dataclass(frozen=True)
class Score:
    """PSNR and SSIM of one photo, as it was spoilt and as each way has left it."""

    name: str
    faults: tuple[str, ...]
    spoilt: tuple[float, float]
    auto: tuple[float, float]
    every: tuple[float, float]
    did: str


def photos(folders: Iterable[Path]) -> list[Path]:
    """All pictures of some folders."""
    return sorted(path for folder in folders for path in folder.iterdir() if path.suffix in (".png", ".jpg"))


def pixels_of(path: Path) -> Pixels:
    """A photo, reduced where it is large."""
    with Pillow.open(path) as image:
        image.thumbnail((LONGEST, LONGEST), Pillow.Resampling.LANCZOS)
        return np.asarray(image.convert("RGB"))


def steps_of(faults: Sequence[str], chance: random.Random) -> list[Step]:
    """What `restore.degrade` does for these faults; weak contrast and JPEG are not its chain's."""

    def fixed(low: float, high: float) -> tuple[float, float]:
        value = chance.uniform(low, high)
        return value, value

    steps: list[Step] = []
    if "fading" in faults:
        steps.append(Fading(strength=fixed(0.35, 0.7)))
    if "cast" in faults:
        steps.append(Cast(strength=fixed(0.8, 1.8), hue=fixed(0, 360)))
    if "damage" in faults:
        steps += [Scratches(share=fixed(0.002, 0.01)), Dust(share=fixed(0.001, 0.004))]
    return steps


def spoilt(truth: Pixels, path: Path, folder: Path, seed: int) -> Spoilt:
    """Give a photo its faults and save it."""
    chance = random.Random(f"{seed} {path.name}")
    drawn = chance.sample(FAULTS, chance.randint(1, 3))
    faults = tuple(fault for fault in FAULTS if fault in drawn)
    generator = torch.Generator().manual_seed(chance.getrandbits(32))
    now = torch.from_numpy(truth.copy()).permute(2, 0, 1)[None].float() / 255
    if "noise" in faults:
        sigma = chance.uniform(8, 40)
        now = degraded(now, [Gaussian(sigma=(sigma, sigma))], generator).pictures.clamp(0, 1)
    if "contrast" in faults:
        black, white = chance.uniform(0.1, 0.3), chance.uniform(0.7, 0.85)
        now = black + now * (white - black)
    now = degraded(now, steps_of(faults, chance), generator).pictures
    values = (now[0].permute(1, 2, 0).clamp(0, 1).numpy() * 255 + 0.5).astype(np.uint8)
    place = folder / f"{path.stem}.{'jpg' if 'jpeg' in faults else 'png'}"
    if "jpeg" in faults:
        Pillow.fromarray(values).save(place, quality=chance.randint(10, 60))
    else:
        Pillow.fromarray(values).save(place)
    return Spoilt(path.name, truth, faults, place)


class Ways:
    """Both ways of mending photos, with their models."""

    def __init__(self) -> None:
        self.manager = PluginManager.discover()
        self.auto = auto_spec(self.manager).load(None, Runtime())
        specs = means(self.manager).specs
        steps = [PlannedStep(specs["dejpeg"].name)] if "dejpeg" in specs else []
        if {"inpaint", DETECT} <= specs.keys():
            steps.append(PlannedStep(specs["inpaint"].name, mask=MaskKeys(mask="auto")))
        steps += [PlannedStep(specs["denoise"].name)]
        steps += [PlannedStep(specs["correct"].name, {"white_balance": "shades-of-grey", "fading": 1.0})]
        self.every = pipeline_spec(steps, self.manager).load(None, Runtime())
        self.every_options = pipeline_options(steps, self.manager)

    def read(self, path: Path) -> Image:
        """A photo as the commands read it."""
        return self.manager.read_image(path, MOST_PIXELS)

    def automatic(self, image: Image) -> tuple[Image, str, bool]:
        """The photo, what was done to it in words, and whether its file stays untouched."""
        done = self.auto.restore(Observation((image,)), AutoRun())
        assert not isinstance(done, Image)
        assert done.account is not None
        return done.image, str(done.account["summary"]), done.untouched

    def all_steps(self, image: Image) -> Image:
        """The photo after every step."""
        return picture_of(self.every.restore(Observation((image,)), self.every_options))


def scored(photo: Spoilt, ways: Ways) -> Score:
    """Mend a photo in both ways and measure it."""
    image = ways.read(photo.path)
    auto, did, _ = ways.automatic(image)
    every = ways.all_steps(image)

    def measured(result: Image) -> tuple[float, float]:
        return psnr(result.pixels, photo.truth), ssim(result.pixels, photo.truth)

    for name, result in (("auto", auto), ("every", every)):
        Pillow.fromarray(result.pixels).save(photo.path.with_name(f"{photo.path.stem}.{name}.png"))
    Pillow.fromarray(photo.truth).save(photo.path.with_name(f"{photo.path.stem}.truth.png"))
    return Score(photo.name, photo.faults, measured(image), measured(auto), measured(every), did)


def mixed(folders: Sequence[Path], count: int, seed: int, place: Path) -> list[Score]:
    """Spoil photos, mend them, measure them; says each as it goes."""
    chosen = photos(folders)
    random.Random(seed).shuffle(chosen)
    ways, found = Ways(), []
    for path in chosen[:count]:
        score = scored(spoilt(pixels_of(path), path, place, seed), ways)
        found.append(score)
        row = "  ".join(f"{db:5.2f} {structure:.3f}" for db, structure in (score.spoilt, score.auto, score.every))
        print(f"{score.name:28} {row}  {'+'.join(score.faults)}: {score.did}", flush=True)
    return found


def table(scores: Sequence[Score]) -> str:
    """The table of the docs."""
    rows = ["| | PSNR | SSIM | PSNR better | PSNR worse | left as it is |", "| --- | --- | --- | --- | --- | --- |"]
    for name, way in (("as spoilt", "spoilt"), ("every step", "every"), ("`restore auto`", "auto")):
        values = [getattr(score, way) for score in scores]
        gains = [value[0] - score.spoilt[0] for value, score in zip(values, scores, strict=True)]
        decibels, structure = (float(np.mean(column)) for column in zip(*values, strict=True))
        better, worse, same = (
            sum(test) for test in ([g > 0 for g in gains], [g < 0 for g in gains], [g == 0 for g in gains])
        )
        shares = " | ".join(f"{100 * part / len(scores):.0f} %" for part in (better, worse, same))
        rows.append(f"| {name} | {decibels:.2f} dB | {structure:.3f} | {shares if way != 'spoilt' else ' | | '} |")
    return "\n".join(rows)


def by_fault(scores: Sequence[Score]) -> str:
    """What `restore auto` gains where each fault is, alone or among others."""
    rows = ["| Fault | Photos | PSNR gained | SSIM gained | PSNR better |", "| --- | --- | --- | --- | --- |"]
    for fault in FAULTS:
        own = [score for score in scores if fault in score.faults]
        if own:
            gains = np.array([np.subtract(score.auto, score.spoilt) for score in own])
            better = f"{100 * float((gains[:, 0] > 0).mean()):.0f} %"
            rows.append(
                f"| {fault} | {len(own)} | {gains[:, 0].mean():+.2f} dB | {gains[:, 1].mean():+.3f} | {better} |"
            )
    return "\n".join(rows)


def clean(folders: Sequence[Path], limit: int | None) -> str:
    """Whether sound photos are left alone; says each that is not."""
    ways, touched, every = Ways(), [], photos(folders)[:limit]
    for path in every:
        image = ways.read(path)
        result, did, untouched = ways.automatic(image)
        if not untouched:
            touched.append(psnr(result.pixels, image.pixels))
            print(f"{path.name}: {touched[-1]:.2f} dB: {did}", flush=True)
    left = len(every) - len(touched)
    mean = f"; the others {np.mean(touched):.2f} dB on the mean" if touched else ""
    return f"{left} of {len(every)} photos ({100 * left / len(every):.1f} %) untouched{mean}"


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("clean", "mixed"))
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    if asked.what == "clean":
        print(clean(asked.folders, asked.limit))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = asked.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        scores = mixed(asked.folders, asked.count, asked.seed, place)
    print(f"\n{table(scores)}\n\n{by_fault(scores)}")


if __name__ == "__main__":
    main()
