"""`spoil` keeps what every restorer keeps; its chance is the picture's own; its truth and its mask fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from restore_degrade.infer import seed_of
from restore_degrade.plugin import provide_restorers

from restore.degradations.options import SpoilOptions
from restore.errors import InputError
from restore.image import Image, Observation, picture_of
from restore.loading import load_restorer
from restore.spec import Makes, RestorerSpec, Runtime
from restore.testing import Check, checks

SPECS = {spec.name: spec for spec in provide_restorers()}
CHAIN = '[{"kind":"gaussian","sigma":9},{"kind":"cast","strength":0.3},{"kind":"dust","share":0.01}]'


def options(**given: Any) -> Any:
    return SpoilOptions.model_validate(given)


def rules(spec: RestorerSpec) -> list[Check]:
    given = {"dust": "0.02"} if spec.makes is Makes.MASK else {"gaussian": "1"}
    return checks(spec, options(**given))


@pytest.mark.parametrize("check", [rule for spec in SPECS.values() for rule in rules(spec)], ids=str)
def test_every_rule_of_restorers_holds(check: Check) -> None:
    check.run()


def done(picture: Image, name: str = "spoil", **given: Any) -> Image:
    restorer = load_restorer(SPECS[name], None, Runtime(device="cpu"))
    return picture_of(restorer.restore(Observation((picture,)), options(**given)))


def flat(dtype: Any, channels: int = 3, value: float = 0.5, edge: int = 160) -> Image:
    white = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
    return Image(np.full((edge, edge, channels), value * white).astype(dtype))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_sigma_asked_for_is_measured_in_every_depth(dtype: Any, channels: int) -> None:
    clean = flat(dtype, channels)
    noise = done(clean, gaussian="10").pixels / clean.white - clean.pixels / clean.white
    assert noise.shape == clean.pixels.shape
    assert float(noise.std()) * 255 == pytest.approx(10, rel=0.02)


def test_sixteen_bits_stay_sixteen_bits() -> None:
    spoilt = done(flat(np.uint16), gaussian="10").pixels
    assert spoilt.dtype == np.uint16 and len(np.unique(spoilt % 257)) > 200


def test_float_noise_is_not_clipped_and_values_beyond_white_are_kept() -> None:
    bright = done(flat(np.float32, value=2.0), gaussian="10").pixels
    assert float(bright.mean()) == pytest.approx(2.0, rel=1e-3)
    assert float(done(flat(np.float32, value=0.0), gaussian="10").pixels.min()) < 0


def test_the_seed_and_the_pixels_decide_and_nothing_else() -> None:
    a, b = flat(np.uint8), flat(np.uint8, value=0.6)
    assert np.array_equal(done(a, gaussian="10").pixels, done(a, gaussian="10").pixels)
    assert not np.array_equal(done(a, gaussian="10").pixels, done(a, gaussian="10", seed=1).pixels)
    noise = [done(each, gaussian="10").pixels.astype(int) - each.pixels for each in (a, b)]
    assert not np.array_equal(noise[0], noise[1])  # pictures of one run are not all spoilt alike
    named = replace(a, metadata=replace(a.metadata, source_format="TIFF"))
    assert np.array_equal(done(a, gaussian="10").pixels, done(named, gaussian="10").pixels)


def test_the_number_of_threads_changes_nothing() -> None:
    y, x = np.mgrid[:401, :503]
    wavy = np.dstack([np.sin(x / 7), np.cos(y / 5), np.sin((x + y) / 9)]).astype(np.float32) * 0.4 + 0.5
    chain = options(defocus="3", motion_blur="9", fading="0.4", camera="0.01", poisson_gaussian="100")
    one, three = (
        picture_of(
            load_restorer(SPECS["spoil"], None, Runtime(device="cpu", threads=threads)).restore(
                Observation((Image(wavy),)), chain
            )
        ).pixels
        for threads in (1, 3)
    )
    assert np.array_equal(one, three)


def test_seeds_differ_with_depth_and_shape() -> None:
    pixels = np.zeros((4, 6, 3), np.uint8)
    others = (pixels, pixels.reshape(6, 4, 3), pixels.astype(np.uint16), np.ones_like(pixels))
    assert len({seed_of(each, 0) for each in others} | {seed_of(pixels, 1)}) == 5
    assert all(0 <= seed_of(each, 0) < 2**63 for each in others)


def test_the_mask_marks_exactly_what_differs_from_the_truth() -> None:
    clean = flat(np.uint8)
    given = {"scratches": "0.02", "missing": "0.1,fill=0.2"}
    spoilt, truth, mask = (done(clean, name, **given) for name in ("spoil", "spoil-truth", "spoil-mask"))
    assert np.array_equal(truth.pixels, clean.pixels)
    assert np.array_equal(mask.pixels[..., 0] == 255, (spoilt.pixels != truth.pixels).any(2))


def test_the_truth_is_what_a_reduction_shows() -> None:
    clean = replace(flat(np.uint8, edge=50), alpha=np.full((50, 50), 99, np.uint8))
    spoilt, truth = (done(clean, name, reduce="4") for name in ("spoil", "spoil-truth"))
    assert spoilt.pixels.shape == (12, 12, 3) and truth.pixels.shape == (48, 48, 3)
    assert spoilt.alpha is not None and truth.alpha is not None
    assert spoilt.alpha.shape == (12, 12) and (spoilt.alpha == 99).all() and truth.alpha.shape == (48, 48)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("given", [{"reduce": "2"}, {"gaussian_blur": "2"}], ids=str)
def test_nothing_that_is_hidden_shows_along_the_outline_of_a_cutout(dtype: Any, given: dict[str, str]) -> None:
    clean = flat(dtype, value=0.7, edge=32)
    disc = np.hypot(*(np.mgrid[:32, :32] - 16)) < 10
    clean.pixels[~disc] = 0
    cutout = replace(clean, alpha=(disc * clean.white).astype(dtype))
    before = clean.pixels.copy()
    spoilt, truth = (done(cutout, name, **given) for name in ("spoil", "spoil-truth"))
    colour = pytest.approx(clean.pixels[16, 16, 0], rel=1e-5, abs=0)
    for made in (spoilt, truth):
        assert made.alpha is not None and made.pixels.dtype == dtype
        assert made.pixels[made.alpha > 0] == colour
    assert np.array_equal(clean.pixels, before), "the picture read is needed again"


def test_where_nothing_is_done_a_spoilt_picture_is_its_truth_also_where_it_is_hidden() -> None:
    clean = flat(np.uint8)
    clean.pixels[:, :80] = (255, 0, 255)
    alpha = np.full((160, 160), 255, np.uint8)
    alpha[:, :80] = 0
    cutout = replace(clean, alpha=alpha)
    spoilt, truth, mask = (done(cutout, name, scratches="0.02") for name in ("spoil", "spoil-truth", "spoil-mask"))
    sound = mask.pixels[..., 0] == 0
    assert sound[:, :80].any() and np.array_equal(spoilt.pixels[sound], truth.pixels[sound])


def test_a_smaller_picture_has_no_mask() -> None:
    with pytest.raises(InputError, match="no mask of damage to a smaller picture"):
        done(flat(np.uint8), "spoil-mask", reduce="2", dust="0.01")


def test_a_grey_picture_is_given_no_cast_and_says_so() -> None:
    spoilt = done(flat(np.uint8, 1), chain=CHAIN)
    assert "no colour" in spoilt.metadata.warnings[0]


def test_a_colourless_picture_in_colour_takes_a_cast() -> None:
    spoilt = done(flat(np.uint8), cast="1,hue=0").pixels
    assert spoilt[..., 0].mean() > spoilt[..., 2].mean() + 20


def test_what_is_too_small_for_a_step_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="16 x 16"):
        done(flat(np.uint8, edge=9), missing="0.1")


def test_pixels_that_are_no_numbers_are_refused() -> None:
    picture = flat(np.float32)
    picture.pixels[3, 3] = np.nan
    for name in ("spoil", "spoil-mask"):
        with pytest.raises(InputError, match="NaN"):
            done(picture, name, gaussian="3")


def test_values_so_large_that_they_would_become_infinite_are_refused() -> None:
    with pytest.raises(InputError, match="too large"):
        done(Image(np.full((32, 32, 3), 3e38, np.float32)), speckle="0.9")
