"""The training of `vae-sr`, readable from top to bottom.

The shipped weights are made again with the commands in the model card. All three scales learn in every step, so that
the trunk serves them all.
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
    """
    settings = parse_settings(Settings, spec, "vae-sr")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, losses and average stay float32.
    accelerator = "auto" if spec.device == "auto" else spec.device.split(":")[0]
    fabric = Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if trains_in_bf16(spec) else "32-true")
    fabric.seed_everything(spec.seed, verbose=False)

    # Data.
    photographs = load_photographs(spec.data, settings.crop * max(SCALES))
    learned, held = split(photographs.pictures)
    validation = validation_pairs(held, settings, fabric.device)
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Networks.
    model = VaeSr(settings.architecture)
    channels_last(model)
    if spec.warm_start:
        model.load_state_dict(load_weights(spec.warm_start, "vae-sr")[0])
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
    samplers = {s: CropSampler(learned, settings.crop * s, seed=spec.seed + step + s) for s in SCALES}
    generator = torch.Generator(device=fabric.device).manual_seed(spec.seed + step)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = VaeSr(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    def save() -> None:
        state = {"model": model.state_dict(), "average": average.values, "step": step, "spent": spent, "best": best}
        save_checkpoint(checkpoint, state | {name: optimizer.state_dict() for name, optimizer in optimizers.items()})

    started, first, since, errors, nats = time.monotonic() - spent, step, 0, 0.0, 0.0
    stopping, interruption = False, Interruption()
    while not stopping:
        spent = time.monotonic() - started
        progress = max(spent / spec.max_time, (step + 1) / spec.max_steps if spec.max_steps else 0.0)
        stopping = progress >= 1 or interruption.requested
        rate = cosine_rate(progress, 1.0, step - first)
        for optimizer, peak in ((muon, settings.inner_rate), (adam, settings.rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * peak

        pairs = make_pairs(samplers, settings, generator)
        with fabric.autocast():
            found = losses(model, pairs, settings, generator)
        if not torch.isfinite(found.total):
            raise DeviceError(
                f"the loss is no longer a number at step {step}.", hint="Resume with a lower rate (--set rate=…)."
            )
        fabric.backward(found.total)
        fabric.clip_gradients(wrapped, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(model)
        step, since = step + 1, since + 1
        errors, nats = errors + float(found.error), nats + float(found.nats)

        if step % 100 == 0:
            done = 100 * progress
            log.info("step %d: loss %.4f, %.2f nats, %.0f %% done", step, errors / since, nats / since, done)
        if step % 500 == 0 or stopping:
            judged.load_state_dict(average.values)
            calibrate(judged, validation, settings.consistent)
            scores = validate(judged, validation, settings.consistent, spec.work, step)
            row = {"seconds": spent, "step": step, "rate": rate, "loss": errors / since, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            errors, nats, since = 0.0, 0.0, 0
            mark = sum(scores[f"x{scale}"] for scale in SCALES)
            if mark > best:
                best = mark
                used = {f"x{pair.scale}": divergences(judged, pair).tolist() for pair in validation}
                about = {"data": photographs.digest, "steps": str(step), "seconds": f"{spent:.0f}"}
                _export(spec, settings, judged.state_dict(), scores, used, about)
            save()
    interruption.finish()


def _export(
    spec: TrainSpec,
    settings: Settings,
    tensors: dict[str, Tensor],
    scores: dict[str, float],
    used: dict[str, list[float]],
    about: dict[str, str],
) -> None:
    """Write the averaged weights, their spread calibrated, with their provenance and how far each latent is used."""
    save_weights(
        spec.output,
        {name: value.contiguous() for name, value in tensors.items()},
        {
            "model": "vae-sr",
            "version": __version__,
            "command": command(spec, "vae-sr"),
            "config": json.dumps(settings.architecture.as_dict()),
            "settings": json.dumps(settings.__dict__),
            "seed": str(spec.seed),
            "metrics": json.dumps({k: round(v, 3) for k, v in scores.items()}),
            "divergence": json.dumps({k: [round(v, 3) for v in values] for k, values in used.items()}),
        }
        | about,
    )
