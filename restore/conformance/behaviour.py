"""The rules for how a restorer behaves: it keeps its input, does the same again, and nothing where none is asked."""

from __future__ import annotations

import numpy as np

from restore.conformance.trials import Bench, picture, promising
from restore.contracts import promised_companions
from restore.image import Image, Observation, Restoration
from restore.spec import Options, Restorer, Runtime
from restore.steps import restore

SEED = 7


def loads(bench: Bench) -> None:
    """The model loads, on the CPU."""
    assert bench.restorer is not None


def keeps_input(bench: Bench) -> None:
    """Neither the pixels of an observation nor its mask are written to."""
    for dtype in (np.uint8, np.uint16, np.float32):
        observation = bench.observation(picture(37, 53, 3, dtype))
        before = [frame.pixels.copy() for frame in observation.frames]
        mask = None if observation.mask is None else observation.mask.copy()
        bench.restorer.restore(observation, bench.defaults)
        same = all(np.array_equal(old, new.pixels) for old, new in zip(before, observation.frames, strict=True))
        assert same, f"the {dtype.__name__} pixels of the observation were changed"
        if mask is not None and observation.mask is not None:
            assert np.array_equal(mask, observation.mask), "the mask was changed"


def repeats(bench: Bench) -> None:
    """A picture comes out the same again after another one."""
    image = picture(37, 53)
    first = bench.restore(image).pixels.copy()
    bench.restore(picture(41, 29, 1, np.float32, seed=9))
    assert np.array_equal(first, bench.restore(image).pixels), "the second result differs from the first"


def same_seed(bench: Bench) -> str:
    """A model that is loaded anew gives the same bytes, its companions' too; with one seed, where it takes a seed."""
    image = picture(37, 53)
    anew = bench.loaded(Runtime(device="cpu", threads=1))
    has_seed = "seed" in bench.spec.options.model_fields
    # Of all that may be asked for, the most: the last one has every switch turned.
    most = [bench.defaults, *promising(bench.spec, bench.defaults)][-1]
    asked = bench.spec.options.model_validate({**dict(most), "seed": SEED}) if has_seed else most
    first, second = (_everything(loaded, bench.observation(image), asked) for loaded in (bench.restorer, anew))
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.pixels, other.pixels), f"loaded anew it gives another result with {asked}"
    return "" if has_seed else "it takes no seed, and needs none"


def _everything(restorer: Restorer, observation: Observation, options: Options) -> list[Image]:
    """The result and its companions."""
    made = restorer.restore(observation, options)
    return [made.image, *made.companions] if isinstance(made, Restoration) else [made]


def companions(bench: Bench) -> None:
    """What is promised beside each result comes, finite, and the same again."""
    for options in [bench.defaults, *promising(bench.spec, bench.defaults)]:
        for channels, dtype in ((1, np.uint16), (3, np.uint8)):
            observation = bench.observation(picture(37, 53, channels, dtype))
            first, second = (restore(bench.restorer, observation, bench.spec, options).companions for _ in range(2))
            for promised, one, other in zip(promised_companions(bench.spec, options), first, second, strict=True):
                assert np.isfinite(one.pixels).all(), f"'{promised.name}' holds NaN or infinity"
                assert np.array_equal(one.pixels, other.pixels), f"'{promised.name}' is another one the second time"


def strength_zero(bench: Bench) -> None:
    """At strength 0 a picture stays as it is."""
    options = bench.spec.options.model_validate({**dict(bench.defaults), "strength": 0})
    for dtype in (np.uint8, np.uint16, np.float32):
        image = picture(37, 53, 3, dtype)
        result = bench.restore(image, options)
        assert np.array_equal(result.pixels, image.pixels), f"{dtype.__name__} pixels were changed"
