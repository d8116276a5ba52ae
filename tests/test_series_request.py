"""What the user says about series, as plain values."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from restore.errors import UsageError
from restore.image import SeriesKind
from restore.series.request import MODES, Grouping, Series, check_series
from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime


def load(weights: object, runtime: Runtime) -> Restorer:
    """Never called."""
    raise AssertionError


SINGLE = RestorerSpec("one", "denoise", "", Options, load)
SEVERAL = replace(SINGLE, name="many", needs=Needs.FRAMES)


@pytest.mark.parametrize("text", ["exif", "suffix", "2", "17"])
def test_ways_to_group_are_read_as_they_are_written(text: str) -> None:
    assert str(Grouping.parse(f" {text.upper()} ")) == text


@pytest.mark.parametrize("text", ["", "1", "0", "-3", "2.5", "names", "99999"])
def test_other_words_are_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError, match=r"exif .*suffix .*like 3"):
        Grouping.parse(text)


def test_every_mode_but_auto_is_a_kind() -> None:
    assert [Series(mode).kind for mode in MODES] == [None, *SeriesKind]
    with pytest.raises(UsageError, match="auto, exposure, focus, infrared"):
        Series("panorama")


def test_what_shapes_results_is_told_and_how_files_were_grouped_is_not() -> None:
    one, other = Series("focus", group_by=Grouping("suffix")), Series("focus")
    assert one.settings == other.settings == {"mode": "focus", "align": True, "deghost": True}
    assert Series("focus", align=False).settings != one.settings


def test_it_can_be_sent_to_another_process() -> None:
    series = Series("focus", align=False, group_by=Grouping(count=3))
    assert pickle.loads(pickle.dumps(series)) == series


def test_frames_and_single_pictures_go_to_the_models_that_want_them() -> None:
    check_series(SINGLE, None)
    check_series(SEVERAL, Series())
    with pytest.raises(UsageError, match="'many' needs several frames"):
        check_series(SEVERAL, None)
    with pytest.raises(UsageError, match="'one' takes single pictures"):
        check_series(SINGLE, Series())
