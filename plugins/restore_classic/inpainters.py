"""The descriptions of the classical inpainters of OpenCV and scikit-image, and their options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from restore.errors import WeightsError
from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime

if TYPE_CHECKING:
    from restore_classic.inpaint import Method


class RadiusOptions(Options):
    """Options of OpenCV's two methods."""

    radius: int = Field(
        5,
        ge=1,
        le=100,
        description="How far around a missing pixel known ones are looked at, in pixels. Time grows with its square.",
    )


class BiharmonicOptions(Options):
    """Options of the biharmonic equation."""

    largest_hole: int = Field(
        100_000,
        ge=1,
        le=1_000_000,
        description="Missing pixels in one piece up to which a picture is taken; time and memory grow with it (at "
        "100000, some 3 seconds and half a gigabyte).",
    )


def _working_bytes(options: Options, height: int, width: int, channels: int, bits: int) -> int:
    """The part that is filled, as prepared and as filled, and what OpenCV holds; measured with holes from edge to edge.

    Beside it, `biharmonic` solves one hole at a time, within what `BiharmonicOptions.largest_hole` says.
    """
    return height * width * channels * (3 if bits == 8 else 12)


def _loader(name: str, choose: Callable[[], Method]) -> Callable[[Path | None, Runtime], Restorer]:
    """A `RestorerSpec.load` for one method; importing it waits until then."""

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        from restore_classic.inpaint import ClassicInpainter

        if weights is not None:
            raise WeightsError(f"{name} is a method without weights.", path=weights, hint="Leave --weights out.")
        return ClassicInpainter(choose(), runtime)

    return load


def _telea() -> Method:
    from restore_classic.inpaint import telea

    return telea


def _navier_stokes() -> Method:
    from restore_classic.inpaint import navier_stokes

    return navier_stokes


def _biharmonic() -> Method:
    from restore_classic.inpaint import biharmonic

    return biharmonic


INPAINTERS = (
    RestorerSpec(
        name="telea",
        task="inpaint",
        summary="Telea's fast marching (OpenCV): fills from the edge inwards; quick, and a blur in wide holes",
        options=RadiusOptions,
        load=_loader("telea", _telea),
        needs=Needs.IMAGE_AND_MASK,
        working_bytes=_working_bytes,
        sources=("Telea: An image inpainting technique based on the fast marching method, JGT 2004",),
    ),
    RestorerSpec(
        name="navier-stokes",
        task="inpaint",
        summary="Navier-Stokes (OpenCV): carries lines on into the hole; quick, streaky in wide holes",
        options=RadiusOptions,
        load=_loader("navier-stokes", _navier_stokes),
        needs=Needs.IMAGE_AND_MASK,
        working_bytes=_working_bytes,
        sources=(
            "Bertalmio, Bertozzi, Sapiro: Navier-Stokes, fluid dynamics, and image and video inpainting, CVPR 2001",
        ),
    ),
    RestorerSpec(
        name="biharmonic",
        task="inpaint",
        summary="Biharmonic equation (scikit-image): the smoothest surface through the edge; thin scratches, gradients",
        options=BiharmonicOptions,
        load=_loader("biharmonic", _biharmonic),
        needs=Needs.IMAGE_AND_MASK,
        working_bytes=_working_bytes,
        sources=(
            "Damelin, Hoang: On surface completion and image inpainting by biharmonic functions, IJMMS 2018",
            "Chui, Mhaskar: MRA contextual-recovery extension of smooth functions on manifolds, ACHA 2010",
        ),
    ),
)
