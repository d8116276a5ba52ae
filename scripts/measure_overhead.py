"""Measure what a run costs beside restoring: the journal, durable writes, the worker's process, the start, the memory.

    python scripts/measure_overhead.py thumbnails [--count 10000]   files per second with a restorer that only inverts
    python scripts/measure_overhead.py resume [--count 50000]       seconds to begin when so many files are done already
    python scripts/measure_overhead.py journal PHOTO [--count 2]    the journal's share of denoising 12-megapixel JPEGs
    python scripts/measure_overhead.py memory [--counts 1000 10000] peak memory of the run and of its worker

All but ``journal`` start the installed ``restore`` as a user would, with its defaults, and the plugin of
``tests/faults/trouble.py``. Folders are made below ``--place`` (a disk, not memory, for times that mean something).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import PIL.Image
import psutil

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the checkout, for the tests' plugin

from restore.batch import described, run_batch
from restore.job import Job
from restore.journal import Journal
from restore.journal_rows import Source
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.stamps import Stamp, content_hash
from tests.faults import trouble


@dataclass
class Peaks:
    """Peak memory of a run's processes, resident bytes."""

    main: int = 0
    worker: int = 0
    both: int = 0
    samples: int = field(default=0, repr=False)

    def look(self, process: psutil.Popen) -> None:
        """Take one sample."""
        try:
            main = process.memory_info().rss
            workers = [each for each in process.children() if "resource_tracker" not in " ".join(each.cmdline())]
            worker = sum(each.memory_info().rss for each in workers)
        except psutil.Error:
            return
        self.main, self.worker = max(self.main, main), max(self.worker, worker)
        self.both, self.samples = max(self.both, main + worker), self.samples + 1


def thumbnails(folder: Path, count: int) -> None:
    """Write JPEGs and PNGs of 64 x 64 pixels, half and half."""
    folder.mkdir()
    rows, columns = np.mgrid[:64, :64]
    for number in range(count):
        pixels = np.stack([rows * 4, columns * 4, (rows + columns + number) % 256], axis=2).astype(np.uint8)
        picture = PIL.Image.fromarray(pixels)
        picture.save(folder / f"{number:05}.jpg", quality=92) if number % 2 else picture.save(
            folder / f"{number:05}.png"
        )


def timed_run(environment: dict[str, str], folder: Path, out: Path, model: str = "trouble") -> tuple[float, str, Peaks]:
    """Run ``restore denoise FOLDER -o OUT``; returns its seconds, the line that sums it up and its peak memory."""
    command = [str(Path(sys.executable).with_name("restore")), "denoise", folder, "-o", out, "-m", model]
    peaks, began = Peaks(), time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = psutil.Popen(command, env=environment, stdout=said)
        while process.poll() is None:
            peaks.look(process)
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        said.seek(0)
        account = said.read().decode(errors="replace").splitlines()[-1]
    return seconds, account, peaks


def measure_thumbnails(place: Path, count: int) -> str:
    """Files per second."""
    thumbnails(place / "in", count)
    seconds, account, peaks = timed_run(trouble.install(place / "plugins"), place / "in", place / "out")
    assert f"= {count} done" in account, account
    return f"{count} files in {seconds:.1f} s: {count / seconds:.0f} files/s; {shown(peaks)}"


def measure_memory(place: Path, counts: list[int], model: str) -> str:
    """Peaks for several numbers of files."""
    environment = trouble.install(place / "plugins") if model == "trouble" else dict(os.environ)
    lines = []
    for count in counts:
        thumbnails(place / f"in{count}", count)
        seconds, account, peaks = timed_run(environment, place / f"in{count}", place / f"out{count}", model)
        assert f"= {count} done" in account, account
        lines.append(f"{count} files: {shown(peaks)} ({seconds:.1f} s)")
    return "\n".join(lines)


def shown(peaks: Peaks) -> str:
    """For people."""
    mib = [f"{each / 2**20:.1f}" for each in (peaks.both, peaks.main, peaks.worker)]
    return f"peak {mib[0]} MiB = main {mib[1]} MiB, worker {mib[2]} MiB (each at its own peak)"


