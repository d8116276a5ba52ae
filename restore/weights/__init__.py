"""Weights: files (safetensors only), the lists by which they are told whole, and those that users add as their own."""

from restore.weights.content import PROVENANCE, check, content_sha256, entries, header
from restore.weights.file import derived, load, save, sha256, tensors_sha256
from restore.weights.fitting import fitting

__all__ = [
    "PROVENANCE",
    "check",
    "content_sha256",
    "derived",
    "entries",
    "fitting",
    "header",
    "load",
    "save",
    "sha256",
    "tensors_sha256",
]
