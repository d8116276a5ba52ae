"""What each task does, in one sentence for its command's help."""

from __future__ import annotations

TITLES = {
    "degrade": "Spoil photographs on purpose: noise, blur, compression, ageing, damage, to try and to measure with.",
    "correct": "Correct photographs without a network: colours, light and contrast, haze, scans that lie askew.",
    "dejpeg": "Remove the traces of JPEG from photographs: blocks, rings round edges, lost colour.",
    "denoise": "Remove noise from photographs.",
    "upscale": "Enlarge photographs.",
    "detect": "Find damage in photographs: masks of it, to look at, to edit, and to fill with `restore inpaint`.",
    "fuse": "Make one picture of several frames: exposure brackets, focus stacks, infrared and visible.",
    "inpaint": "Fill what is missing in photographs: scratches, dust, text, objects.",
    "stylize": "Give photographs the look of another picture: its colours, contrast and light.",
}
