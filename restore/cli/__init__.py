"""The command line: builds jobs, prints reports, sets exit codes. Nothing else in the package prints or exits."""

from restore.cli.main import main

__all__ = ["main"]
