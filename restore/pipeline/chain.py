"""Runs steps over one picture: decoded once, at least 16 bits from step to step, encoded once."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from restore import steps
from restore.answers import checked
from restore.errors import RestoreError
from restore.image import Image, Observation, Restoration, unchanged
from restore.masks.detecting import wide_find
from restore.masks.growing import Mask
from restore.masks.making import finished_mask, nothing_missing, said_missing
from restore.pipeline.depth import deepened, flattened
from restore.pipeline.planned import Link
from restore.spec import Makes, Restorer, Runtime

if TYPE_CHECKING:
    from pathlib import Path

    from restore.plugin_manager import PluginManager

_log = logging.getLogger("restore")


@dataclass(frozen=True)
class LoadedLink:
    """A step with its loaded models.

    Attributes:
        link: The step.
        restorer: Its model.
        detector: Who looks for damage, where somebody is asked.
    """

    link: Link
    restorer: Restorer
    detector: Restorer | None = None


class Models:
    """Loaded models, each once, however many steps use it.

    Args:
        manager: Loads them.
        runtime: How they are to run; each may use all of its memory, since they work one after the other.
    """

    def __init__(self, manager: PluginManager, runtime: Runtime) -> None:
        self._manager, self._runtime = manager, runtime
        self._loaded: dict[tuple[str, Path | None], Restorer] = {}

    def link(self, link: Link) -> LoadedLink:
        """Load what a step needs and is not loaded yet.

        Raises:
            PluginError, WeightsError, DeviceError: It cannot be loaded.
        """
        found = None if link.finder is None else self._load(link.finder.spec.name, None)
        return LoadedLink(link, self._load(link.spec.name, link.planned.weights), found)

    def _load(self, name: str, weights: Path | None) -> Restorer:
        key = name, weights
        if key not in self._loaded:
            self._loaded[key] = self._manager.load(self._manager.restorer(name), weights, self._runtime)
        return self._loaded[key]


@dataclass
class _Way:
    """A picture on its way through the steps.

    Attributes:
        image: As the last step left it; without the warnings so far.
        warnings: So far.
        companions: So far, in the depth of the picture as it came where they have the result's own format.
        rows: What is told of each step.
        found: What a detect step has found, ``(H, W)``, True = damaged.
        looked: Whether that was a step's, and not known beforehand.
        changed: Whether anything has changed a pixel.
    """

    image: Image
    warnings: tuple[str, ...] = ()
    companions: list[Image] = field(default_factory=list)
    rows: list[dict[str, object]] = field(default_factory=list)
    found: Mask | None = None
    looked: bool = False
    changed: bool = False


def run_links(loaded: Sequence[LoadedLink], given: Image, found: Mask | None = None) -> Restoration:
    """Do all steps to one picture.

    With one step only, that step sees the picture in its own depth, as it does by itself. What JPEG left in the file is
    told to steps only until one has changed the picture. Where none has, the picture itself is the result.

    Args:
        loaded: The steps.
        given: The picture.
        found: What a detector has found in it already, ``(H, W)``, True = damaged: no detect step looks again.

    Returns:
        The picture in the depth that it came in, with all steps' companions, and an account of the steps.

    Raises:
        RestoreError: A step cannot do it; names the step.
    """
    several = sum(each.link.spec.makes is Makes.PICTURE for each in loaded) > 1
    way = _Way(deepened(given) if several else given, found=found)
    for place, each in enumerate(loaded):
        with _blamed(place, each.link, len(loaded)):
            _take(way, each, given)
    notes = tuple(sentence for sentence in way.warnings if sentence not in given.metadata.warnings)
    image = (flattened(way.image) if given.pixels.dtype == np.uint8 else way.image) if way.changed else given
    summary = ", ".join(str(row["task"]) for row in way.rows if row["changed"]) or "left as it is: no step changed it"
    account = {"summary": summary, "steps": way.rows}
    image = replace(image, metadata=given.metadata).with_warnings(*notes)
    return Restoration(image, tuple(way.companions), account)


def _take(way: _Way, each: LoadedLink, given: Image) -> None:
    """Do one step."""
    began = time.perf_counter()
    link, before = each.link, way.image
    if link.spec.makes is Makes.MASK:
        if way.found is None or way.looked:
            _look(way, each)
        assert way.found is not None
        told = f"{way.found.mean():.3%} is damaged" if way.found.any() else "no damage was found"
        _book(way, link, began, changed=False, notes=(told,))
        return
    observation = Observation((before,)) if link.masking is None else _masked(way, each, before)
    result = steps.restore(each.restorer, observation, link.spec, link.options, link.masking)
    changed = not unchanged(before, result.image)
    notes = tuple(note for note in result.image.metadata.warnings if note not in before.metadata.warnings)
    said = None if result.account is None else result.account.get("summary")
    if observation.mask is not None and not observation.mask.any() and link.masking is not None:
        notes = (*notes, _nothing(link, before))
    way.companions += [_fitted(companion, given) for companion in result.companions]
    way.warnings += notes
    way.changed |= changed
    meta = before.metadata
    if changed and meta.jpeg_quality is not None:
        meta = replace(meta, jpeg_quality=None, jpeg_subsampling=None)
    way.image = replace(result.image, metadata=meta)
    _book(way, link, began, changed=changed, notes=notes if said is None else (*notes, str(said)))


def _look(way: _Way, each: LoadedLink) -> None:
    """Ask a detector."""
    spec, options = each.link.spec, each.link.options
    answer = checked(each.restorer.restore(Observation((way.image,)), options), way.image, spec, options)
    way.found, way.looked = answer.image.pixels[..., 0] != 0, True
    way.companions += answer.companions


def _masked(way: _Way, each: LoadedLink, image: Image) -> Observation:
    """What a step that fills holes is given."""
    masking = each.link.masking
    assert masking is not None
    said, found = said_missing(image, masking, None), None
    if each.link.uses_found:
        found = way.found
    if each.link.finder is not None and each.detector is not None:
        more = each.link.finder.find(each.detector, image)
        found = more if found is None else found | more
    if found is None:
        return Observation((image,), finished_mask(said, masking, None))
    warning = wide_find(found)
    seen = image if warning is None else image.with_warnings(warning)
    return Observation((seen,), finished_mask(said | found, masking, None), mask_found=True)


def _nothing(link: Link, image: Image) -> str:
    """Why nothing was filled."""
    assert link.masking is not None
    if link.uses_found:
        return steps.UNDAMAGED
    return nothing_missing(image, link.masking)


def _fitted(companion: Image, given: Image) -> Image:
    """What lies beside a result of 8 bits has 8 bits too where it is a picture; maps stay as they are."""
    deeper = given.pixels.dtype == np.uint8 and companion.pixels.dtype == np.uint16
    return flattened(companion) if deeper and companion.channels == given.channels else companion


def _book(way: _Way, link: Link, began: float, *, changed: bool, notes: tuple[str, ...]) -> None:
    seconds = round(time.perf_counter() - began, 4)
    row = link.told | {"why": link.planned.why, "changed": changed, "seconds": seconds, "notes": list(notes)}
    way.rows.append(row)
    _log.debug("%s with %s: %s in %.2f s", link.spec.task, link.spec.name, "changed" if changed else "same", seconds)


@contextmanager
def _blamed(place: int, link: Link, count: int) -> Iterator[None]:
    """Say in which step something went wrong; alone, a step needs no number."""
    name = f"step {place + 1} ({link.spec.task}, {link.spec.name})"
    try:
        yield
    except RestoreError as error:
        if count > 1:
            error.message = f"{name}: {error.message}"
            error.args = (error.message,)
        raise
    except Exception as error:
        error.add_note(f"in {name}")
        raise
