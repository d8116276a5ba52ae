"""What is wrong with a picture, measured from its pixels and what its file says: findings, each with a confidence.

Fast on pictures of any size: of more than a megapixel, tiles spread evenly over it or a reduced copy are looked at.
"""

from restore.diagnose.bandwidth import Resolution, estimate_resolution
from restore.diagnose.blocking import BLOCKED, JpegGrid, jpeg_blocking, jpeg_grid
from restore.diagnose.clipping import Clipping, measure_clipping
from restore.diagnose.colour import ColourCast, Fading, Greyness, diagnose_cast, diagnose_fading, diagnose_grey
from restore.diagnose.findings import NOT_LOOKED_FOR, Damage, Findings, diagnose
from restore.diagnose.noise import Noise, estimate_noise
from restore.diagnose.processed import FEWEST, NOISY, Diagnosis, looks_processed, noise_level
from restore.diagnose.quality import Jpeg, PixelQuality, estimate_jpeg, estimate_quality
from restore.diagnose.sharpness import Blur, estimate_blur

__all__ = [
    "BLOCKED",
    "FEWEST",
    "NOISY",
    "NOT_LOOKED_FOR",
    "Blur",
    "Clipping",
    "ColourCast",
    "Damage",
    "Diagnosis",
    "Fading",
    "Findings",
    "Greyness",
    "Jpeg",
    "JpegGrid",
    "Noise",
    "PixelQuality",
    "Resolution",
    "diagnose",
    "diagnose_cast",
    "diagnose_fading",
    "diagnose_grey",
    "estimate_blur",
    "estimate_jpeg",
    "estimate_noise",
    "estimate_quality",
    "estimate_resolution",
    "jpeg_blocking",
    "jpeg_grid",
    "looks_processed",
    "measure_clipping",
    "noise_level",
]
