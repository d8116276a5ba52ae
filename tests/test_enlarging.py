"""How much larger: factors, sizes to fit into, longer sides; and what each means for a picture."""

from __future__ import annotations

import numpy as np
import pytest

from restore.enlarging import LARGE_ENOUGH, Enlarging, left_as_it_is
from restore.errors import UsageError
from restore.image import Image, Metadata, unchanged
from restore.options import build_options, click_options


def enlarging(**flags: str) -> Enlarging:
    """Options as the command line makes them."""
    built = build_options(Enlarging, flags)
    assert isinstance(built, Enlarging)
    return built


def test_twice_as_large_is_the_default_and_the_same_as_saying_so() -> None:
    assert Enlarging() == enlarging(scale="2") == Enlarging(scale=2.0)
    assert Enlarging().output_size(30, 40) == (60, 80)
    assert enlarging(size="80x80").scale is None


@pytest.mark.parametrize(
    ("scale", "size", "result"),
    [("4", (30, 41), (120, 164)), ("1.5", (7, 5), (11, 8)), ("1.1", (10, 100), (11, 110)), ("2.7", (1, 1), (3, 3))],
)
def test_a_factor_applies_to_both_edges_which_are_rounded(
    scale: str, size: tuple[int, int], result: tuple[int, int]
) -> None:
    assert enlarging(scale=scale).output_size(*size) == result
    assert enlarging(scale=scale).factor(*size) == float(scale)


@pytest.mark.parametrize(
    ("size", "picture", "result"),
    [
        ("3840x2160", (1080, 1920), (2160, 3840)),
        ("3840x2160", (1000, 2000), (1920, 3840)),  # the width is met first
        ("3840x2160", (1000, 1500), (2160, 3240)),  # the height is met first
        ("3840x2160", (1920, 1080), (2160, 1215)),  # upright pictures too fit into the frame as it lies
        ("400×300", (3, 4), (300, 400)),
        (" 100 X 100 ", (7, 99), (7, 100)),
        ("1000x10", (3, 7), (10, 23)),
    ],
)
def test_a_size_is_filled_in_one_direction_and_fitted_in_the_other(
    size: str, picture: tuple[int, int], result: tuple[int, int]
) -> None:
    assert enlarging(size=size).output_size(*picture) == result


def test_every_picture_that_fits_touches_its_frame_and_stays_inside() -> None:
    rng = np.random.default_rng(0)
    for height, width, high, wide in rng.integers(1, 5000, (2000, 4)).tolist():
        options = enlarging(size=f"{wide}x{high}")
        tall, broad = options.output_size(height, width)
        if wide <= width or high <= height:
            assert (tall, broad) == (height, width) and options.factor(height, width) == 1
            continue
        assert tall <= high and broad <= wide and (tall == high or broad == wide)
        factor = options.factor(height, width)
        assert abs(tall - height * factor) <= 0.5 + 1e-6 and abs(broad - width * factor) <= 0.5 + 1e-6


def test_a_longer_side_is_met_exactly_upright_and_lying() -> None:
    options = enlarging(max_side="4000")
    assert options.output_size(1500, 1000) == (4000, 2667)
    assert options.output_size(1000, 1500) == (2667, 4000)
    assert options.factor(1000, 1500) == pytest.approx(8 / 3)


@pytest.mark.parametrize("flags", [{"size": "400x300"}, {"max_side": "400"}])
@pytest.mark.parametrize("picture", [(300, 400), (300, 401), (3000, 4000)])
def test_a_picture_that_is_large_enough_keeps_its_size(flags: dict[str, str], picture: tuple[int, int]) -> None:
    assert enlarging(**flags).output_size(*picture) == picture
    assert enlarging(**flags).factor(*picture) == 1


def test_it_is_left_as_it_is_with_a_note() -> None:
    image = Image(np.zeros((4, 4, 3), np.uint8), metadata=Metadata(icc=b"profile", warnings=("lost",)))
    left = left_as_it_is(image)
    assert unchanged(image, left) and left.metadata.icc == b"profile"
    assert left.metadata.warnings == ("lost", LARGE_ENOUGH)


def test_a_piece_grows_like_the_whole_picture() -> None:
    whole = enlarging(size="3840x2160")
    assert whole.for_piece(1000, 1920).output_size(100, 50) == (200, 100)
    assert whole.for_piece(9000, 9000).output_size(100, 50) == (100, 50)
    assert enlarging(scale="3").for_piece(9000, 9000) == enlarging(scale="3")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"scale": "1"}, "--scale: '1' is not allowed"),
        ({"scale": "9"}, "--scale: '9' is not allowed"),
        ({"scale": "nan"}, "--scale: 'nan' is not allowed"),
        ({"scale": "big"}, "--scale: 'big' is not allowed"),
        ({"size": "4k"}, "--size: '4k' is not allowed (write it as WIDTHxHEIGHT in pixels, like 3840x2160)."),
        ({"size": "0x100"}, "--size: '0x100' is not allowed"),
        ({"size": "3840"}, "--size: '3840' is not allowed"),
        ({"max_side": "0"}, "--max-side: '0' is not allowed"),
        ({"scale": "2", "size": "100x100"}, "--scale and --size cannot go together; give one of --scale, --size and"),
        ({"size": "9x9", "max_side": "9"}, "--size and --max-side cannot go together"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(flags: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        enlarging(**flags)
    assert sentence in str(error.value)


def test_the_flags_are_what_the_help_shows() -> None:
    assert [option.opts for option in click_options(Enlarging)] == [["--scale"], ["--size"], ["--max-side"]]
