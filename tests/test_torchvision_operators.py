"""torchvision can be imported beside any build of torch."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from restore.toolkit.torchvision_operators import declare_missing_operators
declared = declare_missing_operators()
assert declare_missing_operators() is declared
import torch
from torchvision.ops import nms
from torchvision.utils import make_grid
assert make_grid(torch.zeros(4, 3, 8, 8), nrow=2, padding=0).shape == (3, 16, 16)
boxes, scores = torch.tensor([[0.0, 0, 9, 9], [0, 0, 9, 8], [20, 20, 30, 30]]), torch.tensor([0.9, 0.8, 0.7])
try:
    kept = nms(boxes, scores, 0.5)
except RuntimeError as error:
    assert declared is not None and "torchvision" in str(error)
else:
    assert declared is None and kept.tolist() == [0, 2]
"""


def test_grids_work_and_operators_either_work_or_say_that_they_are_missing() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
