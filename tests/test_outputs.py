"""Results on the disk: whole or not at all, unchanged pictures byte for byte, never one over another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from restore.engine import Job, execute, run
from restore.errors import OutputError
from restore.image import Image, Observation, Restoration, unchanged
from restore.journal import Journal
from restore.journal_rows import Recipe
from restore.made import Made
from restore.outputs import Outputs, twins
from restore.planning import Plan, WorkItem, plan
from restore.plugin_manager import PluginManager
from restore.spec import Options, Restorer, RestorerSpec, Runtime

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_picture_that_was_not_changed_is_copied_byte_for_byte(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], name: str
) -> None:
    source = photo(tmp_path / "in" / name)
    os.utime(source, ns=(10**18, 10**18 + 123_456_789))
    report = run(job(strength=0.0), tiny_manager)
    result = tmp_path / "out" / name
    assert report.done == 1
    assert result.read_bytes() == source.read_bytes()
    assert result.stat().st_mtime_ns == 10**18 + 123_456_789


@pytest.mark.parametrize(("strength", "said"), [(0.0, ()), (0.5, ("It is a motion photo; its video is not kept.",))])
def test_only_a_result_that_is_no_copy_tells_what_lay_beside_the_picture(
    photo: Photo, tmp_path: Path, tiny_manager: PluginManager, job: Callable[..., Job], strength: float, said: object
) -> None:
    source = photo(tmp_path / "in" / "a.jpg")
    source.write_bytes(source.read_bytes() + b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100))
    report = run(job(strength=strength), tiny_manager)
    assert report.results[0].warnings == said
    assert ((tmp_path / "out" / "a.jpg").read_bytes() == source.read_bytes()) == (strength == 0.0)


def test_an_unchanged_picture_is_written_anew_in_another_format_or_quality(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, tiny: Tiny
) -> None:
    source = photo(tmp_path / "a.jpg")
    options = tiny.options(strength=0.0)
    run(Job(plan([str(source)], tmp_path / "a.png"), tiny.spec, options), tiny_manager)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    run(Job(plan([str(source)], tmp_path / "b.jpg"), tiny.spec, options, quality=30), tiny_manager)
    assert (tmp_path / "b.jpg").read_bytes() != source.read_bytes()


class Onlooker:
    """Looks at a picture, leaves its file untouched, and tells what it saw."""

    def restore(self, observation: Observation, options: Options) -> Restoration:
        """Do nothing."""
        return Restoration(observation.image, account={"summary": "looked at"}, untouched=True)

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Nothing to load."""
        return self


def test_a_file_that_is_said_to_be_untouched_is_copied_though_it_lies_on_its_side(
    tmp_path: Path, tiny_manager: PluginManager
) -> None:
    from PIL import Image as PillowImage

    exif = PillowImage.Exif()
    exif[0x0112] = 6
    source = tmp_path / "in" / "a.jpg"
    source.parent.mkdir()
    PillowImage.new("RGB", (24, 16), "red").save(source, exif=exif)
    spec = RestorerSpec("onlooker", "look", "Looks.", Options, Onlooker().load)
    out = tmp_path / "out"
    with Journal.open(out) as journal:
        journal.begin(Recipe("onlooker", None, "{}", "{}", "1"), [out / "a.jpg"], inputs=1)
        report = execute(Job(plan([str(source.parent)], out), spec, Options()), tiny_manager, journal=journal)
        entry = journal.entry(out / "a.jpg")
    assert (out / "a.jpg").read_bytes() == source.read_bytes()
    assert entry is not None
    assert entry.account == {"summary": "looked at"}
    assert report.results[0].account == '{"summary": "looked at"}'


