"""Pruning: decided from rows, each time from a study that was rebuilt."""

import pytest

from runs.draft import Draft
from runs.events import apply_event
from runs.launch import resume_run
from runs.models import Checkpoint, Command, Run, Series, Sweep
from runs.states import State
from runs.sweeps import pruning
from runs.sweeps.engine import step
from tests.runs.sweeps.studies import KEY, ask, fresh, measure, new_sweep
from trainer_bridge import protocol

pytestmark = pytest.mark.django_db

HYPERBAND = {"kind": "hyperband", "max_resource": 4, "reduction_factor": 2}


def trials(project, count, pruner, **fields):
    sweep = new_sweep(project, "random", trials=count, parallel=count * 2, pruner=pruner, **fields)
    step(fresh(sweep), ask)
    return fresh(sweep), list(sweep.runs.order_by("trial", "mark"))


def judge(sweep):
    return pruning.judge(fresh(sweep), ask)


def pruned(sweep):
    return list(sweep.runs.filter(is_pruned=True).order_by("trial").values_list("trial", flat=True))


def test_a_bad_trial_is_pruned_by_asha_though_the_study_is_rebuilt_for_every_decision(project):
    sweep, runs = trials(project, 5, {"kind": "asha", "reduction_factor": 2})
    for run in runs[:4]:
        measure(run, 0.9, 0.91)
        assert judge(sweep) == 0
    measure(runs[4], 0.1)
    assert judge(sweep) == 1
    run = Run.objects.get(pk=runs[4].pk)
    assert (run.is_pruned, run.state) == (True, State.STOPPING)
    assert run.reason == "pruned by ASHA at evaluation 1: eval/accuracy 0.1"
    command = Command.objects.get(run=run)
    assert (command.kind, command.args) == ("stop", {"save": True})
    assert [key for key in run.trial_attrs["system"] if "rung" in key] == ["completed_rung_0"]
    assert run.trial_attrs["reports"] == [0.1]


def test_without_the_attributes_asha_never_prunes(project):
    """Why they are kept: the same trials, rebuilt from their values alone."""
    sweep, runs = trials(project, 5, {"kind": "asha", "reduction_factor": 2})
    for run in runs[:4]:
        measure(run, 0.9)
        judge(sweep)
        Run.objects.filter(pk=run.pk).update(trial_attrs={"reports": [0.9]})
    measure(runs[4], 0.1)
    assert judge(sweep) == 0


@pytest.mark.parametrize(
    "pruner",
    [
        {"kind": "median", "n_startup_trials": 3},
        {"kind": "percentile", "percentile": 50.0, "n_startup_trials": 3},
        {"kind": "threshold", "lower": 0.3},
        {"kind": "patience", "patience": 1},
    ],
)
def test_each_pruner_ends_the_bad_and_spares_the_good(project, pruner):
    sweep, runs = trials(project, 8, pruner)
    for run in runs[:6]:
        measure(run, 0.8, 0.85, 0.9, 0.95, state=State.FINISHED)
        judge(sweep)
    measure(runs[6], 0.81, 0.86, 0.91)
    measure(runs[7], 0.2, 0.15, 0.12)
    judge(sweep)
    assert pruned(sweep) == [7]


def test_hyperband_prunes_in_its_strict_brackets(project):
    sweep = new_sweep(project, "random", trials=16, parallel=16, pruner=HYPERBAND)
    # A trial's bracket depends on the study's name, which is the sweep's id.
    Sweep.objects.filter(pk=sweep.pk).update(id="hyperband")
    sweep = Sweep.objects.get(pk="hyperband")
    step(fresh(sweep), ask)
    runs = list(sweep.runs.order_by("trial"))
    for run in runs[:8]:
        measure(run, 0.8, 0.85, 0.9, 0.95)
    judge(sweep)
    for run in runs[8:]:
        measure(run, 0.2, 0.15, 0.12)
    judge(sweep)
    assert pruned(sweep)
    assert min(pruned(sweep)) >= 8


