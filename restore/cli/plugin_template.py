"""``restore plugins new``: writes a plugin that can be installed, tested, trained and used as it is."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

import click

from restore import __version__
from restore.cli.template_kinds import LESSONS, Kind, kind_of, lesson_of
from restore.contracts import NAME
from restore.errors import OutputError, UsageError
from restore.plugin_manager import PluginManager
from restore.plugin_record import reason

_LONGEST = 30
"""Letters of a name: it is part of the names of files, of a class and of a package."""


def new_command(manager: PluginManager) -> click.Command:
    """The command `new` of the group `plugins`.

    Args:
        manager: Knows which tasks, models and plugins there are.
    """

    @click.command("new", short_help="Write a plugin to start from.")
    @click.argument("name")
    @click.option("--task", required=True, help="The command it is for: denoise, upscale …; NAME for a new one.")
    @click.option(
        "-o", "--output", type=click.Path(path_type=Path), help="Folder to write.  [default: NAME, in this folder]"
    )
    @click.pass_context
    def new(ctx: click.Context, name: str, task: str, output: Path | None) -> None:
        """Write a plugin with the model NAME into a folder: a package with a small network, its training and tests.

        NAME is how users will call the model (-m NAME): lower-case letters, digits and dashes. The plugin can be
        installed, tested and used at once; until it is trained, its network changes next to nothing.
        """
        _check_name(name, task, ctx.find_root().command, manager)
        kind = kind_of(task, name, manager)
        folder = output or Path(name)
        files = write_plugin(folder, name, task, kind)
        click.echo(f"wrote {folder}: {len(files)} files, a plugin with the model '{name}' for `restore {task}`.")
        click.echo(f"Now:\n  {f'{chr(10)}  '.join(_next_steps(folder, name, task, kind))}")
        click.echo(
            f"Whether the name restore-{name} is free on the package index was not looked up; do so before you publish."
        )

    return new


def write_plugin(folder: Path, name: str, task: str, kind: Kind) -> list[Path]:
    """Write all files of a plugin, or none.

    Args:
        folder: Where; it is not there yet, or empty.
        name: Of the model.
        task: That it serves.
        kind: Which templates.

    Returns:
        The files, relative to the folder.

    Raises:
        OutputError: There is something in the folder, or it cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(
                "is there already; nothing was written.", path=folder, hint="Name a folder that is not there with -o."
            )
        place = folder.resolve()  # an empty folder stays itself: somebody may stand in it, or a link lead to it
        beside = place if place.is_dir() else place.parent
        beside.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=beside))
        made = work / place.name  # the temporary folder itself is for its owner alone
        try:
            files = []
            for path, text in _rendered(name, task, kind):
                (made / path).parent.mkdir(parents=True, exist_ok=True)
                (made / path).write_text(text, "utf-8", newline="\n")
                files.append(path)
            if beside == place:
                for each in list(made.iterdir()):
                    each.rename(place / each.name)
            else:
                made.rename(place)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"cannot be written ({reason(error)}).", path=folder, hint="Name another with -o.") from error
    return files


def _check_name(name: str, task: str, cli: click.Command, manager: PluginManager) -> None:
    """Refuse a name that cannot be used or that somebody has.

    Raises:
        UsageError: Says which, and what to do.
    """
    if not re.fullmatch(f"(?=[a-z]){NAME.pattern}", name) or len(name) > _LONGEST:
        spelt = "-".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()))[:_LONGEST]
        better = f" Write {spelt.strip('-')}." if spelt[:1].isalpha() else ""
        raise UsageError(
            f"a model cannot be called '{name}'.",
            hint="Names are lower-case letters and digits in words with single dashes between, a letter first, at most "
            f"{_LONGEST} long.{better}",
        )
    another = "Choose another name."
    if name in [spec.name for spec in manager.restorers()]:
        raise UsageError(f"there is a model '{name}' already; `restore models {name}` shows it.", hint=another)
    if name in ["core", *(info.name for info in manager.plugins())]:
        raise UsageError(f"there is a plugin '{name}' already; `restore plugins` shows it.", hint=another)
    if task == name and isinstance(cli, click.Group) and name in cli.commands and name not in manager.tasks():
        raise UsageError(f"`restore {name}` is a command already; no task can be called so.", hint=another)
    if util.find_spec(_package(name)) or _is_distributed(f"restore-{name}"):
        raise UsageError(f"a package restore-{name} is installed already.", hint=another)


def _is_distributed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _package(name: str) -> str:
    return f"restore_{name.replace('-', '_')}"


def _rendered(name: str, task: str, kind: Kind) -> Iterator[tuple[Path, str]]:
    """Each file of a plugin and what is in it."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("restore.cli", "templates/plugin"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # these are programs, not pages; the names that go into them are checked
    )
    package, lesson = _package(name), lesson_of(task, kind)
    imports, learns = LESSONS[lesson]
    network = "picture" if kind.name == "upscale" else kind.name
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        ".gitignore": "gitignore",
        f"{package}/__init__.py": "init.py",
        f"{package}/py.typed": "py.typed",
        f"{package}/plugin.py": "plugin.py",
        f"{package}/model.py": f"model/{network}.py",
        f"{package}/infer.py": f"infer/{kind.name}.py",
        f"{package}/train.py": "train.py",
        f"tests/test_{package}.py": "test.py",
    }
    if kind.name == "inpaint":
        files[f"{package}/filling.py"] = "filling.py"
    for path, template in files.items():
        yield (
            Path(path),
            templates.get_template(f"{template}.jinja").render(
                name=name,
                task=task,
                package=package,
                distribution=f"restore-{name}",
                cls="".join(part.capitalize() for part in name.split("-")),
                kind=kind,
                lesson=lesson,
                lesson_imports=imports.splitlines(),
                learns=learns,
                is_new=task == name,
                command=_command(name, task, kind),
                version=__version__,
            ),
        )


def _command(name: str, task: str, kind: Kind) -> str:
    """The command that tries the model; a task of its own has no other."""
    return f"restore {task} {kind.try_it}{'' if task == name else f' -m {name}'}"


def _next_steps(folder: Path, name: str, task: str, kind: Kind) -> list[str]:
    return [
        f"pip install -e {folder}",
        f"pytest {folder}",
        _command(name, task, kind),
        f"restore train {name} PHOTOS -o weights.safetensors",
    ]
