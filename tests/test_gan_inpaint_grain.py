"""What is filled gets the grain round it: as strong, as coarse, as coloured; and none where there is none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from restore_gan_inpaint.grain import add_grain, lacking
from restore_gan_inpaint.measuring import measured
from skimage import data

from restore.holes.drawing import draw_hole
from restore.image import Pixels

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

HEIGHT, WIDTH = 256, 320


def flat(channels: int = 3) -> Floats:
    return np.full((HEIGHT, WIDTH, channels), 120.0)


def gradient(channels: int = 3) -> Floats:
    rows, columns = np.linspace(0, 60, HEIGHT)[:, None, None], np.linspace(0, 60, WIDTH)[None, :, None]
    return np.repeat(60 + rows + columns, channels, axis=2)


def noise(sigma: float, blur: float, channels: int = 3, seed: int = 3) -> Floats:
    found = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH, channels))
    if blur:
        found = cv2.GaussianBlur(found, (0, 0), blur).reshape(found.shape)
    return np.asarray(sigma * found / found.std())


def hole(kind: str) -> Mask:
    return draw_hole(kind, HEIGHT, WIDTH, np.random.default_rng(5))


def eight_bit(values: Floats) -> npt.NDArray[np.uint8]:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def lag(values: Floats, mask: Mask) -> float:
    """Correlation of horizontal neighbours that are both in the mask."""
    both = mask[:, 1:] & mask[:, :-1]
    return float((values[:, 1:] * values[:, :-1])[both].mean() / (values**2)[mask].mean())


@pytest.mark.parametrize("clean", [flat, gradient])
@pytest.mark.parametrize("kind", ["brush20", "scratch"])
@pytest.mark.parametrize("blur", [0, 0.7, 1.2])
@pytest.mark.parametrize("sigma", [2, 5, 10])
def test_grain_is_as_strong_and_as_coarse_as_round_the_hole(
    sigma: float, blur: float, kind: str, clean: Callable[[], Floats]
) -> None:
    mask = hole(kind)
    pixels = eight_bit(clean() + noise(sigma, blur))
    pixels[mask] = eight_bit(clean())[mask]
    add_grain(pixels, mask)
    for values in np.moveaxis(pixels - clean(), 2, 0):
        assert values[mask].std() == pytest.approx(values[~mask].std(), rel=0.12)
        assert lag(values, mask) == pytest.approx(lag(values, ~mask), rel=0.15, abs=0.05)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_depth_makes_no_difference(dtype: type) -> None:
    mask, white = hole("brush20"), 1 if dtype == np.float32 else 65535
    given = gradient() + noise(5, 0.7)
    given[mask] = gradient()[mask]
    pixels: Pixels = (given / 255 * white).astype(dtype)
    add_grain(pixels, mask)
    values = pixels / white * 255 - gradient()
    assert values[mask].std() == pytest.approx(5, rel=0.1)
    assert np.array_equal(pixels[~mask], (given / 255 * white).astype(dtype)[~mask])


def test_grey_grain_stays_grey_and_coloured_grain_keeps_its_colours() -> None:
    mask = hole("brush20")
    one, three = noise(5, 0, 1), noise(5, 0)
    for given, together in ((np.repeat(one, 3, axis=2), 1.0), (three, 0.0), (three * 0.6 + 0.8 * one, 0.64)):
        pixels = eight_bit(flat() + given)
        pixels[mask] = 120
        add_grain(pixels, mask)
        red, green, _ = (pixels[mask] - 120.0).T
        assert np.corrcoef(red, green)[0, 1] == pytest.approx(together, abs=0.06)


def test_where_dark_parts_are_grainier_so_is_their_filling() -> None:
    mask = hole("scratch")
    clean = np.repeat(np.linspace(40, 200, WIDTH)[None, :, None], HEIGHT, axis=0)
    strength = np.interp(clean, (40, 200), (7, 3.5))
    pixels = eight_bit(clean + strength * noise(1, 0, 1))
    pixels[mask] = eight_bit(clean)[mask]
    add_grain(pixels, mask)
    values = (pixels - clean)[..., 0]
    for columns, sigma in ((slice(0, 80), 6.5), (slice(240, 320), 4)):
        assert values[:, columns][mask[:, columns]].std() == pytest.approx(sigma, rel=0.15)


def test_only_what_a_filling_lacks_is_added() -> None:
    mask = hole("brush20")
    pixels = eight_bit(flat() + noise(5, 0))
    for present in (0, 2, 3.5, 5):
        given = pixels.copy()
        given[mask] = eight_bit(flat() + noise(present or 1e-9, 0, seed=8))[mask]
        before = given.copy()
        added = add_grain(given, mask)
        assert (given[mask] - 120.0).std() == pytest.approx(5, rel=0.08)
        if present == 5:
            assert added == 0 and np.array_equal(given, before)


@pytest.mark.parametrize("clean", [flat, gradient])
def test_a_picture_without_grain_stays_without(clean: Callable[[], Floats]) -> None:
    for given in (clean(), clean() + noise(0.4, 0)):
        pixels = eight_bit(given)
        before, mask = pixels.copy(), hole("scratch")
        assert add_grain(pixels, mask) == 0
        assert np.array_equal(pixels, before)


def test_grain_is_not_taken_for_texture_nor_texture_for_grain() -> None:
    photograph, mask = data.astronaut()[:HEIGHT, :WIDTH], hole("brush20")
    found = measured(photograph, mask)
    assert found is None or found.variance.mean() < 3**2, "cloth and hair are no grain; some there is"
    grainy = measured(eight_bit(photograph + noise(8, 0)), mask)
    assert grainy is not None
    assert np.sqrt(grainy.variance.mean()) == pytest.approx(8, rel=0.25)


def test_what_is_clipped_or_drawn_does_not_hide_the_grain() -> None:
    mask = hole("scratch")
    pixels = eight_bit(flat() + noise(5, 0))
    pixels[:, :100], pixels[:100, :] = 255, 0
    found = measured(pixels, mask)
    assert found is not None
    assert np.sqrt(found.variance.mean()) == pytest.approx(5, rel=0.1)


def test_the_same_input_gives_the_same_bytes_and_another_picture_another_field() -> None:
    mask = hole("brush20")
    results = []
    for seed in (3, 3, 4):
        pixels = eight_bit(flat() + noise(5, 0, seed=seed))
        pixels[mask] = 120
        add_grain(pixels, mask)
        results.append(pixels[mask] - 120.0)
    assert np.array_equal(results[0], results[1])
    assert abs(np.corrcoef(results[0][:, 0], results[2][:, 0])[0, 1]) < 0.05


def test_a_picture_that_is_clipped_all_over_has_no_grain_to_measure() -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[::2] = 255
    assert measured(pixels, hole("scratch")) is None


def test_where_too_little_is_known_to_tell_nothing_is_done() -> None:
    pixels = eight_bit(flat() + noise(5, 0))[:40, :40]
    before, mask = pixels.copy(), np.zeros((40, 40), np.bool_)
    mask[8:34, 8:34] = True
    assert measured(pixels, mask) is None
    assert add_grain(pixels, mask) == 0 and np.array_equal(pixels, before)
    assert measured(eight_bit(flat())[:5, :7], np.eye(5, 7, dtype=np.bool_)) is None


def test_lacking_says_how_much_of_the_variance_is_not_there() -> None:
    mask = hole("brush20")
    pixels = eight_bit(flat() + noise(6, 0.7))
    grain = measured(pixels, mask)
    assert grain is not None
    for share in (1.0, 0.75, 0.0):
        pixels[mask] = eight_bit(flat() + noise(6 * (1 - share) ** 0.5 or 1e-9, 0.7, seed=9))[mask]
        assert lacking(pixels, mask, grain) == pytest.approx(share, abs=0.1)
