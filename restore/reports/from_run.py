"""A report's account out of a run that kept no journal: a single result with a name of its own."""

from __future__ import annotations

import json
from types import MappingProxyType

from restore.batch import described
from restore.errors import ExitCode
from restore.job import Job
from restore.naming import companion_paths
from restore.reporting import FileResult, Report
from restore.reports.photo import Account, Defaults, File, Photo, steps_of
from restore.reports.told import told
from restore.work_items import WorkItem


def account_of_run(job: Job, report: Report, defaults: Defaults = MappingProxyType({})) -> Account:
    """What a run did, as a report tells it; looks at no picture.

    Args:
        job: What was asked for.
        report: What became of it.
        defaults: See `restore.reports.photo.defaults_of`: options that have them are not told.
    """
    recipe, _ = described(job)
    steps = steps_of(recipe, defaults)
    items = {item.output: item for item in job.plan.items}
    photos = []
    for result in report.results:
        item = items[result.output]
        said = told(None if result.account is None else json.loads(result.account), recipe.version)
        beside = companion_paths(item.output, job.plan.companions) if result.state == "done" else ()
        photos.append(
            Photo(
                name=item.output.name,
                state=result.state,
                result=File(item.output, "result"),
                inputs=_inputs(item, result),
                mask=None if item.mask is None else File(item.mask, "mask"),
                beside=tuple(File(path, path.stem.removeprefix(f"{item.output.stem}.")) for path in beside),
                steps=said.steps or steps,
                reason=result.reason,
                is_dangerous=result.state == "failed" and result.exit_code == ExitCode.DEVICE,
                seconds=result.seconds,
                megapixels=result.megapixels,
                warnings=result.warnings,
                summary=said.summary,
                left_out=said.left_out,
                findings=said.findings,
            )
        )
    title = str(job.plan.items[0].output) if len(job.plan.items) == 1 else f"{len(photos)} results"
    facts = (("options", json.dumps(json.loads(recipe.options))), ("restore", recipe.version))
    return Account(title, photos, facts)


def _inputs(item: WorkItem, result: FileResult) -> tuple[File, ...]:
    """The pictures it was made from; where a result took the input's place, the kept original."""
    if item.backup is not None and result.state == "done":
        return (File(item.backup, "input"),)
    role = "frame" if len(item.sources) > 1 else "input"
    return tuple(File(path, role) for path in item.sources)
