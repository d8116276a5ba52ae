"""The training of `conv-dae`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Denoiser and estimator learn side by side: the
denoiser sees the true noise level for half of the pictures and the estimator's for the others, so that it works told
and blind.
"""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import Tensor

from restore.degrade import uniform
from restore.errors import UsageError
from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.patches import CropSampler, load_photographs
from restore.toolkit.training import CsvLog, MovingAverage, channels_last, parse_settings, take_weights
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore.weights import header
from restore.weights import load as load_weights
from restore_conv_dae.recipe import MARGIN, NOISE, Lesson, Pair, picture_loss, split
from restore_conv_dae.train_estimator import train_estimator

log = logging.getLogger("restore")

COLUMNS = ("seconds", "step", "rate", "loss", "estimator")


def train(spec: TrainSpec, lesson: Lesson = NOISE) -> None:
    """Learn a task of `conv-dae` from folders of photographs and write its weights.

    Args:
        spec: What is asked for.
        lesson: The task.

    Raises:
        InputError: No photographs, or no checkpoint to resume from.
        UsageError: An unknown setting.
        WeightsError: Weights or a checkpoint to go on from that do not fit the network.
    """
    settings = parse_settings(lesson.settings, spec, lesson.model)
    if settings.learns == "estimator" and lesson is NOISE:
        train_estimator(spec, settings)
        return
    if settings.learns != "both":
        raise UsageError(f"{lesson.model} cannot learn '{settings.learns}' alone.", hint="Leave --set learns=… out.")
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
        take_weights(pair, _start(spec.warm_start, lesson), spec.warm_start)
    inner, outer = pair.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    model, muon, adam = fabric.setup(pair, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(pair)
    rates = {"muon": settings.inner_rate, "adam": settings.rate}
    run = TrainingRun(spec, {"pair": pair}, optimizers, rates, average)
    scales = [float(scale) for scale in settings.scales.split("-")]
    sampler = CropSampler(learned, settings.crop + MARGIN, run.seed, scales, settings.candidates)
    generator = torch.Generator(device=fabric.device).manual_seed(run.seed)
    csv = CsvLog(spec.work / "log.csv", COLUMNS + lesson.scores)
    judged = Pair(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    since, losses, guesses = 0, 0.0, 0.0
    while not run.stopping:
        run.begin()

        crops = sampler.batch(settings.batch).to(fabric.device)
        noisy, clean, level = lesson.damage(crops, settings, generator)
        told = uniform(settings.batch, 0, 1, generator) < settings.told
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        restored, estimate = model(noisy, level, told)
        guess = (estimate.float() - level).abs().mean() * 10
        loss = picture_loss(restored, clean, level, settings.luma)
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
            scores = lesson.validate(judged, validation, spec.work, run.step)
            row = {**run.where(), "loss": losses / since, "estimator": guesses / since}
            csv.write({**row, **scores})
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in {**row, **scores}.items()))
            losses, guesses, since = 0.0, 0.0, 0
            if run.is_best(lesson.mark(scores)):
                config = settings.architecture.as_dict()
                run.export(lesson.model, average.values, config, settings.__dict__, photographs.digest, scores)
            run.save()
    run.finish()


def _start(weights: Path, lesson: Lesson) -> dict[str, Tensor]:
    """Weights to go on from: of the same task, or the denoiser's, which has learned what photographs are like."""
    model = NOISE.model if header(weights).get("model") == NOISE.model else lesson.model
    return load_weights(weights, model)[0]
