"""Writes a report: one HTML file that needs no other, photo by photo, so that ten thousand take the memory of one."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from restore import __version__
from restore.codecs.atomic import atomic_path, output_error
from restore.contact_sheet import Cell, ContactSheet
from restore.errors import OutputError
from restore.reports.card import card, measure_in_words, step_in_words, value_in_words
from restore.reports.looking import Look, Looker
from restore.reports.photo import STATES, Account, Photo
from restore.reports.sizes import Sizes
from restore.reports.truth import CONVENTIONS, Score, means

MARK = "restore report"
"""By which a report is known again; any other file is never written over."""

_ORDERS = (
    ("seconds", "seconds -1", "slowest first"),
    ("change", "change 1", "most changed first"),
    ("score", "score 1", "farthest from the truth first"),
)


@dataclass
class _Seen:
    """What the head of a page says about all photos, known when the last one was looked at."""

    warned: int = 0
    details: bool = False
    scores: list[Score] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)


def write_report(
    account: Account,
    page: Path,
    looker: Looker,
    sizes: Sizes,
    sheet: ContactSheet | None = None,
    tell: Callable[[Photo], None] = lambda _: None,
) -> int:
    """Write the page, and fill a contact sheet on the way.

    Args:
        account: What it is about.
        page: The file; replaced if it is a report.
        looker: Looks at the photos.
        sizes: As the looker has them.
        sheet: Gets every photo, too.
        tell: Called after each photo.

    Returns:
        Bytes of the page.

    Raises:
        OutputError: It cannot be written, or another file stands in its place.
    """
    check_page(page)
    seen = _Seen()
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        body = tempfile.TemporaryFile(dir=page.parent)  # noqa: SIM115 (closed below; on one disk with the page)
    except OSError as error:
        raise output_error(error, page) from error
    with body, atomic_path(page) as temporary:
        for photo in account.photos:
            look = looker.look(photo)
            _add(photo, look, sizes, page, body, seen)
            if sheet is not None:
                sheet.add(_cell(photo, look))
            tell(photo)
        body.seek(0)
        with temporary.open("wb") as file:
            file.write(_plain(_head(account, seen)))
            shutil.copyfileobj(body, file, 1 << 20)
            file.write(_plain(_foot()))
    return page.stat().st_size


def fill_sheet(
    account: Account, looker: Looker, sheet: ContactSheet, tell: Callable[[Photo], None] = lambda _: None
) -> None:
    """Fill a contact sheet without a page.

    Args:
        account: What it is about.
        looker: Looks at the photos.
        sheet: Gets every photo.
        tell: Called after each photo.
    """
    for photo in account.photos:
        sheet.add(_cell(photo, looker.look(photo)))
        tell(photo)


def check_page(page: Path) -> None:
    """Refuse a place that holds anything but an earlier report.

    Raises:
        OutputError: It does, or is a folder.
    """
    if not os.path.lexists(page):
        return
    try:
        with page.open("rb") as file:
            ours = f'content="{MARK}"'.encode() in file.read(400)
    except OSError as error:
        raise output_error(error, page) from error
    if not ours:
        raise OutputError("exists, and is no report of restore.", path=page, hint="Give the report another name.")


def _add(photo: Photo, look: Look, sizes: Sizes, page: Path, body: IO[bytes], seen: _Seen) -> None:
    """Write one photo's card and note what the head will say of it."""
    shown = card(photo, look, sizes.quality, page)
    seen.warned += shown.warned
    seen.details |= look.details is not None
    seen.keys |= shown.keys.keys()
    if look.score is not None:
        seen.scores.append(look.score)
    body.write(_plain(_templates().get_template("photo.html.j2").render(p=shown)))


def _head(account: Account, seen: _Seen) -> str:
    style, script = _source("page.css"), _source("page.js")
    states = [("all", "all", len(account.photos)), *((each, each, account.count(each)) for each in STATES)]
    return (
        _templates()
        .get_template("head.html.j2")
        .render(
            mark=MARK,
            title=account.title,
            facts=tuple(_facts(account, seen.scores)),
            runs=account.runs,
            states=[*states, ("warned", "with warnings", seen.warned)],
            orders=[(value, label) for key, value, label in _ORDERS if key in seen.keys],
            has_details=seen.details,
            style=Markup(style),  # our own files, not anybody's text
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def _facts(account: Account, scores: Sequence[Score]) -> Iterator[tuple[str, str]]:
    """What is true of all photos."""
    counts = " + ".join(
        f"{account.count(state)} {state}" for state in STATES if state != "left" or account.count(state)
    )
    yield "photos", f"{len(account.photos)} = {counts}"
    if account.seconds:
        work = f"{account.megapixels:.1f} MP in {account.seconds:.1f} s of work"
        yield "work", f"{work}, {account.megapixels / account.seconds:.2f} MP/s"
    alike = (photo for photo in account.photos if photo.steps and not any(step.why for step in photo.steps))
    ways = dict.fromkeys(" → ".join(map(step_in_words, photo.steps)) for photo in alike if not photo.left_out)
    for way in list(ways)[:5]:
        yield "done with", way
    if len(ways) > 5:
        yield "", f"and in {len(ways) - 5} other ways: see each photo"
    for name, (before, after) in means(scores).items():
        said = value_in_words(name, after)
        gain = "" if before is None else f"{value_in_words(name, before)} → "
        yield f"mean {measure_in_words(name)}", f"{gain}{said} over {len(scores)} photos"
    if scores:
        yield "measured on", "; ".join(map(str, CONVENTIONS))
    yield from account.facts


def _foot() -> str:
    made = f"Made by restore {__version__}, {datetime.now().astimezone().isoformat(sep=' ', timespec='minutes')}. "
    told = "Pictures are reduced, in sRGB; a detail is shown in the result's own pixels, where most was changed."
    return _templates().get_template("foot.html.j2").render(foot=made + told, script=Markup(_source("page.js")))


def _cell(photo: Photo, look: Look) -> Cell:
    before, after = (None if each is None else each.shown for each in (look.before, look.after))
    return Cell(photo.name, photo.state, before, after)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("restore.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _source(name: str) -> str:
    """A style or a script as it stands in the page."""
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """By which the page's own policy lets a style or a script in, and no other."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _plain(text: str) -> bytes:
    """UTF-8, with a sign for what was no UTF-8 in a file name."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode()
