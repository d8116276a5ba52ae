"""What a package asks for and does not find is told, with the version that is there."""

from __future__ import annotations

import importlib
from importlib import metadata
from pathlib import Path

import pytest

from restore.requirements import next_step, unmet


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installed package with all kinds of requirements."""
    folder = tmp_path / "picky-1.0.dist-info"
    folder.mkdir()
    lines = ["numpy<2", "click>=8", "no-such-package>=3", 'scipy<1; extra == "old"', "(broken"]
    wanted = "".join(f"Requires-Dist: {line}\n" for line in lines)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: picky\nVersion: 1.0\n{wanted}")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    return "picky"


def test_what_does_not_fit_or_is_missing_is_told_and_what_fits_or_belongs_to_an_extra_is_not(package: str) -> None:
    numpy = metadata.version("numpy")
    assert unmet(package) == (
        f"numpy<2, and numpy {numpy} is installed",
        "no-such-package>=3, which is not installed",
    )


def test_a_package_that_nobody_knows_asks_for_nothing() -> None:
    assert unmet("") == unmet("no-such-package") == ()


def test_the_next_step_names_the_package_and_what_it_asks_for(package: str) -> None:
    said = next_step(RuntimeError("anything"), package)
    assert said.startswith("Its package picky asks for numpy<2, and numpy ")
    assert said.endswith("pip uninstall picky")


def test_without_declared_requirements_the_error_itself_is_read() -> None:
    import numpy as np

    with pytest.raises(ModuleNotFoundError) as missing:
        importlib.import_module("a_package_that_is_not_there")
    assert "provides a_package_that_is_not_there" in next_step(missing.value, "")
    with pytest.raises(AttributeError) as gone:
        np.float_  # type: ignore[attr-defined]  # noqa: B018
    assert "another version of numpy (" in next_step(gone.value, "")
    with pytest.raises(ImportError) as renamed:
        from click import NoSuchName  # noqa: F401
    assert "another version of click (" in next_step(renamed.value, "")
    assert next_step(ValueError("x"), "").startswith("Report this to its author")
