"""Random appends, rewinds, crashes, compactions and reads against a plain list of points."""

import math
from contextlib import suppress
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from runs import series
from runs.models import Project, Run
from runs.series import seal
from tests.runs.series.tools import in_blocks
from trainer_bridge.protocol import Metrics

KEYS = ["train/loss", "eval/loss", "system/cpu"]
VALUES = st.floats(-10, 10) | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1.0])
METRICS = st.builds(
    Metrics,
    step=st.integers(0, 30) | st.sampled_from([2**53]),
    time=st.floats(1e9, 1.1e9),
    epoch=st.none() | st.floats(0, 3),
    tokens=st.none() | st.integers(0, 1000),
    values=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3),
)
BATCHES = st.lists(METRICS, min_size=1, max_size=12)
AXES = {
    "step": lambda p: float(p.step),
    "wall": lambda p: p.time,
    "epoch": lambda p: p.epoch,
    "tokens": lambda p: p.tokens,
}


@dataclass
class Point:
    attempt: int
    arrival: int
    key: str
    step: int
    time: float
    epoch: float | None
    tokens: int | None
    value: float


class StoreMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        project, _ = Project.objects.get_or_create(slug="model", defaults={"name": "Model"})
        self.runs = [Run.objects.create(project=project, name=f"r{i}").id for i in range(2)]
        self.points = {run: [] for run in self.runs}
        self.cuts = {run: {} for run in self.runs}
        self.arrival = 0

    def remember(self, run, attempt, metrics):
        for event in metrics:
            self.arrival += 1
            for key, value in event.values.items():
                place = (attempt, self.arrival, key)
                self.points[run].append(
                    Point(*place, event.step, event.time, event.epoch, event.tokens, value)
                )

    def expected(self, run, key, attempt=None):
        points = [p for p in self.points[run] if p.key == key]
        if attempt is not None:
            return [p for p in points if p.attempt == attempt]
        cuts = self.cuts[run].items()
        return [p for p in points if all(p.step <= step or p.attempt >= by for by, step in cuts)]

    @rule(which=st.integers(0, 1), attempt=st.integers(1, 3), metrics=BATCHES, blocks=st.booleans())
    def append(self, which, attempt, metrics, blocks):
        series.append(self.runs[which], attempt, in_blocks(metrics) if blocks else metrics)
        self.remember(self.runs[which], attempt, metrics)

    @rule(attempt=st.integers(1, 3), first=BATCHES, second=BATCHES)
    def append_to_both(self, attempt, first, second):
        series.append_many(
            [
                (self.runs[0], attempt, in_blocks(first)),
                (self.runs[1], 1, second),
                (self.runs[0], attempt, second),
            ]
        )
        self.remember(self.runs[0], attempt, first)
        self.remember(self.runs[1], 1, second)
        self.remember(self.runs[0], attempt, second)

    @rule(which=st.integers(0, 1), attempt=st.integers(1, 3), metrics=BATCHES)
    def crash_before_the_commit(self, which, attempt, metrics):
        with transaction.atomic():
            series.append(self.runs[which], attempt, metrics)
            transaction.set_rollback(True)

    def crash(self, at, change):
        """The process dies when it comes to statement ``at`` of the change, or just before its commit."""
        left = iter(range(at))

        def die(execute, *rest):
            if next(left, None) is None:
                raise Killed
            return execute(*rest)

        with suppress(Killed), connection.execute_wrapper(die), transaction.atomic():
            change()
            raise Killed
        forget_process()

    @rule(which=st.integers(0, 1), attempt=st.integers(1, 3), metrics=BATCHES, at=st.integers(0, 12))
    def crash_while_appending(self, which, attempt, metrics, at):
        self.crash(at, lambda: series.append(self.runs[which], attempt, metrics))

    @rule(which=st.integers(0, 1), attempt=st.integers(2, 4), step=st.integers(0, 30), at=st.integers(0, 8))
    def crash_while_rewinding(self, which, attempt, step, at):
        self.crash(at, lambda: series.rewind(self.runs[which], step, attempt))

    @rule(which=st.integers(0, 1), at=st.integers(0, 20))
    def crash_while_compacting(self, which, at):
        self.crash(at, lambda: series.compact(self.runs[which]))

    @rule(which=st.integers(0, 1), attempt=st.integers(1, 3), metrics=BATCHES)
    def killed_before_the_commit(self, which, attempt, metrics):
        """The database gets no word: its connection is gone with all that was not committed."""
        with suppress(Killed), transaction.atomic():
            series.append(self.runs[which], attempt, metrics)
            connection.close()
            raise Killed
        forget_process()

    @rule()
    def restart(self):
        connection.close()
        forget_process()

    @rule(which=st.integers(0, 1), attempt=st.integers(2, 4), step=st.integers(0, 30))
    def rewind(self, which, attempt, step):
        series.rewind(self.runs[which], step, attempt)
        self.cuts[self.runs[which]][attempt] = step

    @rule(which=st.integers(0, 1))
    def compact(self, which):
        series.compact(self.runs[which])

    @rule(axis=st.sampled_from(sorted(AXES)), attempt=st.none() | st.integers(1, 3), low=st.floats(0, 20))
    def read(self, axis, attempt, low):
        x_of = AXES[axis]
        window = (low, None) if axis in ("step", "epoch") else None
        for data in series.read(self.runs, KEYS, x=axis, x_range=window, attempt=attempt, max_points=10**6):
            points = [p for p in self.expected(data.run, data.key, attempt) if x_of(p) is not None]
            points = [p for p in points if window is None or x_of(p) >= low]
            points.sort(key=lambda p: (x_of(p), p.attempt, p.arrival))
            assert [repr(v) for v in data.y.tolist()] == [repr(p.value) for p in points]
            assert data.step.tolist() == [p.step for p in points]
            assert data.x.tolist() == [x_of(p) for p in points]
            assert (data.count, data.exact, data.damaged) == (len(points), True, 0)

    @invariant()
    def summaries_describe_the_shown_history(self):
        found = series.summaries(self.runs)
        for run in self.runs:
            for key in KEYS:
                assert_summary(found[run].get(key), self.expected(run, key))

    @invariant()
    def nothing_is_damaged(self):
        assert series.check(self.runs) == []


class Killed(Exception):
    """Stands for kill -9."""


def forget_process():
    """What a process remembers between commits goes with it."""
    seal._since.clear()


def assert_summary(summary, points):
    if not points:
        assert summary is None
        return
    last = max(points, key=lambda p: (p.step, p.attempt, p.arrival))
    assert (summary.count, summary.first_step) == (len(points), min(p.step for p in points))
    assert (summary.last_step, repr(summary.last)) == (last.step, repr(last.value))
    assert summary.nan_count == sum(math.isnan(p.value) for p in points)
    assert summary.inf_count == sum(math.isinf(p.value) for p in points)
    finite = [p for p in points if math.isfinite(p.value)]
    low = min(finite, key=lambda p: (p.value, p.step), default=None)
    high = min(finite, key=lambda p: (-p.value, p.step), default=None)
    assert (summary.min, summary.min_step) == ((low.value, low.step) if low else (None, None))
    assert (summary.max, summary.max_step) == ((high.value, high.step) if high else (None, None))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(8, 20), pytest.param(80, 50, marks=pytest.mark.slow_faults)],
    ids=["short", "long"],
)
def test_the_store_behaves_like_a_list_of_points(small_limits, examples, steps):
    run_state_machine_as_test(
        StoreMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
