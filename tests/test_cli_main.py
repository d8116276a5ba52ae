"""The command as a whole: its sub-commands, its messages, its exit codes, and how little it costs to ask for help."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
import pytest

from restore import __version__
from restore.cli import main
from restore.errors import ExitCode, WeightsError
from restore.plugin_manager import PluginManager
from restore.spec import hookimpl

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]


class Failing:
    """A plugin with a command that raises what it is told to."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        """Add ``restore fail``, which knows -v as our commands do."""

        @cli.command()
        @click.option("-v", "--verbose", count=True)
        def fail(verbose: int) -> None:
            raise self.error


def fail(error: BaseException, *arguments: str) -> int:
    return main(["fail", *arguments], PluginManager.of({"failing": Failing(error)}))


def test_help_lists_a_command_for_every_task(cli: Cli) -> None:
    outcome = cli("--help")
    assert outcome.code == ExitCode.OK
    assert "denoise" in outcome.out and "sharpen" in outcome.out
    assert cli("-h").out == outcome.out


def test_the_version_is_shown(cli: Cli) -> None:
    assert cli("--version").out == f"restore {__version__}\n"


def test_without_arguments_help_is_shown_and_nothing_counts_as_done(cli: Cli) -> None:
    outcome = cli()
    assert outcome.code == ExitCode.USAGE
    assert "Usage: restore" in outcome.out + outcome.err


def test_a_misspelt_command_is_answered_with_those_that_exist(cli: Cli) -> None:
    outcome = cli("denose")
    assert outcome.code == ExitCode.USAGE
    assert "error: there is no command 'denose'. Did you mean denoise? Commands: denoise, " in outcome.err
    assert "sharpen" in outcome.err


def test_a_misspelt_option_is_answered_with_those_that_exist(cli: Cli) -> None:
    outcome = cli("denoise", "a.jpg", "-o", "out", "--strenght", "1")
    assert outcome.code == ExitCode.USAGE
    assert "there is no option --strenght. Did you mean --strength?" in outcome.err
    assert "--overwrite" in outcome.err and "restore denoise --help" in outcome.err


def test_expected_errors_are_one_message_with_their_own_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    error = WeightsError("is damaged.", path="model.safetensors", hint="Install the plugin again.")
    assert fail(error) == ExitCode.WEIGHTS
    assert capsys.readouterr().err == "error: model.safetensors: is damaged. Install the plugin again.\n"


def test_a_bug_is_called_a_bug_and_shows_where_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(KeyError("oops")) == 1
    short = capsys.readouterr().err
    assert "this is a bug" in short and "KeyError: 'oops'" in short and "-v" in short
    assert "Traceback" not in short
    assert fail(KeyError("oops"), "-vv") == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_outside_a_run_exits_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(KeyboardInterrupt()) == ExitCode.INTERRUPTED
    assert "interrupted" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert fail(BrokenPipeError(errno.EPIPE, "Broken pipe")) == 1
    assert capsys.readouterr().err == ""


def test_a_real_broken_pipe_is_silent() -> None:
    script = "import sys; from restore.cli import main; sys.exit(main(['--help']))"
    command = f"{sys.executable} -c \"{script}\" | {sys.executable} -c 'import sys; sys.stdin.close()'"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stderr == ""


def test_a_file_name_that_is_not_utf_8_can_be_complained_about(cli: Cli) -> None:
    outcome = cli("denoise", "caf\udce9.jpg", "-o", "out")
    assert outcome.code == ExitCode.INPUT
    assert "caf\ufffd.jpg: does not exist" in outcome.err


def test_help_imports_no_torch_no_codec_and_no_picture_library() -> None:
    heavy = {"torch", "cv2", "PIL", "skimage", "kornia", "scipy", "tifffile", "rich.progress"}
    script = (
        "import sys; from restore.cli import main; main(['--help']); main(['denoise', '--help']);"
        f"print('loaded:', sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"
