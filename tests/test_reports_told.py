"""What a restorer told of a picture becomes typed values; what makes no sense is left out."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np

from restore.diagnose import diagnose
from restore.image import Image
from restore.reports.told import Told, told

STEP = {
    "task": "denoise",
    "model": "conv-dae",
    "weights": "ab",
    "options": {"strength": 1.0},
    "mask": None,
    "why": "noise sigma 14",
    "changed": False,
    "seconds": 0.412,
    "notes": ["It was slow."],
}


def test_steps_come_with_their_reason_their_time_and_what_they_said() -> None:
    found = told(
        {"summary": "denoise", "steps": [STEP], "left_out": [{"task": "inpaint", "why": "not looked for"}]}, "1"
    )
    (step,) = found.steps
    assert (step.task, step.model, step.weights, step.version) == ("denoise", "conv-dae", "ab", "1")
    assert (step.why, step.changed, step.seconds, step.notes) == ("noise sigma 14", False, 0.412, ("It was slow.",))
    assert found.summary == "denoise" and found.left_out == ("inpaint: not looked for",)


def test_findings_come_back_as_they_were() -> None:
    rng = np.random.default_rng(0)
    findings = diagnose(Image(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)))
    document = json.loads(json.dumps(asdict(findings)))
    document["grey"]["tinted"] = False  # derived, as `restore diagnose --json` adds it
    assert told({"findings": document}, "").findings == findings


def test_nothing_told_and_nonsense_are_no_error() -> None:
    assert told(None, "") == Told()
    nonsense: dict[str, object] = {"summary": 3, "steps": ["x", {}], "left_out": 7, "findings": {"noise": "loud"}}
    assert told(nonsense, "") == Told()
    assert told({"steps": [{"model": "m", "options": 1, "notes": 2, "seconds": "s"}]}, "").steps[0].options == {}
