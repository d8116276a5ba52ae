"""What a plugin says about itself. Free of torch, so that descriptions cost nothing to read.

A plugin is a module with one hook, ``provide_restorers``, that returns `RestorerSpec` objects; each names a function
that loads the model when (and only when) it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Protocol

import pluggy
from pydantic import BaseModel, ConfigDict

from restore.image import Image, Observation, Restoration

hookimpl = pluggy.HookimplMarker("restore")

Precision = Literal["auto", "float32", "bfloat16", "float16"]


class Options(BaseModel):
    """Base of every restorer's options: the one source for CLI flags, pipeline files and documentation.

    Give each field a type, a range and a description with `pydantic.Field`. Field names become flags
    (``noise_level`` → ``--noise-level``); a field that accepts several types (``float | Literal["auto"]``) is
    parsed from text by pydantic. Unknown names are refused. A field with ``json_schema_extra={"readOnly": True}`` is no
    flag: `RestorerSpec.complete` sets it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Needs(Enum):
    """What a restorer wants in its observation."""

    IMAGE = "one image"
    IMAGE_AND_MASK = "an image and a mask of what is missing"
    FRAMES = "several frames of one size"


class Makes(Enum):
    """What a restorer returns."""

    PICTURE = "the picture restored"
    MASK = "a mask of what is damaged"


@dataclass(frozen=True)
class SizeRule:
    """How a network depends on size, in pixels of its input.

    Attributes:
        multiple: Height and width are padded to a multiple of this.
        halo: How many pixels around an output pixel can influence it (the receptive radius).
    """

    multiple: int = 1
    halo: int = 0


@dataclass(frozen=True)
class Runtime:
    """How a model is to be run; every restorer is loaded with one.

    Attributes:
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        precision: "auto" lets the machine decide.
        tile: Edge of a working tile in input pixels; None lets the machine decide.
        memory: Bytes the network may use at a time; None for a default that fits a small machine.
        threads: CPU threads; None for all physical cores.
    """

    device: str = "auto"
    precision: Precision = "auto"
    tile: int | None = None
    memory: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Companion:
    """A further file that a restorer writes beside each result.

    Attributes:
        name: What stands between the result's stem and its ending: "uncertainty" makes ``photo.uncertainty.png`` of
            ``photo.png``. Lower case, digits and dashes.
        extension: Its ending, which names its format: ".png", ".tif" …; None for the result's own. Several companions
            may share a name if their endings differ.
    """

    name: str
    extension: str | None = None


class Restorer(Protocol):
    """A loaded model. Called from one thread at a time; keeps no state between calls."""

    def restore(self, observation: Observation, options: Any) -> Image | Restoration:  # noqa: ANN401 (each has its own)
        """Return the restored picture; the observation is never modified.

        Args:
            observation: What `RestorerSpec.needs` asks for. Frames are of one size and depth, aligned, the reference
                first; infrared ones may be grey beside a coloured one; their order after the first means nothing. A
                mask marks every pixel that may change, seam included, and leaves some that may not; it is empty only
                where companions are promised. What is returned outside it is overruled by the picture itself, as are
                alpha and metadata.
            options: An instance of `RestorerSpec.options`.

        Returns:
            An image of the same depth and number of channels as the first frame, in the size that
            `RestorerSpec.output_size` says (no more pixels than that where `RestorerSpec.size_is_found`), with its
            alpha and metadata; with the companions that
            `RestorerSpec.companions` promises for these options, in that order, as a `restore.image.Restoration`.
            With `Makes.MASK` instead: uint8 ``(H, W, 1)`` of the first frame's size, 255 = damaged, 0 = sound, without
            alpha, whatever the frame's depth and channels.

        Raises:
            restore.errors.RestoreError: The picture cannot be restored; the reason is shown to the user.
        """
        ...


