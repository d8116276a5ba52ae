"""Imports torch while its description is read, which makes every command slow."""

from pathlib import Path

import torch

from restore.spec import Options, Restorer, RestorerSpec, Runtime


def load(weights: Path | None, runtime: Runtime) -> Restorer:
    torch.set_num_threads(1)
    raise AssertionError("only the description of this one is read")


SPEC = RestorerSpec(name="heavy", task="denoise", summary="Heavy.", options=Options, load=load)
