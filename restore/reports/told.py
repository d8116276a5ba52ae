"""What a restorer told of a picture, see docs/pipelines.md, as typed values; what cannot be understood is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from restore.diagnose.findings import Findings
from restore.reports.photo import Step


@dataclass(frozen=True, slots=True)
class Told:
    """An account of one picture.

    Attributes:
        summary: One line; "" for none.
        steps: What was done, in order.
        left_out: What was not done, and why, one sentence each.
        findings: What was found before it, or None.
    """

    summary: str = ""
    steps: tuple[Step, ...] = ()
    left_out: tuple[str, ...] = ()
    findings: Findings | None = None


def told(account: Mapping[str, object] | None, version: str) -> Told:
    """Read an account.

    Args:
        account: As the journal has it; None where a restorer told nothing.
        version: Of restore, for the steps.
    """
    if account is None:
        return Told()
    summary = account.get("summary")
    return Told(
        summary=summary if isinstance(summary, str) else "",
        steps=tuple(_step(each, version) for each in _objects(account.get("steps")) if "model" in each),
        left_out=tuple(f"{each.get('task')}: {each.get('why')}" for each in _objects(account.get("left_out"))),
        findings=_findings(account.get("findings")),
    )


def _step(each: Mapping[str, object], version: str) -> Step:
    options, weights, why, seconds, notes = (
        each.get(name) for name in ("options", "weights", "why", "seconds", "notes")
    )
    mask = each.get("mask")
    return Step(
        model=str(each["model"]),
        options={**(options if isinstance(options, dict) else {}), **({"mask": mask} if mask else {})},
        weights=weights if isinstance(weights, str) else None,
        version=version,
        task=str(each.get("task") or ""),
        why=why if isinstance(why, str) else "",
        changed=each.get("changed") is not False,
        seconds=float(seconds) if isinstance(seconds, int | float) else None,
        notes=tuple(map(str, notes)) if isinstance(notes, list) else (),
    )


def _findings(document: object) -> Findings | None:
    """Findings from the figures of `restore diagnose --json`; None where some are missing."""
    if not document:
        return None
    try:
        return TypeAdapter(Findings).validate_python(document)
    except ValidationError:
        return None


def _objects(found: object) -> Iterator[Mapping[str, object]]:
    return (each for each in found if isinstance(each, dict)) if isinstance(found, list) else iter(())
