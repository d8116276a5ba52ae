"""The training of `gan-inpaint`, readable from top to bottom.

The shipped weights are made again with the command in the model card. First the generator learns alone what is most
likely in a hole; then a discriminator joins, and it learns to fill holes with something that could be there. What
keeps the two from diverging: a discriminator that is spectrally normalised and held flat at real pictures (R1), two
time scales, hinge losses, and an average over the generator's last thousand steps as what is judged and shipped. A run
that diverges all the same shows it in the log: the discriminator right in more than nine of ten patches, or the energy
of gradients running off; go on from the last good weights with a lower `adversarial` or a higher `penalty`.
"""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import torch

from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.patches import CropSampler, load_photographs
from restore.toolkit.training import (
    CsvLog,
    MovingAverage,
    channels_last,
    load_checkpoint,
    parse_settings,
    take_weights,
)
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore.weights import load as load_weights
from restore_gan_inpaint.damage import Holes
from restore_gan_inpaint.discriminator import Discriminator
from restore_gan_inpaint.exercises import Drawn, Exercises
from restore_gan_inpaint.losses import (
    adversarial_loss,
    contested,
    critic_loss,
    gradient_penalty,
    matching_loss,
    reconstruction,
    sharpness_loss,
    touched,
)
from restore_gan_inpaint.model import Generator
from restore_gan_inpaint.quantization import as_header, watched
from restore_gan_inpaint.recipe import JUDGED, Settings, emptied, split, validate, validation_crops
from restore_gan_inpaint.teaching import Lessons, prepared

log = logging.getLogger("restore")

LOSSES = ("reconstruction", "adversarial", "matching", "sharpness", "critic", "accuracy", "penalty")
COLUMNS = ("seconds", "step", "rate", *LOSSES, *JUDGED, *(f"{kind}_energy" for kind in JUDGED))


def train(spec: TrainSpec) -> None:
    """Learn `gan-inpaint` from folders of photographs and write its weights.

    Raises:
        InputError: No photographs, no overlays where they are named, or no checkpoint to resume from.
        UsageError: An unknown setting.
        WeightsError: Weights or a checkpoint to go on from that do not fit the network.
    """
    settings = parse_settings(Settings, spec, "gan-inpaint")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, losses and average stay float32.
    fabric = fabric_of(spec)

    # Data.
    photographs = load_photographs(spec.data, settings.crop)
    learned, held = split(photographs.pictures)
    judged = validation_crops(held, fabric.device)
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Networks.
    generator, critic = Generator(settings.architecture), Discriminator()
    channels_last(generator)
    if spec.warm_start:
        take_weights(generator, load_weights(spec.warm_start, "gan-inpaint")[0], spec.warm_start)
    if settings.critic:
        take_weights(critic, load_checkpoint(Path(settings.critic))["critic"], Path(settings.critic))
    inner, outer = generator.inner_and_outer()
    muon = Muon(inner, settings.inner_rate, decay=settings.decay)
    adam = torch.optim.Adam(outer, settings.rate, betas=(0.9, 0.99))
    critic_adam = torch.optim.Adam(critic.parameters(), settings.critic_rate, betas=(0.0, 0.99))
    wrapped, muon, adam = fabric.setup(generator, muon, adam)
    wrapped_critic, critic_adam = fabric.setup(critic, critic_adam)
    optimizers = {"muon": muon, "adam": adam, "critic_adam": critic_adam}
    average = MovingAverage(generator)
    rates = {"muon": settings.inner_rate, "adam": settings.rate}
    run = TrainingRun(spec, {"generator": generator, "critic": critic}, optimizers, rates, average)
    sampler = CropSampler(learned, settings.crop, seed=run.seed)
    overlays = Path(settings.overlays) if settings.overlays else None
    holes = Holes(settings.crop, run.seed, settings.holes, overlays)
    exercises: Exercises = Drawn(sampler, holes, settings.grey)
    if settings.teacher:
        kept, teacher = spec.work / "lessons.pt", Path(settings.teacher)
        if not spec.resume:
            kept.unlink(missing_ok=True)
        done = prepared(kept, teacher, exercises, settings.lessons, fabric.device)
        exercises = Lessons(done, settings.taught, run.seed)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    examined = Generator(settings.architecture).to(fabric.device)
    channels_last(examined)

    # Train.
    since, sums, penalty = 0, Counter[str](), 0.0
    while not run.stopping:
        run.begin()
        against = run.progress > settings.alone and settings.adversarial > 0

        truth, missing, aim = (each.to(fabric.device) for each in exercises.batch(settings.batch))
        truth = truth.contiguous(memory_format=torch.channels_last)
        result, coarse = wrapped(emptied(truth, missing), missing)
        loss = reconstruction(result, coarse, aim, missing)
        found = {"reconstruction": loss}

        if against:
            made = torch.where(missing > 0, result.to(truth.dtype), truth)
            # The discriminator's step: told apart what was taken and what was made, now and then held flat.
            real_scores, real_features = wrapped_critic(truth, missing)
            made_scores, _ = wrapped_critic(made.detach(), missing)
            where = touched(missing, real_scores)
            found["critic"], found["accuracy"] = critic_loss(real_scores, made_scores, where)
            fabric.backward(found["critic"])
            if run.step % settings.penalty_every == 0:
                flat = gradient_penalty(critic, truth, missing)
                fabric.backward(flat * settings.penalty * settings.penalty_every)
                penalty = float(flat.detach())
            critic_adam.step()
            critic_adam.zero_grad()
            # The generator's losses, judged by a discriminator that does not learn from them.
            critic.requires_grad_(False)
            made_scores, made_features = wrapped_critic(contested(made, missing), missing)
            critic.requires_grad_(True)
            found["adversarial"] = adversarial_loss(made_scores, where)
            found["matching"] = matching_loss(real_features, made_features, missing)
            found["sharpness"] = sharpness_loss(result, truth, missing)
            loss = loss + settings.adversarial * found["adversarial"] + settings.matching * found["matching"]
            loss = loss + settings.sharpness * found["sharpness"]

        run.check(loss)
        fabric.backward(loss)
        fabric.clip_gradients(wrapped, adam, max_norm=1.0, error_if_nonfinite=False)
        for optimizer in (muon, adam):
            optimizer.step()
            optimizer.zero_grad()
        average.update(generator)
        run.step, since = run.step + 1, since + 1
        sums.update({name: float(value.detach()) for name, value in found.items()})

        if run.step % 100 == 0:
            means = ", ".join(f"{name} {value / since:.4f}" for name, value in sums.items())
            log.info("step %d: %s, %.0f %% done", run.step, means, 100 * run.progress)
        if run.step % 500 == 0 or run.stopping:
            examined.load_state_dict(average.values)
            with watched(examined) as ranges:
                scores = validate(examined, judged, spec.work, run.step)
            losses = {name: sums[name] / since for name in LOSSES} | {"penalty": penalty}
            row = {**run.where(), **losses, **scores}
            csv.write(row)
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in row.items()))
            since, sums = 0, Counter[str]()
            # Alone, what is nearest to the truth is best. Against the discriminator nothing has a figure for that: the
            # latest average is kept, and the log and the grids say whether it should be.
            mark = sum(scores[kind] for kind in JUDGED)
            if run.is_best(mark) or against:
                config = settings.architecture.as_dict()
                named = {name: Path(getattr(settings, name)).name for name in ("overlays", "critic", "teacher")}
                used = settings.__dict__ | named
                run.export("gan-inpaint", average.values, config, used, photographs.digest, scores, as_header(ranges))
            run.save()
    run.finish()