def test_the_mean_of_the_seeds_is_judged_and_all_of_them_stop(project):
    sweep, runs = trials(project, 2, {"kind": "threshold", "lower": 0.5}, seeds=[1, 2])
    measure(runs[0], 0.4)
    assert judge(sweep) == 0  # the other seed is not as far yet
    measure(runs[1], 0.7)
    assert judge(sweep) == 0
    measure(runs[0], 0.1, first=2)
    measure(runs[1], 0.7, first=2)
    assert judge(sweep) == 1
    states = [run.state for run in sweep.runs.order_by("mark")]
    assert states == [State.STOPPING, State.STOPPING, State.QUEUED, State.QUEUED]


def test_a_loss_that_is_no_number_is_told_and_pruned(project):
    sweep, runs = trials(project, 1, {"kind": "threshold", "lower": 0})
    measure(runs[0], float("nan"))
    assert judge(sweep) == 1
    run = Run.objects.get(pk=runs[0].pk)
    assert run.reason.endswith("not a number")
    assert run.trial_attrs["reports"] == ["NaN"]
    assert judge(sweep) == 0


def test_nobody_is_asked_when_nothing_is_new(project):
    _, runs = trials(project, 2, {"kind": "median"})
    measure(runs[0], 0.5)
    asked = []
    pruning.judge_all(lambda kind, request: asked.append(kind) or ask(kind, request))
    pruning.judge_all(lambda kind, request: asked.append(kind) or ask(kind, request))
    assert asked == ["judge"]


def test_what_it_was_pruned_for_stays_its_reason_when_it_has_stopped(project, make_attempt):
    sweep, runs = trials(project, 1, {"kind": "threshold", "lower": 0.5})
    measure(runs[0], 0.1)
    judge(sweep)
    run = Run.objects.get(pk=runs[0].pk)
    attempt, _ = make_attempt(run)
    draft = Draft(run, attempt, "trainer")
    apply_event(draft, protocol.Exit(outcome="stopped", time=1.0, reason=protocol.STOP_ASKED))
    draft.save()
    run.refresh_from_db()
    assert (run.state, run.reason) == (
        State.STOPPED,
        "pruned by Threshold at evaluation 1: eval/accuracy 0.1",
    )


def test_a_pruned_trial_that_a_person_resumes_is_left_alone(project, monkeypatch):
    sweep, runs = trials(project, 1, {"kind": "threshold", "lower": 0.5})
    measure(runs[0], 0.1)
    judge(sweep)
    Run.objects.filter(pk=runs[0].pk).update(state=State.STOPPED)
    monkeypatch.setattr("runs.launch.resumable", lambda run: Checkpoint(run=run, step=10, attempt=1))
    resume_run(Run.objects.get(pk=runs[0].pk))
    measure(runs[0], 0.1, first=2)
    assert judge(sweep) == 0
    assert pruned(sweep) == []


def test_one_that_came_to_its_end_first_was_not_pruned(project):
    sweep, runs = trials(project, 1, {"kind": "threshold", "lower": 0.5})
    measure(runs[0], 0.1)
    judge(sweep)
    Run.objects.filter(pk=runs[0].pk).update(state=State.FINISHED)
    pruning.judge_all(ask)
    assert pruned(sweep) == []


def test_the_pruned_trial_counts_for_the_sampler(project):
    sweep, runs = trials(project, 1, {"kind": "threshold", "lower": 0.5})
    measure(runs[0], 0.1)
    judge(sweep)
    Run.objects.filter(pk=runs[0].pk).update(state=State.STOPPED)
    from runs.sweeps.requests import study_request

    (trial,) = study_request(fresh(sweep))["trials"]
    assert (trial["state"], trial["values"], trial["reports"]) == ("pruned", None, [(1, 0.1)])
    assert Series.objects.filter(key=KEY).count() == 1
