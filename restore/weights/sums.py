"""Lists of sha256 beside weights that are shipped: ``SHA256SUMS``, as the program ``sha256sum -c`` reads it too."""

from __future__ import annotations

import re
from pathlib import Path

from restore.codecs.atomic import atomic_path
from restore.errors import WeightsError
from restore.weights.file import sha256

NAME = "SHA256SUMS"
"""What the list is called, in the folder of the weights it tells of."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](\S.*)")


def read_sums(folder: Path) -> dict[str, str]:
    """The sha256 of each weights file of a folder by its name; nothing where there is no list.

    Raises:
        WeightsError: The list cannot be read, or holds something else.
    """
    path = folder / NAME
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"cannot be read: {error}.", path=path, hint="Install the plugin again.") from error
    found = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            said = f"line {number} is not a sha256 and a file's name."
            raise WeightsError(said, path=path, hint="Install the plugin again.")
        found[match[2]] = match[1]
    return found


def sums_text(folder: Path) -> str:
    """The list of a folder's weights as it is written, in the order of their names."""
    return "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(folder.glob("*.safetensors")))


def write_sums(folder: Path) -> None:
    """Write the list of a folder, all or nothing.

    Raises:
        OutputError: It cannot be written.
    """
    text = sums_text(folder)
    with atomic_path(folder / NAME) as temporary:
        temporary.write_text(text, "utf-8", newline="\n")
