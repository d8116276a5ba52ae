"""`restore` mends photographs: a plugin-based image-restoration toolkit.

The package is the core: what is true for every restorer. Models live in plugins (see ``plugins/README.md``); the
core never knows one by name. Importing this package imports nothing heavy: no torch, no OpenCV; the names below are
fetched when they are first asked for.
"""

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["Image", "Model", "Picture", "Pipeline", "RestoreError", "__version__", "load", "open_image"]

if TYPE_CHECKING:
    from restore.errors import RestoreError
    from restore.image import Image
    from restore.library.model import Model, load
    from restore.library.picture import Picture, open_image
    from restore.library.pipeline import Pipeline
else:

    def __getattr__(name: str) -> object:
        """A public name, imported when it is first asked for."""
        rooms = {
            "Image": "image",
            "Model": "library.model",
            "Picture": "library.picture",
            "Pipeline": "library.pipeline",
            "RestoreError": "errors",
            "load": "library.model",
            "open_image": "library.picture",
        }
        if name not in rooms:
            raise AttributeError(f"module 'restore' has no attribute '{name}'")
        return getattr(importlib.import_module(f"restore.{rooms[name]}"), name)

    def __dir__() -> list[str]:
        """What completion shows."""
        return sorted(__all__)
