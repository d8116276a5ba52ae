"""Wants to change what other plugins answer."""

from collections.abc import Generator

from restore.spec import hookimpl


@hookimpl(wrapper=True)
def provide_restorers() -> Generator[None, object, object]:
    yield
    return []
