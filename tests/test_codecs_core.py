"""The core's codecs are a plugin like any other, asked last."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pluggy

from restore import hookspecs
from restore.codecs import core
from restore.image import Image
from restore.spec import hookimpl


class Stranger:
    """A plugin that knows one more format."""

    @hookimpl
    def read_image(self, path: Path, max_pixels: int) -> Image | None:
        return Image(np.ones((1, 1, 1), np.uint8)) if path.suffix == ".one" else None


def manager() -> pluggy.PluginManager:
    plugins = pluggy.PluginManager("restore")
    plugins.add_hookspecs(hookspecs)
    plugins.register(Stranger())
    plugins.register(core)  # last registered would be asked first, were it not marked trylast
    plugins.check_pending()
    return plugins


def test_what_the_core_writes_it_reads(tmp_path: Path) -> None:
    image = Image(np.full((3, 4, 3), 9, np.uint8))
    assert manager().hook.write_image(image=image, path=tmp_path / "a.png", quality=None) == ()
    again = manager().hook.read_image(path=tmp_path / "a.png", max_pixels=100)
    assert np.array_equal(again.pixels, image.pixels)


def test_a_plugins_own_format_is_asked_first(tmp_path: Path) -> None:
    assert manager().hook.read_image(path=tmp_path / "a.one", max_pixels=100).width == 1
