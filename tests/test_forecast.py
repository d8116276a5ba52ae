"""What a run will take: memory by the model, time from a probe."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore import forecast, memory
from restore.enlarging import Enlarging
from restore.errors import PluginError, UsageError, WeightsError
from restore.forecast import Probe, foresee
from restore.image import Image, Observation
from restore.job import Job
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.resampling import resized
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]


class Slow:
    """A plugin that takes a known time: 5 ms per picture and 0.5 s per megapixel."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def restore(self, observation: Observation, options: Options) -> Image:
        """Sleep."""
        image = observation.image
        self.seen.append((image.width, image.height))
        time.sleep(0.005 + 0.5 * image.width * image.height / 1e6)
        return image

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Take a while, too."""
        time.sleep(0.05)
        return self

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One."""
        return [RestorerSpec("slow", "denoise", "Sleeps.", Options, self.load)]


@pytest.fixture
def slow() -> Slow:
    return Slow()


def job_of(folder: Path, spec: RestorerSpec, **changes: object) -> Job:
    return replace(Job(plan([str(folder)], folder.parent / "out"), spec, spec.options()), **changes)  # type: ignore[arg-type]


def test_the_time_is_that_of_a_model_whose_time_is_known(tmp_path: Path, photo: Photo, slow: Slow) -> None:
    for name, edge in (("a", 100), ("b", 300), ("c", 700)):
        photo(tmp_path / "in" / f"{name}.bmp", width=edge, height=edge)
    foreseen = foresee(job_of(tmp_path / "in", slow.provide_restorers()[0]), PluginManager.of({"slow": slow}))
    assert foreseen.probe is not None and foreseen.probe.path.name == "b.bmp", "of median size"
    assert slow.seen == [(64, 64), (64, 64), (256, 256), (300, 300)], "growing pieces, the first for warming up"
    restoring = 3 * 0.005 + 0.5 * foreseen.megapixels
    assert foreseen.megapixels == pytest.approx(0.59)
    assert foreseen.seconds is not None and 0.05 + restoring < foreseen.seconds < 0.05 + 3 * restoring
    assert foreseen.probe.restoring[1] == pytest.approx(0.5, rel=0.5)


def test_pieces_are_enlarged_as_much_as_their_picture_will_be(tmp_path: Path, photo: Photo) -> None:
    class Upscaler(Slow):
        def restore(self, observation: Observation, options: Options) -> Image:
            assert isinstance(options, Enlarging)
            image = observation.image
            height, width = options.output_size(image.height, image.width)
            self.seen.append((width, height))
            return image.with_pixels(resized(image.pixels, height, width))

        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [RestorerSpec("slow", "upscale", "x", Enlarging, self.load, output_size=Enlarging.output_size)]

    photo(tmp_path / "in" / "a.bmp", width=500, height=300)
    upscaler = Upscaler()
    job = job_of(tmp_path / "in", upscaler.provide_restorers()[0], options=Enlarging(size="1500x1000"))
    foreseen = foresee(job, PluginManager.of({"slow": upscaler}))
    assert foreseen.trouble is None
    assert upscaler.seen == [(192, 192), (192, 192), (768, 768), (1500, 900)]


def test_the_probe_ends_when_a_piece_takes_long(
    tmp_path: Path, photo: Photo, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.bmp", width=1200, height=1200)
    monkeypatch.setattr(forecast, "ENOUGH", 0.02)
    foresee(job_of(tmp_path / "in", slow.provide_restorers()[0]), PluginManager.of({"slow": slow}))
    assert slow.seen[-1] == (256, 256)


def test_pictures_of_unknown_size_are_counted_as_the_median(tmp_path: Path, photo: Photo, slow: Slow) -> None:
    photo(tmp_path / "in" / "a.bmp", width=300, height=300)
    manager = PluginManager.of({"slow": slow})
    one = foresee(job_of(tmp_path / "in", slow.provide_restorers()[0]), manager)
    for name in ("b", "c", "d"):
        (tmp_path / "in" / f"{name}.jpg").write_bytes(b"?")
    four = foresee(job_of(tmp_path / "in", slow.provide_restorers()[0]), manager)
    assert (one.unknown, four.unknown) == (0, 3) and one.megapixels == four.megapixels
    assert one.seconds is not None and four.seconds is not None
    assert four.seconds - 0.05 > 2 * (one.seconds - 0.05)


def test_a_picture_that_cannot_be_read_does_not_end_the_probe(tmp_path: Path, photo: Photo, tiny: Tiny) -> None:
    for name in ("a", "b", "c"):
        photo(tmp_path / "in" / f"{name}.png", width=64, height=64)
    data = (tmp_path / "in" / "b.png").read_bytes()
    (tmp_path / "in" / "b.png").write_bytes(data[:60])
    foreseen = foresee(job_of(tmp_path / "in", tiny.spec), PluginManager.of({"tiny": tiny}))
    assert foreseen.probe is not None and foreseen.probe.path.name == "c.png"
    assert foreseen.trouble is None


def test_what_nobody_can_try_is_told_instead_of_a_time(tmp_path: Path, tiny: Tiny) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"?")
    foreseen = foresee(job_of(tmp_path / "in", tiny.spec), PluginManager.of({"tiny": tiny}))
    assert (foreseen.seconds, foreseen.memory) == (None, None)
    assert foreseen.trouble == "no header tells how large the pictures are" and tiny.loads == []


def test_a_model_that_cannot_be_loaded_is_an_error_as_in_the_run(tmp_path: Path, photo: Photo, tiny: Tiny) -> None:
    photo(tmp_path / "in" / "a.png")
    job = job_of(tmp_path / "in", tiny.spec, weights=tmp_path / "gone.safetensors")
    with pytest.raises((WeightsError, PluginError)):
        foresee(job, PluginManager.of({"tiny": tiny}))


def test_memory_is_the_process_the_network_and_the_largest_picture(tmp_path: Path, photo: Photo, tiny: Tiny) -> None:
    photo(tmp_path / "in" / "a.png", width=10, height=10)
    photo(tmp_path / "in" / "b.png", width=1000, height=1000)
    manager = PluginManager.of({"tiny": tiny})
    free = foresee(job_of(tmp_path / "in", tiny.spec), manager).memory
    assert free == memory.BASE + forecast.NETWORK + int(3_000_000 * memory.COPIES)
    runtime = Runtime(memory=memory.BASE + 1000 * 2**20)
    held = foresee(job_of(tmp_path / "in", tiny.spec, runtime=runtime), manager).memory
    assert held == memory.BASE + 300 * 2**20 + int(3_000_000 * memory.COPIES)
    with pytest.raises(UsageError, match="less than the program itself needs"):
        foresee(job_of(tmp_path / "in", tiny.spec, runtime=Runtime(memory=2**20)), manager)


def test_a_run_is_its_loading_its_restoring_and_a_share_of_its_reading_and_writing() -> None:
    probe = Probe(Path("a"), load=2.0, restoring=(0.1, 1.0), disk=(0.2, 0.4))
    assert probe.seconds(10, 5.0, threads=2) == pytest.approx(2 + (1 + 5) + (2 + 2) / 2)
