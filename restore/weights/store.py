"""The user's own weights: files that were added, with a manifest that says which they are and what they were.

The folder holds ``manifest.json`` and ``MODEL/NAME.safetensors``. Whoever changes it holds its lock; both files appear
whole or not at all, the weights first, so that what the manifest names is there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from restore.codecs.atomic import atomic_path, output_error
from restore.errors import OutputError, UsageError, WeightsError
from restore.weights.file import sha256

FOLDER_VARIABLE = "RESTORE_WEIGHTS"
"""Names another folder for the user's weights."""
SHIPPED = "shipped"
"""What a model's own weights are called where a name is asked for."""
MANIFEST = "manifest.json"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION = 1
_PATIENCE = 60.0
"""Seconds to wait for another `restore weights add`."""
_CHUNK = 1 << 20


@dataclass(frozen=True)
class OwnWeights:
    """Weights that a user has added.

    Attributes:
        name: As ``--weights NAME`` takes it; no two have the same.
        model: The restorer they belong to.
        sha256: Of the file when it was added.
        bytes: Its size.
        added: When (UTC, ISO 8601).
        source: Where it came from.
        default: Whether the model takes them where nothing is said.
    """

    name: str
    model: str
    sha256: str
    bytes: int
    added: str
    source: str
    default: bool = False


class WeightsStore:
    """A folder of weights that were added.

    Args:
        folder: It need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_user(cls) -> WeightsStore:
        """The folder that ``RESTORE_WEIGHTS`` names, else the user's own as the system has it."""
        import platformdirs

        named = os.environ.get(FOLDER_VARIABLE)
        return cls(Path(named) if named else platformdirs.user_data_path("restore", appauthor=False) / "weights")

    @property
    def manifest(self) -> Path:
        """The file that says what was added."""
        return self.folder / MANIFEST

    def path(self, own: OwnWeights) -> Path:
        """Where a file lies."""
        return self.folder / own.model / f"{own.name}.safetensors"

    def entries(self, model: str | None = None) -> tuple[OwnWeights, ...]:
        """What was added, for one model or for all, by name.

        Raises:
            WeightsError: The manifest cannot be read.
        """
        try:
            text = self.manifest.read_text("utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(str(error)) from error
        try:
            said = json.loads(text)
            found = [_checked(OwnWeights(**row)) for row in said["weights"]] if said["version"] == _VERSION else None
        except (ValueError, TypeError, KeyError) as error:
            raise self._unreadable("it is damaged") from error
        if found is None:
            raise self._unreadable(f"it is of version {said['version']}, and this program knows version {_VERSION}")
        return tuple(sorted((own for own in found if model in (None, own.model)), key=lambda own: own.name))

    def add(self, source: Path, model: str, name: str, *, digest: str, default: bool = False) -> OwnWeights:
        """Copy a file into the folder and note it.

        Args:
            source: A file that was checked.
            model: The restorer it belongs to.
            name: What it is to be called, see `check_name`.
            digest: The sha256 of the file that was checked.
            default: Let the model take it where nothing is said.

        Returns:
            What was noted. The same file under the same name again changes at most whether it is the default.

        Raises:
            UsageError: The name is taken, or cannot be one.
            WeightsError: The file has changed since it was checked, or the manifest cannot be read.
            OutputError: The folder cannot be written to.
        """
        check_name(name)
        with self._locked():
            known = self.entries()
            same = next((own for own in known if own.name == name), None)
            if same is not None and (same.model, same.sha256) != (model, digest):
                raise UsageError(
                    f"'{name}' is the name of other weights already, of the model '{same.model}'.",
                    hint=f"Give another with --name, or `restore weights remove {name}` first.",
                )
            now = datetime.now(UTC).isoformat(timespec="seconds")
            own = same or OwnWeights(name, model, digest, source.stat().st_size, now, str(source.absolute()))
            if same is None or not self.path(same).is_file() or sha256(self.path(same)) != digest:
                self._copy(source, own)
            own = replace(own, default=default or own.default)
            self._write([_without_default(each, own) for each in known if each.name != name] + [own])
            return own

    def remove(self, name: str) -> OwnWeights:
        """Forget weights and delete their file.

        Raises:
            UsageError: There are none of this name; names those that there are.
            WeightsError: The manifest cannot be read.
            OutputError: The folder cannot be written to.
        """
        with self._locked():
            known = self.entries()
            own = _named(name, known)
            self._write([each for each in known if each is not own])
            try:
                self.path(own).unlink(missing_ok=True)
            except OSError as error:
                raise output_error(error, self.path(own)) from error
            return own

    def choose(self, model: str, name: str) -> None:
        """Let a model take these weights where nothing is said.

        Args:
            model: The restorer.
            name: Weights that were added for it, or `SHIPPED` for its own.

        Raises:
            UsageError: There are none of this name for it; names those that there are.
            WeightsError: The manifest cannot be read.
            OutputError: The folder cannot be written to.
        """
        with self._locked():
            known = self.entries()
            if name != SHIPPED:
                _named(name, [own for own in known if own.model == model])
            others = [replace(own, default=own.name == name) if own.model == model else own for own in known]
            self._write(others)

    def strays(self) -> tuple[Path, ...]:
        """Weights files in the folder that the manifest does not know: what an interrupted `add` has left.

        Raises:
            WeightsError: The manifest cannot be read.
        """
        known = {self.path(own) for own in self.entries()}
        return tuple(sorted(path for path in self.folder.glob("*/*.safetensors") if path not in known))

    def _copy(self, source: Path, own: OwnWeights) -> None:
        target = self.path(own)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(error, target.parent) from error
        with atomic_path(target) as temporary:
            with source.open("rb") as given, temporary.open("wb") as written:
                while piece := given.read(_CHUNK):
                    written.write(piece)
            if sha256(temporary) != own.sha256:
                hint = "Add it again when nothing writes to it."
                raise WeightsError("was changed while it was read.", path=source, hint=hint)

    def _write(self, weights: Sequence[OwnWeights]) -> None:
        rows = [asdict(own) for own in sorted(weights, key=lambda own: own.name)]
        text = json.dumps({"version": _VERSION, "weights": rows}, indent=2, ensure_ascii=False) + "\n"
        with atomic_path(self.manifest) as temporary:
            temporary.write_text(text, "utf-8", errors="backslashreplace")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=_PATIENCE)
            lock.acquire()
        except Timeout:
            said = "is in use by another `restore weights`."
            raise OutputError(said, path=self.folder, hint="Try again when it has ended.") from None
        except OSError as error:
            raise output_error(error, self.folder) from error
        try:
            yield
        finally:
            lock.release()

    def _unreadable(self, why: str) -> WeightsError:
        return WeightsError(
            f"the list of your own weights cannot be read: {why}.",
            path=self.manifest,
            hint=f"Move it away; the files themselves lie in {self.folder}, add them again with `restore weights add`.",
        )


