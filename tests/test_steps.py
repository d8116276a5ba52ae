"""What comes back from a restorer is checked before anything is done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import Field

from restore import steps
from restore.errors import InputError, PluginError
from restore.image import Image, Observation, Restoration, picture_of
from restore.masks.request import Box, Masking
from restore.planning import WorkItem
from restore.plugin_manager import PluginManager
from restore.spec import Companion, Options, Restorer, RestorerSpec, Runtime

if TYPE_CHECKING:
    from tests.tiny_neighbours import Painter

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


@pytest.mark.parametrize("feather", [0, 1])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_what_a_restorer_does_outside_the_mask_is_overruled_at_every_depth(
    painter: Painter, dtype: type, feather: int
) -> None:
    values = np.random.default_rng(0).random((9, 9, 3)) * (0.9 if dtype is np.float32 else 200)
    given, mask = Image(values.astype(dtype)), np.zeros((9, 9), np.bool_)
    mask[2:7, 2:7] = True
    restored = steps.restore(painter, Observation((given,), mask), painter.spec, Options(), Masking(feather=feather))
    assert restored.image.pixels[~mask].tobytes() == given.pixels[~mask].tobytes()
    assert (restored.image.pixels[4, 4] == given.white).all()
    assert (restored.image.pixels[2, 2] == given.white).all() == (not feather), "mixed at the seam"


def test_an_empty_mask_costs_nothing_unless_companions_are_promised(painter: Painter) -> None:
    seen = Observation((PICTURE,), np.zeros((4, 6), np.bool_))
    assert steps.restore(painter, seen, painter.spec, Options()).image is PICTURE
    assert painter.seen == []
    promised = Restoration(PICTURE, (MAP, MAP))
    again = steps.restore(Giving(promised), seen, SPEC, Sampling(samples=2))
    assert len(again.companions) == 2


def test_a_mask_is_read_with_its_picture_and_both_are_hashed(tmp_path: Path) -> None:
    from PIL import Image as PillowImage

    for name, size in (("a.png", (24, 16)), ("m.png", (24, 16)), ("n.png", (16, 24))):
        PillowImage.new("L", size).save(tmp_path / name)
    item = WorkItem((tmp_path / "a.png",), tmp_path / "out.png", mask=tmp_path / "m.png")
    manager = PluginManager.of({})
    masking = Masking(tmp_path / "m.png", boxes=(Box(1, 2, 3, 4),))
    read = steps.read(item, manager, 10**6, hashed=True, masking=masking)
    assert read.observation.mask is not None and read.observation.mask.sum() == 12
    assert [Path(source.path).name for source in read.sources] == ["a.png", "m.png"]
    with pytest.raises(InputError, match=r"a mask of 16 x 24 pixels, but a\.png has 24 x 16"):
        steps.read(replace(item, mask=tmp_path / "n.png"), manager, 10**6, hashed=False, masking=masking)
    with pytest.raises(InputError, match=r"a\.png: has no mask\. Put one into"):
        steps.read(replace(item, mask=None), manager, 10**6, hashed=False, masking=masking)
