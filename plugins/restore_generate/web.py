"""The page of `restore generate web`: latents, temperature, class and seed by hand, the picture at once (Gradio)."""

from __future__ import annotations

import base64
import importlib
import io
import random
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor

from restore.errors import PluginError, UsageError
from restore_generate.making import Maker

if TYPE_CHECKING:
    import gradio

HOST = "127.0.0.1"
SLIDERS = 10
REACH = 3.0
"""How far a slider goes to either side, in standard deviations."""
PROBED = 1.5
LARGEST_SEED = 2**31 - 1
STYLE = "#picture img {width: min(100%, 384px); aspect-ratio: 1; image-rendering: pixelated; margin: auto}"


def steered(maker: Maker, count: int = SLIDERS) -> list[int]:
    """The latents that change pictures most when they are moved, each alone, from one side to the other.

    A model has more latents than a page has room for, and many of them say little.

    Args:
        maker: The model.
        count: How many, at most.

    Returns:
        Their numbers, the strongest first.
    """
    size = maker.model.latent_size
    changes = torch.zeros(size)
    for start in maker.noise(2, 0):
        ends = []
        for side in (PROBED, -PROBED):
            moved = start.repeat(size, 1)
            moved.fill_diagonal_(side)
            ends.append(maker.decode(moved, [0] * size))
        changes += (ends[0] - ends[1]).square().flatten(1).mean(1).cpu()
    strongest: list[int] = changes.argsort(descending=True)[:count].tolist()
    return strongest


class Desk:
    """What the controls of the page do.

    Args:
        maker: The model.

    Attributes:
        numbers: Of the latents that have sliders.
    """

    def __init__(self, maker: Maker) -> None:
        self.maker = maker
        self.numbers = steered(maker)

    def positions(self, seed: int) -> list[float]:
        """Where the sliders stand for a seed: its own noise, within their reach."""
        noise = self.maker.noise(1, seed)[0]
        return [round(max(-REACH, min(REACH, float(noise[k]))), 2) for k in self.numbers]

    def picture(self, seed: int, temperature: float, name: str | None, values: Sequence[float]) -> Tensor:
        """The picture ``(C, H, W)`` in [0, 1] of a seed's noise with the sliders' latents, times the temperature."""
        noise = self.maker.noise(1, seed)
        noise[0, self.numbers] = torch.tensor(list(values), device=noise.device)
        label = self.maker.classes.index(name) if name in self.maker.classes else 0
        return self.maker.decode(temperature * noise, [label])[0]

    def drawn(self, seed: float | None, temperature: float, name: str | None, *values: float) -> str:
        """The picture as HTML; it carries its own bytes, so that no file is written anywhere."""
        picture = self.picture(int(seed or 0), temperature, name, values)
        array = (picture.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()
        stream = io.BytesIO()
        Image.fromarray(array if array.shape[2] == 3 else array[..., 0]).save(stream, "PNG")
        encoded = base64.b64encode(stream.getvalue()).decode()
        return f'<img alt="What the model makes of these latents" src="data:image/png;base64,{encoded}">'

    def restarted(self, seed: float | None, temperature: float, name: str | None) -> list[float | str]:
        """Positions of the sliders for a new seed, and the picture."""
        values = self.positions(int(seed or 0))
        return [*values, self.drawn(seed, temperature, name, *values)]


def page(maker: Maker, title: str) -> gradio.Blocks:
    """The page, not yet served.

    Args:
        maker: The model.
        title: Of the page.

    Raises:
        PluginError: Gradio is not installed.
    """
    gr = _gradio()
    desk, first = Desk(maker), 0
    positions, classes = desk.positions(first), maker.classes
    start = classes[0] if classes else None
    with gr.Blocks(analytics_enabled=False, title=title) as blocks:
        gr.Markdown(f"# {title}\nInvented: nothing here was ever in front of a camera.")
        with gr.Row():
            with gr.Column():
                picture = gr.HTML(desk.drawn(first, 1.0, start, *positions), elem_id="picture")
                name = gr.Radio(list(classes), value=start, label="Class", visible=bool(classes))
                temperature = gr.Slider(0, 2, 1, step=0.05, label="Temperature")
                seed = gr.Number(first, label="Seed", precision=0, minimum=0, maximum=LARGEST_SEED)
                with gr.Row():
                    other = gr.Button("Another seed")
                    back = gr.Button("Back to the seed")
            with gr.Column():
                sliders = [
                    gr.Slider(-REACH, REACH, value, step=0.01, label=f"Latent {number}")
                    for number, value in zip(desk.numbers, positions, strict=True)
                ]
        known = [seed, temperature, name]
        # While a slider is moved only its newest place is drawn.
        gr.on(
            [temperature.input, name.input, *(slider.input for slider in sliders)],
            desk.drawn,
            [*known, *sliders],
            picture,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )
        gr.on(
            [seed.change, back.click],
            desk.restarted,
            known,
            [*sliders, picture],
            show_progress="hidden",
            api_visibility="private",
        )
        other.click(
            lambda: random.randint(0, LARGEST_SEED), None, seed, show_progress="hidden", api_visibility="private"
        )
    return blocks


def serve(blocks: gradio.Blocks, port: int | None, browser: bool) -> str:
    """Serve a page to this machine only, in the background.

    Args:
        blocks: The page.
        port: Where; None for the first free one from 7860 on.
        browser: Whether to open it in the browser.

    Returns:
        Its address.

    Raises:
        UsageError: The port is taken.
    """
    gr = _gradio()
    # Fonts of the system: those of the themes are fetched from elsewhere.
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    try:
        _, address, _ = blocks.launch(
            server_name=HOST,
            server_port=port,
            inbrowser=browser,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            mcp_server=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            theme=theme,
            css=STYLE,
        )
    except OSError as error:
        where = f"port {port} is" if port else "all ports from 7860 on are"
        raise UsageError(f"{where} taken.", hint="Give another one: --port 8000.") from error
    return str(address)


def wait(blocks: gradio.Blocks) -> None:
    """Until somebody interrupts; the page is closed then."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        blocks.close(verbose=False)


def _gradio() -> ModuleType:
    try:
        return importlib.import_module("gradio")
    except ImportError as error:
        hint = "Install it with: pip install 'restore-photos[generate,web]'"
        raise PluginError(f"this needs Gradio, which cannot be imported ({error}).", hint=hint) from error
