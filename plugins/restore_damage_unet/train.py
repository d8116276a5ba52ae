"""The training of `damage-unet`, readable from top to bottom.

The shipped weights are made again with the command in the model card. Photographs are damaged anew in every step with
overlays of scanned film damage and drawn scratches, then scanned: grain, noise, JPEG.
"""

from __future__ import annotations

import hashlib
import logging

import numpy as np
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
from restore_damage_unet.damage import draw_layers
from restore_damage_unet.hard_crops import HardCrops
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
        WeightsError: Weights or a checkpoint to go on from that do not fit the network.
    """
    settings = parse_settings(Settings, spec, "damage-unet")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, loss and average stay float32.
    fabric = fabric_of(spec)

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
        take_weights(network, load_weights(spec.warm_start, "damage-unet")[0], spec.warm_start)
    inner, outer = network.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    model, muon, adam = fabric.setup(network, muon, adam)
    optimizers = {"muon": muon, "adam": adam}
    average = MovingAverage(network)
    rates = {"muon": settings.inner_rate, "adam": settings.rate}
    run = TrainingRun(spec, {"network": network}, optimizers, rates, average)
    # Places drawn evenly: damage shows on plain sky, and clouds in it are what is taken for damage.
    sampler = CropSampler(learned, edge, seed=run.seed, candidates=1)
    random = np.random.default_rng(run.seed)
    hard = HardCrops(settings.again, random)
    generator = torch.Generator(device=fabric.device).manual_seed(run.seed)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    judged = Detector(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    since, losses = 0, 0.0
    while not run.stopping:
        run.begin()

        layers = draw_layers(pieces, settings.batch, edge, settings.clean, random, settings.drawn)
        crops, clean_ones = sampler.batch(settings.batch).to(fabric.device), layers.nothing
        hard.put_into(crops, clean_ones)
        batch = make_batch(crops, layers.to(fabric.device), generator)
        logits = model(shown(batch.scan))
        loss = loss_of(logits, batch)
        hard.learn_from(crops, clean_ones, logits)
        run.check(loss)
        fabric.backward(loss)
        fabric.clip_gradients(model, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(network)
        run.step, since = run.step + 1, since + 1
        losses += float(loss.detach())

        if run.step % 100 == 0:
            log.info("step %d: loss %.4f, %.0f %% of the training done", run.step, losses / since, 100 * run.progress)
        if run.step % 500 == 0 or run.stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, damaged, clean, spec.work, run.step)
            row = {**run.where(), "loss": losses / since, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            losses, since = 0.0, 0
            mark = scores["f1"] + scores["single"]
            if run.is_best(mark):
                calibrate(judged, scores["logit"])
                # Half precision moves no mask visibly.
                tensors = {name: value.half() for name, value in judged.state_dict().items()}
                run.export("damage-unet", tensors, settings.architecture.as_dict(), settings.__dict__, digest, scores)
            run.save()
    run.finish()
