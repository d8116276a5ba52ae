"""Means provide_restorers."""

from collections.abc import Sequence

from restore.spec import RestorerSpec, hookimpl


@hookimpl
def provide_restorer() -> Sequence[RestorerSpec]:
    return []
