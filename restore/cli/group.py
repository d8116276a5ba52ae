"""Groups of commands; one that is asked for a command that does not exist answers with those that do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import click


class Group(click.Group):
    """A group; a command that does not exist is answered with those that do."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or say which there are, the closest first."""
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            raise click.UsageError(f"there is no command '{name}'. {existing('Commands', name, self.commands)}", ctx)
        return super().resolve_command(ctx, args)


def existing(kind: str, asked: str, names: Iterable[str]) -> str:
    """All names as advice, those like the asked one first."""
    known = sorted(names)
    close = difflib.get_close_matches(asked, known, n=1)
    question = f"Did you mean {close[0]}? " if close else ""
    return f"{question}{kind}: {', '.join(close + [name for name in known if name not in close])}."
