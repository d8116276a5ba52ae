"""`restore` mends photographs: a plugin-based image-restoration toolkit.

The package is the core: what is true for every restorer. Models live in plugins (see ``plugins/README.md``); the
core never knows one by name. Importing this package imports nothing heavy: no torch, no OpenCV.
"""

__version__ = "0.1.0"
