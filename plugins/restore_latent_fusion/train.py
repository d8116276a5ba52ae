"""The training of `latent-fusion`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Every step holds brackets, focus pairs and
infrared pairs, made anew of crops of photographs: nobody has to label anything.
"""

from __future__ import annotations

import json
import logging
import time

import torch
from lightning_fabric import Fabric
from torch import Tensor

from restore import __version__
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
    """
    settings = parse_settings(Settings, spec, "latent-fusion")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, losses and average stay float32.
    accelerator = "auto" if spec.device == "auto" else spec.device.split(":")[0]
    fabric = Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if trains_in_bf16(spec) else "32-true")
    fabric.seed_everything(spec.seed, verbose=False)

    # Data.
    photographs = load_photographs(spec.data, max(settings.crop, VALIDATED))
    learned, held = split(photographs.pictures)
    validation = validation_series(held, fabric.device)
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Network.
    model = LatentFusion(settings.architecture)
    channels_last(model)
    if spec.warm_start:
        model.load_state_dict(load_weights(spec.warm_start, "latent-fusion")[0])
    inner, outer = model.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    wrapped, muon, adam = fabric.setup(model, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(model)
    step, spent, best = 0, 0.0, float("-inf")
    checkpoint = spec.work / "checkpoint.pt"
    if spec.resume:
        state = load_checkpoint(checkpoint)
        model.load_state_dict(state["model"])
        for name, optimizer in optimizers.items():
            optimizer.load_state_dict(state[name])
        average.values = {k: v.to(fabric.device) for k, v in state["average"].items()}
        average.steps = step = state["step"]
        spent, best = state["spent"], state["best"]
    sampler = CropSampler(learned, settings.crop, seed=spec.seed + step)
    generator = torch.Generator(device=fabric.device).manual_seed(spec.seed + step)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = LatentFusion(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    def save() -> None:
        state = {"model": model.state_dict(), "average": average.values, "step": step, "spent": spent, "best": best}
        save_checkpoint(checkpoint, state | {name: optimizer.state_dict() for name, optimizer in optimizers.items()})

    started, first, since, sums, nats = time.monotonic() - spent, step, 0, dict.fromkeys(KINDS, 0.0), 0.0
    stopping, interruption = False, Interruption()
    while not stopping:
        spent = time.monotonic() - started
        progress = max(spent / spec.max_time, (step + 1) / spec.max_steps if spec.max_steps else 0.0)
        stopping = progress >= 1 or interruption.requested
        rate = cosine_rate(progress, 1.0, step - first)
        for optimizer, peak in ((muon, settings.inner_rate), (adam, settings.rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * peak

        total = torch.zeros((), device=fabric.device)
        for series in draw(sampler, settings, generator):
            with fabric.autocast():
                loss, found, spread = losses(model, series, settings, generator)
            total = total + loss
            sums[KINDS[series.kind]] += float(found)
            nats += float(spread) / len(KINDS)
        if not torch.isfinite(total):
            raise DeviceError(
                f"the loss is no longer a number at step {step}.", hint="Resume with a lower rate (--set rate=…)."
            )
        fabric.backward(total)
        fabric.clip_gradients(wrapped, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(model)
        step, since = step + 1, since + 1

        if step % 100 == 0:
            parts = ", ".join(f"{kind.value} {value / since:.4f}" for kind, value in sums.items())
            log.info("step %d: %s, %.2f nats, %.0f %% done", step, parts, nats / since, 100 * progress)
        if step % 500 == 0 or stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, validation, spec.work, step)
            means = {kind.value: value / since for kind, value in sums.items()}
            row = {"seconds": spent, "step": step, "rate": rate, **means, "nats": nats / since, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            sums, nats, since = dict.fromkeys(KINDS, 0.0), 0.0, 0
            # A hundredth of structure, half a decibel and a hundredth of the infrared loss weigh alike.
            mark = 100 * (scores["structure"] - scores["infrared_loss"] - scores["veil"]) + 2 * scores["focus_psnr"]
            if mark > best:
                best = mark
                about = {"data": photographs.digest, "steps": str(step), "seconds": f"{spent:.0f}"}
                _export(spec, settings, judged.state_dict(), scores, about)
            save()
    interruption.finish()


def _export(
    spec: TrainSpec, settings: Settings, tensors: dict[str, Tensor], scores: dict[str, float], about: dict[str, str]
) -> None:
    """Write the averaged weights with their provenance."""
    save_weights(
        spec.output,
        {name: value.contiguous() for name, value in tensors.items()},
        {
            "model": "latent-fusion",
            "version": __version__,
            "command": command(spec, "latent-fusion"),
            "config": json.dumps(settings.architecture.as_dict()),
            "settings": json.dumps(settings.__dict__),
            "seed": str(spec.seed),
            "metrics": json.dumps({k: round(v, 4) for k, v in scores.items()}),
        }
        | about,
    )
