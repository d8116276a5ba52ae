"""The command `weights`: which there are, whether they are whole, where they lie; one's own added and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli import tables
from restore.cli.wording import counted, printable, size
from restore.errors import ExitCode, UsageError, WeightsError
from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec, Runtime
from restore.weights.store import FOLDER_VARIABLE, SHIPPED, WeightsStore

if TYPE_CHECKING:
    from restore.weights.inventory import Weights

_COMMUNITY = "Models of others run without being added: `restore upscale INPUT -o OUT -m spandrel --weights FILE`."
_SHORT = 12
"""Digits of a sha256 that are shown to people."""

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")


def commands(manager: PluginManager) -> list[click.Command]:
    """The command with its own commands.

    Args:
        manager: Whose models' weights.
    """
    group = click.Group(
        "weights",
        short_help="List, check and add the models' weights.",
        help="The models' weights: those they ship with, and your own. Nothing is ever fetched.\n\n"
        "Your own are trained with `restore train`. Once added they are used by name (--weights NAME), or, as the "
        "default of their model, wherever nothing else is said; --weights shipped then means the model's own.",
    )
    for command in (_list, _add, _default, _remove, _verify, _where):
        group.add_command(command(manager))
    return [group]


def _list(manager: PluginManager) -> click.Command:
    @click.command("list", short_help="All weights, and whether they are whole.")
    @_JSON
    def show(as_json: bool) -> None:
        """List the weights of every model: what they ship with and what was added. Every file is read."""
        found = list(_inventory(manager))
        if as_json:
            tables.show_json({"weights": [_document(each) for each in found]})
            return
        if found:
            tables.show_table("Weights", [_row(each) for each in found], {})
        else:
            click.echo("None of the models has weights.")
        for each in found:
            if each.trouble is not None:
                click.secho(printable(each.trouble), fg="red")

    return show


def _verify(manager: PluginManager) -> click.Command:
    @click.command("verify", short_help="Check every file against its sha256.")
    @_JSON
    def verify(as_json: bool) -> int:
        """Read every weights file and hold it against the sha256 it was shipped or added with. Changes nothing.

        Returns 0 if all are whole, else 6: files are damaged or missing.
        """
        found = list(_inventory(manager))
        strays = _store(manager).strays()
        bad = [each for each in found if each.state in ("damaged", "missing")]
        code = ExitCode.WEIGHTS if bad else ExitCode.OK
        if as_json:
            rows = [_document(each) for each in found]
            tables.show_json({"weights": rows, "unknown": [str(path) for path in strays], "exit_code": int(code)})
            return code
        for each in found:
            if each.trouble is not None:
                click.echo(printable(f"{each.state}: {each.trouble}"))
        for path in strays:
            said = "the list of your own weights does not know it; `restore weights add` it, or delete it."
            click.echo(printable(f"unknown: {path}: {said}"))
        whole = sum(each.state == "whole" for each in found)
        click.echo(f"{counted(len(found), 'file')}: {whole} whole, {len(bad)} damaged or missing")
        return code

    return verify


def _where(manager: PluginManager) -> click.Command:
    @click.command("where", short_help="The folders the weights lie in.")
    @_JSON
    def where(as_json: bool) -> None:
        """Print the folder of your own weights, and those of the models."""
        folders = {spec.name: path.parent for spec in manager.restorers() if (path := manager.weights.shipped(spec))}
        own = _store(manager).folder
        if as_json:
            tables.show_json({"own": own, "models": folders})
            return
        rows: list[tables.Row] = [{"weights of": "you", "folder": str(own)}]
        rows += [{"weights of": name, "folder": str(folder)} for name, folder in folders.items()]
        tables.show_table(f"Folders ({FOLDER_VARIABLE}=FOLDER names another one for yours)", rows, {})

    return where


def _add(manager: PluginManager) -> click.Command:
    @click.command("add", short_help="Add weights that you have trained.")
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--name", metavar="NAME", help="What to call them. [default: the file's name]")
    @click.option("--default", "is_default", is_flag=True, help="Let the model take them where nothing is said.")
    @_JSON
    def add(file: Path, name: str | None, is_default: bool, as_json: bool) -> None:
        """Check FILE, copy it into the folder of your own weights and note its sha256.

        The file says itself which model it belongs to; that it fits is checked before anything is written. The copy is
        then used with --weights NAME, and the original is no longer needed.
        """
        from restore.weights.file import sha256
        from restore.weights.store import check_name, name_of

        called = name_of(file) if name is None else name
        check_name(called)
        spec = _fitting(file, manager)
        own = _store(manager).add(file, spec.name, called, digest=sha256(file), default=is_default)
        path = _store(manager).path(own)
        if as_json:
            tables.show_json(asdict(own) | {"path": path})
            return
        use = f"`restore {spec.task}` takes them from now on" if own.default else f"use them with --weights {own.name}"
        click.echo(printable(f"added '{own.name}' for the model '{own.model}' ({path}); {use}"))

    return add


def _default(manager: PluginManager) -> click.Command:
    @click.command("default", short_help="Choose what a model takes where nothing is said.")
    @click.argument("model")
    @click.argument("name")
    def default(model: str, name: str) -> None:
        """Let MODEL take the weights NAME, which were added for it, where nothing is said; 'shipped' means its own."""
        spec = manager.restorer(model)
        if name == SHIPPED and manager.weights.shipped(spec) is None:
            raise UsageError(f"the model '{model}' ships with no weights.", hint="Name weights that you have added.")
        _store(manager).choose(model, name)
        click.echo(f"'{model}' takes the weights '{name}' from now on")

    return default


def _remove(manager: PluginManager) -> click.Command:
    @click.command("remove", short_help="Delete weights that you have added.")
    @click.argument("name")
    def remove(name: str) -> None:
        """Delete the copy of the weights NAME that was made when they were added."""
        own = _store(manager).remove(name)
        after = f"; '{own.model}' takes those it ships with from now on" if own.default else ""
        click.echo(f"removed '{name}' of the model '{own.model}'{after}")

    return remove


def _store(manager: PluginManager) -> WeightsStore:
    return manager.weights.store or WeightsStore.of_user()


def _inventory(manager: PluginManager) -> Iterator[Weights]:
    """All weights of all models, the models in their order, then those of models that are not installed any more."""
    from restore.weights.inventory import own_weights, shipped_weights

    own = list(own_weights(_store(manager)))
    for spec in manager.restorers():
        added = [each for each in own if each.model == spec.name]
        main = manager.weights.shipped(spec)
        if main is not None:
            chosen = any(each.default for each in added)
            yield from shipped_weights(spec.name, main, default=not chosen, license=_license(spec, manager))
        yield from added
    known = {spec.name for spec in manager.restorers()}
    yield from (each for each in own if each.model not in known)


def _license(spec: RestorerSpec, manager: PluginManager) -> str:
    """The licence of the distribution that a model came with."""
    from importlib import metadata

    try:
        about = metadata.metadata(manager.distribution_of(spec))
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    return str((about.get_all("License-Expression") or about.get_all("License") or [""])[0])


def _fitting(file: Path, manager: PluginManager) -> RestorerSpec:
    """The model that a file belongs to, after checking that it is whole and fits.

    Raises:
        WeightsError: It is missing, a pickle, damaged, says no model, or does not fit.
        PluginError: Its model is not installed.
    """
    from restore.weights.content import check, header
    from restore.weights.inventory import same_layout

    if not file.is_file():
        raise WeightsError("there is no such weights file.", path=file, hint="Name a .safetensors file.")
    try:
        model = header(file).get("model")
        if model is None:
            raise WeightsError("the weights do not say which model of this program they belong to.", path=file)
        check(file)
    except WeightsError as error:
        if error.hint is None or "pickle" in error.message:
            error.hint = f"Only weights written by `restore train` can be added. {_COMMUNITY}"
        raise
    spec = manager.restorer(model)
    if spec.weights is None and spec.train is None:
        raise WeightsError(f"the model '{model}' is a method without weights.", path=file, hint="Leave them out.")
    shipped = manager.weights.shipped(spec)
    if shipped is None or not shipped.is_file() or not same_layout(file, shipped):
        manager.load(spec, file, Runtime(device="cpu"))
    return spec


def _row(each: Weights) -> tables.Row:
    return {
        "model": each.model,
        "weights": f"{each.name} (default)" if each.default else each.name,
        "state": each.state,
        "size": "-" if each.bytes is None else size(each.bytes),
        "sha256": "-" if each.sha256 is None else each.sha256[:_SHORT],
        "licence": each.license or "-",
        "trained": _trained(each.header),
        "file": str(each.path),
    }


def _trained(said: dict[str, str]) -> str:
    """When and for how long, as the header says."""
    steps = f"{said['steps']} steps" if "steps" in said else ""
    return ", ".join(filter(None, [said.get("created", "")[:10], steps])) or "-"


def _document(each: Weights) -> dict[str, object]:
    return asdict(each)
