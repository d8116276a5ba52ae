"""Training of the blind estimator alone, for a denoiser that is ready: ``--set learns=estimator --warm-start WEIGHTS``.

Ten times as many crops pass in the same time as with the denoiser, and what is hardest, texture that looks like noise,
can have a large share of them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from restore.degrade import camera_noise, gaussian_noise
from restore.spec import TrainSpec
from restore.toolkit.patches import CropSampler, load_photographs
from restore.toolkit.training import CsvLog, MovingAverage, channels_last, save_grid, take_weights
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore.weights import load as load_weights
from restore_conv_dae.recipe import MARGIN, NOISE, Pair, Settings, degrade, enlarge, split

log = logging.getLogger("restore")

CANDIDATES = 3
"""Of so many places in a photograph the one with the most detail is learned from."""
LOW = 0.42
"""Quantile of the level that is learned where nobody can tell noise from texture: rather too little than too much."""
HIGH = 0.55
"""The same for the noise of cameras, which is soft: where it is taken for texture, it stays."""
SIGMAS = (3, 15, 25, 50)
"""Levels of white noise that are judged, in grey levels."""
SCORES = ("level", "kept", "worst", *(f"gap{sigma}" for sigma in SIGMAS), "camera")
MOST = 60.0
"""dB at which a clean picture counts as kept."""


def level_loss(estimate: Tensor, level: Tensor, camera: int) -> Tensor:
    """The quantile loss (Koenker and Bassett, Econometrica 1978) of the estimated level, relative to the level.

    Where the noise can be told from the picture all quantiles are the same; where it cannot, as in fine texture, a low
    one lets clean photographs stay as they are.

    Args:
        estimate: ``(N, 1, h, w)`` in [0, 1] units.
        level: The same shape.
        camera: How many pictures, the last ones, have camera noise.
    """
    quantile = torch.full((len(level), 1, 1, 1), LOW, device=level.device)
    quantile[len(level) - camera :] = HIGH
    missing = level - estimate.float()
    weight = 2 / (0.5 + level * 255 / 10)  # one grey level matters more where there is little noise
    return 10 * (torch.maximum(quantile * missing, (quantile - 1) * missing) * weight).mean()


def train_estimator(spec: TrainSpec, settings: Settings) -> None:
    """Learn to estimate the noise level, and write weights with the denoiser they began with.

    Args:
        spec: What is asked for; with a warm start.
        settings: Of `restore_conv_dae.recipe`; `told`, `inner_rate` and `decay` are not used.
    """
    spec.work.mkdir(parents=True, exist_ok=True)
    fabric = fabric_of(spec)

    # Data.
    photographs = load_photographs(spec.data, settings.crop + MARGIN)
    learned, held = split(photographs.pictures)
    judged_on = CropSampler([p[:1024, :1024] for p in held], settings.crop, seed=1, scales=(1.0,), candidates=1).batch(
        32
    )
    log.info("learning from %d photographs, validating on %d", len(learned), len(held))

    # Networks.
    pair = Pair(settings.architecture)
    channels_last(pair)
    if spec.warm_start:
        take_weights(pair, load_weights(spec.warm_start, NOISE.model)[0], spec.warm_start)
    adam = torch.optim.Adam(pair.estimator.parameters(), settings.rate, betas=(0.9, 0.99))
    model, adam = fabric.setup(pair.estimator, adam)
    average = MovingAverage(pair)
    run = TrainingRun(spec, {"pair": pair}, {"adam": adam}, {"adam": settings.rate}, average)
    sampler = CropSampler(learned, settings.crop + MARGIN, seed=run.seed, candidates=CANDIDATES)
    generator = torch.Generator(device=fabric.device).manual_seed(run.seed)
    csv = CsvLog(spec.work / "log.csv", ("seconds", "step", "rate", "loss", *SCORES))
    judged = Pair(settings.architecture).to(fabric.device)
    channels_last(judged)

    # Train.
    since, losses = 0, 0.0
    while not run.stopping:
        run.begin()

        crops = sampler.batch(settings.batch).to(fabric.device)
        noisy, _, level = degrade(crops, settings, generator)
        estimate = model(noisy.contiguous(memory_format=torch.channels_last))
        loss = level_loss(estimate, level, round(settings.batch * settings.camera))
        run.check(loss)
        fabric.backward(loss)
        fabric.clip_gradients(model, adam, max_norm=1.0, error_if_nonfinite=False)
        adam.step()
        adam.zero_grad()
        average.update(pair)
        run.step, since = run.step + 1, since + 1
        losses += float(loss.detach())

        if run.step % 100 == 0:
            log.info("step %d: loss %.4f, %.0f %% of the training done", run.step, losses / since, 100 * run.progress)
        if run.step % 1000 == 0 or run.stopping:
            judged.load_state_dict(average.values)
            scores = validate(judged, judged_on.to(fabric.device), settings, spec.work, run.step)
            row = {**run.where(), "loss": losses / since}
            csv.write({**row, **scores})
            log.info("%s", " ".join(f"{k} {v:.5g}" for k, v in {**row, **scores}.items()))
            losses, since = 0.0, 0
            if run.is_best(_mark(scores)):
                config = settings.architecture.as_dict()
                run.export(NOISE.model, average.values, config, settings.__dict__, photographs.digest, scores)
            run.save()
    run.finish()


def _mark(scores: Mapping[str, float]) -> float:
    """In dB: camera noise, what is lost to knowing the level, and a twentieth of how clean pictures are kept."""
    gaps = sum(scores[f"gap{sigma}"] for sigma in SIGMAS) / len(SIGMAS)
    return scores["camera"] - gaps + (scores["kept"] + scores["worst"]) / 20


@torch.no_grad()
def validate(pair: Pair, crops: Tensor, settings: Settings, folder: Path, step: int) -> dict[str, float]:
    """Judge the estimator by what the denoiser makes of its estimates, on held-back crops.

    Returns:
        "level" (the loss), "kept" and "worst" (PSNR of clean crops in dB, mean and lowest, each at most `MOST`),
        "gap3" … (what blind denoising loses against told, in dB, at that sigma), "camera" (PSNR with camera noise).
    """
    pair.eval()
    device = crops.device

    def seeded() -> torch.Generator:
        return torch.Generator(device=device).manual_seed(7)

    def decibels(noisy: Tensor, clean: Tensor, sigma: float | None) -> Tensor:
        n, _, h, w = noisy.shape
        level = noisy.new_full((n, 1, h // 8, w // 8), (sigma or 0.0) / 255)
        # Averaged over the crop, as the command averages over some 200 pixels.
        guess = pair.estimator(noisy).mean((2, 3), keepdim=True).clamp(min=0).expand_as(level)
        told = torch.ones(n, 1, 1, 1, dtype=torch.bool, device=device)
        out = pair(noisy, guess if sigma is None else level, told)[0].clamp(0, 1)
        error: Tensor = ((out - clean) ** 2).mean((1, 2, 3)).clamp(min=1e-9)
        return -10 * error.log10()

    kept = decibels(crops, crops, None).clamp(max=MOST)
    drawn = seeded()
    noisy, _, level = degrade(torch.nn.functional.pad(crops, [MARGIN, 0, MARGIN, 0], mode="reflect"), settings, drawn)
    found = pair.estimator(noisy)
    scores = {"level": float(level_loss(found, level, round(len(level) * settings.camera)))}
    scores |= {"kept": float(kept.mean()), "worst": float(kept.min())}
    for sigma in SIGMAS:
        noisy = gaussian_noise(crops, torch.tensor(sigma / 255, device=device), seeded())
        scores[f"gap{sigma}"] = float((decibels(noisy, crops, sigma) - decibels(noisy, crops, None)).mean())
    scores["camera"] = float(decibels(camera_noise(crops, seeded()), crops, None).mean())
    maps = [(enlarge(t) * 255 / 75).clamp(0, 1).expand(-1, 3, -1, -1) for t in (level, found)]
    save_grid(folder / f"grid-{step:07d}.png", [[m[k] for m in maps] for k in range(0, len(level), 6)])
    pair.train()
    return scores
