"""How large results become: asked of the plugin, checked, and held to the limit before anything is computed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PillowImage

from restore.cli import main
from restore.codecs.header import Header
from restore.engine import execute
from restore.errors import ExitCode, InputError, PluginError
from restore.image import Image, Observation
from restore.job import Job
from restore.memory import BASE, COPIES
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.result_size import (
    check_header,
    check_size,
    growth_of,
    result_size,
    size_is_found,
    working_bytes,
    working_bytes_of_series,
)
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl

Photo = Callable[..., Path]


class Upscaler:
    """A plugin that doubles pictures; counts what it was given."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def restore(self, observation: Observation, options: Options) -> Image:
        """Every pixel four times."""
        image = observation.image
        self.seen.append((image.width, image.height))
        return image.with_pixels(image.pixels.repeat(2, 0).repeat(2, 1))

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Load at once."""
        return self

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One."""
        return [spec_of(lambda options, height, width: (2 * height, 2 * width), self.load)]


def spec_of(output_size: Any, load: Any = lambda weights, runtime: None) -> RestorerSpec:
    return RestorerSpec("double", "upscale", "Doubles.", Options, load, output_size=output_size, scales="x2")


def into_a_landscape(options: Options, height: int, width: int) -> tuple[int, int]:
    """Fit into 400 x 100 pixels."""
    factor = min(100 / height, 400 / width)
    return round(height * factor), round(width * factor)


def header(height: int, width: int) -> Header:
    return Header(width, height, channels=3, bits=8, alpha=False, format="JPEG")


def test_a_plugin_that_says_nothing_keeps_the_size() -> None:
    assert result_size(spec_of(None), Options(), 30, 40) == (30, 40)
    assert growth_of(spec_of(None), Options(), header(30, 40)) == 1


@pytest.mark.parametrize("answer", [2, (2,), (2.0, 4.0), (0, 5), (True, 5), None, "ab"])
def test_an_answer_that_is_no_size_is_the_plugins_fault(answer: object) -> None:
    with pytest.raises(PluginError, match=rf"output_size of the model 'double' gave {re.escape(repr(answer))}"):
        result_size(spec_of(lambda *_: answer), Options(), 30, 40)


