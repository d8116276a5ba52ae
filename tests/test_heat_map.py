"""The picture of a map: its colours follow the values, its scale says how."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from restore.heat_map import BAR, LARGE, MARGIN, SMALLEST, TEXT, Pen, heat_map


def test_no_change_is_black_and_the_largest_is_bright() -> None:
    delta = np.zeros((500, 600), np.float32)
    delta[:100] = 4
    pixels = heat_map(delta).pixels
    assert pixels[300, 300].sum() < 20
    assert pixels[50, 300].sum() > 550


def test_brightness_grows_with_the_change() -> None:
    delta = np.tile(np.linspace(0, 8, 600, dtype=np.float32), (500, 1))
    row = heat_map(delta).pixels[10]
    lightness = cv2.cvtColor(row[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0, :, 0]
    assert (np.diff(lightness) > -0.3).all()  # steps of an 8-bit table


def test_below_the_map_lies_the_scale_with_all_its_colours() -> None:
    delta = np.zeros((500, 600), np.float32)
    pixels = heat_map(delta).pixels
    bar = pixels[500 + MARGIN + BAR // 2, MARGIN : 600 - MARGIN]
    assert len(np.unique(bar, axis=0)) > 200
    labels = pixels[500 + MARGIN + BAR :]
    assert (labels.min(axis=(0, 2)) < 100).any(), "there are numbers"
    assert (pixels[-1] == 255).all(), "nothing is cut off at the bottom"
    assert (labels[:, :4] == 255).all() and (labels[:, -4:] == 255).all(), "nor at the sides"


def test_a_few_extremes_do_not_set_the_scale() -> None:
    delta = np.full((500, 600), 1.0, np.float32)
    delta[0, :100] = 90
    assert heat_map(delta).pixels[250, 250].sum() > 500


def test_scales_differ_by_their_numbers() -> None:
    dim, strong = (heat_map(np.full((500, 600), top, np.float32)).pixels for top in (1.0, 8.0))
    assert (dim[:500] == strong[:500]).all()
    assert (dim[500:] != strong[500:]).any()


@pytest.mark.parametrize("shape", [(1, 1), (16, 24), (300, 7), (7, 300), (700, 30)])
def test_small_and_narrow_maps_are_large_enough_to_read(shape: tuple[int, int]) -> None:
    pixels = heat_map(np.ones(shape, np.float32)).pixels
    assert pixels.shape[1] >= SMALLEST
    assert max(pixels.shape) < 1000


def test_the_caption_and_its_unit_stand_below_the_numbers() -> None:
    values = np.ones((500, 600), np.float32)
    plain, named, measured = (
        heat_map(values, caption=caption, unit=unit).pixels
        for caption, unit in (("", ""), ("spread", ""), ("spread", "grey levels"))
    )
    assert len(named) == len(plain) + TEXT
    assert (named[: 500 + MARGIN + BAR + TEXT] == plain[: 500 + MARGIN + BAR + TEXT]).all()
    inks = [int((pixels[500 + MARGIN + BAR + TEXT + 8 :] < 128).sum()) for pixels in (plain, named, measured)]
    assert inks[0] < inks[1] < inks[2]


def test_the_callers_tops_are_the_ends_of_the_scale() -> None:
    """The same values take up all of a scale that ends at 3, and a third of one that ends at 9."""
    values = np.full((500, 600), 3, np.float32)
    full, third = (heat_map(values, tops=tops).pixels[250, 250] for tops in ((0.5, 3, 9), (9,)))
    assert full.sum() > 500 > third.sum()
    assert (heat_map(values, tops=(0.5, 1)).pixels[250, 250] == full).all(), "the last top stands for all above"


def test_scale_and_numbers_grow_with_large_maps() -> None:
    usual, large = (heat_map(np.ones((n * LARGE // 3, n * LARGE), np.float32)).pixels for n in (1, 4))
    assert large.shape == (4 * usual.shape[0], 4 * LARGE, 3)
    assert (large[-1] == 255).all()


def test_large_maps_are_drawn_as_small_ones_are() -> None:
    """In strips, and with a top found by looking at some of the values only."""
    rows = np.linspace(0, 4, 3000, dtype=np.float32)[:, None].repeat(2000, 1)
    pixels = heat_map(rows).pixels
    some = heat_map(np.ascontiguousarray(rows[::5])).pixels
    assert (pixels[:3000:5, 0] == some[:600, 0]).all()


@pytest.mark.parametrize("shape", [(40_000, 30), (30, 40_000)])
def test_below_the_map_of_a_strip_of_film_the_scale_stays_small(shape: tuple[int, int]) -> None:
    pixels = heat_map(np.ones(shape, np.float32)).pixels
    assert pixels.size < 3 * 1.1 * max(shape) * (SMALLEST if shape[0] > shape[1] else shape[0] + 80)


def test_a_file_name_that_is_no_text_is_written_with_a_sign_for_what_is_none() -> None:
    lines = (
        "import numpy as np",
        "from restore.heat_map import Pen",
        "canvas = np.full((60, 400, 3), 255, np.uint8)",
        r"Pen(400, 16).write(canvas, 'a\udcff.png', 10, 30, 0)",
        "assert (canvas < 255).any()",
    )
    # In a process of its own, since OpenCV does not raise: it takes the process down.
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)], check=False).returncode == 0
    pen = Pen(400, 16)
    assert pen.length("a\udcff.png") == pen.length("a\ufffd.png")


def test_a_name_that_is_too_long_keeps_its_end_and_as_much_of_its_beginning_as_asked_for() -> None:
    pen = Pen(400, 20)
    name = "a-very-long-name-of-a-photo-0042.jpg"
    room = pen.length(name) // 2
    for front in (0.0, 1 / 3):
        label = pen.shortened(name, room, front)
        assert pen.length(label) <= room and label.endswith("0042.jpg")
        assert label.startswith("…") == (front == 0)
    assert pen.shortened(name, 2 * room + 2) == name
