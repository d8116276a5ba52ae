"""What an observation refuses to be: the frames of a series, their names, their mask."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import Image, Observation, SeriesKind


def grey(height: int = 3, width: int = 4) -> Image:
    """A black picture."""
    return Image(np.zeros((height, width, 1), np.uint8))


def test_an_observation_of_one_picture_says_nothing_of_a_series() -> None:
    lone = Observation((grey(),))
    assert (lone.kind, lone.names) == (None, ())


def test_a_series_says_why_it_was_taken_and_what_its_frames_are_called() -> None:
    series = Observation((grey(), grey()), kind=SeriesKind("focus"), names=("near", "far"))
    assert (series.kind, series.names) == (SeriesKind.FOCUS, ("near", "far"))


def test_every_frame_has_a_name_or_none_has() -> None:
    with pytest.raises(ValueError, match="2 frames have 1 names"):
        Observation((grey(), grey()), names=("near",))


def test_frames_have_one_size() -> None:
    with pytest.raises(ValueError, match="one size"):
        Observation((grey(), grey(4, 3)))
