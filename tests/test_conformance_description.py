"""What the rules for descriptions know of the command line is what the command line has."""

from __future__ import annotations

import pytest

from restore.cli.flags import common_flags
from restore.conformance.description import FLAGS, MASK_FLAGS


@pytest.mark.parametrize(("masks", "known"), [(False, FLAGS), (True, FLAGS | MASK_FLAGS)])
def test_the_flags_that_no_option_may_be_called_are_those_of_every_command(masks: bool, known: frozenset[str]) -> None:
    flags = {flag for param in common_flags([], masks=masks) for flag in (*param.opts, *param.secondary_opts)}
    assert known == flags - {"inputs"}
