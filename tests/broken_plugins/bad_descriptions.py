"""Three descriptions nobody can use and one that everybody can."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from restore.image import Image, Observation
from restore.spec import Options, RestorerSpec, Runtime, hookimpl


class Identity:
    """Gives back what it gets."""

    def restore(self, observation: Observation, options: Options) -> Image:
        return observation.image


def load(weights: Path | None, runtime: Runtime) -> Identity:
    return Identity()


SPEC = RestorerSpec(name="usable", task="denoise", summary="Changes nothing.", options=Options, load=load)


@hookimpl
def provide_restorers() -> Sequence[object]:
    return [replace(SPEC, name="My Model"), replace(SPEC, name="tasked", task=""), "a name", SPEC]