@dataclass(frozen=True)
class TrainSpec:
    """What `restore train` hands to a plugin's training routine.

    Attributes:
        data: Folders of photographs to learn from.
        output: The safetensors file to write.
        work: Folder for checkpoints, log (CSV) and picture grids; kept outside the data and the source tree.
        max_time: Seconds after which training stops (the learning-rate schedule is laid over this time).
        max_steps: Optimiser steps after which training stops; None for no limit.
        resume: Continue from the checkpoint in ``work``.
        seed: Seed of everything random.
        device: As `Runtime.device`.
        precision: As `Runtime.precision`.
        warm_start: Weights to start from, or None.
        settings: Further plugin settings as text, ``name=value``; the plugin refuses names it does not know.
    """

    data: tuple[Path, ...]
    output: Path
    work: Path
    max_time: float = 3600.0
    max_steps: int | None = None
    resume: bool = False
    seed: int = 0
    device: str = "auto"
    precision: Precision = "auto"
    warm_start: Path | None = None
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RestorerSpec:
    """The description of one restorer.

    Attributes:
        name: How users call it (``-m NAME``): lower case, digits and dashes.
        task: The command it serves ("denoise", "upscale", …); an unknown task becomes a new command.
        summary: One line for `restore models`.
        options: The options model (a subclass of `Options`).
        load: ``load(weights, runtime)`` → `Restorer`; heavy imports belong inside it. ``weights`` is None for the
            shipped ones.
        needs: What an observation must hold.
        makes: What comes back: the picture restored, or a mask of what is damaged in it; see `Restorer.restore`. A mask
            takes neither `output_size` nor `size_is_found`, and is written as PNG.
        output_size: ``output_size(options, height, width)`` → height and width of the result, in whole pixels; asked
            often, also before anything is read, so it must be quick. It may raise `restore.errors.InputError` for a
            size it cannot make; such a picture is refused before it is read. None: as the input.
        size_is_found: ``size_is_found(options)`` → whether, with these options, the result's size depends on what is in
            the picture (a scan cropped to its print). `output_size` then gives a height and a width that no result has
            more pixels than, whatever its own; memory, disk and limits are reckoned with them. Equal options must give
            equal answers. None: never.
        scales: What `restore models` says about it: "x1", "x2, x3, x4", "any".
        size_rule: Padding and receptive radius of the network.
        weights: The shipped weights file, or None where the method has none.
        train: The training routine, or None where there is nothing to train.
        sources: Papers and pages the method comes from.
        default: Whether the task's command takes this model without ``-m``; of several the first by plugin order wins.
        requires: Import names that must be installed ("bm3d"); a model whose requirement is missing is listed as
            unavailable instead of failing at the first picture.
        companions: ``companions(options)`` → which further files are written beside each result; None for none. Asked
            before a run, without loading the model; equal options must give equal answers.
        working_bytes: ``working_bytes(options, height, width, channels, bits)`` → bytes that `Restorer.restore` holds
            at most beside its picture, its result and companions, and what `Runtime.memory` bounds; channels include
            alpha, bits are 8, 16 or 32. Asked like `output_size`, to keep runs within their memory. Of a series, with
            `Needs.FRAMES`, it is asked once, however many frames there are. None: next to none.
        frame_bytes: ``frame_bytes(options, height, width, channels, bits)`` → bytes that `Restorer.restore` holds for
            each frame of a series, beside its pixels and beside what `working_bytes` says: asked for every frame, and
            added up. None: next to none.
        complete: ``complete(options, weights)`` → the same options, with what they leave open filled in from a weights
            file (how much its network enlarges); for restorers that have no weights of their own and run what users
            have, so that ``--weights`` must be given. Asked before a run is planned; `output_size` and all else sees
            what it answers. It may read the file, but must keep torch out of this process (a run's supervisor is
            light), and may raise any `restore.errors.RestoreError`. None: options are complete as they are given.
    """

    name: str
    task: str
    summary: str
    options: type[Options]
    load: Callable[[Path | None, Runtime], Restorer]
    needs: Needs = Needs.IMAGE
    makes: Makes = Makes.PICTURE
    output_size: Callable[[Any, int, int], tuple[int, int]] | None = None
    size_is_found: Callable[[Any], bool] | None = None
    scales: str = "x1"
    size_rule: SizeRule = SizeRule()
    weights: Path | None = None
    train: Callable[[TrainSpec], None] | None = None
    sources: tuple[str, ...] = ()
    default: bool = False
    requires: tuple[str, ...] = ()
    companions: Callable[[Any], tuple[Companion, ...]] | None = None
    working_bytes: Callable[[Any, int, int, int, int], int] | None = None
    frame_bytes: Callable[[Any, int, int, int, int], int] | None = None
    complete: Callable[[Any, Path], Options] | None = None

    @property
    def takes_weights(self) -> bool:
        """Whether there is anything to give it weights for."""
        return self.weights is not None or self.train is not None or self.complete is not None
