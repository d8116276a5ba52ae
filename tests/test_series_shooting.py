"""When and how pictures were taken, read from the headers of all formats."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.TiffImagePlugin import IFDRational

from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.series.shooting import (
    BIAS,
    EXPOSURE_MODE,
    EXPOSURE_TIME,
    F_NUMBER,
    MODEL,
    SENSITIVITY,
    SPLIT_SECOND,
    TAKEN,
    Shot,
    shot_of,
)

EXIF_IFD = 0x8769


def photo(path: Path, tags: dict[int, object]) -> Path:
    """A picture with these tags in its EXIF."""
    exif = PillowImage.Exif()
    exif[MODEL] = "Box"
    exif.get_ifd(EXIF_IFD).update(tags)
    first = path if path.suffix != ".tif" else path.with_suffix(".png")  # Pillow leaves these tags out of a TIFF
    PillowImage.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(first, exif=exif)
    if first != path:
        write(read(first), path)
    return path


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_time_camera_and_exposure_are_read_from_every_format(tmp_path: Path, suffix: str) -> None:
    tags = {
        TAKEN: "2026:11:01 10:20:30",
        SPLIT_SECOND: "25",
        BIAS: IFDRational(-5, 3),
        EXPOSURE_TIME: IFDRational(1, 4),
    }
    path = photo(tmp_path / f"a.{suffix}", tags)
    assert shot_of(path) == Shot("Box", datetime(2026, 11, 1, 10, 20, 30, 250_000), 0.25, -1.7)


def test_heif_is_read_where_its_extra_is_installed(tmp_path: Path) -> None:
    import pillow_heif

    exif = PillowImage.Exif()
    exif.get_ifd(EXIF_IFD)[TAKEN] = "2026:11:01 10:20:30"
    picture = PillowImage.fromarray(np.full((64, 64, 3), 90, np.uint8))
    pillow_heif.from_pillow(picture).save(tmp_path / "a.heic", exif=exif.tobytes())
    found = shot_of(tmp_path / "a.heic")
    assert found is not None and found.taken == datetime(2026, 11, 1, 10, 20, 30)


def test_what_was_set_by_hand_counts_as_light_and_not_as_bias(tmp_path: Path) -> None:
    common = {TAKEN: "2026:11:01 10:20:30", EXPOSURE_MODE: 1, BIAS: IFDRational(0, 1), F_NUMBER: IFDRational(8, 1)}
    exposures = []
    for name, time, speed in (("a", 100, 100), ("b", 25, 100), ("c", 100, 400)):
        tags = common | {EXPOSURE_TIME: IFDRational(1, time), SENSITIVITY: speed}
        shot = shot_of(photo(tmp_path / f"{name}.jpg", tags))
        assert shot is not None and shot.exposure is not None
        exposures.append(shot.exposure)
    assert [each - exposures[0] for each in exposures] == [0, 2, 2]


@pytest.mark.parametrize("taken", [None, "", "0000:00:00 00:00:00", "yesterday"])
def test_a_picture_that_does_not_say_when_has_no_shot(tmp_path: Path, taken: str | None) -> None:
    assert shot_of(photo(tmp_path / "a.jpg", {} if taken is None else {TAKEN: taken})) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe1", b"II*\0\x08\0\0\0\xff\xff", b"no picture at all"])
def test_damaged_files_have_no_shot(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert shot_of(tmp_path / "a.jpg") is None
    assert shot_of(tmp_path / "missing.jpg") is None
