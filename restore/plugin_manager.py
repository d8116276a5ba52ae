"""All plugins behind typed methods, one per hook.

There is no manager at module level: the command line builds one with `PluginManager.discover`, tests build theirs with
`PluginManager.of`. What is wrong with a plugin is noted (`PluginManager.plugins`) and never stops the others.
"""

from __future__ import annotations

import difflib
import logging
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from restore.contracts import accepted_metrics, accepted_restorers, spec_problem
from restore.errors import InputError, OutputError, PluginError, RestoreError
from restore.hookspecs import Metric
from restore.image import Image
from restore.loading import completed_options, load_restorer
from restore.plugin_record import FAILURES, PluginInfo, reason
from restore.plugin_registry import CORE, PluginRegistry
from restore.spec import Options, Restorer, RestorerSpec, Runtime
from restore.weights.choice import WeightsChoice
from restore.weights.store import WeightsStore

if TYPE_CHECKING:
    import click

    from restore.engine import Job, Report

_log = logging.getLogger("restore")


class PluginManager:
    """The plugins of this process, found once and asked through typed methods.

    Safe to share between threads: `read_image` and `write_image` are called from the engine's.
    """

    def __init__(
        self, registry: PluginRegistry, *, discovered: bool = False, own_weights: WeightsStore | None = None
    ) -> None:
        self._registry = registry
        self.weights = WeightsChoice(own_weights)
        """Which weights models take: the user's own, or those they ship with."""
        self.discovered = discovered
        """Whether these are the installed plugins, which another process finds again by itself."""
        self._specs: dict[str, RestorerSpec] | None = None
        self._metrics: dict[str, Metric] | None = None
        self._lock = threading.RLock()

    @classmethod
    def discover(cls) -> PluginManager:
        """A manager of the installed plugins: bundled ones first, then all others by name.

        ``RESTORE_PLUGINS=a,b`` limits loading to these names (empty: none at all); ``RESTORE_TRACE=1`` logs every hook
        call to the ``restore`` logger.
        """
        registry = PluginRegistry()
        registry.discover()
        return cls(registry, discovered=True, own_weights=WeightsStore.of_user())

    @classmethod
    def of(cls, plugins: Mapping[str, object], own_weights: WeightsStore | None = None) -> PluginManager:
        """A manager of these plugins (modules, classes or instances by name), with these weights of the user's."""
        registry = PluginRegistry()
        for name, plugin in plugins.items():
            registry.add(name, plugin)
        return cls(registry, own_weights=own_weights)

    def plugins(self) -> list[PluginInfo]:
        """Every plugin found, sound or not, with the problems met so far."""
        self._all_specs()
        return [record.info() for record in self._registry.records]

    def restorers(self, task: str | None = None) -> list[RestorerSpec]:
        """The restorers of one task, or all; those meant as a task's default first, else in plugin order."""
        specs = [spec for spec in self._all_specs().values() if task in (None, spec.task)]
        return sorted(specs, key=lambda spec: not spec.default)

    def restorer(self, name: str) -> RestorerSpec:
        """The restorer of this name.

        Raises:
            PluginError: There is none; names those that exist, the closest first.
        """
        specs = self._all_specs()
        if name not in specs:
            raise PluginError(f"There is no model '{name}'.", hint=self._existing("Models", specs, name))
        return specs[name]

    def served(self, task: str, name: str) -> RestorerSpec | None:
        """The restorer of a task that is called NAME, or NAME-TASK: where a family serves several, its name will do.

        Args:
            task: Whose.
            name: As users give it.
        """
        specs = {spec.name: spec for spec in self.restorers(task)}
        return specs.get(name) or specs.get(f"{name}-{task}")

    def adopt(self, spec: RestorerSpec) -> None:
        """Know a restorer that no plugin provides, because it is made of others: a pipeline.

        Args:
            spec: It takes the place of any other of its name.
        """
        with self._lock:
            self._all_specs()[spec.name] = spec

    def default_restorer(self, task: str) -> RestorerSpec:
        """The restorer a task's command takes without ``-m``: the first marked as default, else the first.

        Raises:
            PluginError: No plugin serves this task; names the tasks that exist.
        """
        specs = self.restorers(task)
        if not specs:
            raise PluginError(f"No plugin serves the task '{task}'.", hint=self._existing("Tasks", self.tasks(), task))
        return next((spec for spec in specs if spec.default), specs[0])

    def tasks(self) -> list[str]:
        """The tasks that restorers serve, in plugin order, each once."""
        return list(dict.fromkeys(spec.task for spec in self._all_specs().values()))

    def load(self, spec: RestorerSpec, weights: Path | None, runtime: Runtime) -> Restorer:
        """Load a model.

        Args:
            spec: Which one.
            weights: A weights file of the user's, or None for the shipped one.
            runtime: How it is to run.

        Raises:
            PluginError: A requirement is missing (says how to install it), or the plugin failed.
            WeightsError: The weights file is missing, damaged or another model's.
        """
        return load_restorer(spec, weights, runtime, self.distribution_of(spec))

    def completed(self, spec: RestorerSpec, options: Options, weights: Path | None) -> Options:
        """Options with what they leave open filled in from the user's weights, for restorers that run what users have.

        Args:
            spec: Whose options.
            options: As users give them.
            weights: A weights file of the user's, or None.

        Raises:
            PluginError: A requirement is missing (says how to install it), or the plugin failed.
            WeightsError: The weights file is not given, missing, damaged, or holds what does not fit.
        """
        return completed_options(spec, options, weights, self.distribution_of(spec))

    def distribution_of(self, spec: RestorerSpec) -> str:
        """The installed distribution that a restorer came with."""
        return next((record.distribution for record in self._registry.records if spec in record.specs), "")

    def read_image(self, path: Path, max_pixels: int) -> Image:
        """Read one picture with the first plugin that knows its format; the core's codecs are asked last.

        Raises:
            InputError: Nobody reads this format, the file cannot be read, or a plugin failed over it.
        """
        image = self._first("read_image", {"path": path, "max_pixels": max_pixels}, Image, InputError, path)
        if not isinstance(image, Image):
            hint = "Convert it to PNG, TIFF or JPEG first."
            raise InputError("no codec or plugin reads this format.", path=path, hint=hint)
        return image

    def write_image(self, image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        """Write one picture with the first plugin that knows the format of `path`; the core's codecs are asked last.

        Returns:
            What the format could not keep, one sentence each.

        Raises:
            OutputError: Nobody writes this format, the picture cannot be written, or a plugin failed over it.
        """
        arguments = {"image": image, "path": path, "quality": quality}
        lost = self._first("write_image", arguments, (tuple, list), OutputError, path)
        if lost is None:
            hint = "Give the output a name that ends in .png, .tif or .jpg."
            raise OutputError("no codec or plugin writes this format.", path=path, hint=hint)
        assert isinstance(lost, (tuple, list))
        return tuple(str(sentence) for sentence in lost)

    def metrics(self) -> dict[str, Metric]:
        """The measures that plugins add to `restore evaluate`, by name; asked once."""
        with self._lock:
            if self._metrics is None:
                self._metrics = {}
                for record in self._registry.having("provide_metrics"):
                    try:
                        answer = accepted_metrics(self._registry.ask(record, "provide_metrics", {}))
                    except PluginError as error:
                        record.note(str(error))
                        continue
                    for name, metric in answer.items():
                        if name in self._metrics:
                            record.note(f"The metric '{name}' is left out: that name is already taken.")
                        self._metrics.setdefault(name, metric)
            return dict(self._metrics)

    def run_finished(self, job: Job, report: Report) -> None:
        """Tell every observer that a run is over; one that fails becomes a warning in the log."""
        for record in self._registry.having("run_finished"):
            try:
                self._registry.ask(record, "run_finished", {"job": job, "report": report})
            except PluginError as error:
                _log.warning("Plugin '%s': %s", record.name, error)

    def register_commands(self, cli: click.Group) -> None:
        """Let plugins add commands; a name that exists already is refused and noted."""
        import click

        for record in self._registry.having("register_commands"):
            # Each fills a group of its own, so that one that fails half-way or takes a name in use leaves no trace.
            added = click.Group(cli.name)
            try:
                self._registry.ask(record, "register_commands", {"cli": added})
            except PluginError:
                continue  # noted by the registry
            for name, command in added.commands.items():
                if name in cli.list_commands(click.Context(cli)):
                    record.note(f"The command '{name}' is left out: that name is already taken.")
                else:
                    cli.add_command(command, name)

    def _all_specs(self) -> dict[str, RestorerSpec]:
        """Ask every plugin for its restorers, once."""
        with self._lock:
            if self._specs is None:
                self._specs = {}
                for record in self._registry.having("provide_restorers"):
                    try:
                        answer = accepted_restorers(self._registry.ask(record, "provide_restorers", {}))
                    except PluginError as error:
                        record.note(str(error))
                        continue
                    for spec in answer:
                        if problem := spec_problem(spec):
                            record.note(problem)
                        elif spec.name in self._specs:
                            record.note(f"The restorer '{spec.name}' is left out: that name is already taken.")
                        else:
                            self._specs[spec.name] = self.weights.preferred(spec)
                            record.specs.append(self._specs[spec.name])
            return self._specs

    def _first(
        self,
        hook: str,
        arguments: Mapping[str, object],
        kind: type | tuple[type, ...],
        failure: type[RestoreError],
        path: Path,
    ) -> object | None:
        """The first answer to a codec hook, the core's asked last; None if no plugin has one."""
        for name in self._registry.order(hook):
            try:
                answer = self._registry.call(name, hook, arguments)
            except RestoreError:
                raise
            except FAILURES as error:
                if name == CORE:  # a defect of our own: shown with its traceback
                    raise
                raise failure(f"the plugin '{name}' failed in {hook}: {reason(error)}.", path=path) from error
            if answer is not None and not isinstance(answer, kind):
                raise failure(f"the plugin '{name}' answered {hook} with {answer!r:.40}.", path=path)
            if answer is not None:
                return answer
        return None

    def _existing(self, kind: str, names: Collection[str], asked: str) -> str:
        """All names as advice, the closest first; mentions plugins with problems, one of which may have had it."""
        if not names:
            advice = f"There are no {kind.lower()}."
        else:
            closest = sorted(names, key=lambda name: -difflib.SequenceMatcher(None, asked, name).ratio())
            advice = f"{kind}: {', '.join(closest)}."
        broken = [record.name for record in self._registry.records if record.problems]
        return f"{advice} Plugins with problems: {', '.join(broken)}; see `restore plugins`." if broken else advice
