"""What a batch of events does to a run: collected first, then written with a handful of queries."""

import math
from typing import Any

from django.db.models import F

from runs import series
from runs.evaluations.store import rewind as rewind_evaluations
from runs.models import Attempt, ConsoleBlock, Run
from runs.outbox import told_lines
from runs.states import ACTIVE, ENDED, State, move
from trainer_bridge import protocol
from trainer_bridge.blocks import unpack

#: More points or lines than these in one live message are fetched by the page instead, but for the last lines.
LIVE_POINTS = 2000
LIVE_LINES = 500
#: Columns that browsers are told when they changed.
TOLD = ("state", "reason", "step", "max_steps", "epoch", "num_train_epochs", "speed")
Measured = protocol.Metrics | protocol.MetricsBlock


class Draft:
    """Changes to one run. ``run`` is locked by the caller's transaction and shows the newest values."""

    def __init__(self, run: Run, attempt: Attempt, source: str) -> None:
        self.run, self.attempt, self.source = run, attempt, source
        self.slots_changed = False
        self.ended = False
        #: Metric names beyond the most that a run may have.
        self.refused_keys: list[str] = []
        self._before = run.version
        self._moves = 0
        self._fields: dict[str, Any] = {}
        self._metrics: list[Measured] = []
        self._told_metrics: list[Measured] = []
        self._points = 0
        self._lines: list[list[Any]] = []
        self._first_line = run.console_lines
        self._flags: dict[str, bool] = {}
        self._rewound = False

    def set(self, **fields: Any) -> None:
        """Change columns of the run."""
        for name, value in fields.items():
            setattr(self.run, name, value)
        self._fields.update(fields)

    def move(self, target: State, **fields: Any) -> bool:
        """Change the run's state if it may go there; the columns in ``fields`` change with it."""
        before = self.run.state
        if not move(self.run.pk, target, **fields):
            return False
        self._moves += 1
        self.slots_changed |= (before in ACTIVE) != (target in ACTIVE)
        self.ended = target in ENDED
        self.run.state = target
        self._fields.update(state=target, reason=fields.get("reason", ""))
        return True

    def measure(self, metrics: Measured) -> None:
        """Add values at a step, or at many, to the run's series."""
        self._metrics.append(metrics)
        self._points += count_points(metrics)
        if self._points <= LIVE_POINTS:
            self._told_metrics.append(metrics)

    @property
    def concerns_sweep(self) -> bool:
        """Whether a sweep has something to decide: its trial ended, or its objective was measured."""
        if self.run.sweep_id is None:
            return False
        return self.ended or any(
            self.run.objective in (one.keys if isinstance(one, protocol.MetricsBlock) else one.values)
            for one in self._told_metrics
        )

    def print(self, line: list[Any]) -> None:
        """Add a console line [time, stream, text]."""
        self._lines.append(line)

    def rewind(self, step: int) -> None:
        """Leave the history after ``step``: the run goes on from there."""
        self._flush_metrics()
        series.rewind(self.run.pk, step, self.attempt.number)
        rewind_evaluations(self.run.pk, step)
        self._rewound = True
        self.set(step=step, speed=None, token_speed=None, evaluation=None)

    def flag(self, name: str) -> None:
        """Browsers that watch should fetch ``name`` ("checkpoints", "evaluations", "warnings", …) again."""
        self._flags[name] = True

    def save(self) -> None:
        """Write everything; the run's version grows by one."""
        self._flush_metrics()
        self._save_lines()
        # The state was written by move(), a compare-and-set; nothing else may write it.
        columns = {name: value for name, value in self._fields.items() if name not in ("state", "reason")}
        Run.objects.filter(pk=self.run.pk).update(version=F("version") + 1, **columns)
        self.run.version = self._before + self._moves + 1

    def live_update(self) -> dict[str, Any]:
        """The message to browsers. One whose points are left out begins where it ends: pages fetch them."""
        complete = self._points <= LIVE_POINTS and not self._rewound
        update: dict[str, Any] = {
            "type": "update",
            "run": self.run.pk,
            "from": self._before if complete else self.run.version,
            "to": self.run.version,
            **{name: self._fields[name] for name in TOLD if name in self._fields},
            **self._flags,
        }
        if self._points and complete:
            update["points"] = told_points(self._told_metrics)
        if self._lines:
            update["console"] = told_lines(self._first_line, self._lines, LIVE_LINES)
        return update

    def _flush_metrics(self) -> None:
        if self._metrics:
            self.refused_keys += series.append(self.run.pk, self.attempt.number, self._metrics)
            self._metrics = []

    def _save_lines(self) -> None:
        if not self._lines:
            return
        ConsoleBlock.objects.create(
            run=self.run,
            attempt=self.attempt.number,
            source=self.source,
            first=self._first_line,
            count=len(self._lines),
            lines=self._lines,
        )
        self.set(console_lines=self._first_line + len(self._lines))


def count_points(metrics: Measured) -> int:
    """How many values were measured."""
    if isinstance(metrics, protocol.MetricsBlock):
        return len(metrics.values) // 8
    return len(metrics.values)


def told_points(measured: list[Measured]) -> dict[str, list[list[Any]]]:
    """What browsers are told: {key: [[step, epoch, time, value], …]}, with the tokens last where counted."""
    points: dict[str, list[list[Any]]] = {}
    for one in measured:
        for metrics in unpack(one) if isinstance(one, protocol.MetricsBlock) else [one]:
            for key, value in metrics.values.items():
                point = [metrics.step, metrics.epoch, metrics.time, told_number(value)]
                if metrics.tokens is not None:
                    point.append(metrics.tokens)
                points.setdefault(key, []).append(point)
    return points


def told_number(value: float) -> float | str:
    """A measured value in JSON, which has no NaN: "NaN", "Infinity" and "-Infinity" as texts."""
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