def check_name(name: str) -> None:
    """Refuse a name that could be taken for a file, or for something else.

    Raises:
        UsageError: It cannot be a name; says what can.
    """
    if not _NAME.fullmatch(name) or name.endswith((".", ".safetensors")):
        hint = "Use up to 64 small letters, digits, dots, dashes and underscores, like my-film-grain."
        raise UsageError(f"weights cannot be called {name!r}.", hint=hint)
    if name == SHIPPED:
        raise UsageError(f"'{SHIPPED}' means a model's own weights.", hint="Choose another name with --name.")


def name_of(path: Path) -> str:
    """What weights are called where nothing is said: their file's name, in letters that a name may have."""
    return re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("._-")[:64].rstrip(".") or "weights"


def _checked(own: OwnWeights) -> OwnWeights:
    """Refuse a row whose fields are of other types, or whose path would lead out of the folder."""
    wanted: dict[str, Any] = {"bytes": int, "default": bool}
    sound = all(isinstance(value, wanted.get(name, str)) for name, value in asdict(own).items())
    if not sound or not _NAME.fullmatch(own.name) or not _NAME.fullmatch(own.model):
        raise ValueError(f"not a row of a manifest: {own}")
    return own


def _without_default(other: OwnWeights, own: OwnWeights) -> OwnWeights:
    """A model has one default."""
    return replace(other, default=False) if own.default and other.model == own.model else other


def _named(name: str, known: Sequence[OwnWeights]) -> OwnWeights:
    for own in known:
        if own.name == name:
            return own
    there = ", ".join(own.name for own in known)
    raise UsageError(
        f"no weights were added as '{name}'.", hint=f"There are {there}." if there else "None were added yet."
    )
