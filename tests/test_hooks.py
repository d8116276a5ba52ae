"""Every hook, answered by a plugin that is built, installed, run and uninstalled as a stranger's would be.

The plugin is whole, in ``tests/fixtures/restore-halftone``. A hook that it does not implement, or that no command of
these tests makes the plugin manager call, fails them: so a new hook cannot go untested.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore import hookspecs
from tests.fresh_environment import FreshEnvironment, fresh_environment

__all__ = ["fresh_environment"]

SOURCE = Path(__file__).parent / "fixtures" / "restore-halftone"
HOOKS = {name for name, function in vars(hookspecs).items() if hasattr(function, "restore_spec")}
PERIOD = 4


COMMANDS = {
    "listed": ("plugins",),
    "restored": ("descreen", "scan.png", "-o", "clean.npy"),
    "measured": ("evaluate", "scan.png", "original.npy", "--space", "grey", "--json"),
    "its own command": ("screen-period", "scan.png"),
}
"""What is run with the plugin; together they call every hook."""


@dataclass
class Installed:
    """The environment with the plugin in it, and what came of the commands.

    Attributes:
        fresh: The environment.
        wheel: What was installed.
        said: Standard output of each of `COMMANDS`.
        answered: Hooks that they have called in the plugin, and that it has answered.
    """

    fresh: FreshEnvironment
    wheel: Path
    said: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Run all commands."""
        environment = [("RESTORE_TRACE", "1"), ("HALFTONE_LOG", "runs.txt")]
        for name, arguments in COMMANDS.items():
            done = self.fresh.restore(*arguments, environment=environment)
            self.said[name] = done.stdout
            calls = re.findall(r"trace: (\w+)\(.*\) -> halftone: (.*)", done.stderr)
            self.answered |= {hook for hook, answer in calls if answer != "None"}  # None: not its format


@pytest.fixture(scope="module")
def installed(fresh_environment: FreshEnvironment) -> Installed:
    """The plugin, built as a wheel from its source, installed without a network, and used."""
    folder = fresh_environment.folder
    fresh_environment.run("-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist", in_folder=SOURCE)
    (wheel,) = (folder / "dist").glob("*.whl")
    fresh_environment.pip("install", "--no-deps", wheel)
    _write_print(folder / "scan.png", folder / "original.npy")
    installed = Installed(fresh_environment, wheel)
    installed.run()
    return installed


def _write_print(scan: Path, original: Path) -> None:
    """A soft picture, as NumPy saves it, and as it looks printed with dots in rows and scanned."""
    rows, columns = np.mgrid[:96, :128]
    soft = 128 + 60 * np.sin(rows / 30) * np.cos(columns / 40)
    dots = 50 * np.cos(2 * np.pi * rows / PERIOD) * np.cos(2 * np.pi * columns / PERIOD)
    np.save(original, soft.round().astype(np.uint8)[:, :, None])
    PillowImage.fromarray((soft + dots).round().astype(np.uint8)).save(scan)


def test_the_wheel_holds_the_plugin_and_nothing_else(installed: Installed) -> None:
    assert installed.wheel.name == "restore_halftone-1.2.3-py3-none-any.whl"
    names = zipfile.ZipFile(installed.wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"restore_halftone", "restore_halftone-1.2.3.dist-info"}


def test_it_is_listed_with_every_hook_there_is(installed: Installed) -> None:
    (line,) = [line for line in installed.said["listed"].splitlines() if line.startswith("halftone ")]
    assert line.split()[:4] == ["halftone", "1.2.3", "ok", "descreen"]
    assert {word.strip(",") for word in line.split()[4:]} == HOOKS


def test_its_task_is_a_command_its_format_is_written_and_its_observer_told(installed: Installed) -> None:
    folder = installed.fresh.folder
    clean, original = (np.load(folder / name).astype(int) for name in ("clean.npy", "original.npy"))
    assert clean.shape == original.shape
    assert abs(clean - original)[8:-8, 8:-8].max() < 8  # at the border dots are cut through
    assert (folder / "runs.txt").read_text() == "descreen: 1 done, 0 failed\n"


def test_its_format_is_read_and_its_measure_taken(installed: Installed) -> None:
    (score,) = json.loads(installed.said["measured"])["images"]
    assert score["max-error_grey"] == pytest.approx(50 / 255, abs=0.01)


def test_its_command_is_one_of_restore(installed: Installed) -> None:
    assert installed.said["its own command"] == f"{PERIOD / 2**0.5:.1f} pixels\n"


def test_every_hook_is_called_by_some_command_and_answered_by_the_plugin(installed: Installed) -> None:
    """A hook that is left out here has no test: add a command that calls it to COMMANDS."""
    assert installed.answered == HOOKS


def test_uninstalled_it_leaves_nothing_behind(installed: Installed) -> None:
    installed.fresh.pip("uninstall", "--yes", "restore-halftone")
    assert "halftone" not in installed.fresh.restore("plugins").stdout
    site = next((installed.fresh.folder / "venv").rglob("installed-here.pth")).parent
    assert [path.name for path in site.iterdir()] == ["installed-here.pth"]
