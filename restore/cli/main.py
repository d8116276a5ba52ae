"""The ``restore`` command: assembles its sub-commands and turns every exception into a message and an exit code."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence

import click

from restore import __version__
from restore.cli import (
    automatic,
    degrading,
    diagnosing,
    differing,
    following,
    listing,
    measuring,
    pipelining,
    plugins,
    reporting_page,
    restoring,
    training,
    verifying,
    weights_command,
)
from restore.cli.group import Group, existing
from restore.cli.wording import printable
from restore.errors import ExitCode, RestoreError
from restore.plugin_manager import PluginManager

_BUG = 1
"""What Python itself returns when it cannot go on, for a bug or because nobody reads the output; not one of ours."""


def build(manager: PluginManager) -> click.Group:
    """Make the whole command line for these plugins; imports no model and no codec."""
    cli = Group(
        "restore",
        help="Mend photographs: denoise and more, with models that plugins provide. Originals are never changed.",
        epilog="`restore COMMAND --help` shows a command's options, with -m MODEL those of that model. Exit codes: "
        "0 all done, 2 usage, 3 input, 4 output, 5 plugin, 6 weights, 7 device, 8 finished but some files failed, 130 "
        "interrupted.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )
    cli.params.append(_version_option())
    modules = (
        restoring,
        degrading,
        pipelining,
        automatic,
        following,
        verifying,
        reporting_page,
        plugins,
        listing,
        measuring,
        diagnosing,
        differing,
        training,
        weights_command,
    )
    for command in [command for module in modules for command in module.commands(manager)]:
        if command.name in cli.commands:
            logging.getLogger("restore").warning("two commands are called '%s': the second is left out", command.name)
        else:
            cli.add_command(command)
    manager.register_commands(cli)
    return cli


def main(argv: Sequence[str] | None = None, manager: PluginManager | None = None) -> int:
    """Run the command line.

    Args:
        argv: Arguments without the program's name; None for the process's own.
        manager: The plugins to work with; None for the installed ones.

    Returns:
        The exit code, see `restore.errors.ExitCode`; 1 for a bug.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        cli = build(manager or PluginManager.discover())
        result = cli.main(arguments, "restore", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else ExitCode.OK
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        return _complain(_in_our_words(error), error.exit_code)
    except RestoreError as error:
        return _complain(str(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted.", ExitCode.INTERRUPTED)
    except SystemExit as error:  # a command of a plugin; or click, when the reader of our output is gone
        return error.code if isinstance(error.code, int) else _BUG
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            return _reader_is_gone()
        return _confess(error, with_traceback=any(re.fullmatch(r"-v+|--verbose", word) for word in arguments))


def _version_option() -> click.Option:
    """``--version``, without looking the installed distribution up."""

    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(f"restore {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help="Show the version and exit."
    )


def _in_our_words(error: click.ClickException) -> str:
    """A click error as one message, with what exists for a misspelt option and where help is."""
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return error.format_message()
    context = error.ctx
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        params = context.command.get_params(context)
        flags = [
            flag for param in params if isinstance(param, click.Option) for flag in param.opts + param.secondary_opts
        ]
        name = error.option_name
        message = f"there is no option {name}. {existing('Options', name, (f for f in flags if f.startswith('--')))}"
    return f"{message}\nTry `{context.command_path} --help`."


def _complain(message: str, code: int) -> int:
    click.echo(printable(f"error: {message}"), err=True)
    return code


def _confess(error: Exception, *, with_traceback: bool) -> int:
    """Own up to a bug; the traceback is for those who asked for more words."""
    if with_traceback:
        click.echo(printable("".join(traceback.format_exception(error))), err=True)
    advice = "" if with_traceback else " Run it again with -v to see where."
    return _complain(f"this is a bug in restore or a plugin: {type(error).__name__}: {error}.{advice}", _BUG)


def _reader_is_gone() -> int:
    """Whoever read our output has stopped (``| head``): be quiet, also when Python flushes at its end."""
    with contextlib.suppress(OSError, ValueError):  # stdout may be no real file: then there is nothing to flush
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _BUG
