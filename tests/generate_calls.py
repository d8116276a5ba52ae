"""The command `restore generate` as tests call it, and folders of pictures of several classes for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from click.testing import CliRunner
from restore_generate.commands import generate

from restore.errors import RestoreError


def call(*words: object) -> str:
    """Call it and say what it printed.

    Raises:
        RestoreError: What users would be told.
    """
    result = CliRunner().invoke(generate, [str(word) for word in words])
    if isinstance(result.exception, RestoreError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def class_folders(folder: Path, classes: Sequence[str], each: int, size: tuple[int, int] = (32, 32)) -> Path:
    """Write pictures of noise, `each` into a folder of every class, and give the folder back."""
    random = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for k in range(each):
            cv2.imwrite(str(folder / name / f"{k}.png"), random.integers(0, 255, (*size, 3), np.uint8))
    return folder
