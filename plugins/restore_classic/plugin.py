"""The classical methods of OpenCV, scikit-image and others: what to compare networks with.

Only descriptions are read here, so that neither OpenCV nor scikit-image is imported.
"""

from __future__ import annotations

from collections.abc import Sequence

from restore.spec import RestorerSpec, hookimpl
from restore_classic.denoisers import DENOISERS
from restore_classic.fusers import FUSERS
from restore_classic.inpainters import INPAINTERS
from restore_classic.upscalers import UPSCALERS


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """The classical denoisers, upscalers, inpainters and fusers; only a fuser is its task's default."""
    return [*DENOISERS, *UPSCALERS, *INPAINTERS, *FUSERS]
