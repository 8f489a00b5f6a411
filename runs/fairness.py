"""Whether runs can be compared at all: did they see the same data, run the same code, on the same machine?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runs.models import Run


@dataclass(frozen=True)
class Check:
    """One question: ``is_fair``, and the answer in a sentence."""

    is_fair: bool
    text: str


#: A part of the environment, what to say when all have the same, and after the names of those that do not.
_QUESTIONS = (
    ("source", "Same text of the recipe", "ran another text of the recipe's file"),
    ("git", "Same git commit and changes", "ran another commit, or with other changes to it"),
    ("data", "Same data and splits", "saw other data: the values are not comparable"),
    ("packages", "Same library versions", "ran with other library versions"),
    ("hardware", "Same machine", "ran on another machine: times are not comparable"),
)


def fairness(runs: Sequence[Run]) -> list[Check]:
    """The checks of runs against the first; what a run has not told yet is left out."""
    recipes = [run.spec.get("recipe") for run in runs]
    # Runs that were started elsewhere have none.
    checks = [_check(runs, recipes, "Same recipe", "learned another recipe")] if any(recipes) else []
    for part, same, other in _QUESTIONS:
        found = [run.environment.get(part) for run in runs]
        if all(found):
            checks.append(_check(runs, [essence(part, value) for value in found], same, other))
    return checks


def _check(runs: Sequence[Run], values: list[Any], same: str, other: str) -> Check:
    others = [run.name for run, value in zip(runs, values, strict=True) if value != values[0]]
    if not others:
        return Check(True, same)
    return Check(False, f"{others[0] if len(others) == 1 else f'{len(others)} runs'} {other}")


def essence(part: str, value: Any) -> Any:
    """What of it matters: of a machine not how many threads were in use just then, of data not where it lay."""
    if part == "hardware" and isinstance(value, dict):
        return {name: value.get(name) for name in ("processor", "cpus", "gpus")}
    if part == "git" and isinstance(value, dict):
        return {name: value.get(name) for name in ("commit", "diff")}
    if part == "source" and isinstance(value, dict):
        return {name: value.get(name) for name in ("sha256", "helpers")}
    if part == "data" and isinstance(value, dict):
        return _data(value)
    return value


def _data(value: dict[str, Any]) -> dict[str, Any]:
    """Data with a fingerprint is the same wherever it lies: what was learned from is told by its content, its columns
    and its splits."""
    notes = value.get("notes")
    if not isinstance(notes, dict) or "fingerprint" not in notes:
        return value
    return {
        **value,
        "notes": {name: notes.get(name) for name in ("fingerprint", "columns", "rows", "splits", "left_out")},
    }
