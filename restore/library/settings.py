"""What users say beside a picture, judged as on the command line: the model's options, the mask's, the series'."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from pydantic import Field, ValidationError

from restore.errors import UsageError
from restore.masks.request import Masking
from restore.option_types import accepts, settable
from restore.pipeline.masking import FOUND, MaskKeys
from restore.series.request import Series
from restore.spec import Needs, Options, RestorerSpec

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_O = TypeVar("_O", bound=Options)


class SeriesKeys(Options):
    """What may be said of the frames of a series."""

    mode: Literal["auto", "exposure", "focus", "infrared"] = Field(
        default="auto", description="Why the frames were taken."
    )
    align: bool = Field(default=True, description="Lay them over each other first.")
    deghost: bool = Field(default=True, description="In brackets, take what moved from the first frame only.")


@dataclass(frozen=True)
class Settings:
    """Everything that is said of how one picture, or many, are restored.

    Attributes:
        options: The model's.
        masking: What is missing, for a model that needs to know; without the mask itself.
        series: What is done with frames, for a model that needs them.
    """

    options: Options
    masking: Masking | None = None
    series: Series | None = None


def settings_of(
    spec: RestorerSpec,
    said: Mapping[str, object],
    manager: PluginManager,
    *,
    mask: str | None,
    given: bool,
    weights: Path | None = None,
) -> Settings:
    """Judge what was said.

    Args:
        spec: The model.
        said: Values by name; names may be written as flags are, with dashes.
        manager: Knows who finds damage by itself.
        mask: One of the words "auto" and "alpha", or None.
        given: Whether a mask itself is given, as a picture or as files.
        weights: A weights file of the user's, or None.

    Raises:
        UsageError: A name or a value is wrong, or nothing says what is missing; says what there is.
        PluginError, WeightsError: Damage is to be found, and nobody can.
    """
    values = {name.replace("-", "_"): _plain(value) for name, value in said.items()}
    models: dict[Needs, type[Options]] = {Needs.IMAGE_AND_MASK: MaskKeys, Needs.FRAMES: SeriesKeys}
    more = models.get(spec.needs)
    extra = {name: values.pop(name) for name in list(values) if more is not None and name in more.model_fields}
    own = settable(spec.options)
    for name in values:
        if name not in own:
            raise _unknown(spec, name, [*own, *(() if more is None else more.model_fields)])
    options = manager.completed(spec, judged(spec.options, values, spec.name), weights)
    if spec.needs is Needs.FRAMES:
        keys = judged(SeriesKeys, extra, spec.name)
        return Settings(options, series=Series(keys.mode, keys.align, keys.deghost))
    if spec.needs is not Needs.IMAGE_AND_MASK:
        if given or mask is not None:
            raise UsageError(f"the model '{spec.name}' takes no mask.", hint="Leave it out, or load another model.")
        return Settings(options)
    return Settings(options, masking=_masking(spec, extra, manager, mask=mask, given=given))


def _masking(
    spec: RestorerSpec, extra: dict[str, Any], manager: PluginManager, *, mask: str | None, given: bool
) -> Masking:
    if given and extra.get("grow") is None:
        extra["grow"] = 0  # the mask says it all
    keys = judged(MaskKeys, extra | {"mask": mask}, spec.name)
    if keys.mask == FOUND or (keys.uses_found and not given):
        hint = "Give mask= (an array, a picture, a file, 'auto' or 'alpha'), mask_color= or box=."
        raise UsageError(f"the model '{spec.name}' fills what is missing, and nothing says what that is.", hint=hint)
    return keys.masking(manager)


def judged(model: type[_O], values: Mapping[str, Any], name: str) -> _O:
    """Values as an options model takes them.

    Args:
        model: The options.
        values: By field.
        name: What messages call whose they are.

    Raises:
        UsageError: A value is not allowed, or missing; one sentence for each, with what is allowed.
    """
    fields = model.model_fields
    lone = {
        name: (value,) for name, value in values.items() if isinstance(value, str) and accepts(fields[name]).repeated
    }
    try:
        return model.model_validate({**values, **lone})
    except ValidationError as error:
        sentences: dict[str, str] = {}
        for each in error.errors():
            field = str(each["loc"][0]) if each["loc"] else ""
            why = each["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
            own = f" ({why})" if each["type"] in ("value_error", "assertion_error") else ""
            allowed = accepts(model.model_fields[field]).words() if field in model.model_fields else ""
            if not field:
                sentence = f"{why}."
            elif each["type"] == "missing":
                sentence = f"{field} must be given: {allowed}."
            else:
                sentence = f"{field} cannot be {values.get(field)!r}{own}; give {allowed}."
            sentences.setdefault(field, sentence)
        raise UsageError(f"{name}: {' '.join(sentences.values())}") from error


def _unknown(spec: RestorerSpec, name: str, known: list[str]) -> UsageError:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean '{close[0]}'?" if close else f"There are: {', '.join(known) or 'none'}."
    return UsageError(f"the model '{spec.name}' has no option '{name}'.", hint=hint)


def _plain(value: object) -> object:
    """NumPy's numbers as Python's, which is what options take."""
    return value.item() if isinstance(value, np.generic) else value
