"""Flags and chains as one model of options, and the sizes that follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restore.degradations.kinds import KINDS, Gaussian, Jpeg, Scratches
from restore.degradations.options import Spoiling, SpoilOptions
from restore.errors import InputError, UsageError
from restore.options import build_options


def options(**given: Any) -> Spoiling:
    built = build_options(SpoilOptions, given)
    assert isinstance(built, Spoiling)
    return built


def test_every_kind_is_a_flag() -> None:
    assert {name.replace("_", "-") for name in SpoilOptions.model_fields} == set(KINDS) | {"chain", "seed"}


def test_flags_are_followed_from_the_lens_to_the_file_however_they_are_typed() -> None:
    steps = options(jpeg="30", scratches="0.01", gaussian="25").steps()
    assert [type(step) for step in steps] == [Gaussian, Scratches, Jpeg]


def test_a_chain_is_followed_in_its_own_order_and_kept_in_full(tmp_path: Path) -> None:
    file = tmp_path / "chain.toml"
    file.write_text('[[step]]\nkind = "jpeg"\nquality = 30\n[[step]]\nkind = "gaussian"\nsigma = 5\n')
    told = options(chain=str(file))
    file.write_text('[[step]]\nkind = "jpeg"\nquality = 31\n')
    assert [type(step) for step in told.steps()] == [Jpeg, Gaussian]
    assert options(chain=told.chain) == told  # as a worker and the journal hand it on
    assert options(chain=str(file)) != told


def test_a_chains_file_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("[1].toml").write_text('[[step]]\nkind = "gaussian"\nsigma = 5\n')
    assert [type(step) for step in options(chain="[1].toml").steps()] == [Gaussian]
    for gone in ("[1]", "[{}]"):
        with pytest.raises(UsageError, match=r"No such file|does not exist"):
            options(chain=gone)


def test_nothing_to_do_is_refused() -> None:
    with pytest.raises(UsageError, match="say what is done, like --gaussian 25"):
        options()


def test_a_chain_and_a_flag_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "chain.toml"
    file.write_text('[[step]]\nkind = "jpeg"\nquality = 30\n')
    with pytest.raises(UsageError, match="write 'gaussian' into it"):
        options(chain=str(file), gaussian="5")


def test_a_wrong_value_names_flag_and_range() -> None:
    with pytest.raises(UsageError, match=r"--gaussian: '300' is not allowed .*from 0 to 255"):
        options(gaussian="300")


def test_sizes_follow_the_reduction() -> None:
    third = options(reduce="3")
    assert third.output_size(100, 64) == (33, 21)
    assert third.truth_size(100, 64) == (99, 63)
    assert options(gaussian="1").truth_size(100, 64) == (100, 64)
    with pytest.raises(InputError, match=r"3 times smaller.* leave it out with --exclude"):
        third.output_size(2, 64)


def test_it_is_known_whether_a_mask_says_something() -> None:
    assert options(dust="0.01").damages()
    assert not options(gaussian="5").damages()


def test_what_is_recorded_is_what_was_said() -> None:
    told = options(gaussian="25", jpeg="30")
    assert told.model_dump(mode="json") == {"seed": 0, "gaussian": "25", "jpeg": "30"}
    assert options(**told.model_dump(mode="json")) == told