def test_a_result_has_the_file_times_of_its_source(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    os.utime(photo(tmp_path / "in" / "a.jpg"), ns=(10**18, 10**18 + 5_000))
    run(job(), tiny_manager)
    assert (tmp_path / "out" / "a.jpg").stat().st_mtime_ns == 10**18 + 5_000


def test_a_result_that_appears_while_running_is_not_replaced(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    photo(tmp_path / "in" / "a.png")
    the_job = job()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"somebody's")
    report = run(the_job, tiny_manager)
    assert (report.skipped, report.done) == (1, 0)
    assert (tmp_path / "out" / "a.png").read_bytes() == b"somebody's"


def test_folders_made_for_results_that_never_came_are_removed(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    photo(tmp_path / "in" / "deep" / "er" / "a.png")

    def write(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        raise OutputError("cannot be written.", path=path)

    monkeypatch.setattr(tiny_manager, "write_image", write)
    (result,) = run(job(), tiny_manager).results
    assert result.reason == f"{tmp_path / 'out' / 'deep' / 'er' / 'a.png'}: cannot be written."
    assert not (tmp_path / "out").exists()


def test_a_picture_that_was_turned_upright_is_written_anew(
    tmp_path: Path, tiny_manager: PluginManager, job: Callable[..., Job]
) -> None:
    from PIL import Image as PillowImage

    exif = PillowImage.Exif()
    exif[274] = 6
    source = tmp_path / "in" / "a.jpg"
    source.parent.mkdir()
    PillowImage.new("RGB", (24, 16), "teal").save(source, exif=exif)
    assert run(job(strength=0.0), tiny_manager).done == 1
    with PillowImage.open(tmp_path / "out" / "a.jpg") as result:
        assert result.size == (16, 24)
        assert result.getexif().get(274, 1) == 1


def image(value: int = 0, alpha: int | None = None) -> Image:
    pixels = np.full((600, 4, 3), value, np.uint8)
    return Image(pixels, None if alpha is None else np.full((600, 4), alpha, np.uint8))


def test_pictures_are_compared_to_the_last_row_and_with_their_alpha() -> None:
    other = image().pixels.copy()
    other[-1, -1, -1] = 1
    assert unchanged(image(), image())
    assert not unchanged(image(), image().with_pixels(other))
    assert not unchanged(image(), image(alpha=255))
    assert not unchanged(image(alpha=0), image(alpha=255))
    assert unchanged(image(alpha=7), image(alpha=7))


def test_on_a_disk_that_ignores_case_the_second_of_two_names_fails_and_the_first_stays(
    tmp_path: Path, tiny_manager: PluginManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (WorkItem((tmp_path / name,), tmp_path / "out" / name) for name in ("a.png", "A.png"))
    # What such a disk does: both names lead to one file.
    monkeypatch.setattr(
        "restore.outputs.identity", lambda path: (1, 1) if (tmp_path / "out" / "a.png").exists() else None
    )
    outputs = Outputs(twins(Plan((first, second))), tiny_manager, overwrite=True, quality=None)
    assert outputs.put(Made(first, image(1), image(2))).skipped is None
    with pytest.raises(OutputError, match=r"A\.png: is another result of this run"):
        outputs.put(Made(second, image(1), image(3)))
    assert int(tiny_manager.read_image(tmp_path / "out" / "a.png", 10**9).pixels.max()) == 2


def test_names_of_255_bytes_and_of_many_alphabets_are_written(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], listing_of: Listing
) -> None:
    names = ["x" * 251 + ".png", "Größe 東京 🎞.png", " two  spaces .png"]
    for name in names:
        photo(tmp_path / "in" / name)
    assert run(job(), tiny_manager).done == 3
    assert listing_of(tmp_path / "out") == sorted(names)


def test_what_a_format_could_not_keep_is_a_warning_of_the_result(
    tmp_path: Path, photo: Photo, tiny_manager: PluginManager, job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo(tmp_path / "in" / "a.png")

    def write(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        path.write_bytes(b"a picture")
        return ("There is no room for the colour profile.",)

    monkeypatch.setattr(tiny_manager, "write_image", write)
    (result,) = run(job(), tiny_manager).results
    assert (result.state, result.warnings) == ("done", ("There is no room for the colour profile.",))
