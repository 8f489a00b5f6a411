"""What a policy says of each checkpoint of a pool: it stays (why), its weights stay, or all of it goes (why)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runs.checkpoints.policy import Policy, Rule
from runs.checkpoints.protection import Reasons, by_run
from runs.checkpoints.rank import is_away, is_full, is_whole, measured
from runs.directions import greater_is_better
from runs.models import Checkpoint

Due = Checkpoint.Due


@dataclass(frozen=True)
class Verdict:
    """``action``: "" (it stays), Due.DELETE or Due.STRIP. ``kept``: why as much of it stays as does."""

    checkpoint: Checkpoint
    action: str
    why: str
    kept: tuple[str, ...] = ()


def judge(
    checkpoints: Sequence[Checkpoint], policy: Policy, protections: Reasons, pool: str
) -> list[Verdict]:
    """A verdict on each that is whole, here or away. ``pool`` "sweep": the best full ones are chosen from all
    runs together; otherwise, and for all other rules, each run counts for itself.
    """
    present = [row for row in checkpoints if is_whole(row) or is_away(row)]
    full = _chosen([row for row in present if is_full(row)], policy.full, policy.metric, pool == "sweep")
    weights = _chosen(present, policy.weights, policy.metric, together=False)
    return [_verdict(row, policy, protections, full, weights) for row in present]


def _verdict(
    row: Checkpoint, policy: Policy, protections: Reasons, full: Reasons, weights: Reasons
) -> Verdict:
    held, whole = protections.get(row.pk, []), full.get(row.pk)
    if held or whole is not None or policy.full.all:
        return Verdict(row, "", "", (*held, *(whole or [])))
    if (light := weights.get(row.pk)) is None:
        return Verdict(row, Due.DELETE, f"not among {_rules(policy)}")
    kept = tuple(f"weights of {reason}" for reason in light) or ("weights",)
    if not is_full(row):
        return Verdict(row, "", "", kept)
    return Verdict(row, Due.STRIP, f"not among {policy.full.words} full", kept)


def _rules(policy: Policy) -> str:
    parts = [f"{policy.full.words} full", f"{policy.weights.words} weights"]
    return " or ".join(part for part in parts if not part.startswith("none")) or "what is kept"


def _chosen(rows: list[Checkpoint], rule: Rule, metric: str, together: bool) -> Reasons:
    """{id: reasons} of those that a rule keeps; with ``all`` the reasons are empty."""
    if rule.all:
        return {row.pk: [] for row in rows}
    found: Reasons = {}
    groups = list(by_run(rows).values())
    for group in [rows] if together and rows else groups:
        _note_best(found, group, rule.best, metric)
    if together and rule.trials:
        for row in _of_best_trials(rows, rule.trials, metric):
            found.setdefault(row.pk, []).append(f"of the best {rule.trials} trials")
    for group in groups:
        newest = sorted(group, key=lambda row: -row.step)[: rule.last]
        _note(found, newest, lambda at: "last" if at == 1 else f"last {at} of {rule.last}")
        regular = [row for row in group if rule.every and row.step % rule.every == 0]
        _note(found, regular, lambda at: f"every {rule.every} steps")
    return found


def _note_best(found: Reasons, group: list[Checkpoint], count: int, metric: str) -> None:
    if count:
        ranked, words = _ranked(group, metric)
        _note(found, ranked[:count], lambda at: words.format(at=f"{at} of {count}"))


def _ranked(group: list[Checkpoint], metric: str) -> tuple[list[Checkpoint], str]:
    """Best first, those without a finite value left out, and how a place is told.

    Where none has the metric, the run's own objective ranks, and without that the newest count as best: a policy that
    cannot rank must not take everything away.
    """
    run = group[0].run
    for key in dict.fromkeys(filter(None, (metric, run.objective))):
        greater = greater_is_better(key, {run.objective: run.greater_is_better})
        if ranked := measured(group, key, greater):
            return ranked, "best {at}" if key == (metric or run.objective) else f"best {{at}} by {key}"
    return sorted(group, key=lambda row: -row.step), "newest {at}, for nothing ranks them"


def _of_best_trials(rows: list[Checkpoint], count: int, metric: str) -> list[Checkpoint]:
    """Every checkpoint of the runs that have the best ones."""
    best = dict.fromkeys(row.run_id for row in _ranked(rows, metric)[0])
    chosen = set(list(best)[:count])
    return [row for row in rows if row.run_id in chosen]


def _note(found: Reasons, rows: list[Checkpoint], words: Callable[[int], str]) -> None:
    for at, row in enumerate(rows, start=1):
        found.setdefault(row.pk, []).append(words(at))
