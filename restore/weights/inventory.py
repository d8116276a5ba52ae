"""All weights there are: those that models ship with and the user's own, each whole, damaged or missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from restore.errors import WeightsError
from restore.weights.content import check, entries, header
from restore.weights.file import sha256
from restore.weights.store import SHIPPED, OwnWeights, WeightsStore
from restore.weights.sums import NAME, read_sums

State = Literal["whole", "damaged", "missing", "unlisted", "untaught"]
"""``"unlisted"``: no list says what the file was, nor does it say so itself; ``"untaught"``: none was ever shipped."""

_WHOLE: State = "whole"


@dataclass(frozen=True)
class Weights:
    """One weights file.

    Attributes:
        model: The restorer it belongs to.
        name: What it is called: `SHIPPED`, or as it was added.
        path: Where it is, or should be.
        state: Whether it is whole.
        default: Whether the model takes it where nothing is said.
        bytes: Its size; None where it is missing.
        sha256: Of the file as it is; None where it is missing.
        expected: Of the file as it was listed; None where no list tells.
        trouble: What is wrong with it and what to do, or None.
        header: What it says about itself, see `restore.weights.content.PROVENANCE`.
        license: Its licence as the header says, else that of the plugin it came with, or "".
        source: Where it comes from: the command that made it; of added files, the file.
    """

    model: str
    name: str
    path: Path
    state: State
    default: bool
    bytes: int | None = None
    sha256: str | None = None
    expected: str | None = None
    trouble: str | None = None
    header: dict[str, str] = field(default_factory=dict)
    license: str = ""
    source: str = ""


def shipped_weights(model: str, main: Path, *, default: bool, license: str = "") -> Iterator[Weights]:
    """The weights that a model ships with: its own file, and those beside it that say they are its too.

    Args:
        model: The restorer.
        main: `restore.spec.RestorerSpec.weights`, as its plugin says.
        default: Whether it takes them where nothing is said.
        license: Of the plugin.

    Raises:
        WeightsError: The list of sha256 beside them cannot be read.
    """
    if not main.parent.is_dir():
        said = f"{main}: the model '{model}' ships without weights so far; teach it with `restore train {model}`."
        yield Weights(model, SHIPPED, main, "untaught", default, trouble=said)
        return
    sums = read_sums(main.parent)
    listed = [main, *(main.with_name(name) for name in sums if name != main.name)]
    for path in listed:
        if path == main or _belongs(path, model):
            again = f"Install the plugin of '{model}' again, or train it again with `restore train {model}`."
            yield _examined(model, SHIPPED, path, sums.get(path.name), default, license, again)


def own_weights(store: WeightsStore) -> Iterator[Weights]:
    """What a user has added.

    Raises:
        WeightsError: The manifest cannot be read.
    """
    for own in store.entries():
        again = f"Add the file again (it came from {own.source}), or `restore weights remove {own.name}`."
        yield _examined(own.model, own.name, store.path(own), own.sha256, own.default, "", again, own)


def same_layout(path: Path, other: Path) -> bool:
    """Whether two files hold tensors of the same names, types and shapes, for networks of the same configuration.

    Raises:
        WeightsError: One of them cannot be read.
    """
    layouts = [{name: (one.dtype, one.shape) for name, one in entries(each).items()} for each in (path, other)]
    return layouts[0] == layouts[1] and header(path).get("config") == header(other).get("config")


def _belongs(path: Path, model: str) -> bool:
    """Whether a file says that it is this model's; one that cannot be read is left to whom it does belong."""
    try:
        return header(path).get("model") == model
    except WeightsError:
        return False


def _examined(
    model: str,
    name: str,
    path: Path,
    expected: str | None,
    default: bool,
    license: str,
    again: str,
    own: OwnWeights | None = None,
) -> Weights:
    """Read a file whole and say what is the matter with it."""
    if not path.is_file():
        gone = f"{path}: the weights of '{model}' are missing. {again}"
        return Weights(model, name, path, "missing", default, expected=expected, trouble=gone)
    found, said, state = sha256(path), _said(path), _WHOLE
    trouble: str | None = None
    if expected is not None and found != expected:
        state, trouble = "damaged", f"{path}: the file is not what it was: its sha256 has changed. {again}"
    elif expected is None and said and "sha256" not in said:
        state, trouble = "unlisted", f"{path}: nothing says what it was: there is no {NAME} beside it."
    else:
        try:
            check(path)
        except WeightsError as error:
            state, trouble = "damaged", f"{path}: {error.message} {again}"
    source = said.get("command", said.get("source", "")) if own is None else own.source
    licence = said.get("license", license)
    return Weights(
        model, name, path, state, default, path.stat().st_size, found, expected, trouble, said, licence, source
    )


def _said(path: Path) -> dict[str, str]:
    """The header, or nothing where there is none to be read."""
    try:
        return header(path)
    except WeightsError:
        return {}
