"""Steps in a row over one picture: what each is given, and what comes out at the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import Field

from restore.errors import InputError
from restore.image import Image, Metadata, Observation, Restoration, unchanged
from restore.pipeline.chain import LoadedLink, Models, run_links
from restore.pipeline.masking import MaskKeys
from restore.pipeline.planned import PlannedStep, chained
from restore.plugin_manager import PluginManager
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl

if TYPE_CHECKING:
    from tests.tiny import Tiny
    from tests.tiny_neighbours import Painter, Spotter

JPEG = Metadata(source_format="JPEG", jpeg_quality=40, jpeg_subsampling="4:2:0")


class TimesOptions(Options):
    """Options of the multiplier."""

    factor: float = Field(1.0, description="By which every value is multiplied.")
    note: str = Field("", description="A warning to add.")


@dataclass(eq=False)
class Times:
    """A plugin with a multiplier that remembers what it was given."""

    seen: list[Image] = field(default_factory=list)

    def restore(self, observation: Observation, options: TimesOptions) -> Image:
        """Multiply, and round to the picture's depth."""
        image = observation.image
        self.seen.append(image)
        if options.factor < 0:
            raise InputError("cannot be multiplied.", hint="Give more.")
        values = image.pixels * options.factor
        if image.pixels.dtype != np.float32:
            values = np.floor(values + 0.5).clip(0, image.white)
        result = image.with_pixels(values.astype(image.pixels.dtype))
        return result.with_warnings(options.note) if options.note else result

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Nothing to load."""
        return self

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One."""
        return [RestorerSpec("times", "multiply", "Multiplies.", TimesOptions, self.load)]


@pytest.fixture
def times() -> Times:
    return Times()


@pytest.fixture
def manager(times: Times, painter: Painter, spotter: Spotter, tiny: Tiny) -> PluginManager:
    return PluginManager.of({"times": times, "painter": painter, "spotter": spotter, "tiny": tiny})


def run(manager: PluginManager, image: Image, *steps: PlannedStep) -> Restoration:
    models = Models(manager, Runtime())
    return run_links([models.link(link) for link in chained(steps, manager)], image)


def by(factor: float, note: str = "") -> PlannedStep:
    return PlannedStep("times", {"factor": factor, "note": note})


def levels(channels: int = 3, metadata: Metadata = JPEG) -> Image:
    pixels = np.arange(250, dtype=np.uint8).reshape(10, 25, 1).repeat(channels, 2)
    return Image(pixels, alpha=pixels[..., 0].copy(), metadata=metadata)


