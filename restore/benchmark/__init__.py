"""Models side by side on the same spoilt pictures: quality, speed and memory, measured in one run.

``denoising``, ``upscaling``, ``inpainting`` and ``fusion`` make the pictures, ``tasks`` says what they have in common
and ``catalogue`` lists them;
``worker`` runs one model in a process of its own and ``cost`` says what that took, ``running`` takes the measurements,
``calibration`` those of maps of uncertainty, ``holes`` those of what was missing.
"""
