"""Photographs of one scene at several exposures, made of one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from restore.degrade.camera import sensor_noise
from restore.degrade.focus import depth_mask
from restore.degrade.noise import uniform

LOG_SHOT = (-9.2, -6.0)
"""The sensor's noise, see `sensor_noise`: brackets are taken at low sensitivities, many on a tripod."""
CONTRAST = 5.0
"""How much more light one part of a scene has than another at most, in stops: a room and the day outside."""


def exposures(pictures: int, count: int, generator: Generator, span_ev: float = 3.0) -> Tensor:
    """Draw the exposures of brackets.

    One of each bracket's frames, drawn by chance, is at most a third of a stop from right; the others lie on both sides
    of it or on one, at even or uneven steps, as the ones that people take.

    Args:
        pictures: How many brackets.
        count: Frames of each, at least 1.
        generator: Its device is the result's.
        span_ev: The farthest from right in either direction, in stops (powers of two).

    Returns:
        ``(pictures, count)`` in stops, in no order, each within ±`span_ev`.
    """
    device = generator.device
    third = 1 / 3 / span_ev
    places = torch.linspace(-1, 1, count, device=device) if count > 1 else torch.zeros(1, device=device)
    reach = uniform(pictures, 1 / 3, 1, generator).reshape(pictures, 1)
    centre = uniform(pictures, -0.5, 0.5, generator).reshape(pictures, 1)
    jitter = torch.rand(pictures, count, generator=generator, device=device) - 0.5
    stops = centre + reach * places + jitter * (0.4 / count)
    nearest = stops.abs().argmin(1, keepdim=True)
    right = (torch.rand(pictures, 1, generator=generator, device=device) * 2 - 1) * min(third, 1)
    stops = stops.scatter(1, nearest, right).clamp(-1, 1) * span_ev
    order = torch.rand(pictures, count, generator=generator, device=device).argsort(1)
    return stops.gather(1, order)


def bracket(
    clean: Tensor, generator: Generator, count: int = 3, span_ev: float = 3.0, ev: Tensor | None = None
) -> Tensor:
    """Expose photographs again, shorter and longer, as a camera would have.

    The photograph is taken back to the light of the scene by the inverse of a camera's response drawn by chance (a
    power of 1.8 to 2.4, mixed with an S-curve: Grossberg, Nayar, What is the space of camera response functions, CVPR
    2003, found them so), given the exposure, clipped where the sensor is full, and developed by the same response; a
    sensor's noise and the rounding to 8 bits follow. The photograph's own rounding is undone by chance first, so that
    its shadows do not come up in steps. What is white in it stays one tone in every frame: no detail is invented.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W even and at least 6.
        generator: On the device of `clean`.
        count: Frames per photograph.
        span_ev: The farthest from right, in stops; see `exposures`.
        ev: ``(N, count)`` exposures in stops to take instead of drawn ones; 0 is the photograph itself with noise.

    Returns:
        ``(N, count, 3, H, W)`` rounded to 8 bits, in [0, 1].

    Raises:
        ValueError: `ev` has another shape.
    """
    n = len(clean)
    stops = exposures(n, count, generator, span_ev) if ev is None else ev
    if stops.shape != (n, count):
        raise ValueError(f"exposures must be {(n, count)}, got {tuple(stops.shape)}")
    power, curve = uniform(n, 1.8, 2.4, generator), uniform(n, 0, 0.6, generator)
    rounding = (torch.rand(clean.shape, generator=generator, device=clean.device) - 0.5) / 255
    light = _to_light((clean + rounding).clamp(0, 1), power, curve)
    exposed = light[:, None] * torch.exp2(stops)[:, :, None, None, None]
    frames = _developed(exposed.clamp(0, 1), power[:, None], curve[:, None]).flatten(0, 1)
    noisy = frames + sensor_noise(frames, LOG_SHOT, generator)
    eight_bit = (noisy.clamp(0, 1) * 255).round() / 255
    return eight_bit.reshape(n, count, *clean.shape[1:])


