"""The training of `conv-dae`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Denoiser and estimator learn side by side: the
denoiser sees the true noise level for half of the pictures and the estimator's for the others, so that it works told
and blind.
"""

from __future__ import annotations

import json
import logging
import time

import torch
from lightning_fabric import Fabric

from restore import __version__
from restore.degrade import uniform
from restore.errors import DeviceError
from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.patches import CropSampler, load_photographs
from restore.toolkit.training import (
    CsvLog,
    Interruption,
    MovingAverage,
    channels_last,
    command,
    cosine_rate,
    load_checkpoint,
    parse_settings,
    save_checkpoint,
    trains_in_bf16,
)
from restore.weights import load as load_weights
from restore.weights import save as save_weights
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
    bf16 = trains_in_bf16(spec)
    accelerator = "auto" if spec.device == "auto" else spec.device.split(":")[0]
    fabric = Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if bf16 else "32-true")
    fabric.seed_everything(spec.seed, verbose=False)

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
    step, spent, best = 0, 0.0, float("-inf")
    checkpoint = spec.work / "checkpoint.pt"
    if spec.resume:
        state = load_checkpoint(checkpoint)
        pair.load_state_dict(state["pair"])
        for name, optimizer in optimizers.items():
            optimizer.load_state_dict(state[name])
        average.values = {k: v.to(fabric.device) for k, v in state["average"].items()}
        average.steps = step = state["step"]
        spent, best = state["spent"], state["best"]
    sampler = CropSampler(learned, settings.crop + MARGIN, seed=spec.seed + step)
    generator = torch.Generator(device=fabric.device).manual_seed(spec.seed + step)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = Pair(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    def save() -> None:
        state = {"pair": pair.state_dict(), "average": average.values, "step": step, "spent": spent, "best": best}
        save_checkpoint(checkpoint, state | {name: optimizer.state_dict() for name, optimizer in optimizers.items()})

    started, first, since, losses, guesses = time.monotonic() - spent, step, 0, 0.0, 0.0
    stopping, interruption = False, Interruption()
    while not stopping:
        spent = time.monotonic() - started
        progress = max(spent / spec.max_time, (step + 1) / spec.max_steps if spec.max_steps else 0.0)
        stopping = progress >= 1 or interruption.requested
        rate = cosine_rate(progress, 1.0, step - first)
        for optimizer, peak in ((muon, settings.inner_rate), (adam, settings.rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * peak

        crops = sampler.batch(settings.batch).to(fabric.device)
        noisy, clean, level = degrade(crops, settings, generator)
        told = uniform(settings.batch, 0, 1, generator) < settings.told
        noisy = noisy.contiguous(memory_format=torch.channels_last)
        restored, estimate = model(noisy, level, told)
        guess = (estimate.float() - level).abs().mean() * 10
        loss = picture_loss(restored, clean, level)
        if not torch.isfinite(loss):
            raise DeviceError(
                f"the loss is no longer a number at step {step}.", hint="Resume with a lower rate (--set rate=…)."
            )
        fabric.backward(loss + guess)
        fabric.clip_gradients(model, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(pair)
        step, since = step + 1, since + 1
        losses, guesses = losses + float(loss.detach()), guesses + float(guess.detach())

        if step % 100 == 0:
            log.info("step %d: loss %.4f, %.0f %% of the training done", step, losses / since, 100 * progress)
        if step % 1000 == 0 or stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, validation, spec.work, step)
            row = {"seconds": spent, "step": step, "rate": rate, "loss": losses / since, "estimator": guesses / since}
            csv.write({**row, **scores})
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in {**row, **scores}.items()))
            losses, guesses, since = 0.0, 0.0, 0
            mark = (scores["db15"] + scores["db25"] + scores["db50"] + scores["blind25"] + scores["camera"]) / 5
            if mark > best:
                best = mark
                _export(spec, settings, average, photographs.digest, step, spent, scores)
            save()
    interruption.finish()


def _export(
    spec: TrainSpec,
    settings: Settings,
    average: MovingAverage,
    digest: str,
    step: int,
    spent: float,
    scores: dict[str, float],
) -> None:
    """Write the averaged weights with their provenance."""
    save_weights(
        spec.output,
        {name: value.contiguous() for name, value in average.values.items()},
        {
            "model": "conv-dae",
            "version": __version__,
            "command": command(spec, "conv-dae"),
            "config": json.dumps(settings.architecture.as_dict()),
            "settings": json.dumps(settings.__dict__),
            "data": digest,
            "steps": str(step),
            "seconds": f"{spent:.0f}",
            "seed": str(spec.seed),
            "metrics": json.dumps({k: round(v, 3) for k, v in scores.items()}),
        },
    )
