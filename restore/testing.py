"""The battery any plugin can run on its restorers in one line.

>>> from restore.testing import check_restorer                          # doctest: +SKIP
>>> check_restorer(my_plugin.SPEC)                                      # doctest: +SKIP

or, one test per rule: ``@pytest.mark.parametrize("check", checks(SPEC), ids=str)`` and ``check.run()``.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from restore.answers import checked
from restore.contracts import promised_companions, spec_problem
from restore.description_checks import (
    description_is_light,
    description_is_sound,
    options_round_trip,
    provenance,
    unknown_option_is_refused,
)
from restore.errors import InputError
from restore.image import Image, Observation, Pixels, picture_of
from restore.result_size import result_size, size_is_found
from restore.spec import Makes, Needs, Options, RestorerSpec
from restore.steps import restore
from restore.trials import METADATA, Bench, masks, other_sizes, picture, promising

LOADS = "the model loads"

OUTSIDE = "outside the mask nothing changes"


@dataclass(frozen=True)
class Check:
    """One rule and the function that raises where it is broken."""

    rule: str
    run: Callable[[], None]

    def __str__(self) -> str:
        return self.rule


def check_restorer(spec: RestorerSpec, options: Options | None = None) -> None:
    """Put one restorer to the test, on the CPU, with small pictures.

    Args:
        spec: The description a plugin provides.
        options: What it is tried with where it has no defaults, because it must be told what to do; None for its
            defaults.

    Raises:
        AssertionError: It breaks rules; each is named with what was seen.
    """
    broken: list[str] = []
    first: Exception | None = None
    for check in checks(spec, options):
        try:
            check.run()
        except Exception as error:  # whatever a plugin raises is a finding
            first = first or error
            said = str(error) if isinstance(error, AssertionError) else f"it raised {type(error).__name__}: {error}"
            broken.append(f"- {check.rule}: {said}")
            if check.rule == LOADS:
                break  # all that follows would say the same
    if broken:
        name = getattr(spec, "name", spec)
        raise AssertionError(f"The restorer {name!r} breaks these rules:\n" + "\n".join(broken)) from first


def checks(spec: RestorerSpec, options: Options | None = None) -> list[Check]:
    """The rules for one restorer, each to be run on its own; the model is loaded once, by the first that needs it.

    Args:
        spec: The description a plugin provides.
        options: As for `check_restorer`.
    """
    if spec_problem(spec):
        return [Check("the description is sound", partial(description_is_sound, spec))]
    bench = Bench(spec, options)
    rules: list[tuple[str, Callable[[], None]]] = [
        ("the description is sound", partial(description_is_sound, spec)),
        ("reading the description imports no heavy library", partial(description_is_light, spec)),
        ("every option can be given as text", partial(options_round_trip, spec, options)),
        ("an unknown option is refused", partial(unknown_option_is_refused, spec)),
        (LOADS, partial(_model_loads, bench)),
        *(_for_masks(bench) if spec.makes is Makes.MASK else _for_pictures(bench)),
        ("the input is not modified", partial(_input, bench)),
        ("the same input gives the same bytes, whatever came in between", partial(_deterministic, bench)),
    ]
    if spec.needs is Needs.IMAGE_AND_MASK:
        rules.append((OUTSIDE, partial(_outside_the_mask, bench)))
    rules.append(("what is promised beside each result comes, and nothing else", partial(_companions, bench)))
    if "strength" in spec.options.model_fields and spec.makes is Makes.PICTURE:
        rules.append(("at strength 0 the bytes are the input's", partial(_strength_zero, bench)))
    if spec.weights is not None:
        rules.append(("the shipped weights say where they come from", partial(provenance, spec)))
    return [Check(rule, run) for rule, run in rules]


def _for_pictures(bench: Bench) -> list[tuple[str, Callable[[], None]]]:
    """The rules for what comes back as a picture."""
    return [
        ("pictures of any size come out in the size that is due", partial(_sizes, bench)),
        ("grey stays one channel", partial(_grey, bench)),
        ("8 bit, 16 bit and float keep their type", partial(_depths, bench)),
        ("16 bit is not squeezed through 8 bit", partial(_sixteen_bit, bench)),
        ("red stays red", partial(_channel_order, bench)),
        ("alpha is carried", partial(_alpha, bench)),
        ("metadata are carried", partial(_metadata, bench)),
        ("no NaN or infinity comes out", partial(_finite, bench)),
    ]


def _for_masks(bench: Bench) -> list[tuple[str, Callable[[], None]]]:
    """The rules for what comes back as a mask."""
    return [
        ("pictures of any size, depth and number of channels give a mask of their size", partial(_masks, bench)),
        ("an opaque alpha channel changes nothing in a mask", partial(_mask_without_alpha, bench)),
    ]


def _model_loads(bench: Bench) -> None:
    assert bench.restorer is not None


def _sizes(bench: Bench) -> None:
    for height, width in ((1, 1), (1, 7), (37, 53), (96, 130)):
        _size(bench, height, width, bench.defaults)
    for options in other_sizes(bench.spec):
        for height, width in ((1, 7), (37, 53)):
            # A model may know factors up to a limit; what it refuses so that the user understands is no defect.
            with suppress(InputError):
                _size(bench, height, width, options)


def _size(bench: Bench, height: int, width: int, options: Options) -> None:
    result = bench.restore(picture(height, width), options)
    expected = (*result_size(bench.spec, options, height, width), 3)
    if size_is_found(bench.spec, options):
        most, found = expected[0] * expected[1], result.height * result.width
        assert found <= most and result.channels == 3, f"{height}x{width} gave {found} pixels of {most} there may be"
        return
    said = "" if options == bench.defaults else f" with {options}"
    assert result.pixels.shape == expected, f"{height}x{width} gave {result.pixels.shape}, not {expected}{said}"


def _masks(bench: Bench) -> None:
    for height, width in ((1, 1), (1, 7), (37, 53), (96, 130)):
        for channels, dtype in ((1, np.uint8), (3, np.uint8), (1, np.uint16), (3, np.uint16), (3, np.float32)):
            image = picture(height, width, channels, dtype)
            # Values and shape are checked as every run does.
            checked(
                bench.restorer.restore(Observation((image,)), bench.defaults),
                image,
                bench.spec,
                bench.defaults,
            )


def _mask_without_alpha(bench: Bench) -> None:
    image = picture(37, 53)
    opaque = image.with_pixels(image.pixels, np.full((37, 53), 255, np.uint8))
    same = np.array_equal(bench.restore(image).pixels, bench.restore(opaque).pixels)
    assert same, "an opaque picture gives another mask with an alpha channel than without one"


def _grey(bench: Bench) -> None:
    for dtype in (np.uint8, np.uint16, np.float32):
        channels = bench.restore(picture(37, 53, 1, dtype)).channels
        assert channels == 1, f"a grey {dtype.__name__} picture came out with {channels} channels"


def _depths(bench: Bench) -> None:
    for dtype in (np.uint8, np.uint16, np.float32):
        result = bench.restore(picture(37, 53, 3, dtype))
        assert result.pixels.dtype == dtype, f"{dtype.__name__} came out as {result.pixels.dtype}"


def _sixteen_bit(bench: Bench) -> None:
    ramp = np.linspace(20000, 24000, 64 * 64).reshape(64, 64, 1).astype(np.uint16)
    levels = len(np.unique(bench.restore(Image(ramp)).pixels))
    assert levels > 100, f"a ramp of 4000 levels came out with {levels}"
    dark = np.random.default_rng(0).integers(100, 250, (37, 53, 3)).astype(np.uint16)
    brightest = int(bench.made(bench.restore(Image(dark))).max())
    assert brightest < 2500, f"a nearly black 16-bit picture (at most 250) came out as bright as {brightest}"


def _channel_order(bench: Bench) -> None:
    reddish = np.empty((37, 53, 3), np.uint8)
    reddish[:] = (210, 120, 30)
    red, green, blue = bench.made(bench.restore(Image(reddish))).mean(axis=0)
    assert red > green > blue, f"(210, 120, 30) came out as ({red:.0f}, {green:.0f}, {blue:.0f})"


def _alpha(bench: Bench) -> None:
    image = picture(37, 53)
    alpha: Pixels = np.random.default_rng(1).integers(0, 256, (37, 53)).astype(np.uint8)
    result = bench.restore(image.with_pixels(image.pixels, alpha))
    assert result.alpha is not None, "it is lost"
    if bench.spec.output_size is None and bench.spec.size_is_found is None:
        assert np.array_equal(result.alpha, alpha), "it was changed"
    opaque = bench.restore(image.with_pixels(image.pixels, np.full_like(alpha, 255))).alpha
    assert opaque is not None and (opaque == 255).all(), "an opaque one came out with holes"
    assert bench.restore(image).alpha is None, "an opaque picture came out with one"


def _metadata(bench: Bench) -> None:
    carried = replace(bench.restore(picture(37, 53)).metadata, warnings=())
    assert carried == METADATA, f"{METADATA} came out as {carried}"


def _input(bench: Bench) -> None:
    for dtype in (np.uint8, np.uint16, np.float32):
        observation = bench.observation(picture(37, 53, 3, dtype))
        before = [frame.pixels.copy() for frame in observation.frames]
        mask = None if observation.mask is None else observation.mask.copy()
        bench.restorer.restore(observation, bench.defaults)
        same = all(np.array_equal(old, new.pixels) for old, new in zip(before, observation.frames, strict=True))
        assert same, f"the {dtype.__name__} pixels of the observation were changed"
        if mask is not None and observation.mask is not None:
            assert np.array_equal(mask, observation.mask), "the mask was changed"


def _deterministic(bench: Bench) -> None:
    image = picture(37, 53)
    first = bench.restore(image).pixels.copy()
    bench.restore(picture(41, 29, 1, np.float32, seed=9))
    assert np.array_equal(first, bench.restore(image).pixels), "the second result differs from the first"


def _finite(bench: Bench) -> None:
    for channels in (1, 3):
        for image in (picture(37, 53, channels, np.float32), Image(np.zeros((37, 53, channels), np.float32))):
            assert np.isfinite(bench.restore(image).pixels).all(), f"in {channels} channels"


def _outside_the_mask(bench: Bench) -> None:
    defaults = bench.defaults
    for channels, dtype in ((1, np.uint8), (3, np.uint8), (1, np.uint16), (3, np.uint16), (3, np.float32)):
        image = picture(37, 53, channels, dtype)
        for name, mask in masks(37, 53).items():
            result = picture_of(bench.restorer.restore(Observation((image,), mask), defaults))
            changed = (result.pixels != image.pixels).any(axis=2) & ~mask
            assert not changed.any(), (
                f"{changed.sum()} known {dtype.__name__} pixels were changed where {name} is missing"
            )


def _companions(bench: Bench) -> None:
    for options in [bench.defaults, *promising(bench.spec, bench.defaults)]:
        for channels, dtype in ((1, np.uint16), (3, np.uint8)):
            observation = bench.observation(picture(37, 53, channels, dtype))
            first, second = (restore(bench.restorer, observation, bench.spec, options).companions for _ in range(2))
            for promised, one, other in zip(promised_companions(bench.spec, options), first, second, strict=True):
                assert np.isfinite(one.pixels).all(), f"'{promised.name}' holds NaN or infinity"
                assert np.array_equal(one.pixels, other.pixels), f"'{promised.name}' is another one the second time"


def _strength_zero(bench: Bench) -> None:
    options = bench.spec.options.model_validate({**dict(bench.defaults), "strength": 0})
    for dtype in (np.uint8, np.uint16, np.float32):
        image = picture(37, 53, 3, dtype)
        result = bench.restore(image, options)
        assert np.array_equal(result.pixels, image.pixels), f"{dtype.__name__} pixels were changed"
