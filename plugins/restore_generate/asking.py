"""What the commands share: which weights are meant, which class, where results go. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restore.errors import OutputError, UsageError, WeightsError
from restore_generate.architecture import ENCODING, MODELS

WEIGHTS = Path(__file__).with_name("weights")


def weights_of(model: str) -> Path:
    """The weights file that a user means: a file, or the name of a model that has shipped weights.

    Raises:
        UsageError: It is neither.
        WeightsError: The model has no shipped weights.
    """
    if model.endswith(".safetensors"):
        return Path(model)
    shipped = sorted(path.stem for path in WEIGHTS.glob("*.safetensors"))
    if model not in MODELS:
        hint = f"Name one of {', '.join(shipped)}, or a .safetensors file."
        raise UsageError(f"there is no generative model {model!r}.", hint=hint)
    if model not in shipped:
        hint = f"Train it (restore generate train {model} DATA -o {model}.safetensors) and give the file instead."
        raise WeightsError(f"no weights of {model} are shipped.", hint=hint)
    return WEIGHTS / f"{model}.safetensors"


def check_encodes(model: str) -> None:
    """Refuse a model that photographs cannot be looked up in.

    Raises:
        UsageError: It has no encoder.
    """
    if model not in ENCODING:
        hint = f"Take one of {', '.join(ENCODING)}."
        raise UsageError(f"{model} has no encoder: it makes pictures, but takes none in.", hint=hint)


def number_of(name: str, classes: Sequence[str]) -> int:
    """The number of a class by its name.

    Raises:
        UsageError: There is none of that name, or none at all.
    """
    if not classes:
        raise UsageError("this model knows no classes.", hint="Leave --class out, or take cvae.")
    if name not in classes:
        raise UsageError(f"there is no class {name!r}.", hint=f"There are {', '.join(classes)}.")
    return list(classes).index(name)


def check_file(path: Path, suffixes: Sequence[str], *, overwrite: bool) -> None:
    """Refuse an output file that cannot or must not be written, before anything is computed, and make its folder.

    Raises:
        OutputError: It is a folder, has another suffix, exists, or its folder cannot be made.
    """
    from restore.codecs.atomic import output_error

    if path.is_dir():
        raise OutputError("is a folder.", path=path, hint="Give -o the name of a file.")
    if path.suffix.lower() not in suffixes:
        raise OutputError("has the wrong suffix.", path=path, hint=f"End the name in {' or '.join(suffixes)}.")
    if path.exists() and not overwrite:
        raise OutputError("exists already.", path=path, hint="Give -o another name, or say --overwrite.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, path) from error


def check_folder(path: Path) -> None:
    """Refuse an output folder that has something in it, and make it.

    Raises:
        OutputError: It is a file, is not empty, or cannot be made.
    """
    from restore.codecs.atomic import output_error

    if path.exists() and not path.is_dir():
        raise OutputError("is a file.", path=path, hint="Give -o the name of a folder.")
    if path.is_dir() and any(path.iterdir()):
        raise OutputError("is not empty.", path=path, hint="Give -o a new folder.")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(error, path) from error
