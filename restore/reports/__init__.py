"""Reports: what runs did to each photo, as one HTML page that needs nothing else; out of a journal and the files."""

from restore.reports.from_journal import account_of
from restore.reports.from_run import account_of_run
from restore.reports.looking import Look, Looker
from restore.reports.page import check_page, fill_sheet, write_report
from restore.reports.photo import Account, File, Photo, Step, defaults_of
from restore.reports.sizes import Sizes, sizes_for
from restore.reports.truth import Score, Truth

__all__ = [
    "Account",
    "File",
    "Look",
    "Looker",
    "Photo",
    "Score",
    "Sizes",
    "Step",
    "Truth",
    "account_of",
    "account_of_run",
    "check_page",
    "defaults_of",
    "fill_sheet",
    "sizes_for",
    "write_report",
]
