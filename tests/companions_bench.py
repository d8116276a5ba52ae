"""A folder with one picture, and runs over it whose restorer writes companions beside its results."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.accounting import Finding, check_all
from restore.batch import run_batch
from restore.contracts import promised_companions
from restore.in_place import plan_in_place
from restore.job import Job
from restore.journal_reading import read_journal
from restore.planning import Plan, plan
from restore.plugin_manager import PluginManager
from restore.reporting import Report

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]

ALL = ["a.map.png", "a.map.tif", "a.negative.jpg", "a.jpg"]


class Bench:
    """A folder `in` with one picture, and runs over it.

    Attributes:
        source: The picture.
        out: Where results go.
    """

    def __init__(self, place: Path, tiny: Tiny, manager: PluginManager) -> None:
        self.place, self.tiny, self.manager = place, tiny, manager
        self.source, self.out = place / "in" / "a.jpg", place / "out"

    def job(
        self, the_plan: Callable[..., Plan], companions: int, *, strength: float = 1.0, overwrite: bool = False
    ) -> Job:
        """A job of the tiny restorer."""
        options = self.tiny.options(companions=companions, strength=strength)
        promised = promised_companions(self.tiny.spec, options)
        the_plan = partial(the_plan, companions=promised, overwrite=overwrite)
        return Job(the_plan(), self.tiny.spec, options, overwrite=overwrite)

    def run(self, companions: int = 3, *, strength: float = 1.0, overwrite: bool = False) -> Report:
        """Restore the folder."""

        def planned(**named: object) -> Plan:
            return plan([str(self.place / "in")], self.out, **named)  # type: ignore[arg-type]

        return run_batch(self.job(planned, companions, strength=strength, overwrite=overwrite), self.manager)

    def run_in_place(self, companions: int = 3, *, strength: float = 1.0) -> Report:
        """Restore the folder in its own place."""

        def planned(**named: object) -> Plan:
            return plan_in_place([str(self.place / "in")], self.place / "old", **named)  # type: ignore[arg-type]

        return run_batch(self.job(planned, companions, strength=strength), self.manager)

    def findings(self) -> dict[str, tuple[Finding, str | None]]:
        """What `restore verify` finds."""
        return {
            each.entry.output: (each.finding, each.reason)
            for each in check_all(read_journal(self.out), 1, lambda _: None)
        }


@pytest.fixture
def bench(tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager) -> Bench:
    """One whose picture holds Exif and has an old modification time."""
    from PIL import Image as PillowImage

    bench = Bench(tmp_path, tiny, tiny_manager)
    photo(bench.source)
    exif = PillowImage.Exif()
    exif[271] = "A camera"
    with PillowImage.open(bench.source) as picture:
        picture.save(bench.source, exif=exif, quality=95)
    os.utime(bench.source, ns=(10**18, 10**18))
    return bench
