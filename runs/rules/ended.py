"""Rules about a run's end: looked at once, when it has come to one."""

import logging

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from runs import live
from runs.death import cause_of
from runs.models import Rule, Run, Series
from runs.naming import short_value
from runs.rules.actions import fire
from runs.rules.conditions import ENDS, LEFT_OUT, Options
from runs.states import State
from trainer_bridge.fields import number_text

log = logging.getLogger(__name__)


def run_ended(run_id: str) -> bool:
    """Fire the rules that wait for such an end of a run, in the caller's transaction; whether one did.

    For whoever brought the run to an end: once, after its row was written.
    """
    try:
        with transaction.atomic():
            fired = _fire(run_id)
    except (OperationalError, InterfaceError):
        raise  # the database is away: what ended the run is tried again
    except Exception:
        # A rule must never keep an end from being stored.
        log.exception("the rules about the end of run %s could not be followed", run_id)
        return False
    if fired:
        live.run_changed(run_id, rules=True)
    return fired


def _fire(run_id: str) -> bool:
    project = Run.objects.filter(pk=run_id).values("project")
    mine = Q(run=None) | Q(run=run_id)
    rules = list(Rule.objects.filter(mine, project__in=project, kind="ended", enabled=True))
    if not rules:
        return False
    run = Run.objects.get(pk=run_id)
    chosen = [rule for rule in rules if concerns(rule.options, run)]
    for rule in chosen:
        fire(rule, run, said(run), run.step)
    return bool(chosen)


def concerns(options: Options, run: Run) -> bool:
    """Whether the rule waits for such an end of such a run."""
    left_out = run.sweep_id is not None and options["trials"] == LEFT_OUT
    return run.state in ENDS[options["how"]] and not left_out


def said(run: Run) -> str:
    """How the run ended, in one line: "failed at step 120: The disk was full. OSError: …"."""
    cause, why = cause_of(run), run.reason or _best(run)
    if cause and cause.sentence:
        why = f"{cause.sentence} {why[:1].upper()}{why[1:]}".strip()
    return f"{State(run.state).value} at step {number_text(run.step)}{why and f': {why}'}"


def _best(run: Run) -> str:
    row = Series.objects.filter(run=run, key=run.objective).first() if run.objective else None
    value = row and (row.max if run.greater_is_better else row.min)
    return "" if value is None else f"best {run.objective} {short_value(value)}"
