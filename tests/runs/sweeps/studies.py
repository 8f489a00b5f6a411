"""Sweeps whose trials are measured by a function instead of being trained, for tests."""

from django.utils import timezone

from runs import series
from runs.models import Run, Sweep
from runs.states import State
from runs.sweeps.engine import step
from runs.sweeps.launch import launch_sweep
from runs.sweeps.plan import SweepPlan
from runs.sweeps.study.judge import judge
from runs.sweeps.study.suggest import suggest
from trainer_bridge import protocol

KEY = "eval/accuracy"
SPEC = {"recipe": "digits-vit"}
SPACE = {
    "args.learning_rate": {"low": 1e-4, "high": 1e-1, "scale": "log"},
    "args.weight_decay": {"low": 0, "high": 1},
}
LIST = {"args.optim": ["adamw_torch", "sgd"], "args.seed": [1, 2]}


def ask(kind, request):
    """The suggesting process without the process: it keeps nothing between two requests either."""
    return {"suggest": suggest, "judge": judge}[kind](request)


def new_sweep(project, sampler="tpe", space=SPACE, trials=10, **fields) -> Sweep:
    plan = SweepPlan(sampler=sampler, trials=trials, parallel=fields.pop("parallel", 1), **fields)
    return launch_sweep(project, SPEC, space, plan=plan)


def fresh(sweep: Sweep) -> Sweep:
    return Sweep.objects.select_related("project").get(pk=sweep.pk)


def measure(run: Run, *values, key=KEY, first=1, state=None, reason=""):
    """The run is evaluated, and ends in ``state`` where one is given."""
    metrics = [
        protocol.Metrics(step=(first + at) * 10, time=1.0 * at, values={key: float(value)})
        for at, value in enumerate(values)
    ]
    if metrics:
        series.append(run.pk, 1, metrics)
    state = state or State.RUNNING
    ended = timezone.now() if state not in (State.RUNNING, State.QUEUED) else None
    Run.objects.filter(pk=run.pk).update(
        state=state, reason=reason, started_at=timezone.now(), ended_at=ended
    )


def train_all(sweep, function, asked=ask, most=100):
    """Step until the sweep ends or ``most`` trials were made; the points in order of their trials."""
    for _ in range(4 * most):
        sweep = fresh(sweep)
        if sweep.state != Sweep.State.RUNNING or sweep.next_trial > most:
            break
        step(sweep, asked)
        for run in sweep.runs.filter(state=State.QUEUED):
            measure(run, function(run.trial_params), state=State.FINISHED)
    return list(sweep.runs.order_by("trial", "mark").values_list("trial_params", flat=True))
