"""Weights that do not fit their network are told of in words, with the file and the next step."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import InputError, WeightsError
from restore.weights import fitting

FILE = Path("some.safetensors")


@pytest.mark.parametrize(
    "tensors",
    [
        {"weight": torch.zeros(3, 2)},
        {"weight": torch.zeros(3, 4), "bias": torch.zeros(3)},
        {"weight": torch.zeros(3, 2), "bias": torch.zeros(3), "more": torch.zeros(1)},
    ],
    ids=["missing", "of another shape", "left over"],
)
def test_tensors_that_do_not_fit_name_the_file_and_the_next_step(tensors: dict[str, torch.Tensor]) -> None:
    with pytest.raises(WeightsError, match="does not fit the network of mine") as caught, fitting(FILE, "mine"):
        nn.Linear(2, 3).load_state_dict(tensors)
    assert caught.value.path == FILE
    assert caught.value.hint == "Use the weights that came with it."
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("kind", [KeyError, TypeError, ValueError])
def test_so_does_a_configuration_that_makes_no_sense(kind: type[Exception]) -> None:
    with pytest.raises(WeightsError, match=r"mine \(.*half.*\)") as caught, fitting(FILE, "mine", "Train it again."):
        raise kind("half")
    assert caught.value.hint == "Train it again."


def test_other_errors_stay_what_they_are_and_what_fits_passes() -> None:
    with pytest.raises(InputError, match="no picture"), fitting(FILE, "mine"):
        raise InputError("no picture")
    with fitting(FILE, "mine"):
        nn.Linear(2, 3).load_state_dict({"weight": torch.zeros(3, 2), "bias": torch.zeros(3)})