def measure_resume(place: Path, count: int) -> str:
    """Seconds of a run over a folder where all but one file is done already."""
    made_already(place, count)
    PIL.Image.new("RGB", (64, 64)).save(place / "in" / "new.png")
    environment, lines = trouble.install(place / "plugins"), []
    for expected in (1, 0):
        seconds, account, peaks = timed_run(environment, place / "in", place / "out")
        assert f"= {expected} done + {count + 1 - expected} skipped" in account, account
        lines.append(f"{count} files done, {expected} to do: {seconds:.1f} s in all; {shown(peaks)}")
    return "\n".join(lines)


def made_already(place: Path, count: int) -> None:
    """Make pictures, their results, and the journal that a run would have left, without waiting for the disk."""
    buffer = BytesIO()
    PIL.Image.new("RGB", (64, 64), "teal").save(buffer, "png")
    for number in range(count):
        for folder in ("in", "out"):
            path = place / folder / f"{number // 1000:02}" / f"{number:05}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    spec = PluginManager.of({"trouble": trouble}).restorer("trouble")
    job = Job(plan([str(place / "in")], place / "out"), spec, trouble.TroubleOptions(delay=0, flavour=0, companions=0))
    with Journal.open(place / "out") as journal:
        journal._connection.execute("PRAGMA synchronous=OFF")
        number = journal.begin(described(job)[0], (item.output for item in job.plan.items), count)
        for item in job.plan.items:
            before, after = Stamp.of(item.sources[0]), Stamp.of(item.output)
            assert before is not None and after is not None
            source = Source(str(item.sources[0].absolute()), before, digest)
            journal.intend(item.output, (source,), after, digest, seconds=1, megapixels=0.004, warnings=())
            journal.finish(item.output, after)
        journal.end(number, done=count, skipped=0, failed=0, ending="finished")


class Clock:
    """Seconds spent inside functions, over all threads, by name."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def around(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (whatever it returns)
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[name] += time.perf_counter() - began  # type: ignore[assignment]

        return timed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time all that a journal adds to a run: its bookings, its lock, and the hashes of inputs and outputs."""
        with ExitStack() as patches:
            for name in ("open", "begin", "uses", "intend", "finish", "book", "end", "close", "entry"):
                timed = self.around(getattr(Journal, name), name)
                patches.enter_context(patch.object(Journal, name, timed))
            for module in ("steps", "outputs"):
                timed = self.around(content_hash, f"hashes in {module}")
                patches.enter_context(patch(f"restore.{module}.content_hash", timed))
            yield


def measure_journal(place: Path, photo: Path, count: int) -> str:
    """The journal's share of a run with the shipped denoiser, in one process so that it can be timed."""
    (place / "in").mkdir()
    picture = np.asarray(PIL.Image.open(photo).convert("RGB"))
    times = (-(-3000 // picture.shape[0]), -(-4000 // picture.shape[1]), 1)
    for number in range(count):
        large = np.tile(picture, times)[:3000, :4000] + np.random.default_rng(number).normal(0, 12, (3000, 4000, 3))
        PIL.Image.fromarray(np.clip(large, 0, 255).astype(np.uint8)).save(place / "in" / f"{number}.jpg", quality=92)
    manager, clock = PluginManager.discover(), Clock()
    spec = manager.default_restorer("denoise")
    job = Job(plan([str(place / "in")], place / "out"), spec, spec.options())
    with clock.watching():
        report = run_batch(job, manager)
    assert report.done == count, report
    parts = ", ".join(
        f"{name} {1e3 * seconds:.0f} ms" for name, seconds in clock.seconds.most_common() if seconds > 5e-4
    )
    share = sum(clock.seconds.values()) / report.seconds
    return f"{count} x 12 MP with {spec.name} in {report.seconds:.1f} s; the journal {100 * share:.2f} % ({parts})"


def main() -> None:
    """Parse and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["thumbnails", "resume", "journal", "memory"])
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--count", type=int)
    parser.add_argument("--counts", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--model", default="trouble", help="of memory: whose")
    parser.add_argument("--place", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="restore-overhead-", dir=given.place) as folder:
        place = Path(folder)
        if given.what == "thumbnails":
            print(measure_thumbnails(place, given.count or 10000))
        elif given.what == "resume":
            print(measure_resume(place, given.count or 50000))
        elif given.what == "memory":
            print(measure_memory(place, given.counts, given.model))
        else:
            print(measure_journal(place, given.photo, given.count or 2))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{cores} cores, load before the end {os.getloadavg()[0]:.1f}, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main()
