"""What makes a plugin acceptable: checks of its hooks, descriptions and metrics, each ending in one sentence.

Used by the plugin manager (which leaves out what fails) and by `restore.testing` (which tells the author).
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.codecs.formats import WRITABLE_SUFFIXES
from restore.errors import PluginError
from restore.hookspecs import Metric
from restore.spec import Companion, Makes, Needs, Options, RestorerSpec, SizeRule

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Names of models and tasks: lower case, digits and single dashes, because users type them."""


@dataclass(frozen=True)
class MarkedHook:
    """A function that a plugin marked with ``@hookimpl``.

    Attributes:
        name: The hook it implements, or means to.
        function: The function as it can be called, a method already bound.
        wraps: Whether it is marked as a wrapper round other plugins' answers.
    """

    name: str
    function: Callable[..., object]
    wraps: bool = False


def hooks_problem(hooks: Sequence[MarkedHook], specified: Mapping[str, Sequence[str]]) -> str | None:
    """What is wrong with a plugin's hooks, before any is called.

    Args:
        hooks: What the plugin marked.
        specified: The hooks there are, each with the names of its arguments.

    Returns:
        One sentence for the plugin's author, or None for sound hooks.
    """
    if not hooks:
        return "It has no hooks: nothing in it is marked with @hookimpl."
    for hook in hooks:
        if hook.name not in specified:
            close = difflib.get_close_matches(hook.name, specified, n=1)
            advice = f"did you mean {close[0]}?" if close else f"the hooks are {', '.join(specified)}."
            return f"There is no hook {hook.name}; {advice}"
        if hook.wraps:
            return f"Its hook {hook.name} is marked as a wrapper; plugins answer hooks and do not wrap each other's."
        for argument in _arguments(hook.function):
            if argument not in specified[hook.name]:
                return f"Its hook {hook.name} asks for '{argument}', but it is called with {_listed(hook, specified)}."
    return None


def spec_problem(spec: object) -> str | None:
    """What is wrong with one answer to ``provide_restorers``.

    Args:
        spec: The object a plugin gave.

    Returns:
        One sentence for the plugin's author, or None for a sound description.
    """
    if not isinstance(spec, RestorerSpec):
        return f"Its hook provide_restorers gave a {type(spec).__name__} where a RestorerSpec was expected."
    for field, sound, rule in _RULES:
        value = getattr(spec, field)
        if not sound(value):
            return f"The restorer {_label(spec)} has {field}={value!r}, which must be {rule}."
    resizes = "output_size" if spec.output_size is not None else "size_is_found" if spec.size_is_found else None
    if spec.needs is Needs.IMAGE_AND_MASK and resizes is not None:
        return f"The restorer {_label(spec)} needs a mask and has {resizes}; what is filled keeps its size."
    if spec.makes is Makes.MASK and (spec.needs is not Needs.IMAGE or resizes is not None):
        resizes = resizes or "output_size"
        return f"The restorer {_label(spec)} makes a mask; then it needs one image, and has no {resizes}."
    return None


def promised_companions(spec: RestorerSpec, options: Options) -> tuple[Companion, ...]:
    """Ask a restorer what it will write beside each result.

    Args:
        spec: Whose.
        options: An instance of its options model.

    Raises:
        PluginError: The answer is not a tuple of companions with sound names, each but once; or asking failed.
    """
    if spec.companions is None:
        return ()
    hint = "This is a defect of the plugin: `restore plugins` says where it comes from."
    try:
        answer: object = spec.companions(options)
    except Exception as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        message = f"the model '{spec.name}' cannot say what it will write beside each result ({what})."
        raise PluginError(message, hint=hint) from error
    problem = _companions_problem(answer)
    if problem is not None:
        raise PluginError(f"the model '{spec.name}' promises {problem}.", hint=hint)
    assert isinstance(answer, tuple)
    return answer


