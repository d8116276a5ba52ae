"""The inpainter keeps its promises: what is known stays, tiles make no difference, and warnings are given.

Most of them hold for any weights, and are tested with small random ones; the last ones hold for those that are shipped.
"""

from __future__ import annotations

import copy
import json
import logging
import tracemalloc
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_gan_inpaint.execution import Execution
from restore_gan_inpaint.infer import GanInpainter, load
from restore_gan_inpaint.model import COARSE_HALO, FINE_HALO, MULTIPLE, Architecture, Generator
from restore_gan_inpaint.plugin import WEIGHTS, InpaintOptions
from skimage import data

from restore.errors import InputError, WeightsError
from restore.image import Image, Pixels
from restore.metrics import psnr
from restore.spec import Needs, Precision, Runtime, SizeRule
from restore.testing import checks
from restore.weights import save
from tests.random_inpainter import CPU, SMALL, SPEC, Mask, gan, generator, hole, inpaint, photograph, weights

__all__ = ["gan", "generator", "weights"]

DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


def test_whatever_the_weights_it_keeps_the_rules_that_every_plugin_must_keep(weights: Path) -> None:
    learnt: tuple[str, ...] = ("squeezed through 8 bit", "stays dark", "red stays red", "are not harmed")
    learnt += ("imports no heavy library", "refused, and not run")  # these are of this test's `load`
    for check in checks(replace(SPEC, weights=weights, load=lambda _, runtime: SPEC.load(weights, runtime))):
        if not check.rule.endswith(learnt):
            check.run()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_tile_that_the_user_chooses_changes_no_byte(weights: Path, precision: Precision) -> None:
    mask = np.tile(hole("scratch"), (1, 2))
    pixels = np.tile(photograph(), (1, 2, 1))
    whole, tiled = (load(weights, Runtime(device="cpu", precision=precision, tile=tile)) for tile in (None, 128))
    assert np.array_equal(inpaint(tiled, pixels, mask).pixels, inpaint(whole, pixels, mask).pixels)


@pytest.mark.parametrize("has", [True, False])
def test_8_bit_pictures_are_filled_in_bfloat16_where_the_cpu_has_it_and_others_in_float32(
    has: bool, weights: Path, gan: GanInpainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has}, raising=False)
    automatic, (pixels, mask) = load(weights, Runtime(device="cpu")), (photograph(), hole())
    off = np.abs(inpaint(automatic, pixels, mask).pixels.astype(int) - inpaint(gan, pixels, mask).pixels)
    assert (off.max() > 0) == has and off.max() <= 4, "weights that nobody trained give strong contrasts"
    deep = pixels.astype(np.uint16) * 257
    assert np.array_equal(inpaint(automatic, deep, mask).pixels, inpaint(gan, deep, mask).pixels)


def test_bfloat16_changes_the_filling_by_a_grey_level_or_so() -> None:
    pixels, mask = photograph(), hole("brush20")
    exact, quick = (inpaint(load(WEIGHTS, Runtime(precision=p)), pixels, mask).pixels for p in ("float32", "bfloat16"))
    off = (exact.astype(float) - quick)[mask]
    assert np.abs(off).max() <= 3 and np.sqrt((off**2).mean()) < 0.6


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("dtype", "white"), DEPTHS)
def test_every_depth_gives_the_same_picture_and_known_pixels_stay(
    gan: GanInpainter, dtype: type, white: int, channels: int
) -> None:
    given, mask = photograph()[..., :channels], hole()
    pixels: Pixels = np.ascontiguousarray((given / 255 * white).round(6 if white == 1 else 0).astype(dtype))
    alpha: Pixels = np.ascontiguousarray(pixels[..., 0])
    result = inpaint(gan, Image(pixels, alpha), mask)
    assert result.pixels.dtype == dtype and result.pixels.shape == pixels.shape
    assert np.array_equal(result.pixels[~mask], pixels[~mask])
    assert result.alpha is alpha
    eight_bit = inpaint(gan, np.ascontiguousarray(given), mask).pixels
    steps = result.pixels[mask] / white * 255
    assert np.abs(steps.clip(0, 255) - eight_bit[mask]).max() < 0.51
    if dtype != np.uint8:
        between = steps[(steps > 0) & (steps < 255)]  # what was cut off at black and white is whole in any depth
        assert np.mean(np.abs(between - between.round()) > 0.01) > 0.9, "the filling is not rounded to 8 bits"


