"""The flags ``--report``, ``--contact-sheet`` and ``--truth`` of every command that writes results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from restore.cli.progress import on_terminal
from restore.cli.wording import counted, printable, size
from restore.errors import OutputError, UsageError
from restore.job import Job
from restore.plugin_manager import PluginManager
from restore.reporting import Report
from restore.walking import kind_of

if TYPE_CHECKING:
    from restore.reports import Account, Photo


def report_flags() -> list[click.Parameter]:
    """Make the flags; `check_reports` and `write_reports` understand their values."""
    return [
        click.Option(
            ["--report"],
            metavar="FILE",
            help="Write a page (.html) of every photo, before and after; `restore report OUT` does so later.",
        ),
        click.Option(["--contact-sheet"], metavar="FILE", help="Write all photos on one picture (.png)."),
        click.Option(
            ["--truth"],
            metavar="PATH",
            help="What the results should look like, for --report: a file, or a folder with the same names.",
        ),
    ]


def check_reports(values: Mapping[str, Any]) -> None:
    """Refuse, before anything is restored, what could not be written in the end.

    Args:
        values: The command's parameters by name.

    Raises:
        UsageError: A flag makes no sense here.
        OutputError: Another file stands in the place of the report or of the sheet.
    """
    page, sheet = values["report"], values["contact_sheet"]
    if values["truth"] is not None and page is None:
        raise UsageError("--truth is for --report.", hint="Add --report FILE, or leave it out.")
    if (page or sheet) and values["dry_run"]:
        raise UsageError("a dry run makes nothing to report.", hint="Leave --dry-run out, or --report.")
    if (page or sheet) and values["watch"]:
        hint = "Leave it out; `restore report OUT` makes one at any time, also meanwhile."
        raise UsageError("--report and --contact-sheet are for runs that come to an end, not for --watch.", hint=hint)
    places = [values["output"], *values["inputs"]]
    check_places(page, sheet, [Path(place) for place in places if place is not None])
    if values["truth"] is not None and kind_of(Path(values["truth"])) not in ("file", "folder"):
        raise UsageError("there is no such file or folder.", path=values["truth"], hint="Check --truth.")


def check_places(page: str | None, sheet: str | None, folders: list[Path]) -> None:
    """Refuse a report that is no HTML, and a sheet that would lie among pictures and be taken for one of them.

    Args:
        page: Where the report goes, or None.
        sheet: Where the contact sheet goes, or None.
        folders: Of inputs and results.

    Raises:
        UsageError: A name or a place is not fit.
        OutputError: Another file stands in the place.
    """
    if page is not None:
        from restore.reports.page import check_page

        if Path(page).suffix.lower() not in (".html", ".htm"):
            raise UsageError("is no name for a report.", path=page, hint="Give a name that ends in .html.")
        check_page(Path(page))
    if sheet is not None:
        from restore.contact_sheet import KIND
        from restore.drawn_png import check_drawing

        for folder in folders:
            if folder.is_dir() and Path(sheet).resolve().is_relative_to(folder.resolve()):
                message = f"lies inside {folder}, where it would be taken for a photo."
                raise UsageError(message, path=sheet, hint="Name a place outside for the contact sheet.")
        check_drawing(Path(sheet), KIND)


def last_run(folder: Path | None) -> int:
    """Number of the last run that a journal knows; 0 where there is none, or it cannot be read."""
    if folder is None:
        return 0
    from restore.journal_reading import read_journal

    try:
        runs = read_journal(folder).runs
    except OutputError:  # whoever runs here next says what is wrong with it
        return 0
    return runs[-1].id if runs else 0


def write_reports(values: Mapping[str, Any], manager: PluginManager, job: Job, report: Report, before: int) -> None:
    """Write what the flags ask for, when a run is over.

    Args:
        values: The command's parameters by name.
        manager: Reads the pictures.
        job: What was asked for.
        report: What became of it.
        before: See `last_run`, before this one began.

    Raises:
        OutputError: Something cannot be written; the results are there.
    """
    if not values["report"] and not values["contact_sheet"]:
        return
    folder = job.plan.folder
    if report.interrupted:
        later = (
            "it can be made later with `restore report`" if folder else "it is made when the run has gone to its end"
        )
        if not values["json"]:
            click.echo(f"note: no report was written after the interruption; {later}", err=True)
        return
    from restore.journal_reading import read_journal
    from restore.reports import account_of, account_of_run, defaults_of

    defaults = defaults_of(manager)
    if folder is None:
        account = account_of_run(job, report, defaults)
    else:
        account = account_of(read_journal(folder), defaults, since_run=before + 1)
    write(account, values, manager, findings=False)


def write(account: Account, values: Mapping[str, Any], manager: PluginManager, *, findings: bool) -> dict[str, object]:
    """Write a page, a sheet, or both in one go.

    Args:
        account: What they are about.
        values: ``report``, ``contact_sheet``, ``truth``, ``max_pixels`` and ``json``.
        manager: Reads the pictures.
        findings: Whether to find out what is wrong with each photo before.

    Returns:
        What was written, for ``--json``.
    """
    from restore.contact_sheet import ContactSheet
    from restore.reports import Looker, Truth, fill_sheet, sizes_for, write_report

    sizes = sizes_for(len(account.photos))
    results = Path(account.title)
    truth = None
    if values["truth"] is not None:
        truth = Truth(results, Path(values["truth"]), manager, values["max_pixels"])
    looker = Looker(manager, sizes, values["max_pixels"], truth, findings)
    sheet = ContactSheet(len(account.photos)) if values["contact_sheet"] else None
    written: dict[str, object] = {"photos": len(account.photos)}
    with _progress(len(account.photos), shown=not values["json"]) as tell:
        if values["report"]:
            bytes_ = write_report(account, Path(values["report"]), looker, sizes, sheet, tell)
            written |= {"report": values["report"], "bytes": bytes_}
        elif sheet is not None:
            fill_sheet(account, looker, sheet, tell)
    if sheet is not None:
        sheet.save(Path(values["contact_sheet"]))
        written |= {"contact_sheet": values["contact_sheet"]}
    if not values["json"]:
        photos = counted(len(account.photos), "photo")
        if values["report"]:
            click.echo(printable(f"report: {values['report']} ({photos}, {size(bytes_)})"))
        if sheet is not None:
            click.echo(printable(f"contact sheet: {values['contact_sheet']} ({photos})"))
    return written


@contextmanager
def _progress(count: int, *, shown: bool) -> Iterator[Callable[[Photo], None]]:
    """A bar that counts photos, on a terminal."""
    if not shown or not on_terminal():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("report", total=count)
        yield lambda _: progress.update(task, advance=1)
