"""The descriptions of the classical fusers, and their options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field, field_validator

from restore.errors import WeightsError
from restore.fusing import Fusing, companions_of
from restore.spec import Needs, Restorer, RestorerSpec, Runtime

KEPT = 1 << 28
"""Bytes of weights that Mertens' method keeps from its first pass for its second; of larger series it computes them
twice."""

BAND_PIXELS = 12_000_000
"""Pixels, halo included, that the Laplacian maximum works on at a time; of larger pictures halos are computed twice."""

SHORTEST = 256
"""Its bands have a multiple of so many rows, so that every level's pixels lie in them as they lie in the picture."""


class MertensOptions(Fusing):
    """Options of exposure fusion; the defaults are OpenCV's."""

    contrast: float = Field(
        default=1.0, ge=0, le=10, description="How much a pixel counts for its contrast: an exponent, 0 for not at all."
    )
    saturation: float = Field(
        default=1.0, ge=0, le=10, description="How much a pixel counts for its saturation: an exponent, 0 for not."
    )
    exposure: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="How much a pixel counts for being neither dark nor bright: an exponent. 0, not at all, is "
        "OpenCV's default; 1 is the paper's.",
    )


class LaplacianOptions(Fusing):
    """Options of the maximum of Laplacian pyramids."""

    levels: int = Field(
        default=6, ge=1, le=8, description="Bands of detail, each of twice the size; what is coarser is averaged."
    )
    window: int = Field(
        default=5,
        ge=1,
        le=9,
        description="Pixels around, an odd number, over which the strength of detail is averaged before the frames are "
        "compared; 1 compares single coefficients, the plain maximum.",
    )

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        if window % 2 == 0:
            raise ValueError("take an odd number, so that the window has a middle")
        return window


def band_rows(levels: int, window: int, height: int, width: int) -> tuple[int, int]:
    """How the maximum of Laplacian pyramids cuts large pictures: rows of the halo on either side, and of a band.

    A pixel depends on 2 pixels of every level, these on the strength in a window round them, and that on a Gaussian
    pyramid whose top sees as many pixels again.
    """
    halo = (4 + window // 2) << levels
    room = BAND_PIXELS // width
    rows = height if height <= room else max(SHORTEST, room - 2 * halo)
    return halo, -(-rows // SHORTEST) * SHORTEST


def _for_mertens(options: MertensOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Pyramids of the result, of one frame's weights and of one of its planes, the sum of the weights, those kept."""
    kept = KEPT if 8 * height * width <= KEPT else 0
    return height * width * 4 * (4 * channels + 14) // 3 + kept


def _for_laplacian(options: LaplacianOptions, height: int, width: int, channels: int, bits: int) -> int:
    """A band with its halo: the pyramids of the result and of a frame, and their strengths; measured and rounded up."""
    halo, rows = band_rows(options.levels, options.window, height, width)
    pixels = min(height, rows + 2 * halo) * width
    return pixels * (4 * (4 * channels + 5) + (8 if options.weights_map else 0))


def _loader(name: str) -> Callable[[Path | None, Runtime], Restorer]:
    """A `RestorerSpec.load` for one method; importing it waits until then."""

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        from restore_classic.fuse import METHODS, ClassicFuser

        if weights is not None:
            raise WeightsError(f"{name} is a method without weights.", path=weights, hint="Leave --weights out.")
        return ClassicFuser(METHODS[name], runtime)

    return load


FUSERS = (
    RestorerSpec(
        name="mertens",
        task="fuse",
        summary="Mertens' exposure fusion (OpenCV's MergeMertens): contrast and saturation decide; for brackets",
        options=MertensOptions,
        load=_loader("mertens"),
        needs=Needs.FRAMES,
        companions=companions_of,
        working_bytes=_for_mertens,
        sources=("Mertens, Kautz, Van Reeth: Exposure fusion, Pacific Graphics 2007",),
    ),
    RestorerSpec(
        name="laplacian",
        task="fuse",
        summary="Maximum of Laplacian pyramids: the strongest detail of every scale; sharp stacks, loud noise",
        options=LaplacianOptions,
        load=_loader("laplacian"),
        needs=Needs.FRAMES,
        companions=companions_of,
        working_bytes=_for_laplacian,
        sources=(
            "Burt, Adelson: The Laplacian pyramid as a compact image code, IEEE Trans. Communications 1983",
            "Burt, Kolczynski: Enhanced image capture through fusion, ICCV 1993",
        ),
    ),
    RestorerSpec(
        name="average",
        task="fuse",
        summary="The mean of all frames: less noise where they are alike, a veil where they are not; the yardstick",
        options=Fusing,
        load=_loader("average"),
        needs=Needs.FRAMES,
        companions=companions_of,
    ),
)
