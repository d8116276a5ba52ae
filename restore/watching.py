"""Waits for new pictures: what stirs in the input folders, and which files have stopped growing.

What is told of the file system (by the `watchdog` library) only says that it is time to look. What there is to do is
told by a new plan compared with what was seen before, so that nothing depends on the exact story of a file: moved in as
a whole folder, written under another name first, replaced, or written in a hundred pieces.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from restore.errors import InputError
from restore.planning import Plan, WorkItem, identity
from restore.stamps import Stamp
from restore.walking import Walk

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

Key = tuple[Path, ...]
"""What an item is made from: its name among the arrivals."""
Stamps = tuple[Stamp | None, ...]

_TELLING: list[type[FileSystemEvent]] = [
    *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
    *(FileClosedEvent, FileCreatedEvent, FileModifiedEvent, FileMovedEvent),
]
"""What is listened to. Not that files are opened and read: restoring does that, too."""
_AGAIN = "Run the same command again when it is back."
_PATIENCE = 5
"""So many settling times a complete file waits at most for others that are still growing."""


@dataclass
class _Arrival:
    """An item that is new or changed: what its files (the mask is one of them) look like, and since when."""

    stamps: Stamps
    since: float
    files: tuple[Path, ...]


class Arrivals:
    """Which items of ever new plans are new or changed, and complete.

    Args:
        settle: Seconds that a file's size and times must have stayed the same.
        clock: Seconds that never go back.
        wall: Seconds since the epoch, as files' times are.
    """

    def __init__(
        self, settle: float, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._settle, self._clock, self._wall = settle, clock, wall
        self._known: dict[Key, Stamps] = {}
        self._waiting: dict[Key, _Arrival] = {}

    @property
    def waiting(self) -> tuple[Key, ...]:
        """What is new or changed and has not been taken."""
        return tuple(self._waiting)

    def look(self, plan: Plan) -> None:
        """Note what is new or changed in a plan that was made just now."""
        found: dict[Key, _Arrival] = {}
        for item in plan.items:
            stamps = _stamps(item.inputs)
            if self._known.get(item.sources) == stamps:
                continue
            before = self._waiting.get(item.sources)
            if before is None:
                since = self._clock() - (self._settle if self._is_old(stamps) else 0)
            else:
                since = before.since if before.stamps == stamps else self._clock()
            found[item.sources] = _Arrival(stamps, since, item.inputs)
        self._waiting = found

    def complete(self) -> bool:
        """Whether there is something to take, and no need to wait for others that arrive at the same time."""
        now, ages = self._clock(), []
        for key, arrival in list(self._waiting.items()):
            stamps = _stamps(arrival.files)
            if stamps != arrival.stamps:
                self._waiting[key] = _Arrival(stamps, now, arrival.files)
            ages.append(now - self._waiting[key].since)
        oldest = max(ages, default=0.0)
        return bool(ages) and (min(ages) >= self._settle or oldest >= _PATIENCE * self._settle)

    def take(self, plan: Plan) -> Plan:
        """The part of a plan, made just now, that is complete; it is known from now on, whatever becomes of it."""
        self.look(plan)
        now, taken = self._clock(), []
        for item in plan.items:
            arrival = self._waiting.get(item.sources)
            if arrival is not None and now - arrival.since >= self._settle:
                self._known[item.sources] = self._waiting.pop(item.sources).stamps
                taken.append(item)
        return replace(plan, items=tuple(taken))

    def replaced(self, items: Sequence[WorkItem]) -> None:
        """Results have taken the place of these items' inputs, which is no news."""
        for item in items:
            self._known[item.sources] = _stamps(item.inputs)

    def _is_old(self, stamps: Stamps) -> bool:
        """Whether files have been left alone for long enough before they were first seen; so has what is not there."""
        times = [time for stamp in stamps if stamp for time in (stamp.modified_ns, stamp.changed_ns)]
        return self._wall() - max(times, default=0) / 1e9 >= self._settle


