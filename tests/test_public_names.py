"""`import restore` costs nothing; its names are fetched when they are asked for, and typed for users."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import restore

HEAVY = "{'torch', 'cv2', 'PIL', 'numpy', 'pydantic', 'scipy', 'skimage', 'safetensors'}"


def loaded(code: str) -> str:
    """Which heavy packages are there after some code, in a process of its own."""
    script = f"import sys\n{code}\nprint(sorted({HEAVY} & set(sys.modules)))"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert loaded("import restore; restore.__version__; dir(restore)") == "[]"


def test_the_public_names_come_without_torch_and_codecs() -> None:
    found = loaded("from restore import *; from restore import Pipeline, load, open_image, Image, Picture")
    assert "torch" not in found and "cv2" not in found and "skimage" not in found


def test_a_name_that_is_not_there_is_an_attribute_error_as_ever() -> None:
    with pytest.raises(AttributeError, match="module 'restore' has no attribute 'denoise'"):
        _ = restore.denoise  # type: ignore[attr-defined]
    assert not hasattr(restore, "denoise")


def test_submodules_are_imported_as_ever() -> None:
    from restore import errors

    assert restore.RestoreError is errors.RestoreError


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(restore.__file__).parent / "py.typed").is_file()
