"""Every hook answers with the wrong type."""

from pathlib import Path

from restore.spec import hookimpl


@hookimpl
def provide_restorers() -> dict[str, str]:
    return {"name": "nonsense"}


@hookimpl
def provide_metrics() -> dict[str, float]:
    return {"psnr-hvs": 42.0}


@hookimpl
def read_image(path: Path) -> str:
    return "a picture of a cat"


@hookimpl
def write_image(path: Path) -> str:
    return "done"
