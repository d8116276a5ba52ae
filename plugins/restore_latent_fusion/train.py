"""The training of `latent-fusion`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Every step holds brackets, focus pairs and
infrared pairs, made anew of crops of photographs: nobody has to label anything.
"""

from __future__ import annotations

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
from restore_latent_fusion.model import KINDS, LatentFusion
from restore_latent_fusion.recipe import VALIDATED, Settings, draw, losses, split, validate, validation_series

log = logging.getLogger("restore")

COLUMNS = (
    *("seconds", "step", "rate", *(kind.value for kind in KINDS), "nats"),
    *("structure", "veil", "focus_psnr", "same_psnr", "infrared_loss", "alone_psnr"),
)


def train(spec: TrainSpec) -> None:
    """Learn `latent-fusion` from folders of photographs and write its weights.

    Raises:
        InputError: No photographs, or no checkpoint to resume from.
        UsageError: An unknown setting.
        WeightsError: Weights or a checkpoint to go on from that do not fit the network.
    """
    settings = parse_settings(Settings, spec, "latent-fusion")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, losses and average stay float32.
    fabric = fabric_of(spec)

    # Data.
    photographs = load_photographs(spec.data, max(settings.crop, VALIDATED))
    learned, held = split(photographs.pictures)
    validation = validation_series(held, fabric.device)
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Network.
    model = LatentFusion(settings.architecture)
    channels_last(model)
    if spec.warm_start:
        take_weights(model, load_weights(spec.warm_start, "latent-fusion")[0], spec.warm_start)
    inner, outer = model.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    wrapped, muon, adam = fabric.setup(model, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(model)
    rates = {"muon": settings.inner_rate, "adam": settings.rate}
    run = TrainingRun(spec, {"model": model}, optimizers, rates, average)
    sampler = CropSampler(learned, settings.crop, seed=run.seed)
    generator = torch.Generator(device=fabric.device).manual_seed(run.seed)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = LatentFusion(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    since, sums, nats = 0, dict.fromkeys(KINDS, 0.0), 0.0
    while not run.stopping:
        run.begin()

        total = torch.zeros((), device=fabric.device)
        for series in draw(sampler, settings, generator):
            with fabric.autocast():
                loss, found, spread = losses(model, series, settings, generator)
            total = total + loss
            sums[KINDS[series.kind]] += float(found)
            nats += float(spread) / len(KINDS)
        run.check(total)
        fabric.backward(total)
        fabric.clip_gradients(wrapped, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(model)
        run.step, since = run.step + 1, since + 1

        if run.step % 100 == 0:
            parts = ", ".join(f"{kind.value} {value / since:.4f}" for kind, value in sums.items())
            log.info("step %d: %s, %.2f nats, %.0f %% done", run.step, parts, nats / since, 100 * run.progress)
        if run.step % 500 == 0 or run.stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, validation, spec.work, run.step)
            means = {kind.value: value / since for kind, value in sums.items()}
            row = {**run.where(), **means, "nats": nats / since, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            sums, nats, since = dict.fromkeys(KINDS, 0.0), 0.0, 0
            # A hundredth of structure, half a decibel and a hundredth of the infrared loss weigh alike.
            mark = 100 * (scores["structure"] - scores["infrared_loss"] - scores["veil"]) + 2 * scores["focus_psnr"]
            if run.is_best(mark):
                config, tensors = settings.architecture.as_dict(), judged.state_dict()
                run.export("latent-fusion", tensors, config, settings.__dict__, photographs.digest, scores)
            run.save()
    run.finish()
