"""Pictures as quantised latents: cut into tiles, encoded, rounded, and entropy coded."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.special import ndtr
from torch import Tensor

from restore.errors import InputError, PluginError
from restore_generate.making import Maker

MAGIC = b"RGLAT1\r\n"
LARGEST = 4096
"""Largest absolute value of a symbol; the step is refused where latents would go beyond."""
MAX_PIXELS = 100_000_000
"""Of all pictures in a file together."""
_SCALES = 256
_DAMAGED = "Make it again with `restore generate compress`."


class Entry(BaseModel):
    """One picture in a file of latents."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=255)
    height: int = Field(ge=1, le=MAX_PIXELS)
    width: int = Field(ge=1, le=MAX_PIXELS)


class Head(BaseModel):
    """What stands in front of the latents.

    Attributes:
        weights: sha256 of the weights' tensors: other weights would make other pictures.
        step: Width of a quantisation step, in units of the prior's standard deviation.
        check: CRC-32 of all that follows.
        pictures: In the order of their tiles.
    """

    model_config = ConfigDict(extra="forbid")
    weights: str
    step: float = Field(gt=0, le=100)
    check: int
    pictures: list[Entry] = Field(min_length=1)


@dataclass(frozen=True)
class Packed:
    """A file's content, read.

    Attributes:
        head: What it says about itself.
        symbols: int32 ``(tiles, latent)``.
    """

    head: Head
    symbols: npt.NDArray[np.int32]


