"""Run the contenders over the cases, picture by picture in turn, and add up what they took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from restore.benchmark.calibration import calibration, place_of_map
from restore.benchmark.holes import hole_measures
from restore.benchmark.tasks import Case
from restore.benchmark.worker import Contender, Measured, Worker, serve_restorer, serve_sgemm
from restore.errors import PluginError, RestoreError, UsageError
from restore.fusion_metrics.scores import fusion_scores
from restore.image import Pixels
from restore.metrics import Convention, Mean, mean, measure
from restore.plugin_manager import PluginManager
from restore.spec import Options, Runtime

INPUT = "(input)"
"""The line of the table that shows the pictures as the models got them."""

SGEMM_EVERY = 4
"""The machine's own speed is taken beside every fourth case, so that a drift of the machine shows in both."""

Observer = Callable[[int, Case, str], None]
"""Called before each run of a model: the number of the case (from 1), the case, the model's label."""


@dataclass(frozen=True)
class Sample:
    """One picture restored by one model; `measured` is None in the line of the input."""

    image: str
    setting: str
    label: str
    values: Mapping[str, float]
    megapixels: float
    measured: Measured | None


@dataclass(frozen=True)
class Row:
    """One model under one setting.

    Attributes:
        label: The model, or `INPUT`.
        setting: What was done to the pictures ("sigma 25").
        images: How many.
        means: Mean measures by name ("psnr_rgb").
        seconds_per_megapixel: All seconds over all megapixels; None for the input.
        gflops: The network's operations per second in 10⁹, over the timed runs; None where torch did nothing.
        peak: Highest resident memory of the model's process so far in bytes; None for the input.
    """

    label: str
    setting: str
    images: int
    means: Mapping[str, Mean]
    seconds_per_megapixel: float | None = None
    gflops: float | None = None
    peak: int | None = None


@dataclass
class Outcome:
    """What a benchmark found.

    Attributes:
        conventions: What was measured on, per setting.
        samples: Every picture under every model that finished.
        failures: Models that failed, with the reason; they have no samples.
        sgemm: The best float32 matrix multiplication during the run, in GFLOP/s; None if no model used torch.
    """

    conventions: dict[str, tuple[Convention, ...]] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    failures: dict[str, RestoreError] = field(default_factory=dict)
    sgemm: float | None = None

    def rows(self) -> list[Row]:
        """The samples, averaged per setting and model in the order in which they came."""
        groups: dict[tuple[str, str], list[Sample]] = defaultdict(list)
        for sample in sorted(self.samples, key=lambda s: s.label != INPUT):
            groups[sample.setting, sample.label].append(sample)
        settings = list(dict.fromkeys(sample.setting for sample in self.samples))
        return [_row(group) for setting in settings for key, group in groups.items() if key[0] == setting]


def run_benchmark(
    cases: Iterator[Case],
    contenders: Sequence[Contender],
    runtime: Runtime,
    manager: PluginManager,
    observer: Observer,
) -> Outcome:
    """Measure the contenders on the cases.

    Each model lives in its own process and restores one picture at a time, in turn with the others and in changing
    order. A model that fails is left out from there on, and the rest goes on.

    Args:
        cases: Of one of the tasks in `restore.benchmark.catalogue`.
        contenders: With different labels.
        runtime: Device, precision, threads … for every model.
        manager: The processes find the installed plugins by themselves; this one gives descriptions and metrics.
        observer: Told what is being done.

    Raises:
        PluginError: A model does not exist.
        UsageError: Two contenders have one label, an option is not allowed, or a model makes no map of uncertainty
            where maps are measured.
        InputError: A picture cannot be read.
    """
    labels = [contender.label for contender in contenders]
    if len(set(labels)) < len(labels):
        raise UsageError("a model is named twice.", hint="Name each with its own options only once.")
    outcome = Outcome()
    with ExitStack() as processes:
        workers: dict[str, Worker] = {}
        yardstick: Worker | None = None
        for number, case in enumerate(cases):
            chosen = {c.label: options_for(c, case, manager) for c in contenders}
            maps = {c.label: _map_of(c, case, chosen[c.label], manager) for c in contenders}
            if number == 0:
                workers = _start(contenders, runtime, processes, outcome)
            if not workers:
                break
            outcome.conventions.setdefault(case.setting, case.conventions)
            given = case.observation.image.pixels
            if given.shape == case.reference.shape:  # else there is nothing to compare
                outcome.samples.append(_sample(case, INPUT, given, None, manager, None))
            for contender in _rotated(contenders, number):
                if (worker := workers.get(contender.label)) is None:
                    continue
                observer(number + 1, case, contender.label)
                try:
                    label = contender.label
                    measured, pixels, spread = worker.restore(case.observation, chosen[label], maps[label])
                    sample = _sample(case, label, pixels, spread, manager, measured)
                except RestoreError as error:
                    _drop(contender.label, error, workers, outcome)
                    continue
                outcome.samples.append(sample)
                if measured.flops and yardstick is None:
                    yardstick = processes.enter_context(Worker("sgemm", serve_sgemm, runtime))
            if yardstick is not None and (outcome.sgemm is None or number % SGEMM_EVERY == 0):
                outcome.sgemm = max(outcome.sgemm or 0.0, *(yardstick.multiply() / 1e9 for _ in range(3)))
    outcome.samples.sort(key=lambda s: [INPUT, *labels].index(s.label))
    return outcome


