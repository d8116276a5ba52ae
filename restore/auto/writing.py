"""The steps that photos need as pipeline files, for people to edit and for `restore run`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restore.codecs.atomic import atomic_path
from restore.errors import OutputError
from restore.pipeline.file import Row, as_toml
from restore.walking import kind_of

if TYPE_CHECKING:
    from restore.planning import Plan

SUFFIX = ".toml"


def check_place(place: Path | str, plan: Plan) -> None:
    """Refuse a place where these plans cannot be written, before anything is done.

    Raises:
        OutputError: A single file for several photos, or something is in the way.
    """
    target, several = Path(place), len(plan.items) > 1
    if several and (target.suffix.lower() == SUFFIX or kind_of(target) == "file"):
        raise OutputError(
            "is one file, but there are several photos.", path=target, hint="Name a folder after --write-pipeline."
        )
    if not several and kind_of(target) == "folder":
        return
    if not several and target.suffix.lower() != SUFFIX:
        raise OutputError(
            "is no name of a pipeline.", path=target, hint="End it with .toml, or name a folder that exists."
        )


def write_plans(
    place: Path | str, plan: Plan, accounts: Mapping[Path, Mapping[str, Any]], *, overwrite: bool
) -> tuple[list[Path], list[Path]]:
    """Write a pipeline for each photo that needs any step.

    Args:
        place: A file for one photo, else a folder that mirrors the results' tree.
        plan: Of the run.
        accounts: By a result's path, see `restore.auto.restoring.Automatic`.
        overwrite: Replace files that exist: somebody may have edited them.

    Returns:
        What was written, and what stood there and was kept.

    Raises:
        OutputError: One cannot be written.
    """
    written, kept = [], []
    for item in plan.items:
        account = accounts.get(item.output)
        if account is None or not account["steps"]:
            continue
        path = _file_of(Path(place), item.output, plan)
        if path.exists() and not overwrite:
            kept.append(path)
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(path) as temporary:
                temporary.write_text(_text(item.sources[0], account), "utf-8", errors="backslashreplace")
        except OSError as error:
            raise OutputError(
                f"cannot be written: {error.strerror}.", path=path, hint="Choose another --write-pipeline."
            ) from error
        written.append(path)
    return written, kept


def _file_of(place: Path, output: Path, plan: Plan) -> Path:
    if len(plan.items) == 1 and place.suffix.lower() == SUFFIX and kind_of(place) != "folder":
        return place
    below = Path(output.name) if plan.folder is None else output.absolute().relative_to(plan.folder.absolute())
    return place / below.with_name(f"{below.name}{SUFFIX}")


def _text(source: Path, account: Mapping[str, Any]) -> str:
    """The steps, with why, and what was left out as comments."""
    rows = [
        Row({"task": step["task"], "model": step["model"], **step["options"]}, step["why"]) for step in account["steps"]
    ]
    about = [f"What `restore auto` chose for {source.name}. To run it: restore run THIS_FILE {source.name} -o OUT"]
    about += [f"not {each['task']}: {each['why']}" for each in account["left_out"]]
    return as_toml(rows, about)
