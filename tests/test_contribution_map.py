"""Who contributed where, in colours, with a legend that says whose they are."""

from __future__ import annotations

import tracemalloc
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from restore.contribution_map import COLOURS, colours, contribution_map
from restore.heat_map import MARGIN, SMALLEST, TEXT

Weights = npt.NDArray[np.float32]


def shares(height: int = 500, width: int = 600, count: int = 2) -> Weights:
    """Each frame has a vertical stripe of its own."""
    weights = np.zeros((count, height, width), np.float32)
    for number in range(count):
        weights[number, :, number * width // count : (number + 1) * width // count] = 1
    return weights


def test_where_one_frame_is_alone_its_colour_stands_pure() -> None:
    pixels = contribution_map(shares(count=3), ["a", "b", "c"]).pixels
    for number in range(3):
        assert tuple(pixels[250, 100 + 200 * number]) == COLOURS[number]


def test_where_frames_share_their_colours_are_mixed_by_their_shares() -> None:
    weights = np.full((2, 500, 600), 0.25, np.float32)
    weights[1] = 0.75
    expected = np.rint(0.25 * np.array(COLOURS[0]) + 0.75 * np.array(COLOURS[1]))
    assert (contribution_map(weights, ["a", "b"]).pixels[250, 300] == expected).all()


def test_the_legend_shows_every_colour_beside_a_name() -> None:
    pixels = contribution_map(shares(count=7), [f"IMG_{n}.JPG" for n in range(7)]).pixels
    legend = pixels[500:]
    for number in range(7):
        patch = (legend == COLOURS[number]).all(axis=2)
        assert patch.sum() == TEXT**2
        row, last = np.flatnonzero(patch.any(axis=1))[0], np.flatnonzero(patch.any(axis=0))[-1]
        beside = legend[row : row + TEXT, last + 1 : last + 60]
        assert (beside < 128).any(), "there are letters"
    assert (legend[-1] == 255).all() and (legend[:, :4] == 255).all() and (legend[:, -4:] == 255).all()


def test_frames_without_names_are_numbered() -> None:
    named = contribution_map(shares(), ["frame 1", "frame 2"]).pixels
    assert np.array_equal(contribution_map(shares()).pixels, named)


def test_long_names_keep_their_ends_and_stay_within_the_picture() -> None:
    stem = "a very long name of a photograph that says where and when and by whom it was taken " * 2
    pixels = [contribution_map(shares(), [stem + end, "b"]).pixels for end in ("1.jpg", "2.jpg")]
    assert pixels[0].shape == pixels[1].shape and pixels[0].shape[1] == 600
    assert (pixels[0][500:] != pixels[1][500:]).any(), "the end tells them apart"
    assert (pixels[0][500:, -4:] == 255).all()


def test_many_frames_take_more_lines() -> None:
    few, many = (contribution_map(shares(count=n), [f"IMG_{k:04}.JPG" for k in range(n)]).pixels for n in (2, 20))
    assert len(few) == 500 + 2 * MARGIN + TEXT
    assert (len(many) - len(few)) % (2 * TEXT) == 0 and len(many) > len(few)


def test_colours_are_told_apart_by_everybody() -> None:
    """Also with red-green blindness: a deuteranope's view (Machado et al., IEEE TVCG 2009) in Lab."""
    view = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
    linear = (np.array(COLOURS) / 255) ** 2.2
    seen = np.clip(linear @ view.T, 0, 1) ** (1 / 2.2)
    lab = cv2.cvtColor(seen.astype(np.float32)[None], cv2.COLOR_RGB2Lab)[0]
    assert min(np.linalg.norm(a - b) for a, b in combinations(lab[:4], 2)) > 15
    assert np.linalg.norm(lab[0] - lab[1]) > 60, "the two of a pair most of all"


def test_a_great_many_frames_still_have_colours_of_their_own() -> None:
    palette = colours(40)
    assert palette.shape == (40, 3) and len(np.unique(palette, axis=0)) == 40
    assert np.array_equal(palette[:7], COLOURS)


def test_shares_of_a_coarser_grid_are_interpolated_to_the_pictures_size() -> None:
    coarse = np.zeros((2, 50, 60), np.float32)
    coarse[0] = np.linspace(0, 1, 60)
    coarse[1] = 1 - coarse[0]
    pixels = contribution_map(coarse, size=(500, 600)).pixels
    fine = cv2.resize(coarse[0], (600, 500), interpolation=cv2.INTER_LINEAR)
    expected = contribution_map(np.stack([fine, 1 - fine])).pixels
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (16, 24), (300, 7), (7, 300)])
def test_small_maps_are_enlarged_so_that_the_legend_can_be_read(shape: tuple[int, int]) -> None:
    pixels = contribution_map(np.full((2, *shape), 0.5, np.float32)).pixels
    assert pixels.shape[1] >= SMALLEST and max(pixels.shape) < 1000


def test_large_maps_take_no_more_than_their_result() -> None:
    weights = np.full((3, 2000, 3000), 1 / 3, np.float32)
    tracemalloc.start()
    pixels = contribution_map(weights).pixels
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.5 * pixels.nbytes


def test_another_number_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="2 frames need as many names, got 3"):
        contribution_map(shares(), ["a", "b", "c"])
