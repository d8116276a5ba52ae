"""Prints whenever it is asked, which must not end up in the output of --json."""

from collections.abc import Sequence

from restore.spec import RestorerSpec, hookimpl


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    print("hello from a hook")
    return []
