"""Finds plugins, checks their hooks and calls them one by one: the only file that speaks pluggy.

Each plugin is asked on its own, so that one that cannot be imported, misspells a hook, raises or answers nonsense is
noted in its record and the others work on.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import metadata

import pluggy

from restore import hookspecs
from restore.contracts import MarkedHook, hooks_problem
from restore.errors import PluginError, UsageError
from restore.image import Image
from restore.plugin_record import FAILURES, PluginRecord, reason
from restore.requirements import next_step

GROUP = "restore.plugins"
"""The entry-point group, the same for bundled plugins and a stranger's."""

DISTRIBUTION = "restore-photos"
CORE = "core"
"""The name of the core's own codecs among the plugins."""

_log = logging.getLogger("restore")


class PluginRegistry:
    """The plugins of one manager, each with its record.

    Attributes:
        records: Every plugin found, sound or not, in plugin order.
    """

    def __init__(self) -> None:
        self.records: list[PluginRecord] = []
        self._pluggy = pluggy.PluginManager("restore")
        self._pluggy.add_hookspecs(hookspecs)
        self._lock = threading.Lock()

    def discover(self) -> None:
        """Load the installed plugins: bundled ones first, then all others by name.

        ``RESTORE_PLUGINS=a,b`` limits loading to these names (empty: none at all). ``RESTORE_TRACE=1`` logs every hook
        call to the ``restore`` logger, as warnings: who asks for a trace wants to see it, however quiet the rest is.

        Raises:
            UsageError: RESTORE_PLUGINS names what is not installed; names what is.
        """
        if os.environ.get("RESTORE_TRACE", "0") not in ("", "0"):
            self._pluggy.add_hookcall_monitoring(lambda *_: None, _log_call)
        limit = os.environ.get("RESTORE_PLUGINS")
        wanted = None if limit is None else {name.strip() for name in limit.split(",")} - {""}
        found = sorted(metadata.entry_points(group=GROUP), key=_plugin_order)
        _check_known(wanted or set(), [entry.name for entry in found])
        for entry in found:
            if wanted is None or entry.name in wanted:
                self._import(entry)

    def add(self, name: str, plugin: object) -> None:
        """Take in a module, class or instance as the plugin `name`."""
        record = PluginRecord(name, getattr(plugin, "__name__", type(plugin).__name__))
        if self._enter(record):
            self._register(record, plugin)

    def having(self, hook: str) -> list[PluginRecord]:
        """The plugins that implement a hook, in plugin order."""
        return [record for record in self.records if hook in record.hooks]

    def ask(self, record: PluginRecord, hook: str, arguments: Mapping[str, object]) -> object:
        """One plugin's answer to a collecting hook, or None where it gave none.

        Raises:
            PluginError: The plugin failed; its record says so already.
        """
        try:
            with contextlib.redirect_stdout(sys.stderr):  # as when it is imported
                answers = self.call(record.name, hook, arguments)
        except FAILURES as error:
            problem = f"Its hook {hook} failed: {reason(error)}."
            record.note(problem, error)
            raise PluginError(problem) from error
        return answers[0] if isinstance(answers, list) and answers else None

    def call(self, name: str, hook: str, arguments: Mapping[str, object]) -> object:
        """Call a hook of one plugin alone; whatever it raises comes through."""
        implementations = getattr(self._pluggy.hook, hook).get_hookimpls()
        others = [one.plugin for one in implementations if one.plugin_name != name]
        answer: object = self._pluggy.subset_hook_caller(hook, others)(**arguments)
        return answer

    def order(self, hook: str) -> list[str]:
        """Names of the plugins to ask for a single answer: the one loaded last first, the core's codecs last."""
        with self._lock:
            if not self._pluggy.has_plugin(CORE):
                # Only now, at their first use: they import imaging libraries that `restore --help` must not.
                from restore.codecs import core

                self._pluggy.register(core, CORE)
        implementations = getattr(self._pluggy.hook, hook).get_hookimpls()
        return list(dict.fromkeys(one.plugin_name for one in reversed(implementations)))

    def _import(self, entry: metadata.EntryPoint) -> None:
        record = PluginRecord(entry.name, entry.value)
        if entry.dist is not None:
            record.distribution, record.version = entry.dist.name, entry.dist.version
        if not self._enter(record):
            return
        started = time.perf_counter()
        try:
            # What a plugin prints while it is imported would spoil the output of --json.
            with contextlib.redirect_stdout(sys.stderr):
                plugin = entry.load()
        except KeyboardInterrupt:  # the user's
            raise
        except BaseException as error:  # SystemExit, and what only frameworks raise, like a test runner's "skip"
            record.note(f"It cannot be imported: {reason(error)}. {next_step(error, record.distribution)}", error)
            return
        finally:
            record.seconds = time.perf_counter() - started
        self._register(record, plugin)

    def _enter(self, record: PluginRecord) -> bool:
        """List a plugin; False if its name is taken."""
        taken = [other.module for other in self.records if other.name == record.name]
        self.records.append(record)
        if record.name == CORE:
            taken.append("restore.codecs.core")
        if taken:
            record.note(f"It is left out: the name '{record.name}' is already taken by {taken[0]}.")
        return not taken

    def _register(self, record: PluginRecord, plugin: object) -> None:
        """Hand a plugin to pluggy if its hooks keep their contracts."""
        try:
            hash(plugin)  # pluggy keeps plugins in sets; one that does not fit must not spoil the calls of others
            hooks = list(self._hooks(plugin))
            specified = {name: hook.spec.argnames for name, hook in vars(self._pluggy.hook).items() if hook.spec}
            if problem := hooks_problem(hooks, specified):
                record.note(problem)
                return
            self._pluggy.register(plugin, record.name)
        except FAILURES as error:
            record.note(f"It cannot be registered: {reason(error)}.", error)
            return
        record.hooks = tuple(hook.name for hook in hooks)

    def _hooks(self, plugin: object) -> Iterator[MarkedHook]:
        for name in dir(plugin):
            options = self._pluggy.parse_hookimpl_opts(plugin, name)
            if options is not None:
                wraps = bool(options.get("wrapper") or options.get("hookwrapper"))
                yield MarkedHook(options.get("specname") or name, getattr(plugin, name), wraps)


