"""What a picture takes in memory while it is in flight, and which pictures are refused for their size: from headers."""

from __future__ import annotations

from collections.abc import Sequence

from restore import steps
from restore.codecs.header import Header, peek
from restore.errors import InputError, RestoreError
from restore.job import Job
from restore.masks.detecting import Finder
from restore.masks.making import mask_bytes
from restore.memory import COPIES, Budget, limit_for, needed, picture_bytes
from restore.planning import WorkItem
from restore.result_size import check_header, growth_of, working_bytes, working_bytes_of_series
from restore.series.reading import series_bytes


def held_bytes(job: Job, finder: Finder | None, item: WorkItem, headers: Sequence[Header]) -> int:
    """What the pictures of an item take while they are in flight, its mask included.

    Args:
        job: What is done to them.
        finder: Who looks for damage in them, or None.
        item: Whose.
        headers: Of its sources.

    Raises:
        PluginError: A plugin cannot say how large its results become, or what it holds.
    """
    beside = len(job.plan.companions)
    if job.series is not None:
        return _series(job, headers, beside)
    pictures = sum(
        picture_bytes(each, growth_of(job.spec, job.options, each), beside, _working(job, finder, each))
        for each in headers
    )
    return pictures + _masked(job, item, headers)


def _series(job: Job, headers: Sequence[Header], beside: int) -> int:
    """What the frames of a series take while they are in flight, with its result, companions and restorer."""
    companions = picture_bytes(headers[0], companions=beside) - picture_bytes(headers[0])
    working = working_bytes_of_series(job.spec, job.options, headers)
    return series_bytes(headers, COPIES) + companions + working


class Admission:
    """Which pictures of a run are let in, and how many bytes each then holds.

    Args:
        job: What is done to them.
        finder: Who looks for damage in them, or None.
        budget: What there is.
    """

    def __init__(self, job: Job, finder: Finder | None, budget: Budget) -> None:
        self._job, self._finder, self._budget = job, finder, budget
        self._bytes_per_byte = 0.0

    def size(self, item: WorkItem) -> tuple[int | None, steps.Failure | None]:
        """What an item will take in memory; and why it is refused, where it is.

        Where a header does not tell, it is guessed from the file's size and the most generous file seen so far; None
        while nothing was seen.
        """
        headers = [peek(source) for source in item.sources]
        known = [header for header in headers if header is not None]
        if len(known) < len(headers):
            file_size = steps.file_size(item)
            return (int(self._bytes_per_byte * file_size) if self._bytes_per_byte else None), None
        job = self._job
        try:
            for header, source in zip(known, item.sources, strict=True):
                check_header(job.spec, job.options, header, job.max_pixels, source)
            size = held_bytes(job, self._finder, item, known)
            if self._budget.strict and size > self._budget.pictures:
                raise self._too_large(item, known, size)
        except RestoreError as error:
            return 0, steps.explain(error, item.sources[0], job.spec)
        return size, None

    def learn(self, item: WorkItem, read: steps.Read) -> None:
        """Correct the basis of guesses where headers do not tell."""
        held = sum(frame.pixels.nbytes for frame in read.observation.frames) * 4
        self._bytes_per_byte = max(self._bytes_per_byte, held / max(steps.file_size(item), 1))

    def _too_large(self, item: WorkItem, headers: Sequence[Header], size: int) -> InputError:
        job, beside = self._job, len(self._job.plan.companions)
        least = (
            limit_for(size)
            if job.series is not None
            else 2 * _masked(job, item, headers)
            + sum(
                needed(each, growth_of(job.spec, job.options, each), beside, _working(job, self._finder, each))
                for each in headers
            )
        )
        return InputError(
            f"needs about {size >> 20} MiB beside the network; --memory leaves {self._budget.pictures >> 20} MiB.",
            path=item.sources[0],
            hint=f"Give --memory {(least >> 20) + 1}MiB or more.",
        )


def _working(job: Job, finder: Finder | None, header: Header) -> int:
    """What is held beside a picture: by the detector, and then by the restorer, never by both."""
    own = working_bytes(job.spec, job.options, header)
    return own if finder is None else max(own, working_bytes(finder.spec, finder.options, header))


def _masked(job: Job, item: WorkItem, headers: Sequence[Header]) -> int:
    return 0 if job.masking is None else mask_bytes(headers[0], job.masking, item.mask)