def test_a_picture_without_colour_gets_none(gan: GanInpainter) -> None:
    mask = hole()
    grey = np.repeat(photograph()[..., :1], 3, axis=2)
    grey[mask] = (255, 0, 255)  # the damage may be coloured
    result = inpaint(gan, grey, mask).pixels
    assert (result == result[..., :1]).all()
    assert np.array_equal(result[..., :1], inpaint(gan, np.ascontiguousarray(grey[..., :1]), mask).pixels)
    assert (result[mask] != 255).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_what_the_hole_held_has_no_influence(gan: GanInpainter, dtype: type) -> None:
    mask = hole("brush20")
    dark: Pixels = photograph().astype(dtype)
    bright = dark.copy()
    dark[mask], bright[mask] = 0, 255
    if dtype == np.float32:
        dark, bright = dark / 255, bright / 255
        bright[mask] = np.nan
    assert np.array_equal(inpaint(gan, dark, mask).pixels, inpaint(gan, bright, mask).pixels)


def test_nan_among_the_known_pixels_is_refused(gan: GanInpainter) -> None:
    pixels, mask = photograph().astype(np.float32) / 255, hole()
    pixels[tuple(np.argwhere(~mask)[-1])] = np.nan
    with pytest.raises(InputError, match="NaN or infinite"):
        inpaint(gan, pixels, mask)


def test_where_nothing_is_missing_the_very_same_picture_comes_back(gan: GanInpainter) -> None:
    image = Image(photograph())
    assert inpaint(gan, image, np.zeros((200, 264), np.bool_)) is image


def test_a_mask_is_needed_and_must_leave_something(gan: GanInpainter) -> None:
    with pytest.raises(InputError, match=r"a mask of what is missing is needed\. .*--mask"):
        inpaint(gan, photograph(), None)
    with pytest.raises(InputError, match=r"covers all 264 x 200 pixels.* --invert-mask"):
        inpaint(gan, photograph(), np.ones((200, 264), np.bool_))