def lit_bracket(clean: Tensor, generator: Generator, count: int = 2) -> tuple[Tensor, Tensor]:
    """Brackets of scenes whose light no single exposure holds: a room and its window, a lamp, a low sun.

    Each photograph is lit anew (`uneven_light`), by up to `CONTRAST` stops more in one part than in another, and
    exposed for the brighter part, for the darker one, and evenly in between. What the photograph shows is then in none
    of the frames as a whole.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W even and at least 6.
        generator: On the device of `clean`.
        count: Frames per photograph, at least 2.

    Returns:
        The frames ``(N, count, 3, H, W)`` rounded to 8 bits, in [0, 1], in no order; and what a pleasant picture of the
        scene is like, ``(N, 3, H, W)``: the photograph, with a sixth of the light's contrast left.
    """
    n = len(clean)
    stops = uneven_light(clean, generator)
    low, high = (stops.flatten(1).quantile(q, 1).reshape(n, 1) for q in (0.05, 0.95))
    places = torch.linspace(0, 1, count, device=clean.device)
    jitter = torch.rand(n, count, generator=generator, device=clean.device) - 0.5
    ev = -(high + (low - high) * places) + jitter
    order = torch.rand(n, count, generator=generator, device=clean.device).argsort(1)
    power, curve = uniform(n, 1.8, 2.4, generator), uniform(n, 0, 0.6, generator)
    light = _to_light(clean, power, curve)
    exposed = (light * torch.exp2(stops))[:, None] * torch.exp2(ev.gather(1, order))[:, :, None, None, None]
    frames = _developed(exposed.clamp(0, 1), power[:, None], curve[:, None]).flatten(0, 1)
    noisy = frames + sensor_noise(frames, LOG_SHOT, generator)
    eight_bit = (noisy.clamp(0, 1) * 255).round() / 255
    middle = 0.5 * (low + high)[:, :, None, None]
    pleasant = _developed((light * torch.exp2((stops - middle) / 6)).clamp(0, 1), power, curve)
    return eight_bit.reshape(n, count, *clean.shape[1:]), pleasant


def uneven_light(like: Tensor, generator: Generator) -> Tensor:
    """Light that differs over a scene: regions with sharp outlines, smooth falls, here and there a bright source.

    Args:
        like: Photographs ``(N, 3, H, W)``, whose outlines the regions follow now and then, as `depth_mask` does.
        generator: On their device.

    Returns:
        ``(N, 1, H, W)`` in stops, 0 for the darkest of two regions.
    """
    n, _, height, width = like.shape
    regions = depth_mask(like, generator) * uniform(n, 1, CONTRAST, generator)
    grid = torch.randn(n, 1, 3, 3, generator=generator, device=like.device)
    smooth = F.interpolate(grid, (height, width), mode="bicubic", align_corners=False)
    y, x = (uniform(n, 0, edge, generator) for edge in (height, width))
    rows = torch.arange(height, device=like.device).reshape(1, 1, -1, 1)
    columns = torch.arange(width, device=like.device).reshape(1, 1, 1, -1)
    size = uniform(n, 0.04, 0.3, generator) * max(height, width)
    source = torch.exp(-torch.hypot(rows - y, columns - x) / size) * uniform(n, 2, 6, generator)
    return regions + uniform(n, 0, 1, generator) * smooth + source * (uniform(n, 0, 1, generator) < 0.3)


def _developed(light: Tensor, power: Tensor, curve: Tensor) -> Tensor:
    """The camera's response: a root, then a share of the smoothstep 3x² - 2x³."""
    x = light ** (1 / power)
    return torch.lerp(x, x * x * (3 - 2 * x), curve)


def _to_light(shown: Tensor, power: Tensor, curve: Tensor) -> Tensor:
    """The inverse of `_developed`: its S-curve, which has no short inverse, by Newton's method."""
    x = shown
    for _ in range(8):
        slope = 1 - curve + 6 * curve * x * (1 - x)
        x = (x - (torch.lerp(x, x * x * (3 - 2 * x), curve) - shown) / slope).clamp(0, 1)
    return x**power