def options_for(contender: Contender, case: Case, manager: PluginManager) -> Options:
    """The options of a model for a case: what all are told, as far as it has such options, then its own.

    Raises:
        PluginError: There is no such model.
        UsageError: An option does not exist or its value is not allowed.
    """
    spec = manager.restorer(contender.model)
    model = spec.options
    told = {name: value for name, value in case.told.items() if name in model.model_fields}
    try:
        options = model.model_validate({**told, **contender.options})
    except ValueError as error:
        raise UsageError(f"{contender.label}: {error}", hint=f"Options: {', '.join(model.model_fields)}.") from error
    return manager.completed(spec, options, contender.weights)


def _map_of(contender: Contender, case: Case, options: Options, manager: PluginManager) -> int | None:
    """Which companion of a model is measured; None for none."""
    if not case.uncertainty:
        return None
    return place_of_map(manager.restorer(contender.model), options, contender.label)


def _start(
    contenders: Sequence[Contender], runtime: Runtime, processes: ExitStack, outcome: Outcome
) -> dict[str, Worker]:
    workers = {}
    for contender in contenders:
        try:
            worker = Worker(contender.label, serve_restorer, contender, runtime)
        except RestoreError as error:
            outcome.failures[contender.label] = error
            continue
        workers[contender.label] = processes.enter_context(worker)
    return workers


def _drop(label: str, error: RestoreError, workers: dict[str, Worker], outcome: Outcome) -> None:
    """Leave a failed model out: a mean over the pictures before would not compare with the others'."""
    workers.pop(label).close()
    outcome.failures[label] = error
    outcome.samples = [sample for sample in outcome.samples if sample.label != label]


def _rotated(contenders: Sequence[Contender], number: int) -> list[Contender]:
    start = number % len(contenders)
    return [*contenders[start:], *contenders[:start]]


def _sample(
    case: Case,
    label: str,
    pixels: Pixels,
    spread: Pixels | None,
    manager: PluginManager,
    measured: Measured | None,
) -> Sample:
    if pixels.shape != case.reference.shape:
        raise PluginError(f"{label} gave {pixels.shape} where {case.reference.shape} was expected.")
    if case.by_frames:
        values = fusion_scores(pixels, [f.pixels for f in case.observation.frames], case.observation.kind)
    else:
        values = measure(pixels, case.reference, case.conventions, manager.metrics())
        if spread is not None:
            values |= calibration(pixels, case.reference, spread, case.conventions[0].border, label)
        if case.observation.mask is not None:
            values |= hole_measures(pixels, case.reference, case.observation.mask)
    height, width = pixels.shape[:2]
    return Sample(case.name, case.setting, label, values, height * width / 1e6, measured)


def _row(samples: Sequence[Sample]) -> Row:
    first = samples[0]
    means = {name: mean(sample.values[name] for sample in samples) for name in first.values}
    runs = [sample.measured for sample in samples if sample.measured is not None]
    if not runs:
        return Row(first.label, first.setting, len(samples), means)
    seconds = sum(run.seconds for run in runs)
    flops = sum(run.flops or 0 for run in runs)
    return Row(
        first.label,
        first.setting,
        len(samples),
        means,
        seconds_per_megapixel=seconds / sum(sample.megapixels for sample in samples),
        gflops=flops / seconds / 1e9 if flops else None,
        peak=max(run.peak for run in runs),
    )
