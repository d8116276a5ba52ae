"""A run over a folder that cannot lose a photo: one at a time, journalled, continued where the last one stopped."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore import __version__
from restore.codecs.atomic import sweep
from restore.collisions import identity
from restore.engine import execute
from restore.errors import InputError, OutputError, WeightsError
from restore.folder_lock import PATIENCE, WORKER, folder_lock
from restore.job import Job
from restore.journal import FOLDER, Journal
from restore.journal_rows import Recipe
from restore.memory import give_back
from restore.naming import companion_paths
from restore.planning import Plan
from restore.provenance import Treatment
from restore.reporting import Observer, Report, Silence
from restore.resuming import DONE, settle
from restore.spec import Options
from restore.stamps import content_hash
from restore.supervisor import supervise

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_log = logging.getLogger("restore")


def run_batch(
    job: Job,
    manager: PluginManager,
    observer: Observer | None = None,
    *,
    workers: Callable[[], PluginManager] | None = None,
    timeout: float | None = None,
    stop: threading.Event | None = None,
    held: bool = False,
) -> Report:
    """Run a job, going on where an earlier run into the same folder stopped.

    Args:
        job: What to do. Where its plan has no folder (a single result with a name of its own) no journal is kept.
        manager: Loads the model, or at least knows it where workers do.
        observer: Told how it goes, in this thread.
        workers: Finds the plugins again in another process: the work is then done there, and a crash costs one picture.
            None: in this process.
        timeout: Seconds that reading, restoring and writing of one picture may each take; needs workers.
        stop: Once set, what is in hand is finished and the rest is left.
        held: The caller holds the folder already, with `hold`.

    Returns:
        One result per input, in the plan's order; what was done already is skipped with `restore.resuming.DONE`.

    Raises:
        OutputError: Another run works in the folder, or its journal cannot be used.
        RestoreError: As `restore.engine.execute`.
    """
    give_back()  # what planning needed, before anything lasting settles in its midst
    observer, stop = observer or Silence(), stop or threading.Event()
    recipe, treatment = described(job)
    with ExitStack() as opened:
        journal, settled, number = None, _unsettled, 0
        if job.plan.folder is not None:
            if not held:
                opened.enter_context(hold(job.plan.folder))
            journal = opened.enter_context(_journal_of(job.plan.folder))

            def settled(plan: Plan, journal: Journal = journal) -> Plan:
                return settle(plan, journal, recipe, overwrite=job.overwrite)

            job = replace(job, plan=settled(job.plan))
            number = _begin(job, journal, recipe)
        if workers is not None and not job.plan.is_settled:
            # Only while it runs: what a worker has made must not be made again because --overwrite was asked for.
            def resumed(plan: Plan) -> Plan:
                return plan if journal is None else settle(plan, journal, recipe)

            try:
                report = supervise(
                    job,
                    workers,
                    observer,
                    journal=journal,
                    treatment=treatment,
                    settled=resumed,
                    timeout=timeout,
                    stop=stop,
                )
            finally:
                if journal is not None:
                    sweep(journal.folders(), journal.token)
        else:
            report = execute(job, manager, observer, journal=journal, treatment=treatment, stop=stop)
        if journal is not None:
            _end(journal, number, report)
    manager.run_finished(job, report)
    return report


def described(job: Job) -> tuple[Recipe, Treatment]:
    """What a job does to every picture: for the journal, and for the XMP of the results.

    Raises:
        WeightsError: The weights file cannot be read.
        InputError: A file that the options name cannot be read.
        OutputError: It would be overwritten.
    """
    path, weights = job.weights or job.spec.weights, None
    if path is not None:
        try:
            weights = content_hash(path)
        except OSError as error:
            shipped = f"The model's own are not there: teach it (`restore train {job.spec.name}`) and give --weights."
            hint = "Check --weights." if path != job.spec.weights else shipped
            raise WeightsError(f"cannot be read: {error.strerror}.", path=path, hint=hint) from error
    options = job.options.model_dump(mode="json")
    settings: dict[str, object] = {
        "quality": job.quality,
        "precision": job.runtime.precision,
        "provenance": job.provenance,
    }
    if job.masking is not None:
        settings["mask"] = job.masking.settings
    if job.series is not None:
        settings["series"] = job.series.settings
    if files := _files_of(job.options):
        _check_outputs(job)
        settings["files"] = files
    recipe = Recipe(
        job.spec.name, weights, json.dumps(options, sort_keys=True), json.dumps(settings, sort_keys=True), __version__
    )
    told = options if job.masking is None else options | {"mask": job.masking.told}
    told = told if job.series is None else told | {"series": job.series.settings}
    if job.weights is not None:  # by its content results are told apart; its name is for people
        told = told | {"weights_file": job.weights.name}
    return recipe, Treatment(job.spec.name, weights, told, __version__)


def _files_of(options: Options) -> dict[str, str]:
    """The sha256 of every file that the options name (a style, a profile): by its content a result is told apart.

    Raises:
        InputError: One cannot be read.
    """
    files = {}
    for name, value in options:
        if isinstance(value, Path):
            try:
                files[name] = content_hash(value)
            except OSError as error:
                flag = f"--{name.replace('_', '-')}"
                raise InputError(f"cannot be read: {error.strerror}.", path=value, hint=f"Check {flag}.") from error
    return files


def _check_outputs(job: Job) -> None:
    """Refuse results in the place of a file that the options name: it is an original, and shapes what comes after."""
    named = {identity(value): name for name, value in job.options if isinstance(value, Path)}
    for item in job.plan.items:
        for path in (item.output, *companion_paths(item.output, job.plan.companions)):
            there = identity(path)
            if there is not None and there in named:
                raise OutputError(
                    f"is the file of --{named[there].replace('_', '-')}, and would be overwritten.",
                    path=path,
                    hint="Choose another -o, or leave the picture of this name out with --exclude.",
                )


def _unsettled(plan: Plan) -> Plan:
    return plan


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep every other run out of an output folder; makes the folder.

    Raises:
        OutputError: Another run works in it, which is named, or it cannot be made.
    """
    inside = folder / FOLDER
    try:
        inside.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made: {error.strerror}.", path=inside, hint="Choose another -o.") from error
    with folder_lock(inside):
        yield


def _journal_of(folder: Path) -> Journal:
    """Open the journal of a folder that is held, and clear away what a killed run has left."""
    journal = Journal.open(folder)
    with folder_lock(
        folder / FOLDER, WORKER, PATIENCE
    ):  # the worker of a run that was killed just now may still be writing
        sweep(journal.folders(), journal.token)
    return journal


def _begin(job: Job, journal: Journal, recipe: Recipe) -> int:
    """Book the run and everything it will have to do with."""
    items = job.plan.items
    number = journal.begin(recipe, (item.output for item in items if item.skip != DONE), len(items))
    journal.keep((item.output for item in items if item.skip == DONE), number)
    return number


def _end(journal: Journal, number: int, report: Report) -> None:
    ending = "interrupted" if report.interrupted else report.stopped or "finished"
    try:
        journal.end(number, done=report.done, skipped=report.skipped, failed=report.failed, ending=ending)
    except OutputError as error:  # a full disk: the rows it could not take are told from the files at the next run
        _log.warning("%s", error)
