"""The training of `classifier`, readable from top to bottom: what pictures are judged with, without any download."""

from __future__ import annotations

import logging

import torch
import torch.nn.functional as F

from restore.errors import UsageError
from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.training import CsvLog, channels_last, parse_settings
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore_generate.guide import jittered
from restore_generate.models import build
from restore_generate.pictures import Batches, PictureSet, load_pictures
from restore_generate.recipe import Average, Settings, export, inner_and_outer

log = logging.getLogger("restore")

RATE = 2e-3
SMOOTHED, SHAKEN = 0.1, 0.03
"""Smoothing of the labels, and the noise that pictures get: against learning by heart."""
COLUMNS = ("seconds", "step", "rate", "loss", "right", "held_loss", "held_right")


def train(spec: TrainSpec) -> None:
    """Learn `classifier` from a folder with a subfolder for each class and write its weights.

    Raises:
        InputError: No pictures, or no checkpoint to resume from.
        UsageError: An unknown setting, or data without classes.
    """
    settings = parse_settings(Settings, spec, "classifier")
    if spec.warm_start:
        raise UsageError("there is no warm start for generative models.", hint="Use --resume.")
    spec.work.mkdir(parents=True, exist_ok=True)
    fabric = fabric_of(spec)
    data = load_pictures(spec.data, settings.size, 1 if settings.grey else 3)
    learned, held = data.split()
    log.info("learning from %d pictures, validating on %d", len(learned), len(held))

    architecture = settings.architecture("classifier", data.classes)
    network, judged = build(architecture), build(architecture).to(fabric.device)
    network.to(fabric.device)
    channels_last(network)
    channels_last(judged)
    first, *inner = inner_and_outer(network)[0]
    outer = [first, *inner_and_outer(network)[1]]
    optimizers = {"muon": Muon(inner), "adam": torch.optim.AdamW(outer, betas=(0.9, 0.99), weight_decay=0.05)}
    average = Average(network, settings.average)
    rates = {"muon": settings.inner_rate, "adam": settings.rate or RATE}
    run = TrainingRun(spec, {"model": network}, optimizers, rates, average)
    torch.manual_seed(run.seed)
    batches = Batches(learned, settings.batch, torch.Generator().manual_seed(run.seed), settings.flips, fabric.device)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)

    since, sums = 0, dict.fromkeys(("loss", "right"), 0.0)
    while not run.stopping:
        run.begin()
        pictures, classes = batches.draw()
        with fabric.autocast():
            logits = network(jittered(pictures, noise=SHAKEN)).float()
        loss = F.cross_entropy(logits, classes, label_smoothing=SMOOTHED)
        run.check(loss)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers.values():
            optimizer.step()
            optimizer.zero_grad()
        average.update(network)
        run.step, since = run.step + 1, since + 1
        sums["loss"] += float(loss.detach())
        sums["right"] += float((logits.argmax(1) == classes.argmax(1)).float().mean())

        if run.step % settings.report == 0 or run.stopping:
            judged.load_state_dict(average.values)
            judged.eval()
            means = {name: value / since for name, value in sums.items()}
            scores = validate(judged, held, fabric.device)
            csv.write({**run.where(), **means, **scores})
            log.info("step %d: %s", run.step, " ".join(f"{k} {v:.4g}" for k, v in {**means, **scores}.items()))
            since, sums = 0, dict.fromkeys(sums, 0.0)
            if run.is_best(scores["held_right"]):
                export(run, architecture, judged.state_dict(), settings, data.digest, scores)
            run.save()
    run.finish()


@torch.no_grad()
def validate(network: torch.nn.Module, held: PictureSet, device: torch.device) -> dict[str, float]:
    """Loss and share of right answers on pictures that were held back."""
    logits = torch.cat(
        [network((part.float() / 255).to(device)).float().cpu() for part in torch.split(held.pixels, 256)]
    )
    right = (logits.argmax(1) == held.labels).float().mean()
    return {"held_loss": float(F.cross_entropy(logits, held.labels)), "held_right": float(right)}
