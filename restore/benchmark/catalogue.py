"""The tasks that can be measured."""

from __future__ import annotations

from collections.abc import Mapping

from restore.benchmark.compression import COMPRESSION
from restore.benchmark.denoising import DENOISING
from restore.benchmark.fusion import FUSION
from restore.benchmark.inpainting import INPAINTING
from restore.benchmark.tasks import Task
from restore.benchmark.upscaling import UPSCALING

TASKS: Mapping[str, Task] = {task.name: task for task in (DENOISING, COMPRESSION, UPSCALING, INPAINTING, FUSION)}
"""By name."""
