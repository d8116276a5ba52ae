"""The command `report`: a page of what was done to every photo, out of the journal of a results folder and the files.

The document of ``--json``: ``photos`` (how many), ``report``, ``bytes`` and, where it was asked for, ``contact_sheet``.
"""

from __future__ import annotations

from pathlib import Path

import click

from restore.cli import tables
from restore.cli.report_flags import check_places, write
from restore.cli.wording import Pixels
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

NAME = "report.html"


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `report`."""
    return [report_command(manager)]


def report_command(manager: PluginManager) -> click.Command:
    """``restore report``."""

    @click.command("report", short_help="Make a page of what was done: before and after, photo by photo.")
    @click.argument("folder", metavar="OUT", type=click.Path(path_type=Path))
    @click.option("-o", "--output", "page", metavar="FILE", help=f"The page (.html). [default: OUT/{NAME}]")
    @click.option("--contact-sheet", metavar="FILE", help="Also write all photos on one picture (.png).")
    @click.option(
        "--truth", metavar="FOLDER", help="Measure against pictures of the same names, as `restore evaluate` does."
    )
    @click.option("--findings", is_flag=True, help="Say what is wrong with each photo before; about a second each.")
    @click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")
    @click.option("--max-pixels", type=Pixels(), default=DEFAULT_MAX_PIXELS, help="Leave larger pictures out.")
    def report(
        folder: Path,
        page: str | None,
        contact_sheet: str | None,
        truth: str | None,
        findings: bool,
        json: bool,
        max_pixels: int,
    ) -> int:
        """What all runs into the output folder OUT did to each photo, as one page that needs no other file.

        Made of the journal and of what is on the disk, also after a crash. Photos that were moved or changed since are
        shown as such. Nothing else is changed.
        """
        from restore.journal_reading import read_journal
        from restore.reports import account_of, defaults_of

        record = read_journal(folder)
        page = page or str(folder / NAME)
        check_places(page, contact_sheet, [folder])
        values = {
            "report": page,
            "contact_sheet": contact_sheet,
            "truth": truth,
            "json": json,
            "max_pixels": max_pixels,
        }
        written = write(account_of(record, defaults_of(manager)), values, manager, findings=findings)
        if json:
            tables.show_json(written)
        return ExitCode.OK

    return report
