"""What spoils photographs, as batched tensors: one implementation for training, benchmarks and `restore degrade`.

Everything takes and returns float tensors ``(N, 3, H, W)``, RGB, 0 = black, 1 = white, works on the tensor's own
device, and draws from the given generator only, so that a seed fixes the result. Where kornia has the part, kornia
does it. `degraded` follows a chain of `restore.degradations`.
"""

from restore.degrade.ageing import colour_cast, fading
from restore.degrade.camera import camera_noise, sensor_noise
from restore.degrade.chain import Degraded, degraded
from restore.degrade.colour import grey
from restore.degrade.compression import jpeg
from restore.degrade.exposure import bracket, lit_bracket
from restore.degrade.focus import focus_split
from restore.degrade.marks import creased, dusty, scratched, torn
from restore.degrade.noise import banding, gaussian_noise, poisson_gaussian, salt_and_pepper, speckle, uniform
from restore.degrade.optics import defocus, gaussian_blur, motion_blur, vignette
from restore.degrade.photographic import photo
from restore.degrade.reduction import reduce, reduced
from restore.degrade.saving import saved_as_jpeg, saved_as_webp

__all__ = [
    "Degraded",
    "banding",
    "bracket",
    "camera_noise",
    "colour_cast",
    "creased",
    "defocus",
    "degraded",
    "dusty",
    "fading",
    "focus_split",
    "gaussian_blur",
    "gaussian_noise",
    "grey",
    "jpeg",
    "lit_bracket",
    "motion_blur",
    "photo",
    "poisson_gaussian",
    "reduce",
    "reduced",
    "salt_and_pepper",
    "saved_as_jpeg",
    "saved_as_webp",
    "scratched",
    "sensor_noise",
    "speckle",
    "torn",
    "uniform",
    "vignette",
]
