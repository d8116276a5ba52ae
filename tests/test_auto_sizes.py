"""How large `restore auto` makes photos, and what it does where that cannot be done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from restore_classic import plugin as classic

from restore.auto.request import AutoRun
from restore.auto.restoring import auto_spec
from restore.codecs.header import Header
from restore.enlarging import Enlarging
from restore.errors import InputError
from restore.image import Image, Observation
from restore.plugin_manager import PluginManager
from restore.result_size import check_header, result_size, working_bytes
from restore.spec import RestorerSpec, hookimpl
from tests.test_auto_restoring import NOISE, mended, rows, scene


@pytest.fixture
def manager() -> PluginManager:
    return PluginManager.of({"classic": classic})


def test_a_photo_grows_only_where_that_is_asked_for(manager: PluginManager) -> None:
    done = mended(manager, scene(), AutoRun(upscale_to="256"))
    assert done.image.pixels.shape == (192, 256, 3)
    assert rows(done)[0]["why"] == "smaller than was asked for"
    spec = auto_spec(manager)
    assert spec.output_size is not None
    assert spec.output_size(AutoRun(upscale_to="256"), 96, 128) == (192, 256)
    assert spec.output_size(AutoRun(), 96, 128) == (96, 128)


class TwiceAtMost(Enlarging):
    """Options of an upscaler that knows no larger factor than 2."""

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        if (factor := self.factor(height, width)) > 2:
            raise InputError(f"cannot be enlarged {factor:.3g} times.", hint="Take -m another.")
        return super().output_size(height, width)


class Denoisers:
    """The classical denoisers without the upscalers that come with them."""

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        return [spec for spec in PluginManager.of({"classic": classic}).restorers() if spec.task == "denoise"]


@pytest.fixture
def up_to_twice() -> PluginManager:
    """Models of which the upscaler enlarges by pixels, and at most twice."""

    class Doubler:
        def restore(self, observation: Observation, options: TwiceAtMost) -> Image:
            wanted = options.output_size(observation.image.height, observation.image.width)
            return Image(np.resize(observation.image.pixels, (*wanted, 3)))

    spec = RestorerSpec(
        name="doubler",
        task="upscale",
        summary="Enlarges up to twice",
        options=TwiceAtMost,
        load=lambda weights, runtime: Doubler(),
        output_size=lambda options, height, width: options.output_size(height, width),
        scales="any",
        working_bytes=lambda options, height, width, channels, bits: 3 * height * width,
    )

    class Plugin:
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [spec]

    return PluginManager.of({"classic": Denoisers(), "doubler": Plugin()})


def test_a_photo_that_cannot_be_enlarged_so_much_keeps_its_size_and_is_told_why(up_to_twice: PluginManager) -> None:
    why = "smaller than was asked for, but cannot be enlarged 3.91 times"
    sound, noisy = (mended(up_to_twice, scene(noise), AutoRun(upscale_to="500")) for noise in (0, NOISE))
    for done in (sound, noisy):
        assert done.image.pixels.shape == (96, 128, 3)
        assert {"task": "upscale", "why": why} in rows(done, "left_out")
        assert done.account is not None
        assert str(done.account["summary"]).endswith(f"; not enlarged: it is {why}")
        (warning,) = done.image.metadata.warnings
        assert warning.startswith(f"not enlarged: it is {why}. Ask for less with --upscale-to")
    assert sound.untouched
    assert [row["task"] for row in rows(noisy)] == ["denoise"], "all else is done"


def test_sizes_are_told_of_photos_that_cannot_be_enlarged_so_much(up_to_twice: PluginManager) -> None:
    spec, options = auto_spec(up_to_twice), AutoRun(upscale_to="500")
    header = Header(width=128, height=96, channels=3, alpha=False, bits=8, format="PNG")
    check_header(spec, options, header, 10**9, Path("small.png"))
    assert result_size(spec, options, 96, 128) == (96, 128)
    assert result_size(spec, options, 240, 320) == (375, 500)
    piece = options.for_piece(96, 128)
    assert result_size(spec, piece, 50, 50) == (50, 50)
    assert working_bytes(spec, options, header) == working_bytes(spec, AutoRun(), header)
    assert working_bytes(spec, piece, header) == working_bytes(spec, AutoRun(), header)


def test_a_piece_of_a_small_photo_is_tried_enlarged_as_much_as_the_whole(manager: PluginManager) -> None:
    piece = AutoRun(upscale_to="1280").for_piece(96, 128)
    assert mended(manager, scene()[:16, :16], piece).image.pixels.shape == (160, 160, 3)


def test_memory_is_that_of_the_hungriest_step_that_may_be_taken(manager: PluginManager) -> None:
    spec = auto_spec(manager)
    assert spec.working_bytes is not None
    all_steps = spec.working_bytes(AutoRun(), 1000, 1000, 3, 8)
    assert all_steps > 2 * 1000 * 1000 * 3 * 2
    assert spec.working_bytes(AutoRun(upscale_to="8000"), 1000, 1000, 3, 8) > 8000 * 8000 * 3 * 2
