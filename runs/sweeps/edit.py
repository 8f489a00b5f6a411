"""What a person changes on a sweep while it runs. Each change is an event of the sweep: who, when, before and after.

``apply(sweep, "extend", {"n": 10}, user)`` does any of them by name: REST, the command line and the page share it.
They raise RunError (not now) and SpecError (not so) with sentences, and then have changed nothing.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from runs import live
from runs.commands import CommandError, send_command
from runs.errors import RunError, SpecError
from runs.launch import tell_queued
from runs.models import Run, Sweep, SweepEvent
from runs.naming import unique_name
from runs.specs import check_points
from runs.states import ACTIVE, State, transition
from runs.sweeps import bell
from runs.sweeps.checks import MOST_TRIALS, plan_problems, sweep_problems
from runs.sweeps.constraints import ConstraintError
from runs.sweeps.events import record
from runs.sweeps.grid import planned_points
from runs.sweeps.launch import launch_sweep
from runs.sweeps.plan import plan_of, plan_to_repeat
from runs.sweeps.search import Search
from runs.sweeps.space import Choices, Distribution, Point, Space, is_active, read_distribution
from runs.sweeps.standing import budget_change

IMPORTED = "This sweep was imported: nothing here says how to train its trials."
_OVER = (Sweep.State.STOPPED, Sweep.State.FINISHED)


def pause_sweep(sweep: Sweep, user: Any = None) -> SweepEvent:
    """No new trial starts, those that wait in the queue neither; those that train go on."""
    with _changing(sweep, user) as change:
        change.refuse(sweep.state != Sweep.State.RUNNING, f"The sweep is {sweep.state}: nothing to pause.")
        change.set(state=Sweep.State.PAUSED, reason="", paused_at=timezone.now())
        return change.record("pause", "Paused.")


def resume_sweep(sweep: Sweep, user: Any = None) -> SweepEvent:
    """A paused or stopped sweep goes on."""
    with _changing(sweep, user) as change:
        change.refuse(
            sweep.state not in (Sweep.State.PAUSED, Sweep.State.STOPPING, Sweep.State.STOPPED),
            f"The sweep is {sweep.state}: nothing to resume. To go on with a finished one, extend it.",
        )
        change.go_on(*Sweep.State.values)
        return change.record("resume", "Resumed.", after={"next_trial": sweep.next_trial})


def stop_sweep(sweep: Sweep, user: Any = None, *, cut: bool = True) -> int:
    """No new trial comes, and those that wait are cancelled. ``cut``: those that train are asked to stop too, with a
    checkpoint; else they train to their end. How many runs were told; those that stop already are passed over.
    """
    with _changing(sweep, user) as change:
        is_open = sweep.state not in (*_OVER, Sweep.State.STOPPING)
        if is_open:
            change.set(state=Sweep.State.STOPPING, paused_at=None, paused_seconds=_paused_seconds(sweep))
        told = _stop(sweep, [State.QUEUED], user)
        if cut:
            told += _stop(sweep, [*ACTIVE, State.PAUSED], user)
        if is_open or told:
            change.record(
                "stop", "Stopped, with what trained." if cut else "Stopped; what trains may finish."
            )
    return told


def extend(sweep: Sweep, n: int, user: Any = None) -> SweepEvent:
    """``n`` more trials; a sweep that had ended goes on."""
    with _changing(sweep, user) as change:
        change.refuse("recipe" not in sweep.spec, IMPORTED)
        _whole("n", n, MOST_TRIALS - sweep.next_trial)
        before = sweep.trials_wanted
        if sweep.sampler == "grid":
            more = _untried(sweep, sweep.space)[:n]
            change.refuse(not more, "Every point of the grid is tried or waits. Widen a range or add points.")
            change.set(points=[*sweep.points, *more])
            n = len(more)
        change.set(trials_wanted=None if before is None else before + n)
        change.go_on()
        counted = "1 more trial" if n == 1 else f"{n} more trials"
        return change.record("extend", f"Extended by {counted}.", before=before, after=sweep.trials_wanted)


def change_range(sweep: Sweep, field: str, low: float, high: float, user: Any = None) -> SweepEvent:
    """Search ``field`` between other ends. What was tried outside of them stays, but is not learned from."""
    with _changing(sweep, user) as change:
        change.refuse("recipe" not in sweep.spec, IMPORTED)
        found = _distribution(sweep, field)
        if isinstance(found, Choices):
            raise SpecError({field: f"{field} is a list: drop a value or add points instead."})
        given = sweep.space[field] | {"low": low, "high": high}
        before = {"low": found.low, "high": found.high}
        change.space(sweep.space | {field: given})
        change.grid_points()
        text = f"{field}: {found.low:g} to {found.high:g} became {low:g} to {high:g}."
        return change.record("range", text, before=before, after={"low": low, "high": high})


def drop_value(sweep: Sweep, field: str, value: Any, user: Any = None) -> SweepEvent:
    """Try ``value`` no more: trials that wait with it are cancelled, those that train go on."""
    with _changing(sweep, user) as change:
        found = _distribution(sweep, field)
        if not isinstance(found, Choices) or value not in found.values:
            raise SpecError({field: f"{field} has no value {value!r} to drop."})
        rest = [other for other in found.values if other != value]
        if not rest:
            raise SpecError({field: f"{value!r} is the last value of {field}."})
        given = sweep.space[field]
        change.space(sweep.space | {field: rest if isinstance(given, list) else given | {"values": rest}})
        change.set(points=[point for point in sweep.points if point.get(field) != value])
        waiting = sweep.runs.filter(state=State.QUEUED)
        _stop_runs([run for run in waiting if run.trial_params.get(field) == value], user)
        return change.record("drop", f"{field}: {value} dropped.", before=list(found.values), after=rest)


def add_points(sweep: Sweep, points: list[Point], user: Any = None) -> SweepEvent:
    """Try these points next, beside what the sampler suggests."""
    with _changing(sweep, user) as change:
        if not isinstance(points, list) or not 0 < len(points) <= 100:
            raise SpecError({"points": "Give 1 to 100 points, each a map from field to value."})
        search = Search.of(sweep)
        for number, point in enumerate(points, 1):
            if sentence := _point_problem(search, point):
                raise SpecError({"points": f"Point {number}: {sentence}"})
        wanted = sweep.trials_wanted
        change.set(points=[*points, *sweep.points])
        if sweep.sampler != "grid" and wanted is not None:
            change.set(trials_wanted=wanted + len(points))
        change.go_on()
        counted = "1 point" if len(points) == 1 else f"{len(points)} points"
        return change.record("points", f"{counted} added by hand.", after=points)


def set_parallel(sweep: Sweep, n: int | None, user: Any = None) -> SweepEvent:
    """How many runs may wait or train at once; None: as many as there are device slots, or all of a grid."""
    with _changing(sweep, user) as change:
        if n is not None:
            _whole("n", n, 1_000)
        before = sweep.parallel
        change.set(parallel=n)
        told = "as many as there is room for" if n is None else n
        return change.record("parallel", f"Runs at once: {told}.", before=before, after=n)


def set_budget(sweep: Sweep, budget: dict[str, Any], user: Any = None) -> SweepEvent:
    """Other budgets: {"wall_seconds", "device_seconds", "target"}, each optional."""
    with _changing(sweep, user) as change:
        before = sweep.budget
        change.plan(budget=budget)
        change.go_on(Sweep.State.FINISHED)
        return change.record("budget", budget_change(before, budget), before=before, after=budget)


def set_checkpoint_budget(sweep: Sweep, budget: dict[str, Any], user: Any = None) -> SweepEvent:
    """Which checkpoints of the trials are kept: {"best": k, "rest": "weights"|"none"}, {} for all of them."""
    with _changing(sweep, user) as change:
        before = sweep.checkpoint_budget
        change.plan(checkpoint_budget=budget)
        text = "The checkpoint budget was changed."
        return change.record("checkpoint_budget", text, before=before, after=budget)


def rerun_failed(sweep: Sweep, user: Any = None) -> SweepEvent:
    """Queue the trials that failed or crashed again, each from its last checkpoint or from the start."""
    with _changing(sweep, user) as change:
        failed = list(sweep.runs.filter(state__in=[State.FAILED, State.CRASHED]))
        again = [run.trial for run in failed if transition(run.pk, State.QUEUED, traceback="")]
        change.refuse(not again, "No trial has failed.")
        change.go_on()
        tell_queued(sweep.project.slug)
        counted = "1 failed run" if len(again) == 1 else f"{len(again)} failed runs"
        return change.record("rerun", f"{counted} queued again.", after=again)


def duplicate(sweep: Sweep, name: str = "", user: Any = None) -> Sweep:
    """A new sweep of the same specification, space and plan. Raises SpecError when it cannot run any more."""
    if "recipe" not in sweep.spec:
        raise RunError(IMPORTED)
    name = name.strip() or unique_name(Sweep, sweep.project_id, sweep.name[:90])
    plan = plan_to_repeat(sweep)
    made = launch_sweep(
        sweep.project, sweep.spec, sweep.space, plan=plan, name=name, tags=sweep.tags, user=user
    )
    record(sweep, "duplicate", f"Duplicated as {made.name}.", after=made.pk, user=user)
    return made


#: Name → function and the arguments that it takes beside the sweep.
EDITS: Mapping[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "pause": (pause_sweep, ()),
    "resume": (resume_sweep, ()),
    "stop": (stop_sweep, ("cut",)),
    "extend": (extend, ("n",)),
    "range": (change_range, ("field", "low", "high")),
    "drop": (drop_value, ("field", "value")),
    "points": (add_points, ("points",)),
    "parallel": (set_parallel, ("n",)),
    "budget": (set_budget, ("budget",)),
    "checkpoint_budget": (set_checkpoint_budget, ("budget",)),
    "rerun_failed": (rerun_failed, ()),
    "duplicate": (duplicate, ("name",)),
}
_OPTIONAL = frozenset({"cut", "name"})


def apply(sweep: Sweep, kind: str, args: Mapping[str, Any], user: Any = None) -> Any:
    """One edit by its name; what the function gives."""
    if kind not in EDITS:
        raise SpecError({"kind": f"There is no edit “{kind}”. There are {', '.join(EDITS)}."})
    function, names = EDITS[kind]
    missing = [name for name in names if name not in args and name not in _OPTIONAL]
    if missing or set(args) - set(names):
        takes = f"takes {', '.join(names)}" if names else "takes no arguments"
        raise SpecError({"args": f"{kind} {takes}, not {', '.join(args) or 'nothing'}."})
    return function(sweep, **args, user=user)


class _Change:
    """Columns of a sweep that change together, in one transaction with the event that tells of it."""

    def __init__(self, sweep: Sweep, user: Any) -> None:
        self.sweep, self.user = sweep, user

    def set(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self.sweep, name, value)
        self.sweep.save(update_fields=list(fields))

    def plan(self, **fields: Any) -> None:
        """Another part of the plan; what makes no plan is refused, and the transaction takes it back."""
        self.set(**fields)
        if problems := plan_problems(plan_of(self.sweep)):
            raise SpecError(problems)

    def refuse(self, is_wrong: bool, sentence: str) -> None:
        if is_wrong:
            raise RunError(sentence)

    def go_on(self, *states: str) -> None:
        """The sweep runs (again), if it is in one of ``states``; by default in those in which nothing new comes."""
        if "recipe" not in self.sweep.spec:
            raise RunError(IMPORTED)
        if self.sweep.state not in (states or (*_OVER, Sweep.State.STOPPING)):
            return
        paused = _paused_seconds(self.sweep)
        self.set(state=Sweep.State.RUNNING, reason="", ended_at=None, paused_at=None, paused_seconds=paused)
        tell_queued(self.sweep.project.slug)

    def space(self, space: Space) -> None:
        """Another space, if the plan can search it."""
        plan = plan_of(self.sweep)
        if problems := sweep_problems(self.sweep.spec, space, plan):
            raise SpecError(problems)
        self.set(space=space)

    def grid_points(self) -> None:
        """After the space of a grid has changed: what of it is not tried yet waits."""
        if self.sweep.sampler == "grid":
            self.set(points=[])
            self.set(points=_untried(self.sweep, self.sweep.space))
            if self.sweep.points and self.sweep.state in _OVER:
                self.go_on()

    def record(self, kind: str, text: str, *, before: Any = None, after: Any = None) -> SweepEvent:
        return record(self.sweep, kind, text, before=before, after=after, user=self.user)


class _changing:
    """``with _changing(sweep, user) as change``: the row is locked and read anew; afterwards the loops are woken."""

    def __init__(self, sweep: Sweep, user: Any) -> None:
        self._sweep, self._user, self._atomic = sweep, user, transaction.atomic()

    def __enter__(self) -> _Change:
        self._atomic.__enter__()
        self._sweep.refresh_from_db(from_queryset=Sweep.objects.select_for_update())
        return _Change(self._sweep, self._user)

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            bell.ring_after_commit()
            live.runs_changed(self._sweep.project.slug)
        self._atomic.__exit__(*error)


def _paused_seconds(sweep: Sweep) -> float:
    """Including a pause that ends now."""
    if sweep.paused_at is None:
        return sweep.paused_seconds
    return sweep.paused_seconds + (timezone.now() - sweep.paused_at).total_seconds()


def _stop(sweep: Sweep, states: Collection[str], user: Any) -> int:
    return _stop_runs(list(sweep.runs.filter(state__in=states)), user)


def _stop_runs(runs: list[Run], user: Any) -> int:
    told = 0
    for run in runs:
        try:
            send_command(run, "stop", user=user)
            told += 1
        except CommandError:  # it stops already, or has just ended
            continue
    return told


def _distribution(sweep: Sweep, field: str) -> Distribution:
    if field not in sweep.space:
        raise SpecError({str(field): f"{field} is not searched. These are: {', '.join(sweep.space)}."})
    return read_distribution(sweep.space[field])


def _untried(sweep: Sweep, space: Space) -> list[Point]:
    """The points of the grid over ``space`` that neither are tried nor wait."""
    points = planned_points(Search(sweep.spec, space, plan_of(sweep)).drawer, None, sweep.seed)
    known = [*Run.everything.filter(sweep=sweep).values_list("trial_params", flat=True), *sweep.points]
    return [point for point in points if point not in known]


def _point_problem(search: Search, point: Any) -> str:
    """Why a point picked by hand cannot be tried, in a sentence; "" when it can."""
    if not isinstance(point, dict):
        return "A point is a map from field to value."
    known: dict[str, Any] = dict(search.fixed)
    for field, distribution in search.distributions.items():
        known[field] = point.get(field)
        if is_active(distribution, known) != (field in point):
            missing = "has no value" if field not in point else "does not exist there"
            return f"{field} {missing}."
        if field in point and not distribution.holds(point[field]):
            return f"{field} {point[field]!r} lies outside of what is searched. Widen that first."
    if extra := sorted(point.keys() - search.distributions.keys()):
        return f"{extra[0]} is not searched."
    try:
        if not search.drawer.holds(point):
            return "It breaks a constraint."
    except ConstraintError as error:
        return str(error)
    problems = check_points(search.spec, [point])
    return " ".join(f"{field}: {sentence}" for field, sentence in problems.items())


def _whole(name: str, value: Any, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise SpecError({name: f"Must be a whole number from 1 to {most}, not {value!r}."})
