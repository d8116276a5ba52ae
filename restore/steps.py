"""What happens to one work item before it is written, and how its failure is put into words."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.answers import checked
from restore.contracts import promised_companions
from restore.errors import DeviceError, ExitCode, InputError, PluginError, RestoreError
from restore.image import Image, Observation, Restoration
from restore.journal_rows import Source
from restore.masks.detecting import Finder, tell_found, wide_find
from restore.masks.growing import Mask
from restore.masks.joining import put_back, without_hidden
from restore.masks.making import MaskFile, finished_mask, make_mask, nothing_missing, said_missing
from restore.masks.request import NOTHING, Masking
from restore.planning import WorkItem
from restore.reporting import FileResult
from restore.series.reading import read_series
from restore.series.request import Series
from restore.spec import Makes, Options, Restorer, RestorerSpec
from restore.stamps import Stamp, content_hash

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager


UNDAMAGED = f"{NOTHING}: no damage was found."
"""What is said of a mask that is black all over."""


@dataclass(frozen=True)
class Failure:
    """Why one item failed, as it is reported."""

    reason: str
    exit_code: ExitCode
    details: str | None = None


@dataclass(frozen=True)
class Read:
    """What was read for one item.

    Attributes:
        observation: The pictures. Where a detector is to be asked, its mask is what the user says, and `with_damage`
            finishes it.
        sources: What the files (the mask last) were at that time; empty where no journal wants to know.
        seconds: How long it took.
    """

    observation: Observation
    sources: tuple[Source, ...]
    seconds: float


def read(
    item: WorkItem,
    manager: PluginManager,
    max_pixels: int,
    *,
    hashed: bool,
    masking: Masking | None = None,
    series: Series | None = None,
) -> Read:
    """Read the item's sources, and its mask; the frames of a series are laid over each other.

    Args:
        item: Whose.
        manager: Reads them.
        max_pixels: Larger pictures are refused.
        hashed: Hash their content too, for the journal.
        masking: What is missing in it, for a restorer that needs to know.
        series: What is done with its frames, for a restorer that needs several.

    Raises:
        InputError: A file cannot be read, was changed meanwhile, frames do not go together, or the mask does not fit.
    """
    began = time.perf_counter()
    if series is not None:
        return _read_frames(item, manager, max_pixels, series, hashed=hashed)
    read_files = [_read_file(path, manager, max_pixels, hashed=hashed) for path in item.inputs]
    sources = tuple(source for _, source in read_files if source is not None)
    frames = tuple(image for image, _ in read_files[: len(item.sources)])
    mask = None
    if masking is not None:
        file = None if item.mask is None else MaskFile(item.mask, read_files[-1][0])
        if file is None and masking.place is not None:
            raise InputError("has no mask.", path=item.sources[0], hint=f"Put one into {masking.place}.")
        if masking.detector is not None:
            mask = said_missing(frames[0], masking, item.sources[0], file)
        else:
            mask = make_mask(frames[0], masking, item.sources[0], file)
            frames = (_noted(frames[0], mask, masking, item.mask), *frames[1:])
    return Read(Observation(frames, mask), sources, time.perf_counter() - began)


def _read_frames(item: WorkItem, manager: PluginManager, max_pixels: int, series: Series, *, hashed: bool) -> Read:
    """Read a series.

    Raises:
        InputError: As `read`.
    """
    began = time.perf_counter()
    sources: list[Source] = []

    def frame(path: Path) -> Image:
        image, source = _read_file(path, manager, max_pixels, hashed=hashed)
        if source is not None:
            sources.append(source)
        return image

    observation = read_series(item.sources, frame, series)
    return Read(observation, tuple(sources), time.perf_counter() - began)


def _read_file(path: Path, manager: PluginManager, max_pixels: int, *, hashed: bool) -> tuple[Image, Source | None]:
    """Read one picture, and what its file was at that time where that is wanted.

    Raises:
        InputError: It cannot be read or was changed meanwhile.
    """
    before = Stamp.of(path)
    try:
        image = manager.read_image(path, max_pixels)
        digest = content_hash(path) if hashed else ""
    except OSError as error:
        raise InputError(
            f"cannot be read: {error.strerror or error}.", path=path, hint="Check its rights and its disk."
        ) from error
    after = Stamp.of(path)
    if before is None or after is None or (before.size, before.modified_ns) != (after.size, after.modified_ns):
        raise InputError("was changed while it was read.", path=path, hint="Run again when nothing writes to it.")
    return image, Source(str(path.absolute()), after, digest) if hashed else None


def with_damage(read: Read, item: WorkItem, finder: Finder, detector: Restorer, masking: Masking) -> Read:
    """What was read, with what a detector finds in it added to what the user says is missing.

    Args:
        read: Of the item.
        item: Whose.
        finder: Who looks for damage.
        detector: The same, loaded.
        masking: What is missing.

    Raises:
        PluginError: The detector breaks its contract.
        InputError: Nothing of the picture would be left.
    """
    image, said = read.observation.image, read.observation.mask
    found = finder.find(detector, image)
    tell_found(found, item.sources[0])
    if (warning := wide_find(found)) is not None:
        image = image.with_warnings(warning)
    if said is not None:
        found |= said
    mask = finished_mask(found, masking, item.sources[0], item.mask)
    return replace(read, observation=Observation((_noted(image, mask, masking, item.mask),), mask, mask_found=True))


def _noted(image: Image, mask: Mask, masking: Masking, file: Path | None) -> Image:
    """The picture, which says itself when nothing is missing in it: that it is unchanged must not be lost over it."""
    return image if mask.any() else image.with_warnings(nothing_missing(image, masking, file))


def restore(
    restorer: Restorer, observation: Observation, spec: RestorerSpec, options: Options, masking: Masking | None = None
) -> Restoration:
    """Restore one observation and check what came back.

    Where there is a mask, the restorer sees nothing of what full transparency hides, and the filling is put back into
    the picture: whatever the restorer returned outside the mask is overruled, and so are alpha and metadata. Where the
    mask is empty the picture is its own result, unless companions are promised. A result that is a mask itself
    (`Makes.MASK`) says so when it is black all over.

    Args:
        restorer: Who does it.
        observation: What it is given.
        spec: Its description.
        options: An instance of its options.
        masking: How wide the seam is, and whether the filling is to be opaque; None for a hard seam.

    Raises:
        PluginError: The restorer breaks its contract: wrong type, size, depth or number of channels, or not the
            companions that it promised.
    """
    given, mask = observation.image, observation.mask
    if mask is not None and not mask.any() and not promised_companions(spec, options):
        return Restoration(given)
    if mask is not None:
        observation = replace(observation, frames=(without_hidden(given, mask), *observation.frames[1:]))
    restoration = checked(restorer.restore(observation, options), given, spec, options)
    if spec.makes is Makes.MASK and not restoration.image.pixels.any():
        return replace(restoration, image=restoration.image.with_warnings(UNDAMAGED))
    if mask is None:
        return restoration
    how = masking or Masking()
    return replace(restoration, image=put_back(given, restoration.image, mask, feather=how.feather, opaque=how.alpha))


def explain(error: BaseException, source: Path, spec: RestorerSpec) -> Failure:
    """Put any exception into words for the user; what is nobody's expected error keeps its traceback.

    The words leave out the source's path, which is always shown beside them, but name any other file.
    """
    details = None
    if not isinstance(error, RestoreError):
        details = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError):
        error = DeviceError("not enough memory.", hint="Try --jobs 1, a smaller --memory or a smaller --tile.")
    elif not isinstance(error, RestoreError):
        where = getattr(error, "__notes__", [])  # a pipeline notes the step
        what = "; ".join([f"{type(error).__name__}: {error}".rstrip(": "), *where])
        error = PluginError(f"the model '{spec.name}' or a codec failed unexpectedly ({what}).", hint="-v shows where.")
    assert isinstance(error, RestoreError)
    words = f"{error.message} {error.hint or ''}".rstrip() if error.path == source else str(error)
    return Failure(words, error.exit_code, details)


def untried(item: WorkItem) -> FileResult:
    """The result of an item whose plan says already that it is to be skipped, or cannot be done."""
    if item.problem is not None:
        return FileResult(item.sources[0], item.output, "failed", item.problem, exit_code=ExitCode.INPUT)
    return FileResult(item.sources[0], item.output, "skipped", item.skip)


def failed(item: WorkItem, failure: Failure, seconds: float, megapixels: float) -> FileResult:
    """The result of an item that failed."""
    return FileResult(
        item.sources[0],
        item.output,
        "failed",
        failure.reason,
        seconds,
        megapixels,
        exit_code=failure.exit_code,
        details=failure.details,
    )


def megapixels(observation: Observation) -> float:
    """Size of everything that was read for one item."""
    return sum(frame.height * frame.width for frame in observation.frames) / 1e6


def file_size(item: WorkItem) -> int:
    """Bytes of the item's sources; what has vanished counts nothing."""
    size = 0
    for source in item.sources:
        try:
            size += source.stat().st_size
        except OSError:
            continue
    return size
