"""A restorer's options model becomes flags, validated values and rows of a table; what is wrong is told by flag."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

import click
import pytest
from click.testing import CliRunner
from pydantic import Field, field_validator, model_validator

from restore.errors import ExitCode, UsageError
from restore.options import OptionRow, build_options, click_options, flag, option_rows
from restore.spec import Options


class Basis(Enum):
    """Families of wavelets."""

    HAAR = "haar"
    DB2 = "db2"


class Everything(Options):
    """One field of each kind."""

    sigma: Annotated[float, Field(ge=0, le=75)] | Literal["auto"] = Field(default="auto", description="Noise level.")
    strength: float = Field(default=1.0, ge=0, le=1.5, description="How much to restore.")
    rounds: int = Field(default=1, gt=0, multiple_of=1, description="Passes.")
    scale: Literal[2, 3, 4] = Field(default=2, description="Enlargement.")
    keep_grain: bool = Field(default=True, description="Keep film grain.")
    basis: Basis = Field(default=Basis.DB2, description="Wavelet.")
    colour: Literal["ycc", "rgb"] = Field(default="ycc", description="Colour space.")
    seed: int | None = Field(default=None, ge=0, description="Seed.")
    prompt: str = Field(default="", description="Words.")
    reference: Path | None = Field(default=None, description="A better picture.")
    levels: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(1.0, 2.0), description="Thresholds.")
    window: tuple[int, int] = Field(default=(7, 7), description="Window size.")


class Demanding(Options):
    """Fields with rules of their own."""

    size: int = Field(description="Window.")
    step: int = Field(default=1, description="Step.")

    @field_validator("size")
    @classmethod
    def size_is_odd(cls, size: int) -> int:
        if size % 2 == 0:
            raise ValueError("it must be odd")
        return size

    @model_validator(mode="after")
    def step_fits(self) -> Demanding:
        if self.step > self.size:
            raise ValueError("--step must not be larger than --size")
        return self


def run(model: type[Options], *arguments: str) -> tuple[Options | None, str, int]:
    """Give flags to a command made from a model; the options, the output, the exit code."""
    built: list[Options] = []

    @click.pass_context
    def callback(context: click.Context, /, **_values: object) -> None:
        built.append(build_options(model, context.params))

    command = click.Command("denoise", params=[*click_options(model)], callback=callback)
    result = CliRunner().invoke(command, arguments)
    if isinstance(result.exception, UsageError):
        raise result.exception
    return (built[0] if built else None), result.output, result.exit_code


def test_without_flags_the_options_are_the_models_defaults() -> None:
    assert run(Everything)[0] == Everything()


def test_every_kind_of_flag_arrives_with_its_type() -> None:
    arguments = (
        "--sigma 25 --strength 0.5 --rounds 3 --scale 4 --no-keep-grain --basis haar --colour rgb --seed 7 "
        "--prompt words --reference a/b.png --levels 1.5 --levels 3 --window 5 9"
    )
    assert run(Everything, *arguments.split())[0] == Everything(
        sigma=25.0,
        strength=0.5,
        rounds=3,
        scale=4,
        keep_grain=False,
        basis=Basis.HAAR,
        colour="rgb",
        seed=7,
        prompt="words",
        reference=Path("a/b.png"),
        levels=(1.5, 3.0),
        window=(5, 9),
    )


def test_a_number_or_a_word_may_be_given_where_both_are_allowed() -> None:
    assert build_options(Everything, {"sigma": "auto"}) == Everything(sigma="auto")
    assert build_options(Everything, {"sigma": "12.5"}) == Everything(sigma=12.5)


def test_values_that_are_typed_already_are_taken_as_they_are() -> None:
    values = {"sigma": 10, "scale": 3, "basis": Basis.HAAR, "levels": [1, 2], "keep_grain": False}
    built = build_options(Everything, values)
    assert built == Everything(sigma=10.0, scale=3, basis=Basis.HAAR, levels=(1.0, 2.0), keep_grain=False)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"sigma": "90"}, "--sigma: '90' is not allowed; give auto or a number from 0 to 75."),
        ({"sigma": "many"}, "--sigma: 'many' is not allowed; give auto or a number from 0 to 75."),
        ({"sigma": "nan"}, "--sigma: 'nan' is not allowed; give auto or a number from 0 to 75."),
        ({"strength": "2"}, "--strength: '2' is not allowed; give a number from 0 to 1.5."),
        ({"rounds": "0"}, "--rounds: '0' is not allowed; give a whole number above 0 in steps of 1."),
        ({"rounds": "1.5"}, "--rounds: '1.5' is not allowed; give a whole number above 0 in steps of 1."),
        ({"seed": "-1"}, "--seed: '-1' is not allowed; give a whole number of at least 0."),
        ({"scale": "5"}, "--scale: '5' is not allowed; give 2, 3 or 4."),
        (
            {"levels": ("1", "-2")},
            "--levels: '1, -2' is not allowed; give a number of at least 0 (repeat the flag for more).",
        ),
        ({"keep_grain": "perhaps"}, "--keep-grain: 'perhaps' is not allowed; give on or off."),
        ({"sigm": "1"}, "There is no option --sigm; did you mean --sigma?"),
    ],
)
def test_a_value_that_is_not_allowed_is_told_by_flag_value_and_range(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        build_options(Everything, values)
    assert str(raised.value) == sentence
    assert raised.value.exit_code == ExitCode.USAGE


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(UsageError) as raised:
        build_options(Everything, {"sigma": "90", "strength": "9"})
    assert "--sigma: '90'" in str(raised.value) and "--strength: '9'" in str(raised.value)


def test_a_plugins_own_rules_are_told_in_its_words() -> None:
    with pytest.raises(UsageError) as one:
        build_options(Demanding, {"size": "4"})
    assert str(one.value) == "--size: '4' is not allowed (it must be odd); give a whole number."
    with pytest.raises(UsageError) as several:
        build_options(Demanding, {"size": "3", "step": "5"})
    assert str(several.value) == "--step must not be larger than --size."
    with pytest.raises(UsageError, match=r"--size must be given: a whole number\."):
        build_options(Demanding, {})


def test_a_fixed_choice_is_refused_with_the_choices() -> None:
    _, output, code = run(Everything, "--colour", "cmyk")
    assert code == 2
    assert "--colour" in output and "'cmyk' is not one of 'ycc', 'rgb'" in output


def test_help_shows_ranges_choices_defaults_and_descriptions() -> None:
    words = " ".join(run(Everything, "--help")[1].split())
    assert "--sigma auto|0..75 Noise level. [default: auto]" in words
    assert "--strength 0..1.5 How much to restore. [default: 1.0]" in words
    assert "--scale [2|3|4] Enlargement. [default: 2]" in words
    assert "--keep-grain / --no-keep-grain Keep film grain. [default: on]" in words
    assert "--basis [haar|db2] Wavelet. [default: db2]" in words
    assert "--seed 0.. Seed." in words
    assert "--reference PATH A better picture." in words
    assert "--levels 0.. Thresholds. [default: 1.0, 2.0]" in words


def test_a_required_option_is_asked_for_by_its_flag() -> None:
    _, output, code = run(Demanding)
    assert code == 2
    assert "Missing option '--size'" in output


def test_rows_list_flag_type_default_and_description() -> None:
    rows = option_rows(Everything)
    assert rows[0] == OptionRow("--sigma", "auto or a number from 0 to 75", "auto", "Noise level.")
    assert OptionRow("--keep-grain/--no-keep-grain", "on or off", "on", "Keep film grain.") in rows
    assert OptionRow("--window", "2 values, each a whole number", "7, 7", "Window size.") in rows
    assert len(rows) == len(Everything.model_fields)


def test_field_names_become_flags() -> None:
    assert flag("noise_level") == "--noise-level"


def test_a_model_without_options_has_no_flags_and_says_so() -> None:
    assert click_options(Options) == [] and option_rows(Options) == []
    with pytest.raises(UsageError, match="There is no option --sigma"):
        build_options(Options, {"sigma": "1"})
