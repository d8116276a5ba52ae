"""Findings in words: what is wrong is said to be, what is not is not, and what is doubtful is no fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from restore.diagnose import Damage, Findings, diagnose
from restore.diagnose.words import lines
from restore.image import Image


@pytest.fixture(scope="module")
def sound() -> Findings:
    """Of a picture with nothing wrong in it: soft light from black to white, and a few edges."""
    ramp = np.linspace(2, 250, 256)
    pixels = np.stack([np.add.outer(ramp, ramp) / 2] * 3, axis=2)
    pixels[64:128, 64:128] = 255 - pixels[64:128, 64:128]
    return diagnose(Image(np.rint(pixels).astype(np.uint8)))


def faults(findings: Findings) -> dict[str, str]:
    """What is wrong, in words."""
    return {line.name: line.text for line in lines(findings) if line.is_fault}


def test_every_finding_has_a_line_and_a_confidence(sound: Findings) -> None:
    found = {line.name: line for line in lines(sound)}
    assert list(found) == ["noise", "JPEG", "blur", "detail", "colour", "contrast", "clipping", "skew"]
    assert all(0 <= line.confidence <= 1 for line in found.values())


def test_each_fault_is_told(sound: Findings) -> None:
    f = sound
    wrong = replace(
        f,
        noise=replace(f.noise, sigma=21.2, dark=10, light=30, signal_dependent=True, confidence=0.9),
        jpeg=replace(f.jpeg, quality=30, source="pixels", confidence=0.9),
        blur=replace(f.blur, sigma=2.5, confidence=0.9),
        resolution=replace(f.resolution, share=0.5, confidence=0.9),
        grey=replace(f.grey, grey=False),
        cast=replace(f.cast, angle=9, confidence=0.9),
        fading=replace(f.fading, confidence=0.9),
        clipping=replace(f.clipping, black=(0.02,), white=(0.0,), confidence=0.9),
        skew=replace(f.skew, angle=-1.5, confidence=0.9),
        damage=Damage(0.013, 1.0),
    )
    assert faults(wrong) == {
        "noise": "σ 21.2 of 255, stronger in the light",
        "JPEG": "quality 30, in the pixels",
        "blur": "σ 2.5 px where it is sharpest",
        "detail": "50 % of the resolution",
        "colour": "a cast of 9°",
        "contrast": "faded: black has become pale",
        "clipping": "2.0 % at black, 0.0 % at white",
        "skew": "1.5° anticlockwise",
        "damage": "1.30 % of the picture",
    }


def test_what_is_doubtful_is_no_fault(sound: Findings) -> None:
    f = sound
    doubtful = replace(
        f,
        noise=replace(f.noise, sigma=30.0, confidence=0.2),
        jpeg=replace(f.jpeg, quality=10, source="pixels", confidence=0.2),
        skew=replace(f.skew, angle=5.0, confidence=0.2),
    )
    assert not {"noise", "JPEG", "skew"} & faults(doubtful).keys()
    assert next(line.text for line in lines(doubtful) if line.name == "skew") == "none found"


def test_grey_is_no_fault_but_a_tint_is(sound: Findings) -> None:
    plain = replace(sound.grey, grey=True, tint=(0.0, 0.0, 0.0))
    assert "colour" not in faults(replace(sound, grey=plain))
    assert faults(replace(sound, grey=replace(plain, tint=(9.0, 0.0, -9.0))))["colour"] == "grey with a tint"
