"""A new virtual environment that sees what is installed here, and into which plugins are installed; no network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

Done = subprocess.CompletedProcess[str]
COMMAND = "import sys; from restore.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class FreshEnvironment:
    """A virtual environment.

    Attributes:
        python: Its interpreter.
        folder: Where commands are run.
    """

    python: Path
    folder: Path

    @classmethod
    def made_in(cls, folder: Path) -> FreshEnvironment:
        """Make one; it has nothing of its own yet, not even pip."""
        venv.create(folder / "venv", with_pip=False, symlinks=os.name != "nt")
        scripts = "Scripts" if os.name == "nt" else "bin"
        made = cls(folder / "venv" / scripts / "python", folder)
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        own = Path(made.run("-c", ask).stdout.strip())
        # As a folder of packages, whose own .pth files count as well: this checkout may be installed by one.
        installed = sysconfig.get_path("purelib")
        (own / "installed-here.pth").write_text(f"import site; site.addsitedir({installed!r})\n")
        return made

    def run(
        self, *arguments: str | Path, environment: Sequence[tuple[str, str]] = (), in_folder: Path | None = None
    ) -> Done:
        """Run its Python; fails the test where that fails."""
        done = subprocess.run(
            [self.python, *arguments],
            cwd=in_folder or self.folder,
            env={**_environment(), **dict(environment)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    def restore(self, *arguments: str | Path, environment: Sequence[tuple[str, str]] = ()) -> Done:
        """Run the command `restore` in it."""
        return self.run("-c", COMMAND, *arguments, environment=environment)

    def pip(self, *arguments: str | Path) -> None:
        """Let this environment's pip work on the fresh one, without a network."""
        command = [sys.executable, "-m", "pip", "--python", self.python, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"


def _environment() -> dict[str, str]:
    """This process's, but for what steers Python, pip and the loading of plugins."""
    steering = ("PIP_", "PYTHON", "RESTORE_", "VIRTUAL_ENV", "COVERAGE")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(steering)},
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONNOUSERSITE": "1",
    }


@pytest.fixture(scope="module")
def fresh_environment(tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    """One for all tests of a file."""
    return FreshEnvironment.made_in(tmp_path_factory.mktemp("fresh"))
