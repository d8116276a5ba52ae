"""Everything a user can feed the command that is no picture, or cannot be done: a message that names the file and says
what to do, the right exit code, and nothing half-written left behind.
"""  # noqa: D205

from __future__ import annotations

import errno
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.errors import ExitCode
from restore.image import Image
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def jpeg_with_size(data: bytes, width: int, height: int) -> bytes:
    """A real JPEG whose header lies about the size."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


@pytest.fixture
def refuse(tmp_path: Path, cli: Cli, listing_of: Listing) -> Callable[..., str]:
    """Runs one bad file, checks the exit code, that the message names it, and that nothing new lies about."""

    def check(path: Path, *flags: object, code: ExitCode = ExitCode.INPUT) -> str:
        before = listing_of(tmp_path)
        outcome = cli("denoise", path, "-o", tmp_path / "out", *flags)
        assert outcome.code == code, outcome
        assert outcome.err.startswith(f"error: {path}: "), outcome.err
        assert "Traceback" not in outcome.err and "this is a bug" not in outcome.err
        assert len(outcome.err.split(". ")) > 1, "what is wrong is followed by what to do"
        assert listing_of(tmp_path) == before
        return outcome.err

    return check


def test_an_empty_file(tmp_path: Path, refuse: Callable[..., str]) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    assert "is empty. The file is damaged or incomplete" in refuse(tmp_path / "a.jpg")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.webp", "a.bmp", "a.ppm"])
@pytest.mark.parametrize("kept", [0.02, 0.6])
def test_a_truncated_file(tmp_path: Path, photo: Photo, refuse: Callable[..., str], name: str, kept: float) -> None:
    source = photo(tmp_path / name, width=96, height=96)
    data = source.read_bytes()
    source.write_bytes(data[: max(int(len(data) * kept), 16)])
    refuse(source)


def test_a_picture_with_another_formats_name_is_read_by_its_content(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "a.png").rename(tmp_path / "a.jpg")
    outcome = cli("denoise", tmp_path / "a.jpg", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OK
    assert "a.jpg: It is named .jpg but is a PNG file" in outcome.err
    assert (tmp_path / "out" / "a.jpg").read_bytes().startswith(b"\xff\xd8"), "the result is what its name says"


def test_a_text_file_with_a_pictures_name(tmp_path: Path, refuse: Callable[..., str]) -> None:
    (tmp_path / "a.jpg").write_text("Dear diary,\n" * 50)
    assert "is not a picture" in refuse(tmp_path / "a.jpg")


def test_a_text_file_with_its_own_name(tmp_path: Path, refuse: Callable[..., str]) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary,\n")
    assert "its name ends in no picture's suffix" in refuse(tmp_path / "notes.txt")


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 10), (10, 0)])
def test_a_header_without_pixels(
    tmp_path: Path, photo: Photo, refuse: Callable[..., str], width: int, height: int
) -> None:
    (tmp_path / "a.png").write_bytes(png_header(width, height))
    refuse(tmp_path / "a.png")
    jpeg = photo(tmp_path / "b.jpg")
    jpeg.write_bytes(jpeg_with_size(jpeg.read_bytes(), width, height))
    refuse(jpeg)


def test_a_header_of_65500_pixels_width_with_nothing_behind_it(tmp_path: Path, refuse: Callable[..., str]) -> None:
    (tmp_path / "a.png").write_bytes(png_header(65_500, 16))
    refuse(tmp_path / "a.png")


def test_a_jpeg_header_of_65500_by_65500_pixels(tmp_path: Path, photo: Photo, refuse: Callable[..., str]) -> None:
    source = photo(tmp_path / "a.jpg")
    source.write_bytes(jpeg_with_size(source.read_bytes(), 65_500, 65_500))
    assert "4,290 megapixels; the limit is 500." in refuse(source)


def test_a_decompression_bomb_is_refused_from_its_header_and_the_limit_is_a_flag(
    tmp_path: Path, photo: Photo, refuse: Callable[..., str], cli: Cli
) -> None:
    (tmp_path / "bomb.png").write_bytes(png_header(100_000, 100_000))
    assert "--max-pixels" in refuse(tmp_path / "bomb.png")
    small = photo(tmp_path / "small.png")
    assert "--max-pixels" in refuse(small, "--max-pixels", 24 * 16 - 1)
    assert cli("denoise", small, "-o", tmp_path / "out", "--max-pixels", 24 * 16).code == ExitCode.OK


def test_a_file_without_permission(
    tmp_path: Path, photo: Photo, refuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = photo(tmp_path / "a.png")
    real_open = Path.open

    def locked(path: Path, mode: str = "r", *more: object, **named: object) -> object:
        if path == source:  # what the system says to everybody but root, whom no permissions stop
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real_open(path, mode, *more, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", locked)
    assert "permission denied. Allow reading it" in refuse(source)


def test_a_name_that_does_not_exist(tmp_path: Path, photo: Photo, refuse: Callable[..., str]) -> None:
    photo(tmp_path / "holiday.png")
    assert "Did you mean" in refuse(tmp_path / "holidya.png")


def test_a_folder_whose_name_looks_like_a_file_is_a_folder(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "album.jpg" / "a.png")
    assert cli("denoise", tmp_path / "album.jpg", "-o", tmp_path / "out").code == ExitCode.OK
    assert (tmp_path / "out" / "a.png").is_file()


def test_a_folder_without_pictures(tmp_path: Path, refuse: Callable[..., str]) -> None:
    (tmp_path / "empty").mkdir()
    assert "Looked for" in refuse(tmp_path / "empty")


def test_a_folder_where_a_file_is_expected_as_output(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "out" / "a.png").mkdir(parents=True)
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--overwrite")
    assert outcome.code == ExitCode.INPUT
    assert "out/a.png is in the way and is not a file" in outcome.err


def test_a_full_disk(
    tmp_path: Path, photo: Photo, cli: Cli, tiny_manager: PluginManager, listing_of: Listing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def write(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        path.write_bytes(b"half a picture")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tiny_manager, "write_image", write)
    source = photo(tmp_path / "a.png")
    outcome = cli("denoise", source, "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OUTPUT
    assert f"error: {source}: {tmp_path}/out/a.png: " in outcome.err
    assert "the disk is full" in outcome.err and "Free some space" in outcome.err
    assert listing_of(tmp_path) == ["a.png"]


def test_an_existing_result_survives_a_full_disk(
    tmp_path: Path, photo: Photo, cli: Cli, tiny_manager: PluginManager, monkeypatch: pytest.MonkeyPatch,
    listing_of: Listing,
) -> None:  # fmt: skip
    def write(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        raise OSError(errno.ENOSPC, "No space left on device")

    source, result = photo(tmp_path / "a.png"), photo(tmp_path / "out" / "a.png", width=5)
    before = result.read_bytes()
    monkeypatch.setattr(tiny_manager, "write_image", write)
    assert cli("denoise", source, "-o", tmp_path / "out", "--overwrite").code == ExitCode.OUTPUT
    assert result.read_bytes() == before
    assert listing_of(tmp_path / "out") == ["a.png"]


def test_an_output_folder_inside_the_input_folder(tmp_path: Path, photo: Photo, cli: Cli, listing_of: Listing) -> None:
    photo(tmp_path / "a.png")
    for _ in range(2):
        outcome = cli("denoise", tmp_path, "-o", tmp_path / "out", "--overwrite")
        assert outcome.code == ExitCode.OK
        assert "1 input = 1 done" in outcome.out
        assert listing_of(tmp_path) == ["a.png", "out", "out/a.png"]
    assert "lies inside an input folder" in outcome.err


def test_the_input_folder_as_output(tmp_path: Path, photo: Photo, cli: Cli, listing_of: Listing, tiny: Tiny) -> None:
    source = photo(tmp_path / "a.png")
    before = source.read_bytes()
    outcome = cli("denoise", tmp_path, "-o", tmp_path, "--overwrite")
    assert outcome.code == ExitCode.OUTPUT
    assert f"error: {source}: is an input and would be overwritten. Originals are never changed" in outcome.err
    assert source.read_bytes() == before and tiny.loads == []


def test_two_inputs_with_one_result(tmp_path: Path, photo: Photo, cli: Cli, listing_of: Listing, tiny: Tiny) -> None:
    photo(tmp_path / "x" / "a.png")
    photo(tmp_path / "y" / "a.png")
    before = listing_of(tmp_path)
    outcome = cli("denoise", tmp_path / "x" / "a.png", tmp_path / "y" / "a.png", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OUTPUT
    assert "x/a.png" in outcome.err and "y/a.png" in outcome.err
    assert listing_of(tmp_path) == before and tiny.loads == []


def test_among_good_files_each_bad_one_costs_only_itself(
    tmp_path: Path, photo: Photo, cli: Cli, listing_of: Listing
) -> None:
    for name in ("1.png", "5.jpg", "9.tif"):
        photo(tmp_path / "in" / name)
    (tmp_path / "in" / "2.png").write_bytes(b"")
    (tmp_path / "in" / "3.jpg").write_text("text")
    (tmp_path / "in" / "4.png").write_bytes(png_header(100_000, 100_000))
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.SOME_FAILED
    assert "6 inputs = 3 done + 0 skipped + 3 failed" in outcome.out
    assert [name in outcome.err for name in ("2.png", "3.jpg", "4.png")] == [True] * 3
    assert listing_of(tmp_path / "out") == ["1.png", "5.jpg", "9.tif"]
