"""What users write about masks becomes values, or is refused with what to write instead."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.masks.request import Box, Masking, parse_colour


def test_a_box_is_four_numbers_and_is_cut_at_the_edges() -> None:
    box = Box.parse(" 2,3, 10,4")
    assert (box, str(box)) == (Box(2, 3, 10, 4), "2,3,10,4")
    assert box.within(20, 30) == (slice(3, 7), slice(2, 12))
    assert box.within(5, 6) == (slice(3, 5), slice(2, 6))
    assert box.within(3, 30) is None


def test_a_box_from_the_right_and_lower_edge_fits_pictures_of_every_size() -> None:
    stamp = Box.parse("-8,-4,6,3")
    assert stamp.within(20, 30) == (slice(16, 19), slice(22, 28))
    assert stamp.within(100, 50) == (slice(96, 99), slice(42, 48))
    assert Box(-40, 0, 12, 5).within(20, 30) == (slice(0, 5), slice(0, 2))
    assert Box(-40, 0, 5, 5).within(20, 30) is None


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "1,2,0,4", "1,2,3,-4", "a,b,c,d", "1.5,2,3,4"])
def test_what_is_no_box_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="x,y,w,h"):
        Box.parse(text)


@pytest.mark.parametrize("text", ["#ff00ff", "#f0f", "ff00ff", "F0F", "magenta", " #FF00FF "])
def test_a_colour_can_be_written_in_several_ways(text: str) -> None:
    assert parse_colour(text) == (255, 0, 255)


@pytest.mark.parametrize("text", ["", "#ff00f", "pinkish", "1,2,3"])
def test_what_is_no_colour_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="#ff00ff"):
        parse_colour(text)


def test_settings_are_plain_values_that_tell_all_but_the_place() -> None:
    one = Masking(Path("a"), colour=(1, 2, 3), boxes=(Box(1, 2, 3, 4),), grow=2)
    assert json.loads(json.dumps(one.settings)) == one.settings
    assert one.settings == Masking(Path("b"), colour=(1, 2, 3), boxes=(Box(1, 2, 3, 4),), grow=2).settings
    others = [{"alpha": True}, {"colour": (1, 2, 4)}, {"boxes": (Box(1, 2, 3, 4),)}, {"invert": True}]
    different = [Masking(grow=1), Masking(feather=1), *(Masking(**each) for each in others)]  # type: ignore[arg-type]
    told = {json.dumps(each.settings) for each in [Masking(), *different]}
    assert len(told) == 1 + len(different)
    assert pickle.loads(pickle.dumps(one)) == one


def test_the_history_is_told_what_was_asked_for() -> None:
    assert Masking(Path("secret/place.png"), grow=2).told == {"file": True, "grow": 2}
    assert Masking(boxes=(Box(1, 2, 3, 4),)).told == {"boxes": ["1,2,3,4"]}


def test_only_what_marks_something_counts_as_given() -> None:
    assert not Masking(grow=3, feather=2, invert=True).is_given
    assert Masking(alpha=True).is_given and Masking(Path("m")).is_given and Masking(boxes=(Box(0, 0, 1, 1),)).is_given
