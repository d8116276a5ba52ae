"""A report's account out of a journal: of finished, resumed, interrupted and killed runs alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from restore.accounting import at_work, set_aside
from restore.errors import ExitCode
from restore.folder_lock import Holder
from restore.journal_reading import Record
from restore.journal_rows import CompanionRow, Entry, Recipe, RunRow
from restore.originals import Originals
from restore.reports.photo import STATES, Account, Defaults, File, Photo, State, Step, settings_of, steps_of
from restore.reports.told import told
from restore.walking import natural_key

LEFT = "was not made: the run stopped or was killed before. The same command goes on with it."
IN_HAND = "has not been made yet: a run is going on."


def account_of(record: Record, defaults: Defaults = MappingProxyType({}), *, since_run: int = 0) -> Account:
    """What a journal says, as a report tells it; looks at no picture.

    Args:
        record: The journal.
        defaults: See `restore.reports.photo.defaults_of`: options that have them are not told.
        since_run: Number of the first run that counts; results that only earlier runs had to do with are left out.
    """
    running = at_work(record.folder)
    recipes = {run.recipe.digest: run.recipe for run in record.runs if run.recipe is not None}
    originals = Originals(record.folders)
    entries = sorted((e for e in record.entries if e.run >= since_run), key=lambda e: natural_key(e.output))
    left = LEFT if running is None else IN_HAND
    steps = {digest: steps_of(recipe, defaults) for digest, recipe in recipes.items()}
    photos = [
        _photo(record.folder, entry, recipes.get(entry.recipe), steps.get(entry.recipe, ()), originals, left)
        for entry in entries
    ]
    runs = tuple(_run(run, running) for run in record.runs if run.id >= since_run)
    return Account(str(record.folder), photos, tuple(_facts(record, running)), runs)


def _photo(
    folder: Path, entry: Entry, recipe: Recipe | None, steps: tuple[Step, ...], originals: Originals, left: str
) -> Photo:
    result = folder / entry.output
    inputs, mask = _inputs(entry, result, settings_of(recipe), originals)
    state = _state(entry)
    said = told(entry.account if state == "done" else None, "" if recipe is None else recipe.version)
    return Photo(
        name=entry.output,
        state=state,
        result=File(result, "result", entry.stamp, entry.sha256),
        inputs=inputs,
        mask=mask,
        beside=tuple(_beside(folder, row, result) for row in entry.companions if not row.former),
        steps=said.steps or steps,
        reason=left if state == "left" else entry.reason,
        is_dangerous=state == "left" or (state == "failed" and entry.exit_code == ExitCode.DEVICE),
        seconds=entry.seconds,
        megapixels=entry.megapixels,
        warnings=entry.warnings,
        summary=said.summary,
        left_out=said.left_out,
        findings=said.findings,
    )


def _state(entry: Entry) -> State:
    return next((state for state in STATES if state == entry.state), "left")


def _inputs(
    entry: Entry, result: Path, settings: Mapping[str, object], originals: Originals
) -> tuple[tuple[File, ...], File | None]:
    """The pictures that a result was made from, and its mask; of what was replaced, where it is kept."""
    role = "frame" if len(entry.sources) > 1 and settings.get("series") is not None else "input"
    files = []
    for source in entry.sources:
        path = Path(source.path)
        if path == result.absolute() and entry.state == "done":
            path = originals.kept(source, result) or path
        files.append(File(path, role, source.stamp if source.sha256 else None, source.sha256 or None))
    if role == "input" and len(files) > 1:
        return tuple(files[:1]), File(files[1].path, "mask", files[1].stamp, files[1].sha256)
    return tuple(files), None


def _beside(folder: Path, row: CompanionRow, result: Path) -> File:
    path = folder / row.path
    return File(path, path.stem.removeprefix(f"{result.stem}."), row.stamp, row.sha256)


def _facts(record: Record, running: Holder | None) -> Iterator[tuple[str, str]]:
    if running is not None:
        yield "running", f"{running}: what it has not made yet counts as left"
    kept = set_aside(record.folder)
    if kept:
        yield "set aside", f"{len(kept)} files that stood in the place of a result, in {kept[0].parent}"


def _run(run: RunRow, running: Holder | None) -> Mapping[str, str]:
    """One run as a row of a table."""
    recipe = run.recipe
    goes_on = running is not None and (running.process, running.host) == (run.process, run.host)
    ending = run.ending or ("going on" if goes_on else "killed, or the machine went down")
    seconds = ""
    if run.ended is not None:
        seconds = str((datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.began)).total_seconds())
    return {
        "run": str(run.id),
        "began": run.began,
        "seconds": seconds,
        "inputs": str(run.inputs),
        "ending": ending,
        "model": "" if recipe is None else recipe.model,
        "options": "" if recipe is None else recipe.options,
        "settings": "" if recipe is None else recipe.settings,
        "weights": "" if recipe is None or recipe.weights is None else recipe.weights,
        "restore": "" if recipe is None else recipe.version,
    }
