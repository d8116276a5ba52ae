"""CMYK to sRGB, through the picture's own profile where it has one (Little CMS by way of imagecodecs)."""

from __future__ import annotations

import imagecodecs
import numpy as np

from restore.codecs.source import Source
from restore.image import Pixels

ROWS = 256


def srgb_profile() -> bytes:
    """Return an sRGB profile (IEC 61966-2-1), always the same bytes."""
    profile: bytes = imagecodecs.cms_profile("srgb")
    # Bytes 24 to 35 are the date of creation; a fixed one keeps outputs reproducible.
    return profile[:24] + bytes.fromhex("07b2 0001 0001 0000 0000 0000") + profile[36:]


def cmyk_to_srgb(inks: Pixels, icc: bytes | None, source: Source) -> tuple[Pixels, bytes]:
    """Convert ink coverage to sRGB.

    Args:
        inks: ``(H, W, 4)`` uint8 or uint16, 0 = no ink.
        icc: The CMYK profile, or None.
        source: Takes a warning where the profile is missing or unusable and the plain formula is used.

    Returns:
        ``(H, W, 3)`` of the same dtype, and the sRGB profile that belongs to it.
    """
    srgb = srgb_profile()
    if icc is not None:
        try:
            # Relative colorimetric with black-point compensation is what image editors do by default.
            rgb: Pixels = imagecodecs.cms_transform(
                inks,
                icc,
                srgb,
                colorspace="cmyk",
                outcolorspace="rgb",
                intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
                flags=imagecodecs.CMS.FLAGS.BLACKPOINTCOMPENSATION,
            )
            return np.ascontiguousarray(rgb), srgb
        except (imagecodecs.CmsError, ValueError) as error:
            source.warn(f"Its CMYK profile cannot be used ({error}); colours were converted without it.")
    else:
        source.warn("It is CMYK without a colour profile; colours were converted by the plain formula.")
    return _plain(inks), srgb


def _plain(inks: Pixels) -> Pixels:
    """The device formula R = (1 - C)(1 - K), PLRM 3rd edition, section 7.2.4, in its multiplicative form."""
    white = np.uint64(np.iinfo(inks.dtype).max)
    rgb = np.empty((*inks.shape[:2], 3), inks.dtype)
    for row in range(0, len(inks), ROWS):
        left = white - inks[row : row + ROWS].astype(np.uint64)
        rgb[row : row + ROWS] = (left[..., :3] * left[..., 3:] + white // 2) // white
    return rgb
