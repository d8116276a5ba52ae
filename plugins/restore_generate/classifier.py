"""A small classifier of the data: its features measure distances between sets, its answers whether a class is met."""

from __future__ import annotations

from torch import Tensor, nn

from restore_generate.architecture import Architecture


class Block(nn.Module):
    """Two 3x3 convolutions with batch norm beside the identity (He et al.: Deep residual learning, CVPR 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(B, width, H, W)`` to the same shape."""
        result: Tensor = (x + self.layers(x)).relu()
        return result


class Classifier(nn.Module):
    """A residual network: pictures to features to logits.

    Args:
        architecture: Sizes, and at least two classes; ``latent`` is the number of features.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, widths = architecture, architecture.widths
        layers: list[nn.Module] = []
        for before, after in zip((a.channels, *widths), widths, strict=False):
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
            layers += [Block(after) for _ in range(a.blocks)]
        self.layers = nn.Sequential(*layers)
        self.narrow = nn.Linear(widths[-1], a.latent)
        self.head = nn.Linear(a.latent, len(a.classes))

    def features(self, pictures: Tensor) -> Tensor:
        """``(B, latent)``, not negative, of pictures ``(B, C, H, W)`` in [0, 1]."""
        pooled = self.layers(2 * pictures - 1).mean((2, 3))
        result: Tensor = self.narrow(pooled).relu()
        return result

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits ``(B, classes)`` of pictures ``(B, C, H, W)`` in [0, 1]."""
        result: Tensor = self.head(self.features(pictures))
        return result
