"""Measure how honest vae-sr is about what it invents: its map of uncertainty and its samples beside the truth.

    python scripts/measure_uncertainty.py Set14 [--scale 4] [--samples 8] [-o docs/images/uncertainty-calibration.png]

Pictures are made small as in ``restore benchmark upscale``; what the measures mean stands in
``restore/benchmark/calibration.py``. Prints tables in Markdown, as docs/benchmarks.md has them (what is being done goes
to stderr), and draws two diagrams of all pixels together: predicted spread beside the actual error, in 20 bins of
equally many pixels, and how many errors lie in intervals of a nominal coverage. Needs ``pip install .[docs]``.

The spread of samples is, for each pixel, their standard deviation over the root mean square of the channels. Samples
differ in what the latent variables decide and in nothing else; the map also holds what no variable decides. "Reduced
again" is ``restore.resampling.resized`` of the result in floats, minus the small picture that the model was given.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from restore.benchmark.calibration import (
    calibration_curve,
    channel_errors,
    luma_errors,
    place_of_map,
    rank_correlation,
    reliability_curve,
    share_within,
    without_border,
)
from restore.benchmark.tasks import Case, Setup
from restore.benchmark.upscaling import upscaling_cases
from restore.image import Pixels, Restoration
from restore.metrics import psnr
from restore.plugin_manager import PluginManager
from restore.resampling import resized
from restore.spec import Runtime

MODEL = "vae-sr"
BINS = 20
NOMINAL = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
DRAWN = 300_000
"""Pixels of each picture that the diagrams are made of, at most."""

COLOURS = {"map": "#0b6fa4", "samples": "#d1602a"}
GREY = "#777777"


@dataclass(frozen=True)
class Figures:
    """One picture; spreads and errors in 8-bit grey levels, PSNR on Y in dB without a border of `scale` pixels."""

    map_rank: float
    map_at_best: float
    map_within: float
    samples_rank: float
    samples_at_best: float
    samples_within: float
    agreement: float
    error: float
    map_spread: float
    samples_spread: float
    psnr_faithful: float
    psnr_samples: float
    psnr_between: float
    again_faithful: float
    again_samples: float


@dataclass(frozen=True)
class Drawn:
    """The pixels that go into the diagrams: spreads ``(N,)`` and errors ``(N, 3)``."""

    spreads: dict[str, npt.NDArray[Any]]
    errors: npt.NDArray[Any]


def measure(case: Case, result: Restoration, samples: int, place: int) -> tuple[Figures, Drawn]:
    """Compare one result, with its samples (its first companions) and its map (at `place`), with the truth."""
    truth, small = case.reference, case.observation.image.pixels
    luma, border = case.conventions[0], case.conventions[0].border
    faithful, draws = result.image.pixels, [each.pixels for each in result.companions[:samples]]
    spreads = {
        "map": without_border(result.companions[place].pixels[:, :, 0], border),
        "samples": without_border(spread_of(draws), border),
    }
    errors, off = channel_errors(faithful, truth, border), luma_errors(faithful, truth, border)
    figures = Figures(
        rank_correlation(spreads["map"], off),
        at_best(spreads["map"]),
        share_within(spreads["map"], errors, 2),
        rank_correlation(spreads["samples"], off),
        at_best(spreads["samples"]),
        share_within(spreads["samples"], errors, 2),
        rank_correlation(spreads["map"], spreads["samples"]),
        rms(errors),
        rms(spreads["map"]),
        rms(spreads["samples"]),
        psnr(faithful, truth, luma),
        float(np.mean([psnr(each, truth, luma) for each in draws])),
        float(np.mean([psnr(one, other, luma) for one, other in combinations(draws, 2)])),
        lost(faithful, small),
        max(lost(each, small) for each in draws),
    )
    step = -(-off.size // DRAWN)
    channels = np.broadcast_to(errors, (*off.shape, 3)).reshape(-1, 3)
    return figures, Drawn({name: s.ravel()[::step] for name, s in spreads.items()}, channels[::step])


def at_best(spread: npt.NDArray[Any]) -> float:
    """The rank correlation that a spread has with errors that are normal and exactly as large as it says (seed 0)."""
    return rank_correlation(spread, np.abs(spread * np.random.default_rng(0).standard_normal(spread.shape)))


def spread_of(draws: Sequence[Pixels]) -> npt.NDArray[np.float64]:
    """Standard deviation of 8-bit samples at each pixel, ``(H, W)``; their own mean costs one degree of freedom."""
    stack = np.stack(draws).astype(np.float64)
    deviation: npt.NDArray[np.float64] = np.sqrt(stack.var(axis=0, ddof=1).mean(axis=2))
    return deviation


def lost(result: Pixels, small: Pixels) -> float:
    """What the result, reduced again, differs from the small picture: root mean square in grey levels."""
    return rms(resized(result.astype(np.float32), *small.shape[:2]) - small)


def rms(values: npt.NDArray[Any]) -> float:
    """The root mean square."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))


