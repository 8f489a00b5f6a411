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
    ("data", "Same data and splits", "saw other data"),
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


#: How a verdict on a value is called that was measured on other data than the baseline's.
OTHER_DATA = "other data"
#: What of the splits says what is learned from, not what is measured on.
_LEARNED = ("train_split", "max_samples", "streaming")


def measured_alike(runs: Sequence[Run]) -> list[bool]:
    """Whether each was evaluated on the same data as the first, as far as they have told."""
    told = [_evaluated_on(run) for run in runs]
    return [one is None or told[0] is None or one == told[0] for one in told]


def _evaluated_on(run: Run) -> Any:
    data = run.environment.get("data")
    if not isinstance(data, dict):
        return None
    notes = data.get("notes")
    if not isinstance(notes, dict) or "fingerprint" not in notes:
        return run.spec.get("recipe"), data.get("validation"), data.get("test")
    splits, rows = notes.get("splits") or {}, notes.get("rows") or {}
    source = None if "eval_source" in splits else notes["fingerprint"]
    kept = {name: value for name, value in splits.items() if name not in _LEARNED}
    return source, notes.get("columns"), rows.get("evaluation"), kept
