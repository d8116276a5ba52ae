"""What comes back from a restorer is checked before anything is done with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import Field

from restore import steps
from restore.errors import PluginError
from restore.image import Image, Observation, Restoration, picture_of
from restore.spec import Companion, Options, Restorer, RestorerSpec, Runtime

PICTURE = Image(np.zeros((4, 6, 3), np.uint8))
MAP = Image(np.zeros((2, 3, 1), np.float32))


class Sampling(Options):
    """How many companions are promised."""

    samples: int = Field(2, ge=0)


class Giving:
    """A restorer that gives this answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def restore(self, observation: Observation, options: Sampling) -> Any:
        return self.answer


def load(weights: Path | None, runtime: Runtime) -> Restorer:
    raise AssertionError("not loaded here")


def samples(options: Sampling) -> tuple[Companion, ...]:
    return tuple(Companion(f"sample-{number + 1}") for number in range(options.samples))


SPEC = RestorerSpec("vae", "upscale", "Samples.", Sampling, load, companions=samples)
PLAIN = RestorerSpec("net", "denoise", "Has no companions.", Sampling, load)


def restored(answer: Any, spec: RestorerSpec = SPEC, count: int = 2) -> Restoration:
    return steps.restore(Giving(answer), Observation((PICTURE,)), spec, Sampling(samples=count))


def test_companions_may_have_any_size_depth_and_channels() -> None:
    assert restored(Restoration(PICTURE, (MAP, PICTURE))).companions == (MAP, PICTURE)


def test_a_picture_alone_is_enough_where_no_companions_are_promised() -> None:
    assert restored(PICTURE, count=0) == restored(Restoration(PICTURE), PLAIN) == Restoration(PICTURE)
    assert picture_of(PICTURE) is picture_of(Restoration(PICTURE, (MAP,))) is PICTURE


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (PICTURE, r"returned 0 companions where it promised 2 \(sample-1, sample-2\)"),
        (Restoration(PICTURE, (MAP,)), "returned 1 companions where it promised 2"),
        (Restoration(PICTURE, (MAP, MAP, MAP)), "returned 3 companions"),
        (Restoration(PICTURE, (MAP, MAP.pixels)), "returned other things than pictures"),  # type: ignore[arg-type]
        (Restoration(PICTURE, MAP), "returned other things than pictures"),  # type: ignore[arg-type]
        (MAP.pixels, "returned a ndarray instead of a picture"),
        (Restoration(None), "returned a Restoration instead of a picture"),  # type: ignore[arg-type]
        (Restoration(MAP, (MAP, MAP)), r"returned \(2, 3, 1\) float32 where \(4, 6, 3\) uint8 was due"),
    ],
)
def test_other_companions_than_promised_are_a_defect_of_the_plugin(answer: Any, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        restored(answer)
    with pytest.raises(PluginError, match=r"returned 2 companions where it promised 0\."):
        restored(Restoration(PICTURE, (MAP, MAP)), PLAIN)