def tables(figures: Sequence[Figures], samples: int, title: str) -> str:
    """Both tables in Markdown: means over pictures; of reduced-again the picture where it is worst."""
    mean = Figures(*(float(np.mean(column)) for column in zip(*(asdict(f).values() for f in figures), strict=True)))
    worst = max(f.again_faithful for f in figures), max(f.again_samples for f in figures)
    return f"""\
| {title} | the map | spread of {samples} samples |
| --- | --- | --- |
| rank correlation with the actual error | {mean.map_rank:.3f} | {mean.samples_rank:.3f} |
| the same, were errors normal and exactly so spread | {mean.map_at_best:.3f} | {mean.samples_at_best:.3f} |
| errors within 2 sigma | {100 * mean.map_within:.1f} % | {100 * mean.samples_within:.1f} % |
| predicted spread, RMS (the actual error: {mean.error:.2f}) | {mean.map_spread:.2f} | {mean.samples_spread:.2f} |
| rank correlation of the two with each other | {mean.agreement:.3f} | |

| {title} | faithful picture | {samples} samples |
| --- | --- | --- |
| PSNR-Y against the truth | {mean.psnr_faithful:.2f} dB | {mean.psnr_samples:.2f} dB |
| PSNR-Y of two samples against each other | | {mean.psnr_between:.2f} dB |
| reduced again minus the input, RMS, worst picture | {worst[0]:.3f} grey levels | {worst[1]:.3f} grey levels |"""


def diagrams(drawn: Sequence[Drawn], samples: int, title: str, file: Path) -> None:
    """Draw predicted beside actual errors, and nominal beside actual coverage; calibrated is the diagonal."""
    errors = np.concatenate([each.errors for each in drawn])
    spreads = {name: np.concatenate([each.spreads[name] for each in drawn]) for name in COLOURS}
    names = {"map": "map of uncertainty", "samples": f"spread of {samples} samples"}
    mpl.rcParams.update({"font.size": 11, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(10.4, 5.2), dpi=100, layout="constrained")
    figure.suptitle(title, fontsize=12)
    left, right = figure.subplots(1, 2)
    curves = {name: calibration_curve(spread, errors, BINS) for name, spread in spreads.items()}
    for name, (predicted, actual) in curves.items():
        left.plot(predicted, actual, "o-", color=COLOURS[name], label=names[name], markersize=5, linewidth=1.4)
        share = reliability_curve(spreads[name], errors, NOMINAL)
        right.plot(100 * np.array(NOMINAL), 100 * share, "o-", color=COLOURS[name], markersize=5, linewidth=1.4)
    _logarithmic(left, np.concatenate([values for curve in curves.values() for values in curve]))
    left.set(xlabel="predicted spread, 8-bit grey levels", ylabel="actual error (RMS), 8-bit grey levels")
    left.set_title(f"How large? {BINS} bins of equally many pixels", fontsize=11)
    left.legend(frameon=False, loc="upper left")
    right.plot([0, 100], [0, 100], color=GREY, linewidth=1, zorder=0)
    right.set(xlim=(0, 100), ylim=(0, 100), xlabel="nominal coverage, %", ylabel="errors inside, %")
    right.set_title("How often? Intervals of a normal distribution", fontsize=11)
    for axes, words in ((left, "above: too sure of itself"), (right, "below: too sure of itself")):
        axes.set_aspect("equal")
        axes.grid(color="#e4e4e4", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.text(0.97, 0.04, words, transform=axes.transAxes, ha="right", color=GREY)
    figure.savefig(file, metadata={"Software": ""})


def _logarithmic(axes: Axes, values: npt.NDArray[Any]) -> None:
    """Both axes alike, from the smallest to the largest value, labelled with plain numbers, and the diagonal."""
    low, high = 0.8 * max(values.min(), 0.05), 1.25 * values.max()
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= t <= high]
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_ticks([], minor=True)
    axes.plot([low, high], [low, high], color=GREY, linewidth=1, zorder=0)


def main() -> None:
    """Restore, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--scale", type=int, choices=(2, 3, 4), default=4)
    parser.add_argument("--samples", type=int, default=8, help="at least 2")
    parser.add_argument("--training", choices=("clean", "photo", "auto"), default="clean")
    parser.add_argument("--weights", type=Path, help="instead of the shipped ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="only the first so many pictures")
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/images/uncertainty-calibration.png"))
    given = parser.parse_args()
    if given.samples < 2:
        parser.error("a spread needs at least two samples.")
    manager = PluginManager.discover()
    spec = manager.restorer(MODEL)
    restorer = manager.load(spec, given.weights, Runtime(device="cpu"))
    told = {"samples": given.samples, "training": given.training, "seed": given.seed, "uncertainty": True}
    options = spec.options.model_validate({"scale": given.scale, **told})
    place = place_of_map(spec, options, MODEL)
    measured: list[tuple[Figures, Drawn]] = []
    for case in upscaling_cases(Setup(given.data, scales=(given.scale,), limit=given.limit), manager):
        result = restorer.restore(case.observation, options)
        assert isinstance(result, Restoration)
        figures, drawn = measure(case, result, given.samples, place)
        measured.append((figures, drawn))
        values = "  ".join(f"{name} {value:.3f}" for name, value in asdict(figures).items())
        print(f"{case.name}: {values}", file=sys.stderr)
    title = f"{given.data.resolve().name} x{given.scale}"
    print(tables([figures for figures, _ in measured], given.samples, title))
    count = f"{len(measured)} picture{'' if len(measured) == 1 else 's'}"
    diagrams([drawn for _, drawn in measured], given.samples, f"{MODEL}, {title}, {count}", given.output)


if __name__ == "__main__":
    main()
