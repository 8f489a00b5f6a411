"""Rules about time: a run that makes no progress. Looked at every few seconds, not when something comes."""

import time
from typing import Any

from runs import live
from runs.models import Rule, RuleMemory, Run
from runs.naming import short_value
from runs.rules.actions import fire
from runs.states import State

#: Since when (monotonic seconds) a run is where it is. Kept here, not stored: a server that was down saw nothing.
_since: dict[str, tuple[Any, float]] = {}


def look_for_silence(now: float | None = None) -> int:
    """Fire the rules whose runs have made no progress for too long; how many. ``now``: monotonic seconds."""
    now = time.monotonic() if now is None else now
    rules = list(Rule.objects.filter(kind="silence", enabled=True))
    if not rules:
        _since.clear()
        return 0
    at_work = Run.objects.filter(
        state__in=[State.STARTING, State.RUNNING], project__in={rule.project_id for rule in rules}
    )
    runs = list(at_work.defer("environment", "traceback", "spec"))
    quiet = {run.pk: now - _noted(run, now) for run in runs}
    _forget_except(quiet.keys())
    firing = set(RuleMemory.objects.filter(rule__in=rules, is_firing=True).values_list("rule_id", "run_id"))
    return sum(
        _look(rule, run, quiet[run.pk], (rule.pk, run.pk) in firing)
        for rule in rules
        for run in runs
        if run.project_id == rule.project_id and rule.run_id in (None, run.pk)
    )


def forget() -> None:
    """Begin anew, as after a start."""
    _since.clear()


def _noted(run: Run, now: float) -> float:
    """Since when the run is where it is; a step, a batch of an evaluation or another state is progress."""
    where = (run.state, run.step, run.evaluation and run.evaluation["done"])
    if run.pk not in _since or _since[run.pk][0] != where:
        _since[run.pk] = (where, now)
    return _since[run.pk][1]


def _forget_except(run_ids: Any) -> None:
    for gone in _since.keys() - run_ids:
        del _since[gone]


def _look(rule: Rule, run: Run, quiet: float, is_firing: bool) -> bool:
    minutes = rule.options["minutes"]
    if (quiet >= 60 * minutes) == is_firing:
        return False
    if is_firing:
        RuleMemory.objects.filter(rule=rule, run=run).update(is_firing=False)
        return False
    row, _ = RuleMemory.objects.get_or_create(rule=rule, run=run)
    # Several web processes look; the one that turns it fires.
    if RuleMemory.objects.filter(pk=row.pk, is_firing=False).update(is_firing=True) != 1:
        return False
    fire(rule, run, f"no progress for {short_value(minutes)} min, at step {run.step}", run.step)
    live.run_changed(run.pk, rules=True)
    return True