def tiles_of(height: int, width: int, edge: int) -> tuple[int, int]:
    """Rows and columns of tiles that cover a picture."""
    return -(-height // edge), -(-width // edge)


def cut(picture: Tensor, edge: int) -> Tensor:
    """A picture ``(C, H, W)`` as tiles ``(N, C, edge, edge)``, row by row; the border is repeated beyond it."""
    _, height, width = picture.shape
    rows, columns = tiles_of(height, width, edge)
    padded = F.pad(picture[None], (0, columns * edge - width, 0, rows * edge - height), mode="replicate")
    return F.unfold(padded, edge, stride=edge)[0].T.reshape(-1, picture.shape[0], edge, edge)


def joined(tiles: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `cut`: a picture ``(C, height, width)``."""
    edge = tiles.shape[-1]
    rows, columns = tiles_of(height, width, edge)
    flat = tiles.reshape(len(tiles), -1).T[None]
    return F.fold(flat, (rows * edge, columns * edge), edge, stride=edge)[0, :, :height, :width]


def quantised(latents: Tensor, step: float) -> npt.NDArray[np.int32]:
    """Latents ``(N, latent)`` in steps, rounded.

    Raises:
        InputError: They would go beyond `LARGEST`.
    """
    symbols = torch.round(latents.double() / step)
    if not torch.isfinite(symbols).all() or float(symbols.abs().max()) > LARGEST:
        raise InputError("latents lie too far out for this step.", hint="Take a larger --step.")
    return np.ascontiguousarray(symbols.to(torch.int32).cpu().numpy())


def _spreads(symbols: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    """The spread of each latent as one byte: 0 where all are zero, else the one that takes the fewest bits."""
    candidates = np.array([_spread(code) for code in range(1, _SCALES)])[:, None]
    codes = np.zeros(symbols.shape[1], np.uint8)
    for k, column in enumerate(symbols.T):
        values, counts = np.unique(column, return_counts=True)
        if values.any():
            above, below = (ndtr((values + half) / candidates) for half in (0.5, -0.5))
            # The coder gives no symbol less than about 2^-24, however unlikely the Gaussian says it is.
            codes[k] = 1 + int((counts * -np.log2(above - below + 2.0**-24)).sum(1).argmin())
    return codes


def _spread(code: int) -> float:
    return float(2.0 ** ((code - 33) / 8))


def encoded(symbols: npt.NDArray[np.int32]) -> bytes:
    """Symbols ``(tiles, latent)`` as bytes: the spread of each latent, then all of them, entropy coded.

    Each latent is taken for a Gaussian around zero of its own spread, cut into steps, and coded by a range coder
    (constriction; Bamler: Understanding entropy coding, 2022).

    Raises:
        PluginError: constriction is not installed.
    """
    stream = _constriction()
    spreads = _spreads(symbols)
    encoder = stream.queue.RangeEncoder()
    for code, column in zip(spreads.tolist(), symbols.T, strict=True):
        if code:
            model = stream.model.QuantizedGaussian(-LARGEST, LARGEST, 0.0, _spread(code))
            encoder.encode(np.ascontiguousarray(column), model)
    return spreads.tobytes() + np.asarray(encoder.get_compressed(), np.dtype("<u4")).tobytes()


def decoded(payload: bytes, tiles: int, latent: int) -> npt.NDArray[np.int32]:
    """The inverse of `encoded`: symbols ``(tiles, latent)``."""
    stream = _constriction()
    spreads, words = payload[:latent], np.frombuffer(payload[latent:], np.dtype("<u4")).astype(np.uint32)
    decoder = stream.queue.RangeDecoder(words)
    symbols = np.zeros((latent, tiles), np.int32)
    for k, code in enumerate(spreads):
        if code:
            model = stream.model.QuantizedGaussian(-LARGEST, LARGEST, 0.0, _spread(code))
            symbols[k] = decoder.decode(model, tiles)
    return np.ascontiguousarray(symbols.T)


def _constriction() -> Any:  # noqa: ANN401 (a compiled module without types)
    try:
        import constriction
    except ImportError as error:
        hint = "Install it with: pip install 'restore-photos[generate]'"
        raise PluginError("this needs constriction, an entropy coder.", hint=hint) from error
    return constriction.stream


def compress(maker: Maker, weights: str, pictures: Sequence[tuple[str, Tensor]], step: float) -> bytes:
    """Write pictures as a file's content.

    Args:
        maker: A model with an encoder that need not be told a class.
        weights: sha256 of its tensors.
        pictures: Names, and pixels ``(C, H, W)`` in [0, 1].
        step: Width of a quantisation step.

    Raises:
        InputError: Latents lie too far out for the step.
        PluginError: constriction is not installed.
    """
    tiles = torch.cat([cut(pixels, maker.architecture.edge) for _, pixels in pictures])
    payload = encoded(quantised(maker.encode(tiles, [0] * len(tiles)), step))
    entries = [Entry(name=name, height=pixels.shape[1], width=pixels.shape[2]) for name, pixels in pictures]
    head = Head(weights=weights, step=step, check=zlib.crc32(payload), pictures=entries)
    text = json.dumps(head.model_dump(), separators=(",", ":")).encode()
    return MAGIC + struct.pack("<I", len(text)) + text + payload


def unpack(path: Path, maker: Maker, weights: str) -> Packed:
    """Read a file of latents and check all of it.

    Raises:
        InputError: It is missing, damaged, no such file, or was made with other weights.
        PluginError: constriction is not installed.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", path=path, hint="Check the name.") from error
    start = len(MAGIC) + 4
    if not content.startswith(MAGIC) or len(content) < start:
        hint = "Give a file written by `restore generate compress`."
        raise InputError("is not a file of latents.", path=path, hint=hint)
    (length,) = struct.unpack("<I", content[len(MAGIC) : start])
    payload = content[start + length :]
    try:
        head = Head.model_validate_json(content[start : start + length])
    except ValidationError as error:
        raise InputError("is damaged: its head cannot be read.", path=path, hint=_DAMAGED) from error
    if head.check != zlib.crc32(payload) or sum(e.height * e.width for e in head.pictures) > MAX_PIXELS:
        raise InputError("is damaged: its checksum is wrong.", path=path, hint=_DAMAGED)
    if head.weights != weights:
        raise InputError("was made with other weights.", path=path, hint="Name the model that it was made with.")
    edge, latent = maker.architecture.edge, maker.model.latent_size
    tiles = sum(int(np.prod(tiles_of(entry.height, entry.width, edge))) for entry in head.pictures)
    if len(payload) < latent or (len(payload) - latent) % 4:
        raise InputError("is damaged: its latents are cut short.", path=path, hint=_DAMAGED)
    return Packed(head, decoded(payload, tiles, latent))


def expand(packed: Packed, maker: Maker) -> list[tuple[str, Tensor]]:
    """The pictures of a file: names, and pixels ``(C, H, W)`` in [0, 1]."""
    edge = maker.architecture.edge
    latents = torch.from_numpy(packed.symbols).float() * packed.head.step
    tiles = maker.decode(latents.to(maker.device), [0] * len(latents)).cpu()
    pictures, start = [], 0
    for entry in packed.head.pictures:
        count = int(np.prod(tiles_of(entry.height, entry.width, edge)))
        pictures.append((entry.name, joined(tiles[start : start + count], entry.height, entry.width)))
        start += count
    return pictures
