"""Prints while it is imported, which must not end up in the output of --json."""

from collections.abc import Sequence

from restore.spec import RestorerSpec, hookimpl

print("hello from a chatty plugin")


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    return []
