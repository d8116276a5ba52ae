"""Chains from TOML: what they say, and how wrong ones are told, with the line and the nearest name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from restore.degradations.chains import chain_of, from_words, read_chain, written
from restore.degradations.kinds import KINDS, ORDER, Gaussian, Jpeg, MotionBlur
from restore.errors import UsageError

GUIDE = (Path(__file__).resolve().parents[1] / "docs" / "degrade.md").read_text("utf-8")


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "chain.toml"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read_chain(file)
    assert error.value.path == file
    return str(error.value)


def test_steps_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "chain.toml"
    file.write_text('[[step]]\nkind = "jpeg"\nquality = 30\n\n[[step]]\nkind = "gaussian"\nsigma = [5, 50]\n')
    assert read_chain(file) == (Jpeg(quality=(30, 30)), Gaussian(sigma=(5, 50)))


def test_an_unknown_kind_is_told_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    said = refused(
        tmp_path, '[[step]]\nkind = "jpeg"\nquality = 30\n\n[[step]]\n# noise\nkind = "gausian"\nsigma = 5\n'
    )
    assert "line 7: there is no kind 'gausian'. Did you mean 'gaussian'?" in said


def test_a_kind_like_no_other_is_answered_with_all(tmp_path: Path) -> None:
    assert "Kinds: vignette, defocus" in refused(tmp_path, '[[step]]\nkind = "xyz"\n')


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_name(tmp_path: Path) -> None:
    text = '[[step]]\nkind = "gaussian"\nsigma = 5\n[[step]]\nkind = "gaussian"\nsigma = 25\ngray = true\n'
    assert "line 7: gaussian: there is no 'gray'; did you mean 'grey'?" in refused(tmp_path, text)


def test_a_wrong_value_is_told_with_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    said = refused(tmp_path, '\n[[step]]\nsigma = 300\nkind = "gaussian"\n')
    assert "line 3: gaussian: 'sigma' cannot be 300: give a number from 0 to 255" in said


def test_a_missing_value_is_told_where_its_step_begins(tmp_path: Path) -> None:
    said = refused(tmp_path, '[[step]]\nkind = "jpeg"\nquality = 3\n\n[[step]]\nkind = "gaussian"\n')
    assert "line 5: gaussian: 'sigma' must be given: a number from 0 to 255" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no steps"),
        ("step = 3", "holds no steps"),
        ("[[step]]\nsigma = 3\n", "line 1: this step has no kind"),
        ('[[steps]]\nkind = "gaussian"\n', "line 1: there is no 'steps' in a chain"),
        ("[[step]]\nkind = \n", "at line 2"),
    ],
)
def test_what_is_no_chain_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_chain(tmp_path / "none.toml")


def test_a_chain_is_written_in_full_and_read_back() -> None:
    chain = (Gaussian(sigma=(5, 50)), MotionBlur(length=(9, 9)))
    assert chain_of(written(chain)) == chain
    assert '"grey":false' in written(chain)  # a default that changes one day must not change an old chain


def test_a_flags_value_is_the_main_one_and_then_names() -> None:
    assert from_words("gaussian", "25") == Gaussian(sigma=(25, 25))
    assert from_words("gaussian", "5..50, grey=true") == Gaussian(sigma=(5, 50), grey=True)
    assert from_words("motion-blur", "length=9,angle=0..10") == MotionBlur(length=(9, 9), angle=(0, 10))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write the sigma first"),
        ("25,30", "write the sigma first"),
        ("25,sigma=30", "write the sigma first"),
        ("grey=true", "'sigma' must be given"),
        ("25,gray=true", "did you mean 'grey'"),
        ("many", "'sigma' cannot be 'many': write a number like 25"),
    ],
)
def test_a_flags_value_that_makes_no_sense_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_words("gaussian", text)


def test_the_chain_in_the_guide_is_one(tmp_path: Path) -> None:
    file = tmp_path / "chain.toml"
    file.write_text(GUIDE.partition("```toml\n")[2].partition("```")[0])
    assert [step.kind for step in read_chain(file)] == ["defocus", "camera", "jpeg", "jpeg"]


def test_the_guide_lists_all_kinds_in_the_order_of_flags_with_values_that_they_have() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| ([a-z, ]+) \|", GUIDE, flags=re.MULTILINE)
    assert [kind for kind, _ in rows] == [kind.kind for kind in ORDER]
    for kind, values in rows:
        names = values.split(", ")
        assert names[0] == KINDS[kind].main and set(names) <= set(KINDS[kind].model_fields)
