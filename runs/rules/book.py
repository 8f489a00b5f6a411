"""The rules in force, kept in memory for a few seconds: a batch of a run whose project has none costs no query."""

import time

from django.db.models import Q

from runs.models import Rule

#: Seconds in which a web process may not have heard of what another one changed.
KEPT_FOR = 5.0
_kept: dict[int, tuple[float, list[Rule]]] = {}


def rules_for(project_id: int, run_id: str) -> list[Rule]:
    """The enabled rules that watch this run: those of its project and its own."""
    return [rule for rule in _rules_of(project_id) if rule.run_id in (None, run_id)]


def forget() -> None:
    """Read anew: rules were changed, or the database was rolled back by a test."""
    _kept.clear()


def _rules_of(project_id: int) -> list[Rule]:
    now = time.monotonic()
    at, rules = _kept.get(project_id, (-KEPT_FOR, []))
    if now - at >= KEPT_FOR:
        # A rule of one run counts while the run can still measure something.
        rules = list(
            Rule.objects.filter(Q(run=None) | Q(run__ended_at=None), project=project_id, enabled=True)
        )
        _kept[project_id] = (now, rules)
    return rules
