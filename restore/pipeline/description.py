"""A pipeline's description: to the engine it is a restorer like any, whose sizes and needs follow from its steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field

from restore.contracts import promised_companions
from restore.enlarging import Enlarging
from restore.image import Observation, Restoration
from restore.pipeline.chain import LoadedLink, Models, run_links
from restore.pipeline.planned import Link, PlannedStep, chained
from restore.plugin_manager import PluginManager
from restore.result_size import result_size, size_is_found
from restore.spec import Companion, Makes, Options, Restorer, RestorerSpec, Runtime

if TYPE_CHECKING:
    from collections.abc import Callable

NAME, TASK = "pipeline", "run"


class PipelineOptions(Options):
    """What a pipeline does, for its recipe and its results' history.

    The steps are those of the description; options only tell them, and of which picture a piece is tried.
    """

    steps: tuple[dict[str, Any], ...] = Field(description="All that shapes results, step by step.")
    whole: tuple[int, int] | None = Field(
        default=None, exclude=True, description="Height and width of the picture that a piece is of; for forecasts."
    )

    def for_piece(self, height: int, width: int) -> Self:
        """The options that treat a piece of a picture of this size as the whole picture would be."""
        return self.model_copy(update={"whole": (height, width)})


class Pipeline:
    """A loaded pipeline.

    Args:
        loaded: Its steps.
    """

    def __init__(self, loaded: Sequence[LoadedLink]) -> None:
        self._loaded = tuple(loaded)

    def restore(self, observation: Observation, options: PipelineOptions) -> Restoration:
        """Do all steps to one picture; see `restore.pipeline.chain.run_links`."""
        links = _for_piece([each.link for each in self._loaded], options)
        loaded = [
            LoadedLink(link, each.restorer, each.detector) for link, each in zip(links, self._loaded, strict=True)
        ]
        return run_links(loaded, observation.image)


def pipeline_spec(steps: Sequence[PlannedStep], manager: PluginManager) -> RestorerSpec:
    """Describe a pipeline; loads nothing.

    Args:
        steps: What it does.
        manager: Knows the models.

    Raises:
        UsageError, PluginError, WeightsError: As `restore.pipeline.planned.chained`.
    """
    links = chained(steps, manager)

    def load(weights: Path | None, runtime: Runtime) -> Restorer:
        models = Models(manager, runtime)
        return Pipeline([models.link(link) for link in links])

    return RestorerSpec(
        name=NAME,
        task=TASK,
        summary=", then ".join(link.spec.task for link in links),
        options=PipelineOptions,
        load=load,
        output_size=partial(_output_size, links) if any(link.spec.output_size for link in links) else None,
        size_is_found=partial(_size_is_found, links),
        scales="any",
        requires=tuple(dict.fromkeys(name for link in links for name in link.spec.requires)),
        companions=partial(_companions, links),
        working_bytes=partial(working_bytes_of, links),
    )


def pipeline_options(steps: Sequence[PlannedStep], manager: PluginManager) -> PipelineOptions:
    """All that shapes a pipeline's results, weights by their content.

    Raises:
        WeightsError: A step's weights cannot be read.
        UsageError: As `restore.pipeline.planned.chained`; or a file that a step's options name cannot be read.
    """
    return PipelineOptions(steps=tuple(link.recipe() for link in chained(steps, manager)))


def workers_of(steps: Sequence[PlannedStep]) -> Callable[[], PluginManager]:
    """Finds the plugins, and this pipeline, in another process; see `restore.batch.run_batch`."""
    return partial(_with_pipeline, tuple(steps))


def _with_pipeline(steps: Sequence[PlannedStep]) -> PluginManager:
    manager = PluginManager.discover()
    manager.adopt(pipeline_spec(steps, manager))
    return manager


def _for_piece(links: Sequence[Link], options: PipelineOptions) -> list[Link]:
    """The steps as they treat a piece of a picture, where one is tried: enlarged as much as the whole would be."""
    if options.whole is None:
        return list(links)
    found, size = [], options.whole
    for link in links:
        own = link.options.for_piece(*size) if isinstance(link.options, Enlarging) else link.options
        found.append(Link(link.planned, link.spec, own, link.masking, link.finder, link.uses_found))
        size = result_size(link.spec, link.options, *size)
    return found


def _output_size(links: Sequence[Link], options: PipelineOptions, height: int, width: int) -> tuple[int, int]:
    size = height, width
    for link in _for_piece(links, options):
        size = result_size(link.spec, link.options, *size)
    return size


def _size_is_found(links: Sequence[Link], _: PipelineOptions) -> bool:
    return any(size_is_found(link.spec, link.options) for link in links)


def _companions(links: Sequence[Link], _: PipelineOptions) -> tuple[Companion, ...]:
    return tuple(each for link in links for each in promised_companions(link.spec, link.options))


def working_bytes_of(links: Sequence[Link], _: Options, height: int, width: int, channels: int, bits: int) -> int:
    """What steps hold at most at a time beside the picture and the result: theirs, in the depth between steps.

    Args:
        links: The steps.
        height: Rows of the picture.
        width: Columns of the picture.
        channels: With alpha.
        bits: 8, 16 or 32.
    """
    several = sum(link.spec.makes is Makes.PICTURE for link in links) > 1
    deep = max(bits, 16) if several else bits
    size, most = (height, width), 0
    for link in links:
        before, size = size, result_size(link.spec, link.options, *size)
        pictures = (before[0] * before[1] + size[0] * size[1]) * channels * deep // 8
        masks = (0 if link.masking is None and link.spec.makes is Makes.PICTURE else 5) * before[0] * before[1]
        own = _asked(link.spec, link.options, before, channels, deep)
        detector = 0 if link.finder is None else _asked(link.finder.spec, link.finder.options, before, channels, deep)
        most = max(most, pictures + masks + max(own, detector))
    return most


def _asked(spec: RestorerSpec, options: Options, size: tuple[int, int], channels: int, bits: int) -> int:
    return 0 if spec.working_bytes is None else spec.working_bytes(options, *size, channels, bits)
