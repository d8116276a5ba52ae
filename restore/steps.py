"""What happens to one work item before it is written, and how its failure is put into words."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.contracts import promised_companions
from restore.errors import DeviceError, ExitCode, InputError, PluginError, RestoreError
from restore.image import Image, Observation, Restoration
from restore.journal_rows import Source
from restore.masks.joining import put_back
from restore.masks.making import MaskFile, make_mask, nothing_missing
from restore.masks.request import Masking
from restore.planning import WorkItem
from restore.reporting import FileResult
from restore.result_size import result_size
from restore.spec import Options, Restorer, RestorerSpec
from restore.stamps import Stamp, content_hash

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager


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
        observation: The pictures.
        sources: What the files (the mask last) were at that time; empty where no journal wants to know.
        seconds: How long it took.
    """

    observation: Observation
    sources: tuple[Source, ...]
    seconds: float


def read(
    item: WorkItem, manager: PluginManager, max_pixels: int, *, hashed: bool, masking: Masking | None = None
) -> Read:
    """Read the item's sources, and its mask.

    Args:
        item: Whose.
        manager: Reads them.
        max_pixels: Larger pictures are refused.
        hashed: Hash their content too, for the journal.
        masking: What is missing in it, for a restorer that needs to know.

    Raises:
        InputError: A file cannot be read, was changed meanwhile, frames differ in size, or the mask does not fit.
    """
    began = time.perf_counter()
    read_files = [_read_file(path, manager, max_pixels, hashed=hashed) for path in item.inputs]
    sources = tuple(source for _, source in read_files if source is not None)
    frames = tuple(image for image, _ in read_files[: len(item.sources)])
    mask = None
    if masking is not None:
        file = None if item.mask is None else MaskFile(item.mask, read_files[-1][0])
        if file is None and masking.place is not None:
            raise InputError("has no mask.", path=item.sources[0], hint=f"Put one into {masking.place}.")
        mask = make_mask(frames[0], masking, item.sources[0], file)
        if not mask.any():  # told by the picture as read: that it is unchanged must not be lost over it
            frames = (_with_warning(frames[0], nothing_missing(frames[0], masking, file)), *frames[1:])
    return Read(Observation(frames, mask), sources, time.perf_counter() - began)


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


def _with_warning(image: Image, sentence: str) -> Image:
    meta = image.metadata
    return replace(image, metadata=replace(meta, warnings=(*meta.warnings, sentence)))


def restore(
    restorer: Restorer, observation: Observation, spec: RestorerSpec, options: Options, masking: Masking | None = None
) -> Restoration:
    """Restore one observation and check what came back.

    Where there is a mask, the filling is put back into the picture: whatever the restorer returned outside the mask is
    overruled, and so are alpha and metadata. Where the mask is empty the picture is its own result, unless companions
    are promised.

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
    answer: object = restorer.restore(observation, options)
    restoration = Restoration(answer) if isinstance(answer, Image) else answer
    if not isinstance(restoration, Restoration) or not isinstance(restoration.image, Image):
        raise PluginError(f"the model '{spec.name}' returned a {type(answer).__name__} instead of a picture.")
    result = restoration.image
    wanted = (*result_size(spec, options, given.height, given.width), given.channels)
    if result.pixels.shape != wanted or result.pixels.dtype != given.pixels.dtype:
        raise PluginError(
            f"the model '{spec.name}' returned {result.pixels.shape} {result.pixels.dtype} "
            f"where {wanted} {given.pixels.dtype} was due.",
            hint="This is a defect of the plugin: `restore plugins` says where it comes from.",
        )
    _check_companions(restoration.companions, spec, options)
    if mask is None:
        return restoration
    how = masking or Masking()
    return replace(restoration, image=put_back(given, result, mask, feather=how.feather, opaque=how.alpha))


def _check_companions(given: object, spec: RestorerSpec, options: Options) -> None:
    """Refuse other companions than the restorer promised for these options."""
    promised = promised_companions(spec, options)
    pictures = given if isinstance(given, tuple | list) and all(isinstance(each, Image) for each in given) else None
    if pictures is None or len(pictures) != len(promised):
        what = "other things than pictures" if pictures is None else f"{len(pictures)} companions"
        names = ", ".join(f"{each.name}{each.extension or ''}" for each in promised)
        raise PluginError(
            f"the model '{spec.name}' returned {what} where it promised {len(promised)}{names and f' ({names})'}.",
            hint="This is a defect of the plugin: `restore plugins` says where it comes from.",
        )


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
        what = f"{type(error).__name__}: {error}".rstrip(": ")
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