def test_a_plugin_that_fails_to_answer_is_named() -> None:
    with pytest.raises(PluginError, match=r"output_size of the model 'double' failed \(ZeroDivisionError"):
        result_size(spec_of(lambda *_: 1 // 0), Options(), 30, 40)


def test_growth_is_that_of_the_larger_result_where_turning_matters() -> None:
    fitting = spec_of(into_a_landscape)
    assert growth_of(fitting, Options(), header(50, 200)) == 4
    assert growth_of(fitting, Options(), header(200, 50)) == 4, "it may lie on its side in the file"
    assert growth_of(fitting, Options(), None) < 1, "12 megapixels are taken where a header does not tell"


def test_a_header_refuses_only_what_is_too_large_however_it_is_turned() -> None:
    fitting = spec_of(into_a_landscape)
    check_header(fitting, Options(), header(50, 200), 39_999, Path("a.jpg"))  # upright it would be 25 x 100
    with pytest.raises(InputError, match=r"a\.jpg: would grow from 200 x 50 to 400 x 100 pixels \(0 megapixels\)"):
        check_size(fitting, Options(), (50, 200), 39_999, Path("a.jpg"))
    check_size(fitting, Options(), (50, 200), 40_000, Path("a.jpg"))


def run(folder: Path, upscaler: Upscaler, **changes: Any) -> tuple[list[str | None], list[str]]:
    """Reasons and states of a run over `in`."""
    (spec,) = upscaler.provide_restorers()
    job = Job(plan([str(folder / "in")], folder / "out"), spec, Options(), **changes)
    report = execute(job, PluginManager.of({"double": upscaler}))
    return [result.reason for result in report.results], [result.state for result in report.results]


def test_a_result_beyond_the_limit_fails_alone_before_the_model_sees_its_picture(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.png", width=20, height=20)
    photo(tmp_path / "in" / "b.png", width=30, height=20)
    upscaler = Upscaler()
    reasons, states = run(tmp_path, upscaler, max_pixels=1600)
    assert states == ["done", "failed"] and upscaler.seen == [(20, 20)]
    assert reasons[1] == (
        "would grow from 30 x 20 to 60 x 40 pixels (0 megapixels); the limit is 0. "
        "Ask for a smaller size, or raise the limit with --max-pixels."
    )
    with PillowImage.open(tmp_path / "out" / "a.png") as result:
        assert result.size == (40, 40)


def test_a_result_beyond_the_limit_is_also_seen_where_the_header_was_not(
    tmp_path: Path, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "b.png", width=30, height=20)
    monkeypatch.setattr("restore.admission.peek", lambda path: None)
    upscaler = Upscaler()
    reasons, _ = run(tmp_path, upscaler, max_pixels=1600)
    assert "would grow from 30 x 20 to 60 x 40" in str(reasons[0]) and upscaler.seen == []


def test_memory_is_asked_for_the_result_as_well(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.png", width=3000, height=2000)
    upscaler = Upscaler()
    needed = int(18e6 * (COPIES + 6))
    reasons, _ = run(tmp_path, upscaler, runtime=Runtime(memory=BASE + 2 * (100 << 20)))
    assert reasons[0] is not None and reasons[0].startswith(f"needs about {needed >> 20} MiB beside the network")
    assert upscaler.seen == []


def test_memory_is_asked_for_what_a_model_holds_on_the_way(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.png", width=300, height=200)

    class Hungry(Upscaler):
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [replace(super().provide_restorers()[0], working_bytes=lambda *_: 1 << 30)]

    upscaler = Hungry()
    reasons, _ = run(tmp_path, upscaler, runtime=Runtime(memory=BASE + 2 * (100 << 20)))
    assert str(reasons[0]).startswith("needs about 1025 MiB beside the network") and upscaler.seen == []
    advised = int(str(reasons[0]).split("--memory ")[2].split("MiB")[0])
    _, states = run(tmp_path, upscaler, runtime=Runtime(memory=advised << 20))
    assert states == ["done"]


def test_what_is_held_on_the_way_is_asked_with_depth_and_alpha_and_for_both_ways_a_picture_may_lie() -> None:
    hungry = replace(spec_of(None), working_bytes=lambda _, height, width, channels, bits: height * channels * bits)
    assert working_bytes(hungry, Options(), header(200, 50)) == 200 * 3 * 8
    assert working_bytes(hungry, Options(), replace(header(50, 200), bits=16, alpha=True)) == 200 * 4 * 16
    assert working_bytes(spec_of(None), Options(), header(200, 50)) == 0


def test_of_a_series_it_is_asked_once_and_for_each_frame() -> None:
    headers = [header(200, 50), header(50, 200), replace(header(50, 200), channels=1)]
    once = replace(spec_of(None), working_bytes=lambda _, height, width, channels, bits: height * channels)
    assert working_bytes_of_series(once, Options(), headers) == 200 * 3
    each = replace(once, frame_bytes=lambda _, height, width, channels, bits: width * channels * bits)
    assert working_bytes_of_series(each, Options(), headers) == 200 * 3 + 200 * (3 + 3 + 1) * 8
    assert working_bytes_of_series(spec_of(None), Options(), headers) == 0
    broken = replace(once, frame_bytes=lambda *_: -1)
    with pytest.raises(PluginError, match="frame_bytes of the model 'double' gave -1"):
        working_bytes_of_series(broken, Options(), headers)


@pytest.mark.parametrize("answer", [None, -1, 0.5, True])
def test_what_is_no_number_of_bytes_is_the_plugins_fault(answer: object) -> None:
    broken = replace(spec_of(None), working_bytes=lambda *_: answer)  # type: ignore[arg-type]
    with pytest.raises(PluginError, match=f"working_bytes of the model 'double' gave {answer}"):
        working_bytes(broken, Options(), header(200, 50))


def test_a_broken_answer_fails_the_picture_and_not_the_run(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.png")

    class Broken(Upscaler):
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [spec_of(lambda *_: None, self.load)]

    reasons, states = run(tmp_path, Broken())
    assert states == ["failed"] and "gave None" in str(reasons[0])


def no_wider_than_20(options: Options, height: int, width: int) -> tuple[int, int]:
    """Double a picture, if it is narrow."""
    if width > 20:
        raise InputError("is too wide for this.", hint="Cut it.")
    return 2 * height, 2 * width


def test_what_a_model_cannot_make_is_refused_before_it_is_read(tmp_path: Path, photo: Photo) -> None:
    photo(tmp_path / "in" / "a.png", width=20, height=20)
    photo(tmp_path / "in" / "b.png", width=30, height=30)

    class Narrow(Upscaler):
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [spec_of(no_wider_than_20, self.load)]

    upscaler = Narrow()
    reasons, states = run(tmp_path, upscaler)
    assert states == ["done", "failed"] and upscaler.seen == [(20, 20)]
    assert reasons[1] == "is too wide for this. Cut it."


def test_what_can_be_made_one_way_round_only_is_counted_that_way() -> None:
    narrow = replace(spec_of(no_wider_than_20), working_bytes=lambda _, height, width, *__: width)
    check_header(narrow, Options(), header(20, 30), 10_000, Path("a.jpg"))
    assert growth_of(narrow, Options(), header(20, 30)) == 4
    assert working_bytes(narrow, Options(), header(20, 30)) == 20
    with pytest.raises(InputError, match="too wide"):
        check_header(narrow, Options(), header(30, 40), 10_000, Path("a.jpg"))
    assert growth_of(narrow, Options(), header(30, 40)) == working_bytes(narrow, Options(), header(30, 40)) == 0


def test_a_dry_run_tells_which_results_would_be_too_large(
    tmp_path: Path, photo: Photo, capsys: pytest.CaptureFixture[str]
) -> None:
    photo(tmp_path / "in" / "a.png", width=20, height=20)
    photo(tmp_path / "in" / "b.png", width=30, height=20)
    words = ["upscale", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--max-pixels", "1600", "--dry-run"]
    manager = PluginManager.of({"double": Upscaler()})
    assert main(words, manager) == ExitCode.OK
    assert "b.png: would grow from 30 x 20 to 60 x 40 pixels" in capsys.readouterr().out
    main([*words, "--json"], manager)
    document = json.loads(capsys.readouterr().out)
    assert [result["state"] for result in document["results"]] == ["planned", "failed"]
    assert not (tmp_path / "out").exists()


def test_models_are_listed_with_their_scales(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models"], PluginManager.of({"double": Upscaler()}))
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["double", "upscale", "x2"]


def finding(size_is_found: Any) -> RestorerSpec:
    return replace(spec_of(lambda options, height, width: (height, width)), size_is_found=size_is_found)


def test_a_size_is_found_in_the_picture_only_where_the_plugin_says_so() -> None:
    assert not size_is_found(finding(None), Options())
    assert size_is_found(finding(lambda options: isinstance(options, Options)), Options())


@pytest.mark.parametrize(
    ("answer", "said"),
    [(lambda options: 1, "gave 1"), (lambda options: 1 / 0, r"failed \(ZeroDivisionError: division by zero\)")],
)
def test_a_plugin_that_cannot_say_whether_is_told_so(answer: Any, said: str) -> None:
    with pytest.raises(PluginError, match=f"size_is_found of the model 'double' {said}"):
        size_is_found(finding(answer), Options())