def _check_known(wanted: Collection[str], installed: Sequence[str]) -> None:
    """Refuse names in RESTORE_PLUGINS that nobody has: a misspelt one would leave a plugin out without a word.

    Raises:
        UsageError: As above.
    """
    unknown = sorted(set(wanted) - set(installed))
    if unknown:
        names = " and ".join(f"'{name}'" for name in unknown)
        hint = f"Installed plugins: {', '.join(dict.fromkeys(installed)) or 'none'}."
        raise UsageError(f"RESTORE_PLUGINS names {names}, which no installed package provides.", hint=hint)


def _plugin_order(entry: metadata.EntryPoint) -> tuple[bool, str, str]:
    """Bundled plugins first, so that a stranger cannot take their names; then by name."""
    distribution = "" if entry.dist is None else entry.dist.name
    return distribution != DISTRIBUTION, entry.name, distribution


def _log_call(
    outcome: pluggy.Result[object], hook: str, impls: Sequence[pluggy.HookImpl], arguments: Mapping[str, object]
) -> None:
    given = ", ".join(f"{name}={_brief(value)}" for name, value in arguments.items())
    plugins = ", ".join(impl.plugin_name for impl in impls)
    answer = reason(outcome.exception) if outcome.exception else _brief(outcome.get_result())
    _log.warning("trace: %s(%s) -> %s: %s", hook, given, plugins, answer)


def _brief(value: object) -> str:
    """A value on one line of a log; a picture without its pixels."""
    if isinstance(value, Image):
        return f"Image({value.height}x{value.width}x{value.channels} {value.pixels.dtype})"
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