def rows(restoration: Restoration) -> list[dict[str, object]]:
    assert restoration.account is not None
    found = restoration.account["steps"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("channels", [1, 3])
def test_what_eight_bits_would_lose_survives_between_steps(manager: PluginManager, times: Times, channels: int) -> None:
    image = levels(channels)
    result = run(manager, image, by(0.25), by(4.0)).image
    assert np.array_equal(result.pixels, image.pixels)
    assert result.pixels.dtype == np.uint8
    assert [seen.pixels.dtype for seen in times.seen] == [np.uint16, np.uint16]
    assert result.alpha is not None
    assert np.array_equal(result.alpha, image.pixels[..., 0])


def test_a_step_alone_sees_the_picture_as_it_is(manager: PluginManager, times: Times) -> None:
    image = levels()
    result = run(manager, image, by(0.5)).image
    assert times.seen[0].pixels is image.pixels
    assert result.pixels.dtype == np.uint8


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
def test_deeper_pictures_keep_their_depth(manager: PluginManager, times: Times, kind: type) -> None:
    image = Image(levels().pixels.astype(kind))
    result = run(manager, image, by(0.5), by(2.0)).image
    assert result.pixels.dtype == kind
    assert [seen.pixels.dtype for seen in times.seen] == [kind, kind]


def test_a_picture_that_no_step_changes_is_its_own_result(manager: PluginManager) -> None:
    image = levels()
    result = run(manager, image, by(1.0), by(1.0))
    assert unchanged(image, result.image)
    assert result.image.metadata == image.metadata
    assert result.account is not None
    assert result.account["summary"] == "left as it is: no step changed it"


def test_what_jpeg_left_is_told_until_a_step_has_changed_the_picture(manager: PluginManager, times: Times) -> None:
    result = run(manager, levels(), by(1.0), by(0.5), by(1.0)).image
    assert [seen.metadata.jpeg_quality for seen in times.seen] == [40, 40, None]
    assert result.metadata == JPEG, "the result is saved as the picture was"


def test_warnings_of_all_steps_are_kept_and_each_step_has_its_own(manager: PluginManager) -> None:
    image = levels(metadata=replace(JPEG, warnings=("Was torn.",)))
    result = run(manager, image, by(0.5, "Darker."), by(0.5, "Darker still."))
    assert result.image.metadata.warnings == ("Was torn.", "Darker.", "Darker still.")
    assert [row["notes"] for row in rows(result)] == [["Darker."], ["Darker still."]]


def test_each_step_is_told_with_its_options_and_whether_it_changed_anything(manager: PluginManager) -> None:
    result = run(manager, levels(), by(1.0), by(0.5))
    first, second = rows(result)
    assert (first["task"], first["model"], first["options"], first["changed"]) == ("multiply", "times", {}, False)
    assert (second["options"], second["changed"]) == ({"factor": 0.5}, True)
    assert isinstance(second["seconds"], float)
    assert result.account is not None
    assert result.account["summary"] == "multiply"


def test_a_detect_step_marks_what_a_later_step_fills(manager: PluginManager, painter: Painter) -> None:
    pixels = np.full((12, 12, 3), 90, np.uint8)
    pixels[5, 5] = 255
    steps = PlannedStep("spotter"), by(0.5), PlannedStep("painter", mask=MaskKeys(grow=0))
    result = run(manager, Image(pixels), *steps).image
    (mask,) = painter.seen
    assert np.argwhere(mask).tolist() == [[5, 5]]
    assert result.pixels[5, 5].tolist() == [255, 255, 255]
    assert (np.delete(result.pixels.reshape(-1, 3), 5 * 12 + 5, 0) == 45).all(), "nothing outside is touched"


def test_damage_is_looked_for_in_the_picture_as_the_steps_before_have_left_it(
    manager: PluginManager, painter: Painter, spotter: Spotter
) -> None:
    pixels = np.full((12, 12, 3), 60, np.uint8)
    pixels[5, 5] = 120
    image = Image(pixels)
    auto = PlannedStep("painter", mask=MaskKeys(mask="auto", grow=0))
    assert rows(run(manager, image, auto))[0]["changed"] is False
    run(manager, image, by(2.0), auto)
    assert np.argwhere(painter.seen[-1]).tolist() == [[5, 5]]


FOUND_BEFORE = (PlannedStep("spotter"), PlannedStep("painter"))
FOUND_BY_ITSELF = (PlannedStep("painter", mask=MaskKeys(mask="auto")),)


@pytest.mark.parametrize("steps", [FOUND_BEFORE, FOUND_BY_ITSELF], ids=["found before", "found by itself"])
def test_wide_damage_is_told_by_the_step_that_fills_it(
    manager: PluginManager, painter: Painter, steps: tuple[PlannedStep, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restore.masks.detecting.WIDE", 4)
    pixels = np.full((12, 12, 3), 60, np.uint8)
    pixels[3:8, 3:8] = 255
    result = run(manager, Image(pixels), *steps)
    (warning,) = result.image.metadata.warnings
    assert warning.startswith("Wide damage was found at 6,6: a stain, or a part of the picture?")
    assert rows(result)[-1]["notes"] == [warning] and painter.seen


def test_where_nothing_is_missing_it_is_said_and_nothing_is_asked(manager: PluginManager, painter: Painter) -> None:
    image = Image(np.full((12, 12, 3), 60, np.uint8))
    result = run(manager, image, PlannedStep("spotter"), PlannedStep("painter"))
    assert painter.seen == []
    assert result.image.metadata.warnings == ("Nothing is missing: no damage was found.",)
    assert unchanged(image, result.image)


def test_what_lies_beside_the_result_comes_from_every_step_in_the_files_own_depth(manager: PluginManager) -> None:
    negative = PlannedStep("tiny", {"companions": 1})
    result = run(manager, levels(), by(0.5), negative)
    (companion,) = result.companions
    assert companion.pixels.dtype == np.uint8
    assert np.array_equal(companion.pixels, np.floor(levels().pixels / 2 + 0.5))


def test_a_step_that_cannot_do_it_is_named(manager: PluginManager) -> None:
    with pytest.raises(InputError) as refusal:
        run(manager, levels(), by(1.0), by(-1.0))
    assert str(refusal.value) == "step 2 (multiply, times): cannot be multiplied. Give more."
    trouble = PlannedStep("tiny", {"trouble": "bug"})
    with pytest.raises(ZeroDivisionError) as bug:
        run(manager, Image(np.zeros((8, 13, 3), np.uint8)), by(1.0), trouble)
    assert bug.value.__notes__ == ["in step 2 (denoise, tiny)"]


def test_a_model_that_several_steps_use_is_loaded_once(manager: PluginManager, tiny: Tiny) -> None:
    models = Models(manager, Runtime())
    steps = chained([PlannedStep("tiny"), PlannedStep("tiny", {"strength": 0.5})], manager)
    first, second = (models.link(link) for link in steps)
    assert isinstance(first, LoadedLink)
    assert first.restorer is second.restorer
    assert len(tiny.loads) == 1
