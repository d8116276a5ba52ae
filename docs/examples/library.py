"""Restoring from Python: ``python docs/examples/library.py sample_images restored``, from the repository's root."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image as PillowImage

from restore import Picture, Pipeline, RestoreError, load, open_image


def main(samples: Path, results: Path) -> None:
    """Do a little of everything."""
    denoise = load("denoise")
    photo: Picture = open_image(samples / "coffee-noisy.jpg")

    restored: Picture = denoise(photo, sigma=15)
    restored.save(results / "coffee.png", overwrite=True)

    pillow: PillowImage.Image = denoise(PillowImage.open(samples / "coffee-noisy.jpg"))
    print(pillow.size)

    crop: npt.NDArray[np.uint8] = photo.pixels[:64, :96]
    array: npt.NDArray[np.uint8] = denoise(crop, strength=0.5)
    print(array.shape, array.dtype)

    batch: torch.Tensor = denoise(torch.rand(2, 3, 64, 64), sigma=20.0)
    print(tuple(batch.shape))

    hole = np.zeros(crop.shape[:2], np.bool_)
    hole[20:40, 30:50] = True
    filled = load("telea")(crop, mask=hole)
    print(filled.shape)

    mend = Pipeline([("denoise", {"strength": 0.8}), ("upscale", {"model": "lanczos", "scale": 2})])
    print(mend(crop).shape)

    report = denoise.run(samples / "album", results / "album", overwrite=True)
    print(report.done, "done,", report.failed, "failed")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except RestoreError as error:
        sys.exit(str(error))
