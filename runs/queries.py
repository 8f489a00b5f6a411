"""Reads for the pages of one run, each with a fixed number of queries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from runs.checkpoints.rank import best as best_checkpoint
from runs.checkpoints.rank import is_whole, resumable
from runs.death import Cause, cause_of
from runs.directions import greater_is_better
from runs.models import Attempt, Checkpoint, Chunk, Command, ConsoleBlock, Run, Series, Sweep
from runs.placement import asked_by, behind, places, waits_behind
from runs.queue import SWEEP_PAUSED, place_in_queue, startable
from runs.series import read, summaries
from runs.states import ACTIVE, State
from runs.workers import queue_reason
from trainer_bridge.launch_fields import Asked

#: A run that said nothing this long is shown as silent, before it counts as crashed.
SILENT_AFTER = timedelta(seconds=20)
#: Kill is offered when a stop was asked this long ago.
KILL_AFTER = timedelta(seconds=30)
#: Series that say where or how fast a run was, not how good.
_NOT_MEASURES = ("speed/", "system/", "final/")
LATEST = 10
#: Queued runs that are looked through for one that another waits behind.
MOST_AHEAD = 200
#: Console lines that the card of a run that died shows.
LAST_LINES = 6


@dataclass(frozen=True)
class CheckpointMark:
    """A checkpoint on the progress bar: ``position`` in percent of the planned steps."""

    step: int
    position: float
    is_best: bool


@dataclass(frozen=True)
class RunHeader:
    """What the head of a run's page says. ``progress`` is 0 … 1, None when the end is not known."""

    run: Run
    progress: float | None
    eta: float | None
    eta_at: datetime | None
    best_value: float | None
    best_step: int | None
    checkpoints: list[CheckpointMark]
    best_checkpoint: Checkpoint | None
    can_resume: bool
    can_stop: bool
    cause: Cause | None
    can_kill: bool
    silent_for: float | None
    waits_for: str
    place: int | None
    #: The end of the console of a run that died and left no traceback.
    last_lines: list[str]

    @property
    def samples_speed(self) -> float | None:
        """Samples per second."""
        run = self.run
        return run.speed * run.samples_per_step if run.speed and run.samples_per_step else None

    @property
    def percent(self) -> float | None:
        return None if self.progress is None else self.progress * 100


def run_header(run: Run) -> RunHeader:
    """At most ten queries: checkpoints, best value, sign of life, last stop, why it waits."""
    now = timezone.now()
    rows = list(run.checkpoints.all())
    kept = best_checkpoint(rows, run.objective, run.greater_is_better) if run.objective else None
    value, step = _best_value(run)
    eta = _eta(run)
    return RunHeader(
        run=run,
        progress=progress_of(run),
        eta=eta,
        eta_at=now + timedelta(seconds=eta) if eta is not None else None,
        best_value=value,
        best_step=step,
        checkpoints=_marks(run, rows, kept),
        best_checkpoint=kept,
        can_resume=_can_resume(run),
        cause=cause_of(run),
        can_stop=run.state in (State.STARTING, State.RUNNING, State.PAUSING, State.PAUSED),
        can_kill=run.state == State.STOPPING and _stop_is_old(run, now),
        silent_for=_silence(run, now),
        waits_for=_wait_of(run) if run.state == State.QUEUED else "",
        place=place_in_queue(run) if run.state == State.QUEUED else None,
        last_lines=_last_lines(run),
    )


def _last_lines(run: Run) -> list[str]:
    if run.state not in (State.FAILED, State.CRASHED) or run.traceback:
        return []
    return [text for _, _, _, text in console_tail(run, LAST_LINES)]


def _wait_of(run: Run) -> str:
    if run.sweep and run.sweep.state == Sweep.State.PAUSED:
        return SWEEP_PAUSED
    reason = queue_reason(recipe=run.spec.get("recipe"), asked=asked_by(run.spec))
    return reason or _held_up(run) or "starts in a moment"


def _held_up(run: Run) -> str:
    """Behind which earlier run it waits, though a worker has room for it; "" where it does not."""
    rows = startable().values_list("pk", "name", "spec__launch")[:MOST_AHEAD]
    ahead = behind([(run_id, name, Asked.of(launch)) for run_id, name, launch in rows], places())
    return waits_behind(ahead[run.pk]) if run.pk in ahead else ""


def _can_resume(run: Run) -> bool:
    if run.state == State.PAUSED and run.is_held:
        return True
    waits = run.state in (State.PAUSED, State.STOPPED, State.FAILED, State.CRASHED)
    is_ours = not run.is_external and "adopted" not in run.environment
    return waits and is_ours and resumable(run) is not None


def progress_of(run: Run) -> float | None:
    """How far the run is, 0 … 1; None while its end is not known."""
    if run.state == State.FINISHED:
        return 1.0
    return min(1.0, run.step / run.max_steps) if run.max_steps else None


def _eta(run: Run) -> float | None:
    """Seconds to the planned end at the present speed, what is left of an evaluation included."""
    if run.state != State.RUNNING or not run.max_steps or not run.speed:
        return None
    evaluation = (run.evaluation or {}).get("left") or 0.0
    return max(0.0, (run.max_steps - run.step) / run.speed) + evaluation


