"""The training of `ae`, `vae`, `cvae`, `bvae` and `vrnn`, readable from top to bottom: all raise a bound."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor

from restore.errors import UsageError
from restore.spec import TrainSpec
from restore.toolkit.muon import Muon
from restore.toolkit.training import CsvLog, channels_last, parse_settings
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore_generate.ae import AE
from restore_generate.architecture import CONDITIONED, Model
from restore_generate.checks import warnings
from restore_generate.cvae import CVAE
from restore_generate.guide import Guide, balance
from restore_generate.likelihood import Terms
from restore_generate.models import Encoding, build
from restore_generate.pictures import Batches, PictureSet, load_pictures
from restore_generate.recipe import Average, Settings, export, inner_and_outer
from restore_generate.snapshots import Snapshots
from restore_generate.vae import VAE
from restore_generate.validation import validate

log = logging.getLogger("restore")

RATE = 1e-3
UNGUIDED = 0.05
"""Share of the training before a guide looks at the samples."""
MEASURED = 2000
"""About so many pictures, evenly over all classes, lay `ae`'s Gaussian."""
COLUMNS = (
    *("seconds", "step", "rate", "beta", "distortion", "divergence", "weights", "guide"),
    *("held_elbo", "held_distortion", "held_divergence", "held_bits_per_value", "held_psnr"),
    *("active", "diversity", "twins", "classified"),
)


def train(spec: TrainSpec, model: Model) -> None:
    """Learn a model with an encoder from folders of pictures and write its weights.

    Raises:
        InputError: No pictures, or no checkpoint to resume from.
        UsageError: An unknown setting, or a model of classes without any.
    """
    settings = parse_settings(Settings, spec, model)
    if spec.warm_start:
        raise UsageError("there is no warm start for generative models.", hint="Use --resume.")
    spec.work.mkdir(parents=True, exist_ok=True)

    # Machine. bf16 where the machine is faster with it; weights, losses and average stay float32.
    fabric = fabric_of(spec)

    # Data.
    data = load_pictures(spec.data, settings.size, 1 if settings.grey else 3)
    learned, held = data.split()
    measured = learned.part(torch.arange(0, len(learned), max(1, len(learned) // MEASURED))).pictures()
    log.info("learning from %d pictures, validating on %d", len(learned), len(held))

    # Networks: the model, and for a model of classes somebody who looks at its samples.
    architecture = settings.architecture(model, data.classes)
    network, judged = build(architecture), build(architecture).to(fabric.device).requires_grad_(False)
    pull = settings.guided(model)
    told = data.classes if model in CONDITIONED else ()
    guide = Guide(replace(architecture, classes=told), fabric) if pull else None
    inner, outer = inner_and_outer(network) if model in ("ae", "vae", "cvae") else ([], list(network.parameters()))
    optimizers: dict[str, torch.optim.Optimizer] = {"adam": torch.optim.Adam(outer, betas=(0.9, 0.99))}
    rates = {"adam": settings.rate or RATE}
    if inner:
        optimizers["muon"], rates["muon"] = Muon(inner), settings.inner_rate
    network.to(fabric.device)
    channels_last(network)
    channels_last(judged)
    average = Average(network, settings.average)
    networks = {"model": network} | (guide.networks if guide else {})
    run = TrainingRun(spec, networks, optimizers | (guide.optimizers if guide else {}), rates, average)
    torch.manual_seed(run.seed)
    batches = Batches(learned, settings.batch, torch.Generator().manual_seed(run.seed), settings.flips, fabric.device)
    csv = CsvLog(spec.work / "log.csv", COLUMNS)
    snapshots = Snapshots(spec.work, settings.frames, run.step, len(told), fabric.device)

    # Train.
    since, sums = 0, dict.fromkeys(("distortion", "divergence", "weights", "guide"), 0.0)
    while not run.stopping:
        run.begin()
        pictures, classes = batches.draw()
        beta = settings.beta * min(1.0, run.progress / settings.anneal if settings.anneal else 1.0)

        with fabric.autocast():
            terms = cast(Encoding, network).terms(pictures, classes)
            # The weights' divergence is paid once for all pictures (Blundell et al., 2015).
            nats = (terms.distortion + beta * terms.rate).mean() + terms.weights / len(learned)
            doubt = torch.zeros((), device=fabric.device)
            if guide and run.progress >= UNGUIDED:
                made, claimed = guide.samples(cast(Encoding, network), len(pictures))
                guide.learn(pictures, classes[:, : len(told)], made, claimed)
                doubt = guide.doubt(made, claimed)
                nats = nats + pull * balance(nats, doubt, cast(VAE | CVAE, network).decoder.head.weight) * doubt
        loss = nats / architecture.values
        run.check(loss)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers.values():
            optimizer.step()
            optimizer.zero_grad()
        average.update(network)
        run.step, since = run.step + 1, since + 1
        _add(sums, terms, doubt)

        reporting = run.step % settings.report == 0 or run.stopping
        showing = snapshots.due(run.step, last=run.stopping)
        if reporting or showing:
            judged.load_state_dict(average.values)
            if isinstance(judged, AE):
                judged.measure(measured.to(fabric.device))
        if showing:
            snapshots.keep(cast(Encoding, judged.eval()), run.step)
        if reporting:
            scores = _validate(judged, held, guide, fabric, run)
            means = {name: value / since for name, value in sums.items()}
            csv.write({**run.where(), "beta": beta, **means, **scores})
            log.info("step %d: %s", run.step, " ".join(f"{k} {v:.4g}" for k, v in {**means, **scores}.items()))
            for sentence in warnings(model, scores, cast(Encoding, judged).latent_size):
                log.warning("%s", sentence)
            since, sums = 0, dict.fromkeys(sums, 0.0)
            # The bound would choose blurred samples: with a guide the last ones are kept, of the lowest rate.
            if guide or run.is_best(scores["held_elbo"]):
                export(run, architecture, judged.state_dict(), settings, data.digest, scores)
            run.save()
    run.finish()


def _add(sums: dict[str, float], terms: Terms, doubt: Tensor) -> None:
    sums["distortion"] += float(terms.distortion.detach().mean())
    sums["divergence"] += float(terms.rate.detach().mean())
    sums["weights"] += float(terms.weights.detach())
    sums["guide"] += float(doubt.detach())


def _validate(
    judged: torch.nn.Module,
    held: PictureSet,
    guide: Guide | None,
    fabric: Fabric,
    run: TrainingRun,
) -> dict[str, float]:
    grid = run.spec.work / f"grid-{run.step:07d}.png"
    judged.eval()
    scores = validate(cast(Encoding, judged), held, fabric.device, grid)
    return scores | {"classified": guide.share_met(cast(Encoding, judged), 512) if guide else 0.0}
