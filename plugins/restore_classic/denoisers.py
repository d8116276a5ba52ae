"""The descriptions of the classical denoisers of OpenCV, scikit-image and the bm3d package, and their options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from restore.errors import WeightsError
from restore.spec import Options, Restorer, RestorerSpec, Runtime

if TYPE_CHECKING:
    from restore_classic.denoise import Method


class DenoiseOptions(Options):
    """What every classical denoiser takes."""

    sigma: Annotated[float, Field(ge=0, le=75)] | Literal["auto"] = Field(
        "auto",
        description="Standard deviation of the noise in 8-bit units, 0 to 75; 'auto' estimates it per picture from its "
        "finest wavelet coefficients, which finds too little in noise that a camera has smoothed.",
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=1.5,
        description="How much of the found noise is taken away: 0 leaves the picture as it is, values between mix; "
        "above 1 the noise is taken to be that much stronger.",
    )


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError(f"must be odd, got {value}")
    return value


class NlmOptions(DenoiseOptions):
    """Options of non-local means.

    The default filter strengths are the best of a grid over three CBSD68 photographs (0003, 0020, 0041) at sigma 15,
    25 and 50, in colour and in grey; see `restore_classic.denoise_methods`.
    """

    norm: Literal["l1", "l2"] = Field(
        "l1",
        description="l1: patches compared by absolute differences, in 16 bits, colour as luminance and two colour "
        "differences. l2: OpenCV's fastNlMeansDenoisingColored, which works in 8 bits whatever the picture's depth.",
    )
    h: float | None = Field(
        None, gt=0, le=5, description="Filter strength as a multiple of sigma; left out, the best measured one."
    )
    patch: Annotated[int, AfterValidator(_odd)] = Field(
        5, ge=1, le=21, description="Edge of the patches that are compared, in pixels; odd."
    )
    window: Annotated[int, AfterValidator(_odd)] = Field(
        21,
        ge=3,
        le=61,
        description="Edge of the window searched for similar patches, in pixels; odd. Time grows with its square.",
    )


class BilateralOptions(DenoiseOptions):
    """Options of the bilateral filter; defaults measured like those of `NlmOptions`."""

    sigma_range: float | None = Field(
        None,
        gt=0,
        le=20,
        description="Difference in value at which a neighbour stops counting, as a multiple of sigma; left out, 4.5 in "
        "colour and 2.75 in grey.",
    )
    sigma_space: float = Field(2.0, gt=0, le=20, description="Standard deviation of the neighbourhood in pixels.")


class WaveletOptions(DenoiseOptions):
    """Options of wavelet shrinkage; defaults measured like those of `NlmOptions`."""

    wavelet: Literal["db1", "db2", "db4", "sym4", "sym8", "coif2"] = Field(
        "db2", description="The orthogonal wavelet; db2 was best of those tried but for grey at sigma 15."
    )
    mode: Literal["soft", "hard"] = Field("soft", description="How coefficients below the threshold are treated.")


class TvOptions(DenoiseOptions):
    """Options of total-variation denoising; defaults measured like those of `NlmOptions`."""

    weight: float = Field(
        0.8, gt=0, le=10, description="Weight of smoothness against fidelity, as a multiple of sigma (in [0, 1])."
    )
    iterations: int = Field(200, ge=1, le=2000, description="At most this many iterations.")


class Bm3dOptions(DenoiseOptions):
    """Options of BM3D."""

    profile: Literal["np", "refilter", "high", "vn"] = Field(
        "np",
        description="The bm3d package's settings: np normal, refilter with a second pass, high with denser blocks, "
        "vn for very strong noise.",
    )


def _working_bytes(options: DenoiseOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Of the methods that take the whole picture as floats: the most of any of them, measured at 2 megapixels."""
    return 26 * height * width * channels


def _for_tv(options: DenoiseOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Its dual variables are float64 in grey: 57 bytes for each pixel, 23 for each value of a coloured one."""
    return height * width * max(60, 26 * channels)


def _for_bm3d(options: DenoiseOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Stacks of blocks of the whole picture: 583 bytes for each grey pixel, 338 for each value of a coloured one."""
    return height * width * max(600, 350 * channels)


def _loader(name: str, choose: Callable[[], Method]) -> Callable[[Path | None, Runtime], Restorer]:
    """A `RestorerSpec.load` for one method; importing it waits until then."""

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        from restore_classic.denoise import ClassicDenoiser

        if weights is not None:
            raise WeightsError(f"{name} is a method without weights.", path=weights, hint="Leave --weights out.")
        return ClassicDenoiser(choose(), runtime)

    return load


def _nlm() -> Method:
    from restore_classic.denoise_methods import nlm

    return nlm


def _bilateral() -> Method:
    from restore_classic.denoise_methods import bilateral

    return bilateral


def _wavelet() -> Method:
    from restore_classic.denoise_methods import wavelet

    return wavelet


def _tv() -> Method:
    from restore_classic.denoise_methods import tv

    return tv


def _bm3d() -> Method:
    from restore_classic.denoise_methods import bm3d

    return bm3d


DENOISERS = (
    RestorerSpec(
        name="nlm",
        task="denoise",
        summary="Non-local means (OpenCV): averages similar patches; good on texture that repeats",
        options=NlmOptions,
        load=_loader("nlm", _nlm),
        working_bytes=_working_bytes,
        sources=(
            "Buades, Coll, Morel: A non-local algorithm for image denoising, CVPR 2005",
            "https://doi.org/10.5201/ipol.2011.bcm_nlm",
        ),
    ),
    RestorerSpec(
        name="bilateral",
        task="denoise",
        summary="Bilateral filter (OpenCV): a blur that stops at edges; very fast",
        options=BilateralOptions,
        load=_loader("bilateral", _bilateral),
        working_bytes=_working_bytes,
        sources=("Tomasi, Manduchi: Bilateral filtering for gray and color images, ICCV 1998",),
    ),
    RestorerSpec(
        name="wavelet",
        task="denoise",
        summary="Wavelet shrinkage with BayesShrink thresholds (scikit-image); very fast",
        options=WaveletOptions,
        load=_loader("wavelet", _wavelet),
        working_bytes=_working_bytes,
        sources=("Chang, Yu, Vetterli: Adaptive wavelet thresholding for image denoising and compression, TIP 2000",),
    ),
    RestorerSpec(
        name="tv",
        task="denoise",
        summary="Total variation after Chambolle (scikit-image): piecewise smooth, cartoon-like at strong noise",
        options=TvOptions,
        load=_loader("tv", _tv),
        working_bytes=_for_tv,
        sources=("Chambolle: An algorithm for total variation minimization and applications, JMIV 2004",),
    ),
    RestorerSpec(
        name="bm3d",
        task="denoise",
        summary="BM3D (the bm3d package, non-commercial licence): the best classical denoiser, and slow",
        options=Bm3dOptions,
        load=_loader("bm3d", _bm3d),
        working_bytes=_for_bm3d,
        sources=(
            "Dabov et al.: Image denoising by sparse 3-D transform-domain collaborative filtering, TIP 2007",
            "Mäkinen, Azzari, Foi: Collaborative filtering of correlated noise, TIP 2020",
        ),
        requires=("bm3d",),
    ),
)
