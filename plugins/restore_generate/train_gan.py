"""The training of `dcgan`, readable from top to bottom: Radford, Metz, Chintala (ICLR 2016), with a moving average."""

from __future__ import annotations

import logging

import torch

from restore.errors import UsageError
from restore.spec import TrainSpec
from restore.toolkit.training import CsvLog, channels_last, parse_settings
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore_generate.checks import warnings
from restore_generate.dcgan import Discriminator, Generator, discriminator_loss, generator_loss
from restore_generate.grids import write_grid
from restore_generate.pictures import Batches, load_pictures
from restore_generate.recipe import Average, Settings, export
from restore_generate.snapshots import Snapshots
from restore_generate.validation import COLUMNS as SHOWN_IN_A_ROW
from restore_generate.validation import samples, variety

log = logging.getLogger("restore")

RATE = 2e-4
BETAS = (0.5, 0.999)
COLUMNS = (
    *("seconds", "step", "rate", "discriminator", "generator", "real_right", "made_right"),
    *("diversity", "twins"),
)


def train(spec: TrainSpec) -> None:
    """Learn `dcgan` from folders of pictures and write its generator's weights.

    The rate does not fall: what moves around in the end is averaged, and the average is what is kept.

    Raises:
        InputError: No pictures, or no checkpoint to resume from.
        UsageError: An unknown setting.
    """
    settings = parse_settings(Settings, spec, "dcgan")
    if spec.warm_start:
        raise UsageError("there is no warm start for generative models.", hint="Use --resume.")
    spec.work.mkdir(parents=True, exist_ok=True)
    fabric = fabric_of(spec)

    # Data: the discriminator sees [-1, 1].
    data = load_pictures(spec.data, settings.size, 1 if settings.grey else 3)
    learned, held = data.split()
    real_ones = held.part(torch.randperm(len(held), generator=torch.Generator().manual_seed(0))[:256]).pictures()
    log.info("learning from %d pictures, comparing with %d", len(learned), len(held))

    # Networks.
    architecture = settings.architecture("dcgan", data.classes)
    generator, judged = Generator(architecture).to(fabric.device), Generator(architecture).to(fabric.device)
    discriminator = Discriminator(architecture).to(fabric.device)
    for network in (generator, judged, discriminator):
        channels_last(network)
    rate = settings.rate or RATE
    optimizers = {
        "generator_adam": torch.optim.Adam(generator.parameters(), rate, BETAS),
        "discriminator_adam": torch.optim.Adam(discriminator.parameters(), rate, BETAS),
    }
    average = Average(generator, settings.average)
    networks = {"generator": generator, "discriminator": discriminator}
    run = TrainingRun(spec, networks, optimizers, {}, average)
    torch.manual_seed(run.seed)
    batches = Batches(learned, settings.batch, torch.Generator().manual_seed(run.seed), settings.flips, fabric.device)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    snapshots = Snapshots(spec.work, settings.frames, run.step, 0, fabric.device)

    # Train.
    since, sums = 0, dict.fromkeys(("discriminator", "generator", "real_right", "made_right"), 0.0)
    while not run.stopping:
        run.begin()
        real = 2 * batches.draw()[0] - 1
        noise = torch.randn(len(real), architecture.latent, device=fabric.device)

        with fabric.autocast():
            made = generator(noise)
            on_real, on_made = discriminator(real), discriminator(made.detach())
            against = discriminator_loss(on_real, on_made)
        against.backward()  # type: ignore[no-untyped-call]
        optimizers["discriminator_adam"].step()

        discriminator.requires_grad_(False)
        with fabric.autocast():
            deceived = generator_loss(discriminator(made))
        run.check(against + deceived)
        deceived.backward()  # type: ignore[no-untyped-call]
        optimizers["generator_adam"].step()
        discriminator.requires_grad_(True)
        for optimizer in optimizers.values():
            optimizer.zero_grad()

        average.update(generator)
        run.step, since = run.step + 1, since + 1
        parts = (against, deceived, (on_real > 0).float().mean(), (on_made < 0).float().mean())
        for name, value in zip(sums, parts, strict=True):
            sums[name] += float(value.detach())

        reporting = run.step % settings.report == 0 or run.stopping
        showing = snapshots.due(run.step, last=run.stopping)
        if reporting or showing:
            judged.load_state_dict(average.values)
            judged.eval()
        if showing:
            snapshots.keep(judged, run.step)
        if reporting:
            made = samples(judged, 256, 0, fabric.device)
            scores = variety(made, real_ones.to(fabric.device))
            write_grid(spec.work / f"grid-{run.step:07d}.png", made[:128], SHOWN_IN_A_ROW)
            means = {name: value / since for name, value in sums.items()}
            csv.write({**run.where(), "rate": rate, **means, **scores})
            log.info("step %d: %s", run.step, " ".join(f"{k} {v:.4g}" for k, v in {**means, **scores}.items()))
            for sentence in warnings("dcgan", scores, architecture.latent):
                log.warning("%s", sentence)
            since, sums = 0, dict.fromkeys(sums, 0.0)
            export(run, architecture, judged.state_dict(), settings, data.digest, scores)
            run.save()
    run.finish()