def _companions_problem(answer: object) -> str | None:
    """What is wrong with an answer of `RestorerSpec.companions`, or None."""
    if not isinstance(answer, tuple) or not all(isinstance(each, Companion) for each in answer):
        return f"{answer!r} beside each result where a tuple of Companion was expected"
    seen: dict[str, set[str | None]] = {}
    for each in answer:
        if not _is_name(each.name):
            return f"a companion named {each.name!r}, which must be lower-case letters, digits and dashes"
        if each.extension is not None and each.extension not in WRITABLE_SUFFIXES:
            known = " ".join(sorted(WRITABLE_SUFFIXES))
            return (
                f"the companion '{each.name}' with the extension {each.extension!r}, which must be None or of {known}"
            )
        others = seen.setdefault(each.name, set())
        if each.extension in others or (others and None in {each.extension, *others}):
            return f"two companions named '{each.name}' whose files could have one name"
        others.add(each.extension)
    return None


def accepted_restorers(answer: object) -> Sequence[RestorerSpec]:
    """An answer to ``provide_restorers``, if it is a list; what is in it is for `spec_problem`.

    Raises:
        PluginError: It is something else; says what.
    """
    if not isinstance(answer, list | tuple):
        kind = type(answer).__name__
        raise PluginError(f"Its hook provide_restorers gave a {kind} where a list of RestorerSpec was expected.")
    return answer


def accepted_metrics(answer: object) -> Mapping[str, Metric]:
    """An answer to ``provide_metrics``, if it is names and functions.

    Raises:
        PluginError: It is something else; says what.
    """
    if not isinstance(answer, Mapping):
        kind = type(answer).__name__
        raise PluginError(f"Its hook provide_metrics gave a {kind} where names and functions were expected.")
    for name, metric in answer.items():
        if not isinstance(name, str) or not callable(metric):
            kind = type(metric).__name__
            raise PluginError(f"Its hook provide_metrics gave {name!r}: {kind} where a name and a function belong.")
    return answer


def _arguments(function: Callable[..., object]) -> list[str]:
    """Names of the arguments without a default; those with one are the plugin's own affair."""
    parameters = inspect.signature(function).parameters.values()
    named = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.kind in named and p.default is p.empty]


def _listed(hook: MarkedHook, specified: Mapping[str, Sequence[str]]) -> str:
    names = specified[hook.name]
    return f"({', '.join(names)})" if names else "no arguments"


def _label(spec: RestorerSpec) -> str:
    return repr(spec.name) if isinstance(spec.name, str) else "without a name"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _is_line(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and "\n" not in value


def _is_options(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Options)


def _is_size_rule(value: object) -> bool:
    return isinstance(value, SizeRule) and value.multiple >= 1 and value.halo >= 0


def _is_path_or_none(value: object) -> bool:
    return value is None or isinstance(value, Path)


def _is_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


# Python does not check the types of a dataclass, and plugins may be written without a type checker.
_RULES: tuple[tuple[str, Callable[[object], bool], str], ...] = (
    ("name", _is_name, "lower-case letters, digits and dashes"),
    ("task", _is_name, "lower-case letters, digits and dashes"),
    ("summary", _is_line, "one line of text"),
    ("options", _is_options, "a subclass of restore.spec.Options"),
    ("load", callable, "a function"),
    ("needs", lambda value: isinstance(value, Needs), "a member of restore.spec.Needs"),
    ("makes", lambda value: isinstance(value, Makes), "a member of restore.spec.Makes"),
    ("output_size", lambda value: value is None or callable(value), "a function or None"),
    ("size_is_found", lambda value: value is None or callable(value), "a function or None"),
    ("scales", _is_line, "one line of text"),
    ("size_rule", _is_size_rule, "a SizeRule with multiple from 1 and halo from 0"),
    ("weights", _is_path_or_none, "a pathlib.Path or None"),
    ("train", lambda value: value is None or callable(value), "a function or None"),
    ("sources", _is_texts, "a tuple of texts"),
    ("default", lambda value: isinstance(value, bool), "True or False"),
    ("requires", _is_texts, "a tuple of import names"),
    ("companions", lambda value: value is None or callable(value), "a function or None"),
    ("working_bytes", lambda value: value is None or callable(value), "a function or None"),
    ("frame_bytes", lambda value: value is None or callable(value), "a function or None"),
    ("complete", lambda value: value is None or callable(value), "a function or None"),
)
