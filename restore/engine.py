"""Runs a job, and accounts for every input. One bad file never stops the others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from restore.flow import Flow
from restore.job import JOBS, Job
from restore.journal import Journal
from restore.masks.request import check_masking
from restore.provenance import Treatment
from restore.reporting import FileResult, Observer, Report, Silence, Tracer, accounted
from restore.series.request import check_series
from restore.station import Station

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

__all__ = ["JOBS", "FileResult", "Job", "Observer", "Report", "execute", "run"]


def run(job: Job, manager: PluginManager, observer: Observer | None = None) -> Report:
    """Run a job in this process, without a journal; for scripts.

    Args:
        job: What to do.
        manager: Reads and writes pictures and loads the model; its plugins are told when the run is over.
        observer: Told how it goes, in this thread.

    Raises:
        RestoreError: As `execute`.
    """
    report = execute(job, manager, observer)
    manager.run_finished(job, report)
    return report


def execute(
    job: Job,
    manager: PluginManager,
    observer: Observer | None = None,
    *,
    journal: Journal | None = None,
    treatment: Treatment | None = None,
    tracer: Tracer | None = None,
    stop: threading.Event | None = None,
    station: Station | None = None,
) -> Report:
    """Run a job to its end, or to the user's interruption (then what was being written is still finished).

    This is the run itself, in this process. `restore.batch.run_batch` adds what a folder deserves: a journal that is
    looked at first, one run at a time, and a process that may die.

    Args:
        job: What to do.
        manager: Reads and writes pictures and loads the model.
        observer: Told how it goes, in this thread.
        journal: Told what becomes of every item, before it does.
        treatment: What is done, for the XMP of the results.
        tracer: Told what is in hand.
        stop: Once set, what is in hand is finished and the rest is left.
        station: Shared by the parts of one job that are done one after the other; else made anew.

    Returns:
        One result per input, in the plan's order.

    Raises:
        PluginError, WeightsError, DeviceError: The model cannot be loaded; nothing was written.
        UsageError: The memory limit is too low for anything; or nothing says what is missing in the pictures, for a
            restorer that needs a mask, or something does, for one that needs none; likewise of frames.
    """
    check_series(job.spec, job.series)
    check_masking(job.spec, job.masking)
    stop = threading.Event() if stop is None else stop
    flow = Flow(job, manager, observer or Silence(), tracer, journal, treatment, stop, station or Station())
    return accounted(flow, len(job.plan.items), stop)
