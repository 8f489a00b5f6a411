"""Rules look at what a batch brought, in the transaction that stores it: a point counts once here as well.

A rule whose condition holds fires once, and again only after the condition did not hold. What a run measures after it
went on from a checkpoint is looked at anew.
"""

import logging
from collections.abc import Iterable, Iterator
from copy import deepcopy

from django.db import InterfaceError, OperationalError, transaction

from runs import sql
from runs.directions import greater_is_better
from runs.draft import Draft
from runs.models import Rule, RuleMemory, Run
from runs.rules.actions import fire
from runs.rules.book import rules_for
from runs.rules.conditions import CONDITIONS, Sight, watches
from trainer_bridge import protocol
from trainer_bridge.blocks import unpack

log = logging.getLogger(__name__)


def watch(draft: Draft, events: Iterable[protocol.Event]) -> None:
    """After a draft was saved: let the rules of its run look at the new values."""
    rules = rules_for(draft.run.project_id, draft.run.pk)
    if not rules:
        return
    try:
        with transaction.atomic():
            if _watch(draft.run, rules, events):
                draft.flag("rules")
    except (OperationalError, InterfaceError):
        raise  # the database is away: the batch comes again
    except Exception:
        # A rule must never keep a batch from being stored.
        log.exception("the rules of run %s could not look at a batch", draft.run.pk)


def _watch(run: Run, rules: list[Rule], events: Iterable[protocol.Event]) -> bool:
    """Whether a rule fired."""
    events = list(events)
    begin = _after_resume(run, events)
    seen = _seen(run, rules, events[begin:])
    memories = _memories(run, rules, seen) if seen else []
    before = [(deepcopy(row.memory), row.is_firing) for _, row in memories]
    looks = [_look(run, rule, row, seen[rule.pk]) for rule, row in memories]
    # Most conditions have nothing to remember while they do not hold; a row says that the rule was there.
    changed = [
        row
        for (_, row), was in zip(memories, before, strict=True)
        if row.pk is None or (row.memory, row.is_firing) != was
    ]
    _keep(changed)
    return any(looks)


def _after_resume(run: Run, events: list[protocol.Event]) -> int:
    """Where the values begin that count: what went on from a checkpoint makes rules forget what was before."""
    resumed = [n for n, event in enumerate(events) if _resumes(event)]
    if resumed:
        RuleMemory.objects.filter(run=run).delete()
    return resumed[-1] if resumed else 0


def _resumes(event: protocol.Event) -> bool:
    return isinstance(event, protocol.State) and event.resumed_step is not None


def _seen(run: Run, rules: list[Rule], events: list[protocol.Event]) -> dict[int, list[Sight]]:
    """What each rule gets to see, by its id, in order."""
    watchers: dict[str, list[Rule]] = {}
    objectives = {run.objective: run.greater_is_better}
    greater: dict[str, bool] = {}
    seen: dict[int, list[Sight]] = {}
    for metrics in _measured(run, events):
        for key, value in metrics.values.items():
            if key not in watchers:
                greater[key] = greater_is_better(key, objectives)
                watchers[key] = [
                    rule for rule in rules if watches(rule.kind, rule.options, run.objective, key)
                ]
            for rule in watchers[key]:
                sight = Sight(key, metrics.step, value, greater[key])
                seen.setdefault(rule.pk, []).append(sight)
    return seen


def _measured(run: Run, events: list[protocol.Event]) -> Iterator[protocol.Metrics]:
    """The values of events that bring some; samples of the machine stand at the step the run is at."""
    for event in events:
        if isinstance(event, protocol.Metrics):
            yield event
        elif isinstance(event, protocol.MetricsBlock):
            yield from unpack(event)
        elif isinstance(event, protocol.System):
            yield protocol.Metrics(run.step, event.time, event.values)


def _memories(run: Run, rules: list[Rule], wanted: Iterable[int]) -> list[tuple[Rule, RuleMemory]]:
    """Each wanted rule with what it remembers of this run; without those that were deleted meanwhile."""
    chosen = [rule for rule in rules if rule.pk in wanted]
    query = f"SELECT * FROM {sql.table(RuleMemory)} WHERE run_id = %s"  # noqa: S608 (a table of our own)
    known = {row.rule_id: row for row in RuleMemory.objects.raw(query, [run.pk])}
    if new := [rule.pk for rule in chosen if rule.pk not in known]:
        still = Rule.objects.filter(pk__in=new, enabled=True).values_list("pk", flat=True)
        known |= {rule: RuleMemory(rule_id=rule, run=run) for rule in still}
    return [(rule, known[rule.pk]) for rule in chosen if rule.pk in known]


def _look(run: Run, rule: Rule, row: RuleMemory, sights: list[Sight]) -> bool:
    """Let one rule look at its values in order; whether it fired."""
    judge = CONDITIONS[rule.kind].judge
    fired = False
    for sight in sights:
        text = judge(rule.options, row.memory, sight) if judge else ""
        if text and not row.is_firing:
            fired = True
            fire(rule, run, text, sight.step)
        row.is_firing = bool(text)
    return fired


def _keep(rows: list[RuleMemory]) -> None:
    """Write what changed. A statement a rule: for a few rows bulk_update takes several times as long."""
    for row in rows:
        if row.pk is None:
            row.save()
        else:
            RuleMemory.objects.filter(pk=row.pk).update(memory=row.memory, is_firing=row.is_firing)
