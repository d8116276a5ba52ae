"""All rules in the order in which they are tried, each with the restorers it does not apply to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from restore.conformance import behaviour, harm, machine, masks, peak, pictures, weights
from restore.conformance.description import (
    description_is_light,
    description_is_sound,
    options_round_trip,
    unknown_option_is_refused,
)
from restore.conformance.trials import Bench
from restore.spec import Makes, Needs, RestorerSpec

SOUND = "the description is sound"
LOADS = "the model loads"


def _always(spec: RestorerSpec) -> str:
    return ""


@dataclass(frozen=True)
class Rule:
    """What restorers keep.

    Attributes:
        name: The rule, as a short statement.
        judge: Tries a restorer; returns what was measured, or None; raises where the rule is broken.
        not_due: Why the rule does not apply to a restorer, or "".
    """

    name: str
    judge: Callable[[Bench], str | None]
    not_due: Callable[[RestorerSpec], str] = _always


def _no_picture(spec: RestorerSpec) -> str:
    return "it makes a mask" if spec.makes is Makes.MASK else ""


def _no_mask(spec: RestorerSpec) -> str:
    return "" if spec.makes is Makes.MASK else "it makes pictures"


def _free_colours(spec: RestorerSpec) -> str:
    return _no_picture(spec) or ("a style may be of any colour and brightness" if spec.task == "stylize" else "")


def _needs_no_mask(spec: RestorerSpec) -> str:
    return "" if spec.needs is Needs.IMAGE_AND_MASK else "it needs no mask"


def _no_strength(spec: RestorerSpec) -> str:
    return _no_picture(spec) or ("" if "strength" in spec.options.model_fields else "it has no option 'strength'")


def _no_weights(spec: RestorerSpec) -> str:
    return "" if spec.weights is not None else "it ships no weights"


def _takes_no_weights(spec: RestorerSpec) -> str:
    return "" if spec.takes_weights else "it takes no weights"


def _no_device(spec: RestorerSpec) -> str:
    return "" if machine.accelerators() else "there is no GPU here"


def _no_peak(spec: RestorerSpec) -> str:
    return peak.unmeasurable()


RULES: tuple[Rule, ...] = (
    Rule(SOUND, lambda bench: description_is_sound(bench.spec)),
    Rule("reading the description imports no heavy library", lambda bench: description_is_light(bench.spec)),
    Rule("every option can be given as text", lambda bench: options_round_trip(bench.spec, bench.defaults)),
    Rule("an unknown option is refused", lambda bench: unknown_option_is_refused(bench.spec)),
    Rule("the shipped weights say where they come from", lambda bench: weights.provenance(bench.spec), _no_weights),
    Rule(LOADS, behaviour.loads),
    Rule("files that are not its weights are refused, and not run", weights.refused, _takes_no_weights),
    Rule("pictures of any size come out in the size that is due", pictures.sizes, _no_picture),
    Rule("grey stays one channel", pictures.grey, _no_picture),
    Rule("8 bit, 16 bit and float keep their type", pictures.depths, _no_picture),
    Rule("16 bit is not squeezed through 8 bit", pictures.sixteen_bit, _no_picture),
    Rule("a nearly black 16-bit picture stays dark", pictures.darkness, _free_colours),
    Rule("red stays red", pictures.channel_order, _free_colours),
    Rule("alpha is carried", pictures.alpha, _no_picture),
    Rule("metadata are carried", pictures.metadata, _no_picture),
    Rule("no NaN or infinity comes out", pictures.finite, _no_picture),
    Rule("pictures of any size, depth and number of channels give a mask of their size", masks.every_size, _no_mask),
    Rule("an opaque alpha channel changes nothing in a mask", masks.without_alpha, _no_mask),
    Rule("outside the mask nothing changes", masks.outside, _needs_no_mask),
    Rule("the input is not modified", behaviour.keeps_input),
    Rule("the same input gives the same bytes, whatever came in between", behaviour.repeats),
    Rule("the same seed gives the same bytes in a model loaded anew", behaviour.same_seed),
    Rule("what is promised beside each result comes, and nothing else", behaviour.companions),
    Rule("at strength 0 the bytes are the input's", behaviour.strength_zero, _no_strength),
    Rule("in tiles a picture comes out as it does whole", machine.in_tiles),
    Rule("on a GPU a picture comes out as on the CPU", machine.on_accelerators, _no_device),
    Rule("memory stays within what was promised", machine.within_memory, _no_peak),
    Rule("clean photographs are not harmed", harm.unharmed, harm.not_due),
)
