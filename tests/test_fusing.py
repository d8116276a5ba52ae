"""What can be asked of every fuser, and what it then writes beside its result."""

from __future__ import annotations

from restore.fusing import Fusing, companions_of
from restore.options import build_options, click_options
from restore.spec import Companion


def fusing(**flags: str | bool) -> Fusing:
    """Options as the command line makes them."""
    built = build_options(Fusing, flags)
    assert isinstance(built, Fusing)
    return built


def test_nothing_lies_beside_a_result_unless_asked_for() -> None:
    assert not Fusing().weights_map and companions_of(Fusing()) == ()


def test_the_map_of_contributions_is_a_png_beside_the_result_whatever_its_format() -> None:
    assert companions_of(fusing(weights_map="true")) == (Companion("weights", ".png"),)


def test_the_flag_is_called_as_the_help_shows() -> None:
    assert [option.opts for option in click_options(Fusing)] == [["--weights-map"]]
