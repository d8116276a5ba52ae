"""Weights that are whole and of the right model, and still do not fit the network that their header describes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restore.errors import WeightsError

OTHERS = "Use the weights that came with it."


@contextmanager
def fitting(path: Path, model: str, hint: str = OTHERS) -> Iterator[None]:
    """Around building a network from a header and filling it: what goes wrong there names the file.

    A configuration without a value, with one of another kind or with none that makes sense, and tensors that are
    missing, left over or of another shape, are KeyError, TypeError, ValueError and RuntimeError.

    Args:
        path: Where the weights are from.
        model: What they are for, as users know it.
        hint: What to do next.

    Raises:
        WeightsError: In place of one of these.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"does not fit the network of {model} ({error}).", path=path, hint=hint) from error
