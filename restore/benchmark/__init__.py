"""Models side by side on the same spoilt pictures: quality, speed and memory, measured in one run.

``tasks`` makes the pictures, ``worker`` runs one model in a process of its own, ``running`` takes the measurements.
"""
