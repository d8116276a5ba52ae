"""The rules of `restore auto`: what is taken for a fault, and what is left to its owner."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from restore.auto.evidence import Evidence
from restore.auto.rules import Verdict, axes, judged
from restore.correct.cast import NEUTRAL, Gains
from restore.correct.levels import Levels
from restore.diagnose import ColourCast, Damage, Fading, Jpeg, Noise, diagnose
from restore.image import Image

SOUND_NOISE = Noise(0.5, 0.5, 0.5, False, 0.9)
NO_CAST = ColourCast(NEUTRAL, 0.0, 0.0)


def fading(black: tuple[float, ...] = (0.01, 0.01, 0.01), white: tuple[float, ...] = (0.98, 0.97, 0.97)) -> Fading:
    return Fading(Levels(black, white), 0.01, 0.98, 0.97, 0.0, 0.0)


@pytest.fixture(scope="module")
def sound() -> Evidence:
    findings = diagnose(Image(np.full((32, 32, 3), 128, np.uint8)))
    findings = replace(findings, noise=SOUND_NOISE, jpeg=Jpeg(None, None, None, None, 0.0, 0, 0, 0.8))
    return Evidence(findings, 0.3, None, None, 0.1, fading(), NO_CAST, fading())


def with_jpeg(evidence: Evidence, quality: int, confidence: float = 1.0) -> Evidence:
    jpeg = Jpeg(quality, "pixels", None, quality, 0.1, 0, 0, confidence)
    return replace(evidence, findings=replace(evidence.findings, jpeg=jpeg))


def with_noise(evidence: Evidence, sigma: float, confidence: float = 1.0, flat: float = 0.0) -> Evidence:
    noise = Noise(sigma, sigma, sigma, False, confidence)
    return replace(evidence, findings=replace(evidence.findings, noise=noise), flat_noise=flat)


def light(red: float, green: float, blue: float, confidence: float) -> ColourCast:
    """A cast of so many stops per channel."""
    return ColourCast(Gains(2.0**-red, 2.0**-green, 2.0**-blue), 15.0, confidence)


def verdict(evidence: Evidence, task: str) -> Verdict:
    return next(each for each in judged(evidence) if each.task == task)


def test_a_sound_photo_needs_nothing_and_every_step_says_why_not(sound: Evidence) -> None:
    assert [(each.task, each.options) for each in judged(sound)] == [
        ("dejpeg", None),
        ("inpaint", None),
        ("denoise", None),
        ("correct", None),
    ]
    assert all(each.why for each in judged(sound))


def test_jpeg_is_mended_where_it_is_coarse_and_sure(sound: Evidence) -> None:
    assert verdict(with_jpeg(sound, 40), "dejpeg") == Verdict("dejpeg", "JPEG of quality 40", {})
    assert verdict(with_jpeg(sound, 92), "dejpeg").options is None
    assert verdict(with_jpeg(sound, 40, confidence=0.2), "dejpeg").options is None


def test_noise_needs_two_witnesses(sound: Evidence) -> None:
    assert verdict(with_noise(sound, 12, flat=8), "denoise") == Verdict("denoise", "noise of sigma 12.0", {})
    grass = verdict(with_noise(sound, 12, flat=0.5), "denoise")
    assert (grass.options, grass.why) == (None, "noise of sigma 12.0, or texture")
    assert verdict(with_noise(sound, 12, confidence=0.3, flat=8), "denoise").options is None
    fur = replace(with_noise(sound, 9.9, flat=3.1), removed=7.2)
    assert verdict(fur, "denoise").options is None, "texture shows in a trial as well"


def test_noise_that_jpeg_has_smoothed_shows_in_a_trial(sound: Evidence) -> None:
    smoothed = replace(with_noise(sound, 2), removed=6.0)
    assert verdict(smoothed, "denoise") == Verdict("denoise", "noise of sigma 6.0, as a trial shows", {})
    assert verdict(replace(smoothed, removed=2.5), "denoise").options is None
    assert verdict(with_jpeg(smoothed, 30), "denoise").options is None, "what is taken there are JPEG's own traces"


def test_light_of_an_evening_stays_and_green_light_goes(sound: Evidence) -> None:
    def balanced(cast: ColourCast) -> bool:
        options = verdict(replace(sound, cast=cast), "correct").options
        return options is not None and "white_balance" in options

    assert not balanced(light(1.0, 0.0, -1.0, confidence=1.0))
    assert not balanced(light(-1.0, 0.0, 1.0, confidence=1.0))
    assert balanced(light(-0.2, 0.5, -0.3, confidence=0.6))
    assert not balanced(light(-0.2, 0.5, -0.3, confidence=0.1))
    assert balanced(light(0.5, -0.9, 0.4, confidence=0.0)), "so much magenta needs no other witness"


def test_the_axes_of_light_are_measured_in_stops() -> None:
    warm, green = axes(light(1.0, 0.0, -1.0, 1.0))
    assert warm == pytest.approx(2**0.5)
    assert green == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("black", "white", "options"),
    [
        ((0.25, 0.10, 0.16), (1.0, 0.98, 0.97), {"fading": 1.0}),
        ((0.20, 0.20, 0.20), (1.0, 0.98, 0.97), None),  # fog, or a fashion
        ((0.12, 0.04, 0.07), (1.0, 0.98, 0.97), {"fading": 1.0}),  # little, but cyan, yellow, magenta in their order
        ((0.12, 0.07, 0.04), (1.0, 0.98, 0.97), None),  # not in their order
        ((0.24, 0.20, 0.19), (1.0, 0.98, 0.97), {"fading": 1.0}),  # much, nearly in their order
        ((0.08, 0.03, 0.05), (1.0, 0.98, 0.97), None),  # hardly faded
        ((0.22, 0.23, 0.22), (0.85, 0.84, 0.80), {"contrast": 1.0}),
        ((0.40, 0.32, 0.36), (0.89, 0.84, 0.85), {"fading": 1.0}),  # faded, and weak besides
        ((0.02, 0.02, 0.02), (0.70, 0.70, 0.70), None),  # dark
        ((0.15, 0.15, 0.15), (0.80, 0.80, 0.80), None),  # dull, as many sound ones are
        ((0.25,), (0.80,), {"contrast": 1.0}),
        ((0.25,), (1.0,), None),
    ],
)
def test_contrast_is_stretched_where_black_has_gone_reddish_or_both_ends_are_missing(
    sound: Evidence, black: tuple[float, ...], white: tuple[float, ...], options: dict[str, float] | None
) -> None:
    assert verdict(replace(sound, fading=fading(black, white)), "correct").options == options


def test_contrast_is_judged_after_the_cast_is_gone(sound: Evidence) -> None:
    spoilt = replace(
        sound,
        cast=light(0.5, -0.9, 0.4, confidence=1.0),
        fading=fading((0.38, 0.24, 0.35), (0.95, 0.58, 0.8)),
        balanced=fading((0.28, 0.28, 0.29), (0.67, 0.68, 0.67)),
    )
    assert verdict(spoilt, "correct").options == {"white_balance": "shades-of-grey", "contrast": 1.0}


def test_what_a_program_has_drawn_keeps_its_colours(sound: Evidence) -> None:
    graph = replace(sound, repeated=0.9, fading=fading((0.4, 0.32, 0.33), (1.0, 1.0, 1.0)))
    assert verdict(graph, "correct").options is None


def test_holes_are_filled_where_damage_was_looked_for_and_found(sound: Evidence) -> None:
    def damaged(share: float) -> Verdict:
        return verdict(replace(sound, findings=replace(sound.findings, damage=Damage(share, 1.0))), "inpaint")

    assert verdict(sound, "inpaint").why == "damage: not looked for"
    assert damaged(0.004) == Verdict("inpaint", "0.40% is damaged", {})
    assert damaged(0.0001).options is None
    assert damaged(0.0).why == "no damage"
    assert damaged(0.4) == Verdict("inpaint", "40% looks damaged, which is too much to be true")


def test_what_looks_damaged_under_strong_noise_is_not_believed(sound: Evidence) -> None:
    # Mortar between bricks, under noise of sigma 25, was taken for scratches and filled.
    def grainy(sigma: float) -> Verdict:
        noise = Noise(sigma, sigma, sigma, False, 0.9)
        return verdict(
            replace(sound, findings=replace(sound.findings, damage=Damage(0.01, 1.0), noise=noise)), "inpaint"
        )

    assert grainy(8).options == {}
    assert grainy(25) == Verdict("inpaint", "1.00% looks damaged, but under noise of sigma 25 that is not sure")


def test_damage_that_shows_without_the_noise_is_filled_after_denoising(sound: Evidence) -> None:
    noisy = replace(with_noise(sound, 20, flat=15), uncovered=0.008)
    taken = [(each.task, each.why) for each in judged(noisy) if each.options is not None]
    assert taken == [
        ("denoise", "noise of sigma 20.0"),
        ("inpaint", "0.80% is damaged, as is seen without the noise"),
    ]
    few, most = (replace(noisy, uncovered=share) for share in (0.004, 0.3))
    assert verdict(few, "inpaint").options is None
    assert verdict(most, "inpaint").options is None
    grass = replace(noisy, flat_noise=0.5)
    assert verdict(grass, "inpaint").options is None, "nothing is denoised, so nothing is seen without the noise"