def _best_value(run: Run) -> tuple[float | None, int | None]:
    row = Series.objects.filter(run=run, key=run.objective).first() if run.objective else None
    if row is None:
        return None, None
    return (row.max, row.max_step) if run.greater_is_better else (row.min, row.min_step)


def _marks(run: Run, rows: list[Checkpoint], kept: Checkpoint | None) -> list[CheckpointMark]:
    total = run.max_steps or run.step
    present = [row for row in rows if is_whole(row)]
    return [
        CheckpointMark(row.step, min(100, row.step / total * 100), row is kept) for row in present if total
    ]


def _stop_is_old(run: Run, now: datetime) -> bool:
    stops = Command.objects.filter(run=run, kind="stop").order_by("-id")
    asked = stops.values_list("created_at", flat=True).first()
    return asked is None or now - asked >= KILL_AFTER


def _silence(run: Run, now: datetime) -> float | None:
    """Seconds since the training was last heard, when that is worth saying."""
    if run.state not in ACTIVE:
        return None
    attempts = Attempt.objects.filter(run=run).order_by("-number")
    heard = attempts.values_list("heard_at", flat=True).first()
    quiet = now - heard if heard else timedelta()
    return quiet.total_seconds() if quiet >= SILENT_AFTER else None


@dataclass(frozen=True)
class Latest:
    """One row of the list of latest values; ``best`` is None where no value is best."""

    key: str
    now: float
    best: float | None
    best_step: int | None


def latest_values(run: Run, limit: int = LATEST) -> list[Latest]:
    """The last and best value of what the run measures, the objective first: one query."""
    found = summaries([run.pk])[run.pk]
    keys = [key for key in found if is_measure(key)]
    objectives = {run.objective: run.greater_is_better}
    rows = []
    for key in sorted(keys, key=lambda key: (key != run.objective, _order(key)))[:limit]:
        summary, greater = found[key], greater_is_better(key, objectives)
        best, step = (summary.best(greater), summary.best_step(greater)) if has_best(key) else (None, None)
        rows.append(Latest(key, summary.last, best, step))
    return rows


@dataclass(frozen=True)
class Gauge:
    """How much of something is used: ``limit`` is all there is of it, None where nobody says."""

    label: str
    value: float
    limit: float | None
    unit: str


#: Part of a key → its label and unit, in this order.
_GAUGES: tuple[tuple[str, str, str], ...] = (
    ("utilisation", "use", "%"),
    ("memory", "memory", "GiB"),
)


def gauges(run: Run) -> list[Gauge]:
    """What the run's own processes and GPUs were last seen to use: one query."""
    rows = Series.objects.filter(run=run, key__startswith="system/", count__gt=0).order_by("key")
    last = {key: float(value) for key, value in rows.values_list("key", "last")}
    known = run.environment.get("limits")
    limits: dict[str, Any] = known if isinstance(known, dict) else {}
    gpus = sorted({key.split("/")[1] for key in last if key.startswith("system/gpu")})
    wanted = [
        (f"system/{gpu}/{part}", f"{gpu.upper()} {word}", unit)
        for gpu in gpus
        for part, word, unit in _GAUGES
    ]
    wanted += [("system/cpu", "CPU", "%"), ("system/memory", "Memory", "GiB")]
    return [
        Gauge(label, last[key], 100.0 if key.endswith("utilisation") else _number(limits.get(key)), unit)
        for key, label, unit in wanted
        if key in last
    ]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None


def is_measure(key: str) -> bool:
    """Whether a series says how a training goes, not how fast or where it is."""
    return not key.startswith(_NOT_MEASURES)


def has_best(key: str) -> bool:
    """Of a learning rate or a gradient norm no value is best."""
    return key.startswith(("eval/", "test/")) or key.endswith("loss")


def _order(key: str) -> tuple[int, str]:
    prefixes = ("eval", "test", "train")
    prefix = key.split("/")[0]
    return (prefixes.index(prefix) if prefix in prefixes else len(prefixes), key)


def console_page(run: Run, first: int, count: int) -> list[tuple[int, float, str, str]]:
    """Lines ``first`` … ``first + count - 1`` as (number, time, stream, text): two queries."""
    rows = ConsoleBlock.objects.filter(run=run, first__lt=first + count)
    begin = rows.filter(first__lte=first).order_by("-first").values_list("first", flat=True).first()
    blocks = rows.filter(first__gte=begin or 0)
    lines = []
    for block in blocks.only("first", "lines"):
        for number, (time, stream, text) in enumerate(block.lines, start=block.first):
            if first <= number < first + count:
                lines.append((number, time, stream, text))
    return lines


def console_tail(run: Run, count: int) -> list[tuple[int, float, str, str]]:
    """The last ``count`` lines."""
    return console_page(run, max(0, run.console_lines - count), count)


def console_texts(run: Run) -> Iterator[str]:
    """The whole console output, block by block."""
    for block in ConsoleBlock.objects.filter(run=run).iterator(chunk_size=50):
        yield "".join(f"{text}\n" for _, _, text in block.lines)


def counts_tokens(run_ids: Sequence[str]) -> bool:
    """Whether one of the runs counts the tokens it has seen. Of several only sealed points are looked at."""
    sealed = Chunk.objects.filter(series__run__in=run_ids, max_tokens__isnull=False)
    if (found := sealed.exists()) or len(run_ids) != 1:
        return found
    return any(points.count for points in read(run_ids, ["train/loss"], x="tokens", max_points=8))
