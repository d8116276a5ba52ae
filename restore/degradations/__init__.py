"""Descriptions of what spoils photographs: one model per kind, chains of them, read from text or TOML. Free of torch.

``kinds`` has a pydantic model for each kind: the one source of the flags of `restore degrade`, of the keys in a chain's
TOML and of the list of kinds. ``spans`` lets a number be a range to draw from. ``chains`` reads and writes them.
`restore.degrade.chain` does to pictures what they say.
"""

from restore.degradations.chains import chain_of, from_words, read_chain, written
from restore.degradations.kinds import KINDS, ORDER, Step
from restore.degradations.spans import Bounds, Span, words

__all__ = ["KINDS", "ORDER", "Bounds", "Span", "Step", "chain_of", "from_words", "read_chain", "words", "written"]
