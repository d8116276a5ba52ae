"""How much memory a network takes, found by running it on a small window: nobody knows it of the networks of others."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

MARGIN = 2.5
"""By how much a process may grow beyond what its tensors take, for the scratch of convolutions and what the allocator
keeps: measured 1.8 to 2.3 on ESRGAN, SwinIR, SCUNet, PLKSR and NAFNet."""


def weight_bytes(model: nn.Module) -> int:
    """Bytes of a network's parameters and buffers."""
    return sum(t.numel() * t.element_size() for t in (*model.parameters(), *model.buffers()))


def bytes_per_pixel(run: Callable[[Tensor], object], channels: int, edge: int) -> float:
    """The most bytes that tensors take at a time while a network runs, per pixel that it sees, with `MARGIN`.

    The network's own weights are left out of account.

    Args:
        run: The network, on the CPU in float32.
        channels: Of its input.
        edge: Height and width of the window.
    """
    window = torch.full((1, channels, edge, edge), 0.5)
    with torch.inference_mode(), _Live() as live:
        run(window)
    return float(MARGIN * (live.most / edge**2 + 4 * channels))


Kwargs = Mapping[str, object]


class _Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors that operators made and that are still there.

    Attributes:
        most: That there were at a time.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0
        self._now = 0
        self._users: Counter[int] = Counter()

    def __torch_dispatch__(
        self, func: Callable[..., object], types: object, args: Sequence[object] = (), kwargs: Kwargs | None = None
    ) -> object:
        """Run an operator and count what it made; views share their memory."""
        answer = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(answer):
            if isinstance(leaf, Tensor):
                self._count(leaf)
        self.most = max(self.most, self._now)
        return answer

    def _count(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if place not in self._users:
            self._now += size
        self._users[place] += 1
        weakref.finalize(tensor, self._let_go, place, size)

    def _let_go(self, place: int, size: int) -> None:
        self._users[place] -= 1
        if not self._users[place]:
            del self._users[place]
            self._now -= size
