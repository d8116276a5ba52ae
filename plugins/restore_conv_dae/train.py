"""The training of `conv-dae`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Denoiser and estimator learn side by side: the
denoiser sees the true noise level for half of the pictures and the estimator's for the others, so that it works told
and blind.
"""

from __future__ import annotations

import logging

import torch

from restore.degrade import uniform
from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.patches import CropSampler, load_photographs
from restore.toolkit.training import (
    CsvLog,
    MovingAverage,
    channels_last,
    parse_settings,
)
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore.weights import load as load_weights
from restore_conv_dae.recipe import MARGIN, Pair, Settings, degrade, picture_loss, split, validate

log = logging.getLogger("restore")

COLUMNS = ("seconds", "step", "rate", "loss", "estimator", "db15", "db25", "db50", "blind25", "grey25", "camera")


def train(spec: TrainSpec) -> None:
    """Learn `conv-dae` from folders of photographs and write its weights.

    Raises:
        InputError: No photographs, or no checkpoint to resume from.
        UsageError: An unknown setting.
    """
    settings = parse_settings(Settings, spec, "conv-dae")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, loss and average stay float32.
    fabric = fabric_of(spec)

    # Data.
    photographs = load_photographs(spec.data, settings.crop + MARGIN)
    learned, held = split(photographs.pictures)
    validation = CropSampler([p[:512, :512] for p in held], 128, seed=1, scales=(1.0,), candidates=1).batch(48)
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Networks.
    pair = Pair(settings.architecture)
    channels_last(pair)
    if spec.warm_start:
        pair.load_state_dict(load_weights(spec.warm_start, "conv-dae")[0])
    inner, outer = pair.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    model, muon, adam = fabric.setup(pair, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(pair)
    rates = {"muon": settings.inner_rate, "adam": settings.rate}
    run = TrainingRun(spec, {"pair": pair}, optimizers, rates, average)
    sampler = CropSampler(learned, settings.crop + MARGIN, seed=run.seed)
    generator = torch.Generator(device=fabric.device).manual_seed(run.seed)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = Pair(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    since, losses, guesses = 0, 0.0, 0.0
    while not run.stopping:
        run.begin()

        crops = sampler.batch(settings.batch).to(fabric.device)
        noisy, clean, level = degrade(crops, settings, generator)
        told = uniform(settings.batch, 0, 1, generator) < settings.told
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        restored, estimate = model(noisy, level, told)
        guess = (estimate.float() - level).abs().mean() * 10
        loss = picture_loss(restored, clean, level)
        run.check(loss)
        fabric.backward(loss + guess)
        fabric.clip_gradients(model, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(pair)
        run.step, since = run.step + 1, since + 1
        losses, guesses = losses + float(loss.detach()), guesses + float(guess.detach())

        if run.step % 100 == 0:
            log.info("step %d: loss %.4f, %.0f %% of the training done", run.step, losses / since, 100 * run.progress)
        if run.step % 1000 == 0 or run.stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, validation, spec.work, run.step)
            row = {
                "seconds": run.spent,
                "step": run.step,
                "rate": run.rate,
                "loss": losses / since,
                "estimator": guesses / since,
            }
            csv.write({**row, **scores})
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in {**row, **scores}.items()))
            losses, guesses, since = 0.0, 0.0, 0
            mark = (scores["db15"] + scores["db25"] + scores["db50"] + scores["blind25"] + scores["camera"]) / 5
            if run.is_best(mark):
                config = settings.architecture.as_dict()
                run.export("conv-dae", average.values, config, settings.__dict__, photographs.digest, scores)
            run.save()
    run.finish()
