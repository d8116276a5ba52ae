"""The training of `vae-sr`, readable from top to bottom.

The shipped weights are made again with the commands in the model card. All three scales learn in every step, so that
the trunk serves them all.
"""

from __future__ import annotations

import json
import logging

import torch

from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.patches import CropSampler, load_photographs
from restore.toolkit.training import (
    CsvLog,
    MovingAverage,
    channels_last,
    parse_settings,
    take_weights,
)
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore.weights import load as load_weights
from restore_vae_sr.model import SCALES, VaeSr
from restore_vae_sr.recipe import (
    Settings,
    calibrate,
    divergences,
    losses,
    make_pairs,
    split,
    validate,
    validation_pairs,
)

log = logging.getLogger("restore")

COLUMNS = ("seconds", "step", "rate", "loss", "x2", "x3", "x4", "spread", "within", "nats", "active")


def train(spec: TrainSpec) -> None:
    """Learn `vae-sr` from folders of photographs and write its weights.

    Raises:
        InputError: No photographs, or no checkpoint to resume from.
        UsageError: An unknown setting.
        WeightsError: Weights or a checkpoint to go on from that do not fit the network.
    """
    settings = parse_settings(Settings, spec, "vae-sr")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, losses and average stay float32.
    fabric = fabric_of(spec)

    # Data.
    photographs = load_photographs(spec.data, settings.crop * max(SCALES))
    learned, held = split(photographs.pictures)
    validation = validation_pairs(held, settings, fabric.device)
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Networks.
    model = VaeSr(settings.architecture)
    channels_last(model)
    if spec.warm_start:
        take_weights(model, load_weights(spec.warm_start, "vae-sr")[0], spec.warm_start)
    inner, outer = model.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    wrapped, muon, adam = fabric.setup(model, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(model)
    rates = {"muon": settings.inner_rate, "adam": settings.rate}
    run = TrainingRun(spec, {"model": model}, optimizers, rates, average)
    samplers = {s: CropSampler(learned, settings.crop * s, seed=run.seed + s) for s in SCALES}
    generator = torch.Generator(device=fabric.device).manual_seed(run.seed)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = VaeSr(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    since, errors, nats = 0, 0.0, 0.0
    while not run.stopping:
        run.begin()

        pairs = make_pairs(samplers, settings, generator)
        with fabric.autocast():
            found = losses(model, pairs, settings, generator)
        run.check(found.total)
        fabric.backward(found.total)
        fabric.clip_gradients(wrapped, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(model)
        run.step, since = run.step + 1, since + 1
        errors, nats = errors + float(found.error), nats + float(found.nats)

        if run.step % 100 == 0:
            done = 100 * run.progress
            log.info("step %d: loss %.4f, %.2f nats, %.0f %% done", run.step, errors / since, nats / since, done)
        if run.step % 500 == 0 or run.stopping:
            judged.load_state_dict(average.values)
            calibrate(judged, validation, settings.consistent)
            scores = validate(judged, validation, settings.consistent, spec.work, run.step)
            row = {**run.where(), "loss": errors / since, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            errors, nats, since = 0.0, 0.0, 0
            mark = sum(scores[f"x{scale}"] for scale in SCALES)
            if run.is_best(mark):
                config, tensors = settings.architecture.as_dict(), judged.state_dict()
                used = {f"x{pair.scale}": divergences(judged, pair).tolist() for pair in validation}
                rounded = {name: [round(nats, 3) for nats in values] for name, values in used.items()}
                about = {"divergence": json.dumps(rounded)}
                run.export("vae-sr", tensors, config, settings.__dict__, photographs.digest, scores, about)
            run.save()
    run.finish()
