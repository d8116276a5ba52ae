"""Which weights a model takes: those that are named, those that a user has made its default, or those it ships with."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from restore.errors import WeightsError
from restore.spec import Restorer, RestorerSpec, Runtime
from restore.weights.store import SHIPPED, OwnWeights, WeightsStore


class WeightsChoice:
    """Knows which weights are meant.

    Args:
        store: The user's own; None for none.
    """

    def __init__(self, store: WeightsStore | None) -> None:
        self.store = store
        self._shipped: dict[str, Path] = {}

    def preferred(self, spec: RestorerSpec) -> RestorerSpec:
        """The same restorer with the weights that the user has made its default.

        Everything that asks for its weights (recipes of runs, pipelines, lists) then sees the user's. Where they are
        not there, the model does not load others without a word: `RestorerSpec.load` says what is wrong.

        Args:
            spec: As its plugin describes it.
        """
        if self.store is None or (spec.weights is None and spec.train is None):
            return spec
        if spec.weights is not None:
            self._shipped[spec.name] = spec.weights
        try:
            chosen = next((own for own in self.store.entries(spec.name) if own.default), None)
            if chosen is None:
                return spec
            path = _present(chosen, self.store)
        except WeightsError as error:
            return replace(spec, load=partial(_refuse, spec, error))
        return replace(spec, weights=path, load=partial(_load, spec, path))

    def shipped(self, spec: RestorerSpec) -> Path | None:
        """The weights that a restorer came with, also where the user has made others its default."""
        return self._shipped.get(spec.name, spec.weights)

    def file(self, spec: RestorerSpec, said: str | Path) -> Path:
        """The file that somebody names after ``--weights``.

        Args:
            spec: The restorer.
            said: A file, which goes first; else a name as of `named`.

        Raises:
            WeightsError: There is no such file and no such name; says where was looked and what there is. Or the file
                of that name is gone.
        """
        if Path(said).is_file():
            return Path(said)
        found = self.named(spec, str(said))
        if found is not None:
            return found
        raise WeightsError(
            f"there is no such weights file, and no weights of that name were added for the model '{spec.name}'.",
            path=said,
            hint=f"{self.names(spec)}Check --weights; `restore weights list` shows all that there are.",
        )

    def named(self, spec: RestorerSpec, name: str) -> Path | None:
        """The file of weights that were added for a restorer under a name, or that `SHIPPED` means; None for no such.

        Raises:
            WeightsError: The file of that name is gone, or the list of names cannot be read.
        """
        if name == SHIPPED:
            return self.shipped(spec)
        for own in () if self.store is None else self.store.entries(spec.name):
            if own.name == name and self.store is not None:
                return _present(own, self.store)
        return None

    def names(self, spec: RestorerSpec) -> str:
        """All names that a restorer's weights have, as advice; "" for none.

        Raises:
            WeightsError: The list of names cannot be read.
        """
        known = [] if self.store is None else [own.name for own in self.store.entries(spec.name)]
        names = [*known, *([SHIPPED] if self.shipped(spec) is not None else [])]
        return f"Names for the model '{spec.name}': {', '.join(names)}. " if names else ""


def _present(own: OwnWeights, store: WeightsStore) -> Path:
    path = store.path(own)
    if not path.is_file():
        raise WeightsError(
            f"the weights '{own.name}' of the model '{own.model}' are missing.",
            path=path,
            hint=f"Add them again (they came from {own.source}), or `restore weights remove {own.name}`.",
        )
    return path


def _load(spec: RestorerSpec, chosen: Path, weights: Path | None, runtime: Runtime) -> Restorer:
    return spec.load(weights or chosen, runtime)


def _refuse(spec: RestorerSpec, error: WeightsError, weights: Path | None, runtime: Runtime) -> Restorer:
    """Load weights that are named; refuse to take the model's own where the user's cannot be found."""
    if weights is None:
        raise error
    return spec.load(weights, runtime)