@pytest.mark.parametrize(("edge", "guessed"), [(440, False), (600, True)])
def test_a_hole_larger_than_the_model_sees_is_filled_and_warned_of(
    gan: GanInpainter, edge: int, guessed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    pixels, mask = np.full((700, 640, 3), 99, np.uint8), np.zeros((700, 640), np.bool_)
    mask[20 : 20 + edge, 10 : 10 + edge] = True
    with caplog.at_level(logging.WARNING, "restore"):
        result = inpaint(gan, pixels, mask).pixels
    assert (result[mask] != 99).any()
    assert caplog.messages == (
        [
            "a hole reaches 300 pixels from the nearest known pixel; the model looks 256 pixels far, so that the "
            "middle of the filling is a guess"
        ]
        if guessed
        else []
    )


def test_a_hole_at_the_border_is_deeper_than_one_inside(gan: GanInpainter, caplog: pytest.LogCaptureFixture) -> None:
    mask = np.zeros((300, 640), np.bool_)
    mask[:, :300] = True  # nothing is known on three of its sides
    with caplog.at_level(logging.WARNING, "restore"):
        inpaint(gan, np.full((300, 640, 3), 99, np.uint8), mask)
    assert len(caplog.messages) == 1 and "reaches 300 pixels" in caplog.text


@pytest.fixture(scope="module")
def smoothly_filled(generator: Generator) -> tuple[GanInpainter, Pixels, Mask, Pixels]:
    """A restorer that fills evenly; a noisy picture and its hole; what it is without grain."""
    noise = np.random.default_rng(0).normal(0, 12, (256, 256, 3))
    pixels = np.rint(120 + noise).clip(0, 255).astype(np.uint8)
    mask = np.zeros((256, 256), np.bool_)
    mask[40:200, 100:140] = True
    even = copy.deepcopy(generator)
    for head in (even._coarse.head, even._fine.head):
        head.load_state_dict({name: torch.zeros_like(value) for name, value in head.state_dict().items()})
    smooth = GanInpainter(even, CPU)
    return smooth, pixels, mask, inpaint(smooth, pixels, mask, grain="off").pixels


@pytest.mark.parametrize(("grain", "found", "given"), [
    ("auto", True, True), ("auto", False, False), ("on", False, True), ("off", True, False),
])  # fmt: skip
def test_grain_is_given_where_damage_was_found_or_where_it_is_asked_for(
    smoothly_filled: tuple[GanInpainter, Pixels, Mask, Pixels], grain: str, found: bool, given: bool
) -> None:
    smooth, pixels, mask, plain = smoothly_filled
    result = inpaint(smooth, pixels, mask, found, grain).pixels
    assert np.array_equal(result[~mask], pixels[~mask])
    assert np.array_equal(result, plain) != given


def test_no_more_is_held_beside_the_networks_than_was_told(gan: GanInpainter) -> None:
    """Arrays only: what torch holds is what `Runtime.memory` bounds."""
    pixels = np.repeat(np.random.default_rng(0).integers(100, 140, (1024, 1024, 1), np.uint8), 3, axis=2)
    mask = np.zeros((1024, 1024), np.bool_)
    mask[500, 300:700] = True
    tracemalloc.start()
    inpaint(gan, pixels, mask, grain="on")
    held = tracemalloc.get_traced_memory()[1] - pixels.nbytes
    tracemalloc.stop()
    assert SPEC.working_bytes is not None
    told = SPEC.working_bytes(InpaintOptions(grain="on"), 1024, 1024, 3, 8)
    assert told / 4 < held < told


def test_out_of_memory_smaller_windows_are_tried(
    gan: GanInpainter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pixels, mask = photograph(), hole()
    expected = inpaint(gan, pixels, mask).pixels
    original, calls = Execution.fine, []

    def fine(self: Execution, *given: torch.Tensor) -> torch.Tensor:
        calls.append(given[0].shape)
        if len(calls) < 2:
            raise MemoryError
        return original(self, *given)

    monkeypatch.setattr(Execution, "fine", fine)
    with caplog.at_level(logging.WARNING, "restore"):
        assert np.array_equal(inpaint(gan, pixels, mask).pixels, expected)
    assert "trying 3" in caplog.text


def test_nan_in_a_lower_precision_is_computed_again_in_float32(
    weights: Path, gan: GanInpainter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pixels, mask = photograph(120, 160), hole("scratch", 120, 160)
    expected = inpaint(gan, pixels, mask).pixels
    half = load(weights, Runtime(device="cpu", precision="bfloat16"))
    rough = inpaint(half, pixels, mask).pixels
    assert 0 < np.abs(rough.astype(int) - expected).max() <= 4
    original = Execution.fine

    def fine(self: Execution, *given: torch.Tensor) -> torch.Tensor:
        result = original(self, *given)
        return result * torch.nan if self.machine.dtype == torch.bfloat16 else result

    monkeypatch.setattr(Execution, "fine", fine)
    with caplog.at_level(logging.WARNING, "restore"):
        assert np.array_equal(inpaint(half, pixels, mask).pixels, expected)
    assert "computing again in float32" in caplog.text


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.safetensors"
    tensors = Generator(SMALL).state_dict()
    save(path, tensors, {"model": SPEC.name, "config": json.dumps(Architecture().as_dict())})
    with pytest.raises(WeightsError, match="does not fit the network of gan-inpaint"):
        load(path, Runtime(device="cpu"))


def test_it_says_what_it_needs_and_where_it_comes_from() -> None:
    assert (SPEC.task, SPEC.needs) == ("inpaint", Needs.IMAGE_AND_MASK)
    assert SPEC.sources and SPEC.train is not None and SPEC.weights == WEIGHTS
    assert SPEC.size_rule == SizeRule(MULTIPLE, COARSE_HALO + FINE_HALO)


@pytest.mark.parametrize(("kind", "gained"), [("scratch", 0.7), ("text", 0.4), ("brush20", 0.3)])
def test_it_is_nearer_to_the_truth_than_telea(kind: str, gained: float) -> None:
    truth, mask = np.ascontiguousarray(data.chelsea()[:256, :384]), hole(kind, 256, 384)
    spoilt = truth.copy()
    spoilt[mask] = 0
    ours = inpaint(load(WEIGHTS, Runtime(device="cpu")), spoilt, mask).pixels
    telea = cv2.inpaint(spoilt, mask.astype(np.uint8), 5, cv2.INPAINT_TELEA)
    assert psnr(ours[mask][None], truth[mask][None]) - psnr(telea[mask][None], truth[mask][None]) > gained
