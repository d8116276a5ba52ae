"""``restore plugins check``: puts restorers to the test and tells, rule by rule, what became of it.

The document of ``--json``: ``plugin`` (or null), ``problem``, ``restorers`` (each with ``name``, ``task`` and
``rules``: ``rule``, ``verdict``, ``said``, ``seconds``), the number of each verdict and ``exit_code``.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli.columns import print_json
from restore.cli.group import existing
from restore.cli.progress import on_terminal
from restore.cli.wording import duration, printable
from restore.errors import ExitCode, PluginError, UsageError
from restore.options import build_options
from restore.plugin_manager import PluginManager
from restore.plugin_record import PluginInfo
from restore.spec import Options, RestorerSpec
from restore.stray_output import kept_off_stdout

if TYPE_CHECKING:
    from restore.testing import Finding

_Starting = Callable[[str], None]
_COLOURS = {"passed": "green", "broken": "red"}


def check_command(manager: PluginManager) -> click.Command:
    """``restore plugins check``.

    Args:
        manager: The plugins among which NAME is looked for.
    """

    @click.command("check", short_help="Put a plugin's restorers to the test.")
    @click.argument("name", metavar="NAME")
    @click.option("-m", "--model", metavar="RESTORER", help="Try only this one of a plugin's restorers.")
    @click.option(
        "-O",
        "--option",
        "given",
        metavar="NAME=VALUE",
        multiple=True,
        help="An option to try it with, for what must be told what to do, like sharpen=0.5. May be repeated.",
    )
    @click.option("--weights", type=click.Path(path_type=Path), metavar="FILE", help="A weights file to try it with.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
    def check(name: str, model: str | None, given: tuple[str, ...], weights: Path | None, as_json: bool) -> int:
        """Try every rule on a plugin, or on one restorer, and tell which it keeps. NAME is the name of either.

        Each rule is passed (with what was measured), broken (with what was seen), or does not apply (with why). Where
        a plugin and one of its restorers have one name, all of the plugin's are tried; -m narrows that. Takes seconds
        to minutes.

        Returns 0 if no rule is broken, else 5.
        """
        info, specs = _found(manager, name, model)
        options = _options(specs, given)
        _check_told(specs, options, weights)
        shown = not as_json
        tried = {spec.name: list(_tried(spec, options[spec.name], weights, shown, len(specs) > 1)) for spec in specs}
        every = [found for findings in tried.values() for found in findings]
        counts = Counter(found.verdict.value for found in every)
        problem = None if info is None else info.problem
        code = ExitCode.PLUGIN if counts["broken"] or problem else ExitCode.OK
        if as_json:
            print_json(_document(info, specs, tried, counts, code))
        else:
            _summary(info, counts, sum(found.seconds for found in every))
        return code

    return check


def _found(manager: PluginManager, name: str, model: str | None) -> tuple[PluginInfo | None, list[RestorerSpec]]:
    """The plugin of this name and its restorers (or one of them), or the one restorer.

    Raises:
        PluginError: There is neither, or the plugin is broken.
        UsageError: The plugin provides no restorer.
    """
    plugins = {info.name: info for info in manager.plugins()}
    info = plugins.get(name)
    if info is None:
        names = [spec.name for spec in manager.restorers()]
        if name not in names:
            hint = f"{existing('Plugins', name, plugins)} {existing('Restorers', name, names)}"
            raise PluginError(f"there is no plugin and no restorer '{name}'.", hint=hint)
        return None, [manager.restorer(name)]
    if not info.restorers:
        what = info.problem or f"It provides no restorer; its hooks are sound: {', '.join(info.hooks)}."
        if info.problem is None:
            raise UsageError(f"the plugin '{name}': {what}", hint="The rules are those of restorers.")
        raise PluginError(f"the plugin '{name}': {what}", hint="`restore plugins -v` shows where.")
    if model is not None and model not in info.restorers:
        raise UsageError(
            f"the plugin '{name}' has no restorer '{model}'.", hint=existing("Restorers", model, info.restorers)
        )
    return info, [manager.restorer(each) for each in info.restorers if model in (None, each)]


def _options(specs: Sequence[RestorerSpec], given: Sequence[str]) -> Mapping[str, Options | None]:
    """What each restorer is tried with: of what is given, what it has.

    Raises:
        UsageError: What is given is no NAME=VALUE, is no option of any of them, or not allowed.
    """
    values: dict[str, list[str]] = {}
    for text in given:
        name, separator, value = text.partition("=")
        key = name.strip().lstrip("-").replace("-", "_")
        known = {field for spec in specs for field in spec.options.model_fields}
        if not separator or key not in known:
            hint = existing("Options", name, (field.replace("_", "-") for field in known)) if known else None
            raise UsageError(f"--option {text}: write NAME=VALUE, with the name of an option.", hint=hint)
        values.setdefault(key, []).append(value)
    found: dict[str, Options | None] = {}
    for spec in specs:
        own = {name: texts for name, texts in values.items() if name in spec.options.model_fields}
        typed = {name: texts[0] if len(texts) == 1 else tuple(texts) for name, texts in own.items()}
        found[spec.name] = build_options(spec.options, typed) if typed else None
    return found


def _check_told(specs: Sequence[RestorerSpec], options: Mapping[str, Options | None], weights: Path | None) -> None:
    """Refuse to try what must be told what to do, and is not.

    Raises:
        UsageError: Names the restorer and what it wants.
    """
    for spec in specs:
        if options[spec.name] is None:
            try:
                build_options(spec.options, {})
            except UsageError as error:
                hint = "Give it with --option NAME=VALUE, or choose another restorer with -m."
                raise UsageError(f"'{spec.name}' must be told what to do: {error}", hint=hint) from error
        if spec.complete is not None and weights is None:
            hint = "Give a file with --weights FILE."
            raise UsageError(f"'{spec.name}' runs weights that users have, and has none itself.", hint=hint)


def _tried(
    spec: RestorerSpec, options: Options | None, weights: Path | None, shown: bool, several: bool
) -> Iterator[Finding]:
    """Try one restorer; each finding is shown as soon as it is there."""
    from restore.testing import findings

    if shown:
        click.secho(f"{spec.name} ({spec.task})", bold=True)
    with _status(shown) as starting:
        found = findings(spec, options, weights, starting)
        while True:
            # What a plugin prints would spoil the output, of --json above all.
            with kept_off_stdout():
                one = next(found, None)
            if one is None:
                break
            if shown:
                _show(one)
            yield one
    if shown and several:
        click.echo()


@contextlib.contextmanager
def _status(shown: bool) -> Iterator[_Starting | None]:
    """On a terminal, the rule that is being tried is shown while it is."""
    if not (shown and on_terminal()):
        yield None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("") as status:
        yield lambda rule: status.update(Text(f"{rule} …"))


def _show(found: Finding) -> None:
    verdict = found.verdict.value
    said = f": {found.said}" if found.said else ""
    colour = _COLOURS.get(verdict)
    click.echo(printable(f"{click.style(f'{verdict:14}', fg=colour, dim=colour is None)}  {found.rule}{said}"))


def _summary(info: PluginInfo | None, counts: Mapping[str, int], seconds: float) -> None:
    if info is not None and info.problem:
        click.secho(f"{info.name}: {info.problem}", fg="red")
    told = [f"{counts['passed']} passed", f"{counts['broken']} broken", f"{counts['does not apply']} do not apply"]
    if counts["not tried"]:
        told.append(f"{counts['not tried']} not tried")
    click.echo(f"{', '.join(told)}, in {duration(seconds)}.")


def _document(
    info: PluginInfo | None,
    specs: Sequence[RestorerSpec],
    tried: Mapping[str, Sequence[Finding]],
    counts: Mapping[str, int],
    code: ExitCode,
) -> dict[str, object]:
    """All of it, for scripts."""
    restorers = [
        {
            "name": spec.name,
            "task": spec.task,
            "rules": [
                {
                    "rule": found.rule,
                    "verdict": found.verdict.value,
                    "said": printable(found.said),
                    "seconds": round(found.seconds, 3),
                }
                for found in tried[spec.name]
            ],
        }
        for spec in specs
    ]
    return {
        "plugin": None if info is None else info.name,
        "problem": None if info is None else info.problem,
        "restorers": restorers,
        **{verdict: counts[verdict] for verdict in ("passed", "broken", "does not apply", "not tried")},
        "exit_code": int(code),
    }
