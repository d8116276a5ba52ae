"""Its author forgot @hookimpl."""

from collections.abc import Sequence

from restore.spec import RestorerSpec


def provide_restorers() -> Sequence[RestorerSpec]:
    return []
