"""What `generate` adds: commands of its own. Free of torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from restore.spec import hookimpl

if TYPE_CHECKING:
    import click


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add the group `generate`: what generative models do is no restoration, and has no picture to restore."""
    from restore_generate.commands import generate

    cli.add_command(generate)