class Watch(FileSystemEventHandler):
    """Tells when something stirs in the watched folders; made by `watched`."""

    def __init__(self, observer: BaseObserver, roots: Sequence[str], aside: str | None) -> None:
        self._observer, self._roots, self._aside = observer, roots, aside
        self._places = {} if isinstance(observer, PollingObserver) else {root: identity(Path(root)) for root in roots}
        self._stirred = threading.Event()
        self._new_folders = threading.Event()

    def stirred(self) -> bool:
        """Whether something has stirred since this was last asked.

        Raises:
            InputError: Not everything is watched any more.
        """
        for root, place in self._places.items():
            if identity(Path(root)) != place:  # moved away or unmounted: the system tells only of the folder it knew
                raise InputError("is gone, or another folder than before.", path=root, hint=_AGAIN)
        if not self._observer.is_alive() or not all(emitter.is_alive() for emitter in self._observer.emitters):
            raise InputError("the input folders cannot be watched any more: one of them is gone.", hint=_AGAIN)
        if self._new_folders.is_set():
            self._new_folders.clear()
            self.check_room()
        if not self._stirred.is_set():
            return False
        self._stirred.clear()
        return True

    def check_room(self) -> None:
        """Make sure that Linux has not run out of watches: new folders would be passed over in silence.

        Raises:
            InputError: It has.
        """
        if sys.platform == "linux" and not isinstance(self._observer, PollingObserver):
            with _in_words():
                self._observer.unschedule(self._observer.schedule(FileSystemEventHandler(), os.sep))

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by the library, in its thread, for everything that happens."""
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        if any(self._counts(path) for path in paths):
            if event.is_directory:
                self._new_folders.set()
            self._stirred.set()

    def _counts(self, path: str) -> bool:
        """Whether a path can have to do with inputs: hidden ones and results inside an input folder cannot."""
        if self._aside is not None and Path(path).is_relative_to(self._aside):
            return False
        inner = [Path(path).relative_to(root).parts for root in self._roots if Path(path).is_relative_to(root)]
        return any(not any(part.startswith(".") for part in parts) for parts in inner)


@contextmanager
def watched(folders: Sequence[Path], aside: Path | None, *, poll: float | None = None) -> Iterator[Watch]:
    """Watch folders with all in them, also those that links in them lead to at the beginning.

    Args:
        folders: Which.
        aside: Where results (or backups) go; where that lies inside a folder, what stirs in there does not count.
        poll: Seconds between looks at every file, for drives that tell nothing; None to be told by the system.

    Raises:
        InputError: They cannot be watched.
    """
    observer = Observer() if poll is None else PollingObserver(timeout=poll)
    roots = _roots(folders)
    place = None if aside is None else os.path.realpath(aside)
    if place is not None and any(Path(root).is_relative_to(place) for root in roots):
        place = None  # results lie beside their inputs: whether it was one of them that stirred, the plan will tell
    watch = Watch(observer, roots, place)
    with warnings.catch_warnings():
        # Said by the library, at length, where a new folder is found in two ways, which does no harm.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        with _in_words():
            for root in roots:
                observer.schedule(watch, root, recursive=True, event_filter=_TELLING)
            observer.start()
        try:
            watch.check_room()
            yield watch
        finally:
            observer.stop()
            observer.join()


def _roots(folders: Sequence[Path]) -> list[str]:
    """The real places of folders and of those that links in them lead to."""
    roots = [os.path.realpath(folder) for folder in folders]
    for folder in folders:
        roots += [os.path.realpath(path) for path, _ in Walk(None).folders(folder) if path.is_symlink()]
    return list(dict.fromkeys(roots))


@contextmanager
def _in_words() -> Iterator[None]:
    """Put the system's refusals into words for the user."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"the input folders cannot be watched: {error.strerror or error}.",
            hint="Raise the limits fs.inotify.max_user_watches and max_user_instances, or look with --poll instead.",
        ) from error


def _stamps(files: Sequence[Path]) -> Stamps:
    return tuple(Stamp.of(file) for file in files)
