"""PSNR and SSIM against values worked out by hand, scikit-image itself, and the mistakes others have made."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.color import rgb2ycbcr
from skimage.metrics import structural_similarity

from restore.errors import PluginError
from restore.metrics import (
    SSIM_WINDOW,
    Convention,
    Mean,
    Space,
    as_json,
    mean,
    measure,
    prepare,
    psnr,
    ssim,
    unit_scale,
)

RNG = np.random.default_rng(7)
PHOTO = RNG.random((32, 40, 3))


def flat(value: int, dtype: type = np.uint8, channels: int = 3) -> np.ndarray:
    return np.full((16, 20, channels), value, dtype=dtype)


def test_psnr_of_a_constant_difference_is_what_pencil_and_paper_give() -> None:
    # 10 levels of 255: 20 log10(25.5) = 28.1308 dB. With the natural logarithm it would be 64.77.
    assert psnr(flat(110), flat(100)) == pytest.approx(28.1308036, abs=1e-6)


def test_psnr_counts_all_channels_together() -> None:
    one_channel_off = flat(100)
    one_channel_off[..., 0] += 10
    assert psnr(one_channel_off, flat(100)) == pytest.approx(28.1308036 + 10 * math.log10(3), abs=1e-6)


def test_depths_can_be_mixed_because_white_is_white_in_each() -> None:
    assert psnr(flat(65535, np.uint16), flat(255)) == math.inf
    assert psnr(flat(257 * 110, np.uint16), flat(100)) == pytest.approx(28.1308036, abs=1e-6)
    half = np.full((16, 20, 3), 110 / 255, dtype=np.float32)
    assert psnr(half, flat(100)) == pytest.approx(28.1308, abs=1e-4)


def test_a_dark_16_bit_picture_is_not_taken_for_an_8_bit_one() -> None:
    assert unit_scale(flat(200, np.uint16)).max() == pytest.approx(200 / 65535)


def test_floats_are_clipped_and_signed_integers_refused() -> None:
    assert unit_scale(np.array([-0.5, 0.25, 2.0])).tolist() == [0.0, 0.25, 1.0]
    with pytest.raises(TypeError, match="int64"):
        unit_scale(np.array([1, 2]))


def test_identical_pictures_have_infinite_psnr_and_an_ssim_of_one() -> None:
    assert psnr(PHOTO, PHOTO) == math.inf
    assert ssim(PHOTO, PHOTO) == pytest.approx(1.0)


def test_y_runs_from_16_to_235_as_matlab_has_it() -> None:
    y = Convention("y")
    assert prepare(flat(0), y)[0, 0, 0] * 255 == pytest.approx(16)
    assert prepare(flat(255), y)[0, 0, 0] * 255 == pytest.approx(235)
    red = flat(0)
    red[..., 0] = 255
    assert prepare(red, y)[0, 0, 0] * 255 == pytest.approx(81.481)
    assert prepare(PHOTO, y)[..., 0] * 255 == pytest.approx(rgb2ycbcr(PHOTO)[..., 0])


def test_studio_swing_raises_psnr_by_a_known_amount() -> None:
    # A grey difference shrinks by 219/255 in Y: +1.32 dB. Measuring full-swing luma and calling it Y hides that.
    difference = psnr(flat(110), flat(100), Convention("y")) - psnr(flat(110), flat(100), Convention("grey"))
    assert difference == pytest.approx(20 * math.log10(255 / 219), abs=1e-9)


def test_grey_is_the_luma_of_opencv_and_matlab_not_of_bt709() -> None:
    green = flat(0)
    green[..., 1] = 255
    assert prepare(green, Convention("grey"))[0, 0, 0] == pytest.approx(0.587)


@pytest.mark.parametrize("space", ["rgb", "grey"])
def test_a_grey_picture_measures_like_the_same_picture_stored_as_rgb(space: Space) -> None:
    a, b = RNG.random((20, 20, 1)), RNG.random((20, 20, 1))
    as_rgb = psnr(a.repeat(3, axis=2), b.repeat(3, axis=2), Convention(space))
    assert psnr(a, b, Convention(space)) == pytest.approx(as_rgb)


def test_y_of_a_grey_picture_is_the_picture_itself_as_published_figures_have_it() -> None:
    """Set14 has one such picture: with studio swing, the mean of all would be 0.09 dB above what is published."""
    a, b = RNG.random((20, 20, 1)), RNG.random((20, 20, 1))
    assert np.array_equal(prepare(a, Convention("y")), a)
    as_rgb = psnr(a.repeat(3, axis=2), b.repeat(3, axis=2), Convention("y"))
    assert as_rgb - psnr(a, b, Convention("y")) == pytest.approx(20 * math.log10(255 / 219))


def test_the_border_is_left_out() -> None:
    spoilt = flat(100)
    spoilt[:2], spoilt[-2:], spoilt[:, :2], spoilt[:, -2:] = 0, 0, 0, 0
    assert psnr(spoilt, flat(100)) < 20
    assert psnr(spoilt, flat(100), Convention(border=2)) == math.inf
    with pytest.raises(ValueError, match="leaves nothing of 20x16"):
        psnr(spoilt, flat(100), Convention(border=8))


def test_pictures_of_different_shape_are_not_compared() -> None:
    with pytest.raises(ValueError, match="one shape"):
        psnr(flat(1), flat(1, channels=1))


def test_ssim_has_the_settings_of_wang_et_al() -> None:
    noisy = np.clip(PHOTO + RNG.normal(0, 0.3, PHOTO.shape), 0, 1)
    assert ssim(noisy, PHOTO) == pytest.approx(wang(noisy, PHOTO), abs=1e-12)
    # scikit-image's own defaults (7x7 flat window, sample covariance) give something else.
    default = structural_similarity(PHOTO, noisy, data_range=1, channel_axis=-1)
    assert abs(ssim(noisy, PHOTO) - default) > 1e-4


def wang(a: np.ndarray, b: np.ndarray) -> float:
    """The paper's equations 13 to 17, written out as loops over windows."""
    x = np.arange(SSIM_WINDOW) - SSIM_WINDOW // 2
    g = np.exp(-(x**2) / (2 * 1.5**2))
    w = np.outer(g, g) / g.sum() ** 2
    c1, c2, scores = 0.01**2, 0.03**2, []
    for i in range(a.shape[0] - SSIM_WINDOW + 1):
        for j in range(a.shape[1] - SSIM_WINDOW + 1):
            for c in range(a.shape[2]):
                p, q = (image[i : i + SSIM_WINDOW, j : j + SSIM_WINDOW, c] for image in (a, b))
                mp, mq = (w * p).sum(), (w * q).sum()
                vp, vq, cov = (w * (p - mp) ** 2).sum(), (w * (q - mq) ** 2).sum(), (w * (p - mp) * (q - mq)).sum()
                scores.append((2 * mp * mq + c1) * (2 * cov + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
    return float(np.mean(scores))


def test_ssim_of_a_picture_smaller_than_its_window_is_undefined_not_an_error() -> None:
    assert math.isnan(ssim(flat(1)[:10], flat(1)[:10]))
    assert ssim(flat(1)[:11], flat(1)[:11]) == pytest.approx(1.0)
    assert math.isnan(ssim(flat(1)[:16], flat(1)[:16], Convention(border=3)))


def test_one_identical_picture_does_not_make_the_mean_infinite() -> None:
    assert mean([30.0, math.inf, 32.0, math.nan]) == Mean(31.0, identical=1, undefined=1)
    assert mean([math.inf, math.inf]) == Mean(math.inf, identical=2)
    assert math.isnan(mean([]).value)


def test_json_gets_numbers_inf_as_text_and_null() -> None:
    assert [as_json(v) for v in (1.5, math.inf, math.nan)] == [1.5, "inf", None]


def test_a_convention_says_everything_that_changes_the_figure() -> None:
    text = str(Convention("y", border=4))
    for word in (
        "Y (BT.601, 16-235; grey pictures as they are)",
        "border 4",
        "data range 1",
        "clipped",
        "sigma 1.5",
        "11x11",
    ):
        assert word in text


def test_metrics_of_plugins_get_the_prepared_pixels() -> None:
    seen = []

    def mae(restored: np.ndarray, reference: np.ndarray) -> float:
        seen.append((*restored.shape, str(restored.dtype)))
        return float(np.abs(restored - reference).mean())

    conventions = [Convention("rgb"), Convention("grey", border=1)]
    values = measure(flat(110), flat(100), conventions, {"mae": mae})
    assert values["mae_grey"] == pytest.approx(10 / 255)
    assert seen == [(16, 20, 3, "float64"), (14, 18, 1, "float64")]
    assert list(values) == ["psnr_rgb", "ssim_rgb", "mae_rgb", "psnr_grey", "ssim_grey", "mae_grey"]


def test_a_metric_that_fails_is_named() -> None:
    with pytest.raises(PluginError, match="'broken' failed: ZeroDivisionError"):
        measure(flat(1), flat(1), [Convention()], {"broken": lambda a, b: 1 / 0})
