"""The training of `damage-unet`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Photographs are damaged anew in every step with
overlays of scanned film damage and drawn scratches, then scanned: grain, noise, JPEG.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time

import numpy as np
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
from restore_damage_unet.damage import draw_layers
from restore_damage_unet.model import Detector, shown
from restore_damage_unet.overlays import holds_overlays, load_overlays, split_overlays
from restore_damage_unet.recipe import (
    MARGIN,
    VALIDATED,
    Settings,
    calibrate,
    loss_of,
    make_batch,
    split,
    validate,
    validation_batches,
)

log = logging.getLogger("restore")

COLUMNS = ("seconds", "step", "rate", "loss", "f1", "precision", "recall", "single", "marked", "logit")


def train(spec: TrainSpec) -> None:
    """Learn `damage-unet` from folders of photographs and of overlays, and write its weights.

    Folders whose first picture is a PNG with transparency hold overlays, all others photographs.

    Raises:
        InputError: No photographs, no overlays, or no checkpoint to resume from.
        UsageError: An unknown setting.
    """
    settings = parse_settings(Settings, spec, "damage-unet")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, loss and average stay float32.
    accelerator = "auto" if spec.device == "auto" else spec.device.split(":")[0]
    fabric = Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if trains_in_bf16(spec) else "32-true")
    fabric.seed_everything(spec.seed, verbose=False)

    # Data.
    overlays = load_overlays(folder for folder in spec.data if holds_overlays(folder))
    edge = settings.crop + MARGIN
    photographs = load_photographs((f for f in spec.data if not holds_overlays(f)), max(edge, VALIDATED + MARGIN))
    digest = hashlib.sha256((photographs.digest + overlays.digest).encode()).hexdigest()
    learned, held = split(photographs.pictures)
    wanted = settings.kinds.split("+") if settings.kinds else {item.kind for item in overlays.items}
    pieces, held_pieces = split_overlays([item for item in overlays.items if item.kind in wanted])
    damaged, clean = validation_batches(held, held_pieces, settings.judged, fabric.device)
    log.info("learning from %d photographs and %d overlays", len(learned), len(pieces))
    log.info("validating on %d photographs and %d overlays", len(held), len(held_pieces))

    # Network.
    network = Detector(settings.architecture)
    channels_last(network)
    if spec.warm_start:
        network.load_state_dict(load_weights(spec.warm_start, "damage-unet")[0])
    inner, outer = network.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    model, muon, adam = fabric.setup(network, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(network)
    step, spent, best = 0, 0.0, float("-inf")
    checkpoint = spec.work / "checkpoint.pt"
    if spec.resume:
        state = load_checkpoint(checkpoint)
        network.load_state_dict(state["network"])
        for name, optimizer in optimizers.items():
            optimizer.load_state_dict(state[name])
        average.values = {k: v.to(fabric.device) for k, v in state["average"].items()}
        average.steps = step = state["step"]
        spent, best = state["spent"], state["best"]
    sampler = CropSampler(learned, edge, seed=spec.seed + step)
    random = np.random.default_rng(spec.seed + step)
    generator = torch.Generator(device=fabric.device).manual_seed(spec.seed + step)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = Detector(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    def save() -> None:
        state = {"network": network.state_dict(), "average": average.values, "step": step, "spent": spent, "best": best}
        save_checkpoint(checkpoint, state | {name: optimizer.state_dict() for name, optimizer in optimizers.items()})

    started, first, since, losses = time.monotonic() - spent, step, 0, 0.0
    stopping, interruption = False, Interruption()
    while not stopping:
        spent = time.monotonic() - started
        progress = max(spent / spec.max_time, (step + 1) / spec.max_steps if spec.max_steps else 0.0)
        stopping = progress >= 1 or interruption.requested
        rate = cosine_rate(progress, 1.0, step - first)
        for optimizer, peak in ((muon, settings.inner_rate), (adam, settings.rate)):
            for group in optimizer.param_groups:
                group["lr"] = rate * peak

        layers = draw_layers(pieces, settings.batch, edge, settings.clean, random)
        crops = sampler.batch(settings.batch).to(fabric.device)
        batch = make_batch(crops, layers.to(fabric.device), generator)
        loss = loss_of(model(shown(batch.scan)), batch)
        if not torch.isfinite(loss):
            raise DeviceError(
                f"the loss is no longer a number at step {step}.", hint="Resume with a lower rate (--set rate=…)."
            )
        fabric.backward(loss)
        fabric.clip_gradients(model, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(network)
        step, since = step + 1, since + 1
        losses += float(loss.detach())

        if step % 100 == 0:
            log.info("step %d: loss %.4f, %.0f %% of the training done", step, losses / since, 100 * progress)
        if step % 500 == 0 or stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, damaged, clean, spec.work, step)
            row = {"seconds": spent, "step": step, "rate": rate, "loss": losses / since, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            losses, since = 0.0, 0
            mark = scores["f1"] + scores["single"]
            if mark > best:
                best = mark
                calibrate(judged, scores["logit"])
                about = {"data": digest, "steps": str(step), "seconds": f"{spent:.0f}"}
                _export(spec, settings, judged.state_dict(), scores, about)
            save()
    interruption.finish()


def _export(
    spec: TrainSpec, settings: Settings, tensors: dict[str, Tensor], scores: dict[str, float], about: dict[str, str]
) -> None:
    """Write the averaged weights, calibrated, with their provenance; in half precision, which moves no mask visibly."""
    save_weights(
        spec.output,
        {name: value.half().contiguous() for name, value in tensors.items()},
        {
            "model": "damage-unet",
            "version": __version__,
            "command": command(spec, "damage-unet"),
            "config": json.dumps(settings.architecture.as_dict()),
            "settings": json.dumps(settings.__dict__),
            "seed": str(spec.seed),
            "metrics": json.dumps({k: round(v, 3) for k, v in scores.items()}),
        }
        | about,
    )
