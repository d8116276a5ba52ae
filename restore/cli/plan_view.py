"""What ``--dry-run`` prints: the tree that would be written, what would not be and why, and what it takes.

The JSON document: ``task``, ``model``, ``folder`` (null for a single file), ``inputs``, ``bytes`` and ``megapixels`` to
be read, ``unknown`` (how many headers do not tell), ``notes``, ``collisions``, ``disk`` (per file system ``folder``,
``written``, ``needed``, ``free``), ``memory`` in bytes, ``seconds`` and the ``probe`` they come from (``path``,
``load``, and for ``restoring`` and ``disk`` seconds per picture and per megapixel) or ``trouble``, ``exit_code``, and
``results``: per input (or series) ``source``, ``frames`` (all files of a series, or null), ``mask`` (its file, or
null), ``output``, ``companions`` (what is written beside the output), ``backup``, ``state`` ("planned", "skipped",
"failed"), ``reason``, and of `auto` the ``account`` of what was found and would be done (docs/pipelines.md).
"""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli.progress import on_terminal
from restore.cli.wording import counted, duration, number, printable, size
from restore.errors import ExitCode
from restore.forecast import Forecast
from restore.job import Job
from restore.planning import Plan, WorkItem

if TYPE_CHECKING:
    from rich.tree import Tree

BESIDE = 3
"""More companions of a result than these are shown as the first, the last and their number."""

MANY = 200
"""More results than these are shown as folders with counts, unless asked for more with -v."""


def show_plan(
    job: Job,
    forecast: Forecast,
    *,
    json: bool,
    verbose: bool,
    accounts: Mapping[Path, Mapping[str, object]] | None = None,
) -> ExitCode:
    """Print what a run would do and take; returns what the run itself would refuse with, if it would.

    Args:
        job: The run.
        forecast: What it takes.
        json: As one document.
        verbose: Show every result, however many there are.
        accounts: By result, what was found in its picture and would be done to it, where that differs from picture to
            picture: each ``summary`` is shown, and all of it is in the document.
    """
    plan = job.plan
    code = ExitCode.OUTPUT if plan.collisions or not all(room.fits for room in forecast.rooms) else ExitCode.OK
    if json:
        click.echo(json_format.dumps(_document(job, forecast, code, accounts or {}), indent=2))
        return code
    shown = len(plan.items) if verbose else MANY
    _show_tree(plan, files=len(plan.items) <= shown)
    for item in plan.items if accounts else ():
        if (account := (accounts or {}).get(item.output)) is not None:
            click.echo(printable(f"{item.sources[0]}: {account['summary']}"))
    for line in _exceptions(plan, shown):
        click.echo(printable(line))
    for note in plan.notes:
        click.echo(printable(f"note: {note}"), err=True)
    for collision in plan.collisions[:shown]:
        click.echo(printable(f"error: {collision}"), err=True)
    for line in _costs(forecast):
        click.echo(printable(line))
    click.echo(_sum(job, forecast))
    return code


def _sum(job: Job, forecast: Forecast) -> str:
    items = job.plan.items
    failed = sum(item.problem is not None for item in items)
    pending = len(job.plan.pending)
    more = f" and {forecast.unknown} of unknown size" if forecast.unknown else ""
    return (
        f"{counted(len(items), 'input')} = {pending} to do + {len(items) - pending - failed} to skip + {failed} that "
        f"cannot be done ({number(forecast.megapixels)} MP{more}, {size(forecast.read)} to read); "
        f"model {job.spec.name}; nothing was written"
    )


def _costs(forecast: Forecast) -> Iterator[str]:
    """Disk, memory and time, one line each."""
    for room in forecast.rooms:
        verdict = "" if room.fits else f"; {size(room.needed)} are needed: not enough"
        yield f"disk: about {size(room.written)} to write to {room.folder} ({size(room.free)} free{verdict})"
    if forecast.memory is not None:
        yield f"memory: about {size(forecast.memory)}"
    if forecast.probe is not None and forecast.seconds is not None:
        yield f"time: about {duration(forecast.seconds)} (from a probe with {forecast.probe.path})"
    elif forecast.trouble is not None:
        yield f"time: unknown ({forecast.trouble})"


def _exceptions(plan: Plan, shown: int) -> Iterator[str]:
    """What is skipped and what cannot be done, and why; beyond `shown` only how many."""
    skipped = [f"skip {item.sources[0]}: {item.skip}" for item in plan.items if item.skip is not None]
    told = {None, *plan.collisions}
    failed = [f"fail {item.sources[0]}: {item.problem}" for item in plan.items if item.problem not in told]
    for lines, what in ((skipped, "are skipped"), (failed, "cannot be done")):
        yield from lines[:shown]
        if len(lines) > shown:
            yield f"… and {len(lines) - shown} more {what} (-v shows them)"


@dataclass
class _Folder:
    """A folder of the tree that would be written.

    Attributes:
        folders: In it.
        files: A line for each result in it.
        own: How many files are in it, what lies beside results included.
        count: How many files are in it and below it.
    """

    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    own: int = 0
    count: int = 0


