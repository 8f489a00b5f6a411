"""Metrics beside the objectives, as columns of the trials table: each as the trial's run last measured it."""

import math
from collections.abc import Collection, Mapping

from runs.models import Series
from runs.sweeps.trial_rows import SweepRows

#: Key → id of a run → its last value.
Metrics = Mapping[str, Mapping[str, float]]
#: What says nothing of a model.
_NOT_SHOWN = ("system/",)


def metric_keys(found: SweepRows) -> list[str]:
    """All that a trial has logged, beside the objectives."""
    objectives = {one.key for one in found.objectives}
    keys = Series.objects.filter(run__sweep=found.sweep, count__gt=0).values_list("key", flat=True).distinct()
    return sorted(key for key in keys if key not in objectives and not key.startswith(_NOT_SHOWN))


def last_values(found: SweepRows, keys: Collection[str]) -> Metrics:
    """Those of ``keys`` that some trial has logged; no query without keys."""
    if not keys:
        return {}
    values: dict[str, dict[str, float]] = {}
    wanted = Series.objects.filter(run__sweep=found.sweep, key__in=keys, count__gt=0)
    for key, run, text in wanted.values_list("key", "run_id", "last"):
        last = float(text) if text else math.nan
        known = values.setdefault(key, {})
        if math.isfinite(last):
            known[run] = last
    return values
