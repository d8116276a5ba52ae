"""What the parts of one job share when they are done one after the other in one process: loaded models, and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from restore.job import Job
from restore.masks.detecting import Finder
from restore.outputs import Outputs
from restore.spec import Restorer, Runtime

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager


@dataclass
class Station:
    """What the parts of one job share.

    Attributes:
        twins: Names of the whole job that some disks confuse, see `restore.outputs.twins`; None: of the plan alone.
        outputs: Knows what was written.
        restorer: The model, once it is loaded.
        detector: Who looks for damage, once it is loaded; only where a job asks for it.
    """

    twins: frozenset[str] | None = None
    outputs: Outputs | None = None
    restorer: Restorer | None = None
    detector: Restorer | None = None

    def load(self, job: Job, finder: Finder | None, manager: PluginManager, runtime: Runtime) -> Restorer:
        """Load what the job needs and is not loaded yet.

        Args:
            job: Which model.
            finder: Who looks for damage, or None.
            manager: Loads them.
            runtime: How they are to run; each may use all of its memory, since they work one after the other.

        Raises:
            PluginError, WeightsError, DeviceError: One of them cannot be loaded.
        """
        if self.restorer is None:
            self.restorer = manager.load(job.spec, job.weights, runtime)
        if self.detector is None and finder is not None:
            self.detector = manager.load(finder.spec, None, runtime)
        return self.restorer
