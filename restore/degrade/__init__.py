"""What spoils photographs, as batched tensors: one implementation for training, benchmarks and tests.

Everything takes and returns float tensors ``(N, 3, H, W)``, RGB, 0 = black, 1 = white, works on the tensor's own
device, and draws from the given generator only, so that a seed fixes the result. Where kornia has the part, kornia
does it.
"""

from restore.degrade.camera import camera_noise, sensor_noise
from restore.degrade.colour import grey
from restore.degrade.compression import jpeg
from restore.degrade.exposure import bracket, lit_bracket
from restore.degrade.focus import focus_split
from restore.degrade.noise import gaussian_noise, uniform
from restore.degrade.photographic import photo
from restore.degrade.reduction import reduce

__all__ = [
    "bracket",
    "camera_noise",
    "focus_split",
    "gaussian_noise",
    "grey",
    "jpeg",
    "lit_bracket",
    "photo",
    "reduce",
    "sensor_noise",
    "uniform",
]
