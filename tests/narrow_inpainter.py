"""A training of `gan-inpaint` that takes a second: narrow networks, four small photographs, one hair."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from restore_gan_inpaint.model import Architecture
from restore_gan_inpaint.recipe import Settings
from skimage import data

from restore.spec import TrainSpec

TINY = {"crop": "64", "batch": "2", "holes": "8"}
NARROW = Architecture(half=4, quarter=8, eighth=8, sixteenth=8)


def narrow_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSpec:
    """The training as it is, but for narrow networks, and holes that are drawn on a quarter of the canvas."""
    monkeypatch.setattr(Settings, "architecture", property(lambda settings: NARROW))
    monkeypatch.setattr("restore_gan_inpaint.discriminator.WIDTHS", (8, 8, 8, 8))
    monkeypatch.setattr("restore_gan_inpaint.damage.CANVAS", (256, 384))
    photos, overlays = tmp_path / "photos", tmp_path / "overlays"
    photos.mkdir()
    overlays.mkdir()
    for k, picture in enumerate((data.astronaut(), data.coffee(), data.chelsea(), data.rocket())):
        cv2.imwrite(str(photos / f"{k}.png"), picture[:200, :200, ::-1])
    hair = np.zeros((100, 100, 4), np.uint8)
    cv2.ellipse(hair, (50, 50), (40, 20), 30, 0, 200, (0, 0, 0, 255), 2)
    cv2.imwrite(str(overlays / "hair.png"), hair)
    return TrainSpec(
        data=(photos,),
        output=tmp_path / "w.safetensors",
        work=tmp_path / "work",
        max_steps=2,
        device="cpu",
        settings=TINY | {"overlays": str(overlays)},
    )
