"""What happens to one work item before it is written, and how its failure is put into words."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import DeviceError, ExitCode, InputError, PluginError, RestoreError
from restore.image import Image, Observation
from restore.planning import WorkItem
from restore.reporting import FileResult
from restore.spec import Options, Restorer, RestorerSpec

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager


@dataclass(frozen=True)
class Failure:
    """Why one item failed, as it is reported."""

    reason: str
    exit_code: ExitCode
    details: str | None = None


def read(item: WorkItem, manager: PluginManager, max_pixels: int) -> Observation:
    """Read the item's sources.

    Raises:
        InputError: A source cannot be read, or frames differ in size.
    """
    frames = []
    for source in item.sources:
        try:
            frames.append(manager.read_image(source, max_pixels))
        except OSError as error:
            raise InputError(
                f"cannot be read: {error.strerror or error}.", path=source, hint="Check its rights and its disk."
            ) from error
    return Observation(tuple(frames))


def restore(restorer: Restorer, observation: Observation, spec: RestorerSpec, options: Options) -> Image:
    """Restore one observation and check what came back.

    Raises:
        PluginError: The restorer breaks its contract: wrong type, size, depth or number of channels.
    """
    result = restorer.restore(observation, options)
    if not isinstance(result, Image):
        raise PluginError(f"the model '{spec.name}' returned a {type(result).__name__} instead of a picture.")
    given = observation.image
    wanted = (given.height * spec.scale, given.width * spec.scale, given.channels)
    if result.pixels.shape != wanted or result.pixels.dtype != given.pixels.dtype:
        raise PluginError(
            f"the model '{spec.name}' returned {result.pixels.shape} {result.pixels.dtype} "
            f"where {wanted} {given.pixels.dtype} was due.",
            hint="This is a defect of the plugin: `restore plugins` says where it comes from.",
        )
    return result


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
