"""One photo's texts: short, exact, and nothing told that is as usual."""

from __future__ import annotations

import base64
import math
from pathlib import Path

import numpy as np
import pytest

from restore.display import BINS, Histogram
from restore.reports.card import card, measure_in_words, step_in_words, value_in_words
from restore.reports.change import Change
from restore.reports.looking import Look, Picture
from restore.reports.photo import File, Photo, Step
from restore.reports.truth import Score

RESULT = File(Path("/out/a.jpg"), "result")
SHOWN = np.zeros((4, 6, 3), np.uint8)
NOTHING = Look()


def facts(photo: Photo, look: Look = NOTHING) -> dict[str, str]:
    """The facts of a card."""
    return dict(card(photo, look, 80, Path("/page.html")).facts)


def test_a_step_is_told_with_what_was_said_of_it() -> None:
    assert step_in_words(Step("conv-dae", {"sigma": "auto", "weights_map": True, "crop": False, "x": None})) == (
        "conv-dae: sigma auto, weights-map"
    )
    assert step_in_words(Step("fill", {"mask": {"boxes": ["1,2,3,4"], "alpha": False}}, task="inpaint")) == (
        "inpaint (fill): mask boxes 1,2,3,4"
    )


def test_what_a_pipeline_tells_of_a_photo_is_shown_step_by_step() -> None:
    steps = (Step("a", why="noise sigma 14", seconds=0.5, changed=False, notes=("It was slow.",)), Step("b"))
    found = facts(Photo("a.jpg", "done", RESULT, steps=steps, summary="denoise", left_out=("inpaint: no damage",)))
    assert found["done"] == "denoise" and found["left out"] == "inpaint: no damage"
    assert found["step 1"] == "a, because of noise sigma 14, changed nothing, 0.50 s. It was slow"
    assert found["step 2"] == "b"


@pytest.mark.parametrize(
    ("psnr", "said"), [(31.234, "PSNR to the input 31.23 dB"), (math.inf, "nothing: every pixel is as it was")]
)
def test_how_much_was_changed_is_told(psnr: float, said: str) -> None:
    assert facts(Photo("a.jpg", "done", RESULT), Look(change=Change(psnr, 1, None)))["changed"] == said


def test_measures_are_told_before_and_after() -> None:
    look = Look(score=Score({"psnr_rgb": 30.0, "ssim_y": math.nan}, {"psnr_rgb": 25.0}))
    found = facts(Photo("a.jpg", "done", RESULT), look)
    assert found["PSNR RGB"] == "25.00 dB → 30.00 dB" and found["SSIM Y"] == "not defined"
    assert measure_in_words("ssim_grey") == "SSIM grey" and measure_in_words("lpips") == "lpips"
    assert value_in_words("psnr_rgb", math.inf) == "∞ dB"


def test_a_picture_that_is_shown_twice_is_embedded_once() -> None:
    frame = Picture(File(Path("/in/1.jpg"), "frame"), SHOWN, 6, 4)
    after = Picture(RESULT, SHOWN + 1, 6, 4)
    found = card(Photo("a.jpg", "done", RESULT), Look(frame, after, others=(frame,)), 80, Path("/page.html"))
    assert len(found.px) == 2 and found.others[0].px == found.stages[0][2].px  # type: ignore[union-attr]
    assert found.others[0].is_frame and base64.b64decode(found.px[0])[8:12] == b"WEBP"


def test_both_histograms_have_one_scale() -> None:
    flat = np.full((1, BINS), 1 / BINS)
    low, high = Histogram(flat / 2), Histogram(flat)
    found = card(Photo("a.jpg", "done", RESULT), Look(histograms=(low, high)), 80, Path("/page.html"))
    heights = [base64.b64decode(bins)[10] for _, bins, _ in found.histograms]
    assert heights == [128, 255] and [label for label, _, _ in found.histograms] == ["before", "after"]


def test_links_lead_to_every_file_that_is_there_from_where_the_page_is(tmp_path: Path) -> None:
    for name in ("in/javascript:x.jpg", "in/m#1.png", "out/a b.jpg", "out/a b.map.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    photo = Photo(
        "a b.jpg",
        "done",
        File(tmp_path / "out" / "a b.jpg", "result"),
        (File(tmp_path / "in" / "javascript:x.jpg", "input"),),
        mask=File(tmp_path / "in" / "m#1.png", "mask"),
        beside=(File(tmp_path / "out" / "a b.map.png", "map"),),
    )
    assert dict(card(photo, Look(), 80, tmp_path / "out" / "page.html").links) == {
        "before": "../in/javascript%3Ax.jpg",
        "mask": "../in/m%231.png",
        "after": "a%20b.jpg",
        "map": "a%20b.map.png",
    }
    photo.inputs[0].path.unlink()
    assert "before" not in dict(card(photo, Look(), 80, tmp_path / "page.html").links)


def test_what_is_put_in_order_by_is_there_only_where_it_is_known() -> None:
    done = Photo("a.jpg", "done", RESULT, seconds=1.5)
    assert dict(card(done, Look(change=Change(30.0, 1, None)), 80, Path("/p.html")).keys) == {
        "seconds": "1.500",
        "change": "30.000",
    }
    assert card(Photo("a.jpg", "failed", RESULT), Look(), 80, Path("/p.html")).keys == {}
