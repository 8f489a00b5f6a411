"""What differs between runs: their best measurements, and the configuration that may explain them.

One run is one seed: a difference is given as it is, without a claim that it means something. Groups of runs that differ
only by seed are compared in runs/group_compare.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runs import series
from runs.directions import greater_is_better, objectives_of
from runs.fairness import OTHER_DATA, measured_alike
from runs.models import Run, Series
from runs.series import Summary
from runs.specs import effective_config

#: What is compared: measurements of a model, and the summary at the end of a training.
PREFIXES = ("eval/", "test/", "final/")
#: Parts of that summary that say where a run was, or the runtime once more.
_NOT_COMPARED = ("/epoch", "/num_input_tokens_seen", "/step", "_per_second")
#: Speed and cost stand below quality.
_COST_WORDS = ("runtime", "flos", "time", "memory")


@dataclass(frozen=True)
class MetricCell:
    """The best value of one run; ``delta`` to the baseline, ``verdict`` "better", "worse", "same", "other data" (it was
    not measured on what the baseline was) or "".
    """

    value: float | None
    step: int | None = None
    is_best: bool = False
    delta: float | None = None
    verdict: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One metric over all runs, the baseline's cell first."""

    key: str
    greater_is_better: bool
    cells: list[MetricCell]


@dataclass(frozen=True)
class ConfigCell:
    """The value of one run, and whether it is another than the baseline's."""

    value: Any
    differs: bool


@dataclass(frozen=True)
class ConfigRow:
    """One setting over all runs, the baseline's cell first."""

    name: str
    cells: list[ConfigCell]

    @property
    def differs(self) -> bool:
        return any(cell.differs for cell in self.cells)


@dataclass(frozen=True)
class Comparison:
    """``runs`` with the baseline first; ``config`` holds the rows that differ, ``same`` the others."""

    runs: list[Run]
    metrics: list[MetricRow]
    config: list[ConfigRow]
    same: list[ConfigRow]

    @property
    def baseline(self) -> Run:
        return self.runs[0]


def compare(runs: Sequence[Run]) -> Comparison:
    """Compare ``runs`` (at least one) with the first as the baseline: one query, however many runs."""
    config = config_rows([effective_config(run.spec) for run in runs])
    return Comparison(
        runs=list(runs),
        metrics=[_metric_row(metric, runs) for metric in measured(runs)],
        config=[row for row in config if row.differs],
        same=[row for row in config if not row.differs],
    )


def best_of(found: Summary | Series | None, greater: bool) -> tuple[float | None, int | None]:
    """The best finite value of a series and its step; (None, None) when there is none."""
    if found is None:
        return None, None
    return (found.max, found.max_step) if greater else (found.min, found.min_step)


@dataclass(frozen=True)
class Measured:
    """One metric: the summary of each run, None of one that has not measured it."""

    key: str
    greater_is_better: bool
    summaries: list[Summary | None]


def measured(runs: Sequence[Run]) -> list[Measured]:
    """What ``runs`` have measured, the metrics in the order of their rows: one query."""
    found = series.summaries([run.pk for run in runs])
    keys = {key for summaries in found.values() for key in summaries if _is_compared(key)}
    objectives = objectives_of(runs)
    return [
        Measured(key, greater_is_better(key, objectives), [found[run.pk].get(key) for run in runs])
        for key in sorted(keys, key=lambda key: _position(key, objectives))
    ]


def _is_compared(key: str) -> bool:
    return key.startswith(PREFIXES) and not key.endswith(_NOT_COMPARED)


def _is_cost(key: str) -> bool:
    return any(word in key for word in _COST_WORDS)


def _position(key: str, objectives: dict[str, bool]) -> tuple[bool, bool, int, str]:
    """Objectives first, cost last, else eval before test before final."""
    prefix = next(number for number, prefix in enumerate(PREFIXES) if key.startswith(prefix))
    return _is_cost(key), key not in objectives, prefix, key


def _metric_row(metric: Measured, runs: Sequence[Run]) -> MetricRow:
    greater = metric.greater_is_better
    alike = comparable(metric.key, runs)
    return metric_row(metric.key, greater, [best_of(summary, greater) for summary in metric.summaries], alike)


def comparable(key: str, runs: Sequence[Run]) -> list[bool]:
    """Whether the value of each can be set against the first's: what a training costs it can on any data."""
    return [True] * len(runs) if _is_cost(key) else measured_alike(runs)


def metric_row(
    key: str, greater: bool, found: Sequence[tuple[float | None, int | None]], alike: Sequence[bool]
) -> MetricRow:
    """(value, step) of each run against those of the first, where they are ``alike``."""
    values = [value for (value, _), same in zip(found, alike, strict=True) if same and value is not None]
    top = (max(values) if greater else min(values)) if values else None
    baseline = found[0][0]
    cells = []
    for number, (value, step) in enumerate(found):
        if not alike[number]:
            cells.append(MetricCell(value, step, verdict="" if value is None else OTHER_DATA))
            continue
        delta = None if number == 0 or value is None or baseline is None else value - baseline
        is_best = len(set(values)) > 1 and value == top
        cells.append(MetricCell(value, step, is_best, delta, direction_verdict(delta, greater)))
    return MetricRow(key, greater, cells)


def direction_verdict(delta: float | None, greater: bool) -> str:
    """Whether a difference is for the "better" or the "worse", "same" for 0, "" for none."""
    if delta is None:
        return ""
    if delta == 0:
        return "same"
    return "better" if (delta > 0) == greater else "worse"


def config_rows(configs: Sequence[dict[str, Any]]) -> list[ConfigRow]:
    """Every setting of the configurations, the baseline's first."""
    names = list(dict.fromkeys(name for config in configs for name in config))
    return [_config_row(name, [config.get(name) for config in configs]) for name in names]


def _config_row(name: str, values: list[Any]) -> ConfigRow:
    return ConfigRow(name, [ConfigCell(value, value != values[0]) for value in values])
