"""The rules for what comes back as a picture: its size, channels, depth, colours, transparency and metadata."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from restore.conformance.trials import METADATA, Bench, other_sizes, picture
from restore.errors import InputError
from restore.image import Image, Pixels
from restore.result_size import result_size, size_is_found
from restore.spec import Options

SIZES = ((1, 1), (1, 7), (37, 53), (96, 130))
"""Heights and widths; pictures larger than a tile are tried by `restore.conformance.machine.in_tiles`."""


def sizes(bench: Bench) -> None:
    """Every picture gives a result of the size that the description says."""
    for height, width in SIZES:
        _size(bench, height, width, bench.defaults)
    for options in other_sizes(bench.spec):
        for height, width in ((1, 7), (37, 53)):
            # A model may know factors up to a limit; what it refuses so that the user understands is no defect.
            with suppress(InputError):
                _size(bench, height, width, options)


def _size(bench: Bench, height: int, width: int, options: Options) -> None:
    result = bench.restore(picture(height, width), options)
    expected = (*result_size(bench.spec, options, height, width), 3)
    if size_is_found(bench.spec, options):
        most, found = expected[0] * expected[1], result.height * result.width
        assert found <= most and result.channels == 3, f"{height}x{width} gave {found} pixels of {most} there may be"
        return
    said = "" if options == bench.defaults else f" with {options}"
    assert result.pixels.shape == expected, f"{height}x{width} gave {result.pixels.shape}, not {expected}{said}"


def grey(bench: Bench) -> None:
    """A grey picture comes out grey."""
    for dtype in (np.uint8, np.uint16, np.float32):
        channels = bench.restore(picture(37, 53, 1, dtype)).channels
        assert channels == 1, f"a grey {dtype.__name__} picture came out with {channels} channels"


def depths(bench: Bench) -> None:
    """The type of the pixels stays."""
    for dtype in (np.uint8, np.uint16, np.float32):
        result = bench.restore(picture(37, 53, 3, dtype))
        assert result.pixels.dtype == dtype, f"{dtype.__name__} came out as {result.pixels.dtype}"


def sixteen_bit(bench: Bench) -> None:
    """A ramp of 4,000 levels keeps more than 8 bits could hold."""
    ramp = np.linspace(20000, 24000, 64 * 64).reshape(64, 64, 1).astype(np.uint16)
    levels = len(np.unique(bench.restore(Image(ramp)).pixels))
    assert levels > 100, f"a ramp of 4000 levels came out with {levels}"


def darkness(bench: Bench) -> None:
    """A nearly black 16-bit picture is not taken for one of 8 bits."""
    dark = np.random.default_rng(0).integers(100, 250, (37, 53, 3)).astype(np.uint16)
    brightest = int(bench.made(bench.restore(Image(dark))).max())
    assert brightest < 2500, f"a nearly black 16-bit picture (at most 250) came out as bright as {brightest}"


def channel_order(bench: Bench) -> None:
    """Red and blue are not swapped."""
    reddish = np.empty((37, 53, 3), np.uint8)
    reddish[:] = (210, 120, 30)
    red, green, blue = bench.made(bench.restore(Image(reddish))).mean(axis=0)
    assert red > green > blue, f"(210, 120, 30) came out as ({red:.0f}, {green:.0f}, {blue:.0f})"


def alpha(bench: Bench) -> None:
    """Transparency stays with its picture; what is opaque gets no holes."""
    image = picture(37, 53)
    plane: Pixels = np.random.default_rng(1).integers(0, 256, (37, 53)).astype(np.uint8)
    result = bench.restore(image.with_pixels(image.pixels, plane))
    assert result.alpha is not None, "it is lost"
    if bench.spec.output_size is None and bench.spec.size_is_found is None:
        assert np.array_equal(result.alpha, plane), "it was changed"
    opaque = bench.restore(image.with_pixels(image.pixels, np.full_like(plane, 255))).alpha
    assert opaque is not None and (opaque == 255).all(), "an opaque one came out with holes"
    assert bench.restore(image).alpha is None, "an opaque picture came out with one"


def metadata(bench: Bench) -> None:
    """EXIF, XMP, ICC profile and resolution stay with the picture."""
    carried = replace(bench.restore(picture(37, 53)).metadata, warnings=())
    assert carried == METADATA, f"{METADATA} came out as {carried}"


def finite(bench: Bench) -> None:
    """No float picture, black ones neither, comes out with NaN or infinity."""
    for channels in (1, 3):
        for image in (picture(37, 53, channels, np.float32), Image(np.zeros((37, 53, channels), np.float32))):
            assert np.isfinite(bench.restore(image).pixels).all(), f"in {channels} channels"