def _show_tree(plan: Plan, *, files: bool) -> None:
    """Print the pending results as a tree: drawn on a terminal, indented elsewhere."""
    root = _Folder()
    each = 1 + len(plan.companions)
    for item in plan.pending:
        folder = root
        folder.count += each
        inner = item.output if plan.folder is None else _below(item.output, plan.folder)
        for part in inner.parent.parts if plan.folder is not None else ():
            folder = folder.folders.setdefault(part, _Folder())
            folder.count += each
        folder.own += each
        folder.files.append(_label(item, inner, plan.beside(item)))
    if not root.count:
        return
    title = f"{plan.folder}" if plan.folder is not None else None
    if on_terminal():
        _draw(root, title, files)
    else:
        for line in _indented(root, title, files):
            click.echo(printable(line))


def _below(path: Path, folder: Path) -> Path:
    """A result's place in its folder; plans in place may spell the two differently."""
    return path.absolute().relative_to(folder.absolute())


def _label(item: WorkItem, inner: Path, beside: Sequence[Path]) -> str:
    """The result's name, where it comes from if that is called otherwise, and what is written beside it."""
    name = str(inner) if inner.is_absolute() else inner.name
    more = f" and {len(item.sources) - 1} more" if len(item.sources) > 1 else ""
    source = "" if item.sources[0].name == inner.name else f" (from {item.sources[0].name}{more})"
    return f"{name}{source}{' (replaced)' if item.present else ''}{_companions(item, beside)}"


def _companions(item: WorkItem, beside: Sequence[Path]) -> str:
    """`` + .uncertainty.png .uncertainty.tif``: what is written beside a result, without its stem."""
    ends = [path.name.removeprefix(item.output.stem) for path in beside]
    if len(ends) > BESIDE:
        return f" + {ends[0]} … {ends[-1]} ({len(ends)} files)"
    return f" + {' '.join(ends)}" if ends else ""


def _entries(folder: _Folder, files: bool) -> list[str]:
    return folder.files if files else [counted(folder.own, "file")] * bool(folder.files)


def _title(name: str, folder: _Folder) -> str:
    return f"{name.rstrip('/')}/ ({counted(folder.count, 'file')})"


def _indented(folder: _Folder, name: str | None, files: bool, depth: int = 0) -> Iterator[str]:
    """The tree as lines, two spaces per level."""
    if name is not None:
        yield f"{'  ' * depth}{_title(name, folder)}"
        depth += 1
    for inner, sub in folder.folders.items():
        yield from _indented(sub, inner, files, depth)
    yield from (f"{'  ' * depth}{entry}" for entry in _entries(folder, files))


def _draw(root: _Folder, name: str | None, files: bool) -> None:
    """The tree with lines."""
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    def fill(branch: Tree, folder: _Folder) -> None:
        for inner, sub in folder.folders.items():
            fill(branch.add(Text(printable(_title(inner, sub)))), sub)
        for entry in _entries(folder, files):
            branch.add(Text(printable(entry)))

    if name is None:
        tree = Tree(Text(printable(root.files[0])))
    else:
        tree = Tree(Text(printable(_title(name, root))))
        fill(tree, root)
    Console().print(tree, soft_wrap=True)


def _document(
    job: Job, forecast: Forecast, code: ExitCode, accounts: Mapping[Path, Mapping[str, object]]
) -> dict[str, object]:
    plan, probe = job.plan, forecast.probe
    return {
        "task": job.spec.task,
        "model": job.spec.name,
        "folder": None if plan.folder is None else str(plan.folder),
        "inputs": len(plan.items),
        "bytes": forecast.read,
        "megapixels": round(forecast.megapixels, 6),
        "unknown": forecast.unknown,
        "notes": list(plan.notes),
        "collisions": list(plan.collisions),
        "disk": [asdict(room) | {"folder": str(room.folder)} for room in forecast.rooms],
        "memory": forecast.memory,
        "seconds": None if forecast.seconds is None else round(forecast.seconds, 3),
        "probe": None if probe is None else asdict(probe) | {"path": str(probe.path)},
        "trouble": forecast.trouble,
        "exit_code": int(code),
        "results": [_result(item, plan.beside(item)) | _told(accounts.get(item.output)) for item in plan.items],
    }


def _told(account: Mapping[str, object] | None) -> dict[str, object]:
    return {} if account is None else {"account": account}


def _state(item: WorkItem) -> str:
    return "failed" if item.problem is not None else "skipped" if item.skip is not None else "planned"


def _result(item: WorkItem, beside: Sequence[Path]) -> dict[str, object]:
    return {
        "source": str(item.sources[0]),
        "frames": [str(path) for path in item.sources] if len(item.sources) > 1 else None,
        "mask": None if item.mask is None else str(item.mask),
        "output": str(item.output),
        "companions": [str(path) for path in beside],
        "backup": None if item.backup is None else str(item.backup),
        "state": _state(item),
        "reason": item.problem or item.skip,
    }
