"""Retention: what a policy keeps, what it never takes, that cleaning frees the disk and can be undone until then."""

import os
from datetime import timedelta

import pytest
from django.utils import timezone

from runs.checkpoints import aliases, deletion, retention
from runs.checkpoints.policy import Policy, PolicyError, Rule, read_policy
from runs.checkpoints.register import register
from runs.checkpoints.verify import problem_of
from runs.fork import fork
from runs.models import Checkpoint, Run, Sweep
from runs.states import State
from tests.runs.checkpoints.folders import event, new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
ACCURACY = "eval/accuracy"
RESUME = [["optimizer.pt", 10], ["scheduler.pt", 1], ["rng_state.pth", 1]]
VALUES = {10: 0.5, 20: 0.9, 30: 0.7, 40: 0.8}


def rows_of(run: Run, values: dict[int, float] = VALUES, files=RESUME) -> dict[int, Checkpoint]:
    return {step: new_checkpoint(run, step, {ACCURACY: value}, files=files) for step, value in values.items()}


def judged(owner, policy: Policy) -> dict[int, tuple[str, str]]:
    """{step: (action, why or why it is kept)}"""
    found = retention.plan(owner, policy).verdicts
    return {v.checkpoint.step: (v.action, v.why or ", ".join(v.kept)) for v in found}


@pytest.fixture
def done():
    return new_run(state=State.FINISHED)


@pytest.fixture
def on_disk(runs_dir):
    """on_disk(run, step) → (row, folder) with weights of 40 KB."""

    def make(run, step, value=0.5):
        path = f"checkpoints/checkpoint-{step}"
        folder = write_checkpoint(runs_dir / run.pk / path, step, weights=10_000)
        (folder / "optimizer.pt").write_bytes((folder / "optimizer.pt").read_bytes())
        return register(run.pk, 1, event(step, metrics={ACCURACY: value})), folder

    return make


def test_without_a_policy_everything_is_kept(done):
    rows_of(done)
    assert retention.plan(done).steps == []
    assert not Policy().deletes


def test_best_last_and_every(done):
    rows_of(done)
    policy = Policy(full=Rule(best=2, last=1, every=15))
    assert judged(done, policy) == {
        10: ("delete", "not among best 2 + last + every 15 steps full"),
        20: ("", "best 1 of 2"),
        30: ("", "every 15 steps"),
        40: ("", "best 2 of 2, last"),
    }


def test_weights_have_rules_of_their_own(done):
    rows_of(done)
    found = judged(done, Policy(full=Rule(last=1), weights=Rule(best=2)))
    assert found[20] == ("strip", "not among last full")
    assert found[40] == ("", "last")
    assert (found[10][0], found[30][0]) == ("delete", "delete")


def test_weights_only_checkpoints_take_no_place_of_full_ones(done):
    rows_of(done, {10: 0.5, 20: 0.6})
    rows_of(done, {30: 0.9}, files=[["model.safetensors", 1]])
    found = judged(done, Policy(full=Rule(best=1), weights=Rule(last=1)))
    assert found == {
        10: ("delete", "not among best 1 full or last weights"),
        20: ("", "best 1 of 1"),
        30: ("", "weights of last"),
    }


def test_metric_of_the_policy_takes_its_own_direction(done):
    for step, loss in ((10, 0.3), (20, 0.1)):
        new_checkpoint(done, step, {"eval/loss": loss}, files=RESUME)
    found = judged(done, Policy(full=Rule(best=1), metric="eval/loss"))
    assert (found[10][0], found[20][0]) == ("delete", "")


def test_a_policy_that_cannot_rank_takes_not_everything(done):
    rows_of(done)
    other = new_run(state=State.FINISHED)
    for step in (10, 20):
        new_checkpoint(other, step, {}, files=RESUME)
    policy = Policy(full=Rule(best=1), metric="eval/wer")
    assert judged(done, policy)[20] == ("", f"best 1 of 1 by {ACCURACY}")
    assert [action for action, _ in judged(done, policy).values()].count("delete") == 3
    assert judged(other, policy) == {
        10: ("delete", "not among best 1 full"),
        20: ("", "newest 1 of 1, for nothing ranks them"),
    }


def test_a_metric_that_no_checkpoint_has_is_told(done):
    rows_of(done)
    policy = Policy(full=Rule(best=1), metric="eval/acuracy")
    with pytest.raises(PolicyError, match="Did you mean eval/accuracy"):
        retention.check_metric(done, policy)
    assert retention.check_metric(new_run(), policy) is policy  # nothing is measured yet


@pytest.mark.parametrize("state", [state for state in State if state != State.FINISHED])
def test_what_an_unfinished_run_goes_on_from_is_never_taken(state):
    run = new_run(state=state)
    rows_of(run, {10: 0.9, 20: 0.1})
    found = judged(run, Policy(full=Rule(), weights=Rule(best=1)))
    assert found[20][0] == ""
    assert "can go on from it" in found[20][1]


def test_running_run_keeps_its_best_for_its_trainer():
    run = new_run(state=State.RUNNING)
    rows_of(run, {10: 0.9, 20: 0.1, 30: 0.2})
    found = judged(run, Policy(full=Rule(last=1)))
    assert {step: action for step, (action, _) in found.items()} == {10: "", 20: "delete", 30: ""}


def test_pinned_and_aliased_ones_are_never_taken(done, user):
    rows = rows_of(done)
    retention.keep(rows[10])
    aliases.move(done.project, "production", rows[30], user)
    found = judged(done, Policy(full=Rule(best=1)))
    assert found[10] == ("", "pinned")
    assert found[30] == ("", "alias production")
    assert found[40][0] == "delete"


def test_fork_that_waits_keeps_what_it_goes_on_from(on_disk):
    run = new_run(state=State.FINISHED)
    row, _ = on_disk(run, 10)
    on_disk(run, 20, 0.9)
    child = fork(row, run.spec)
    policy = Policy(full=Rule(best=1))
    assert judged(run, policy)[10] == ("", f"{child.name} waits to go on from it")
    assert judged(child, policy)[10][0] == ""
    Run.objects.filter(pk=child.pk).update(state=State.FINISHED)
    assert judged(run, policy)[10][0] == "delete"


def test_evaluation_that_waits_keeps_what_it_measures(done):
    rows = rows_of(done)
    asked = {"checkpoint": rows[10].pk, "run": done.pk, "step": 10}
    new_run(name="measured again", kind=Run.Kind.EVALUATION, evaluates=asked)
    assert judged(done, Policy(Rule(best=1)))[10] == ("", "measured again waits to measure it")


def test_best_of_a_sweep_counts_over_all_of_its_trials(done):
    sweep = Sweep.objects.create(project=done.project, name="lr", objective=ACCURACY)
    trials = [new_run(sweep=sweep, trial=at, state=State.FINISHED) for at in range(3)]
    rows = [new_checkpoint(run, 10, {ACCURACY: at / 10}, files=RESUME) for at, run in enumerate(trials)]
    retention.set_policy(sweep, Policy(Rule(best=1), Rule(all=True)))
    found = {v.checkpoint.pk: v.action for v in retention.plan(sweep).verdicts}
    assert found == {rows[0].pk: "strip", rows[1].pk: "strip", rows[2].pk: ""}
    retention.set_policy(sweep, Policy(Rule(best=2)))
    assert [v.checkpoint.pk for v in retention.plan(done.project).steps] == [rows[0].pk]


def test_budget_of_a_sweep_is_its_policy(done):
    sweep = Sweep.objects.create(
        project=done.project, name="lr", objective=ACCURACY, checkpoint_budget={"best": 1, "rest": "none"}
    )
    trials = [new_run(sweep=sweep, trial=at, state=State.FINISHED) for at in range(2)]
    for at, run in enumerate(trials):
        rows_of(run, {10: at, 20: at / 2})
    assert list(retention.projects_with_policies()) == [done.project]
    found = {(v.checkpoint.run_id, v.checkpoint.step): v.action for v in retention.plan(sweep).verdicts}
    worse, best = (run.pk for run in trials)
    assert found == {(worse, 10): "delete", (worse, 20): "delete", (best, 10): "", (best, 20): ""}


def test_run_before_sweep_before_project(done):
    project = done.project
    sweep = Sweep.objects.create(project=project, name="lr", objective=ACCURACY)
    trial, other = new_run(sweep=sweep, trial=0), new_run(sweep=sweep, trial=1)
    first, second, third = Policy(Rule(best=1)), Policy(Rule(best=2)), Policy(Rule(best=3))
    for owner, policy in ((project, first), (sweep, second), (trial, third)):
        retention.set_policy(owner, policy)
    found = retention.policies_of(project, [done, trial, other])
    assert found == {done.pk: (first, "project"), trial.pk: (third, "run"), other.pk: (second, "sweep")}
    retention.set_policy(trial, None)
    assert retention.policies_of(project, [trial])[trial.pk] == (second, "sweep")


def test_deleted_after_the_grace_frees_the_disk(done, on_disk, runs_dir):
    (first, folder), (_, kept) = on_disk(done, 10), on_disk(done, 20, 0.9)
    size = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    retention.set_policy(done.project, Policy(Rule(best=1)))
    assert retention.plan(done.project).freed == size
    now = timezone.now()
    retention.announce(done.project, now)
    first.refresh_from_db()
    assert (first.due, first.due_at, first.due_because) == (
        "delete",
        now + timedelta(hours=2),
        "not among best 1 full",
    )
    assert retention.carry_out(done.project, now + timedelta(hours=1)) == retention.Done(0, 0, [])
    assert retention.carry_out(done.project, now + timedelta(hours=3)) == retention.Done(1, size, [])
    assert not folder.exists()
    assert kept.exists()
    first.refresh_from_db()
    assert first.deleted_at
    assert (first.deleted_because, first.due, first.metrics) == ("not among best 1 full", "", {ACCURACY: 0.5})


def test_kept_in_time_it_stays(done, on_disk):
    row, folder = on_disk(done, 10)
    on_disk(done, 20, 0.9)
    retention.set_policy(done.project, Policy(Rule(best=1)))
    retention.announce(done.project)
    row.refresh_from_db()
    retention.keep(row)
    retention.announce(done.project)
    assert retention.carry_out(done.project, timezone.now() + timedelta(days=1)).count == 0
    assert folder.exists()


def test_protected_after_it_was_announced_it_stays(done, on_disk, user):
    row, folder = on_disk(done, 10)
    on_disk(done, 20, 0.9)
    retention.set_policy(done.project, Policy(Rule(best=1)))
    retention.announce(done.project)
    aliases.move(done.project, "candidate", row, user)
    found = retention.carry_out(done.project, timezone.now() + timedelta(days=1))
    assert found.refused == ["vit @ 10 stays: alias candidate."]
    assert folder.exists()


def test_stripped_is_whole_and_holds_weights_only(done, on_disk):
    row, folder = on_disk(done, 10)
    before = row.size
    found = retention.ask([row], Checkpoint.Due.STRIP, at_once=True)
    row.refresh_from_db()
    names = {path.name for path in folder.iterdir()}
    assert not names & {"optimizer.pt", "scheduler.pt", "rng_state.pth"}
    assert {"model.safetensors", "trainer_state.json", "config.json"} <= names
    assert found.count == 1
    assert found.freed > 0
    assert row.size < before
    assert (row.problem, row.due, problem_of(folder, 10)) == ("", "", "")


def test_files_that_a_fork_shares_free_nothing(on_disk):
    run = new_run(state=State.FINISHED)
    row, folder = on_disk(run, 10)
    shared = (folder / "model.safetensors").stat().st_blocks * 512
    whole = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    child = fork(row, run.spec)
    Run.objects.filter(pk=child.pk).update(state=State.RUNNING)
    found = retention.ask([row], Checkpoint.Due.DELETE, at_once=True)
    assert found.freed <= whole - shared
    inherited = child.checkpoints.get()
    assert problem_of(folder.parents[2] / child.pk / inherited.path, 10) == ""


def test_person_asks_and_protected_ones_are_refused(done, on_disk, user):
    row, folder = on_disk(done, 10)
    retention.keep(row)
    found = retention.ask([row], Checkpoint.Due.DELETE, at_once=True, user=user)
    assert found == retention.Done(0, 0, ["vit @ 10 stays: pinned."])
    assert folder.exists()


def test_one_on_another_machine_is_asked_of_its_worker(done):
    row = new_checkpoint(done, 10, {}, problem="stays where it was trained", files=RESUME)
    assert retention.ask([row], Checkpoint.Due.DELETE, at_once=True) == retention.Done(0, 0, [], 1)
    row.refresh_from_db()
    assert (row.due, row.deleted_at) == ("delete", None)


def test_one_of_a_training_that_nobody_here_started_is_refused_with_the_reason():
    run = new_run(state=State.FINISHED, origin="external")
    row = new_checkpoint(run, 10, {}, problem="stays where it was trained", files=RESUME)
    found = retention.ask([row], Checkpoint.Due.DELETE, at_once=True)
    assert found.refused == [
        "vit @ 10 stays: its files are on another machine, so they cannot be deleted from here."
    ]


def test_deletion_cut_short_is_finished(done, on_disk, monkeypatch):
    row, folder = on_disk(done, 10)

    def killed(path):
        os.unlink(path / "config.json")
        raise KeyboardInterrupt

    monkeypatch.setattr(deletion.shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        deletion.take_away(row, Checkpoint.Due.DELETE, "asked")
    monkeypatch.undo()
    row.refresh_from_db()
    assert (bool(row.deleted_at), row.due) == (True, "delete")
    deletion.finish_started()
    row.refresh_from_db()
    assert (folder.exists(), row.due) == (False, "")


def test_damaged_ones_are_left_to_a_person(done, on_disk):
    row, folder = on_disk(done, 10)
    on_disk(done, 20, 0.9)
    (folder / "trainer_state.json").unlink()
    Checkpoint.objects.filter(pk=row.pk).update(problem="trainer_state.json is missing")
    assert 10 not in judged(done, Policy(Rule(best=1)))
    assert retention.ask([row], Checkpoint.Due.DELETE, at_once=True).count == 1
    assert not folder.exists()


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        ([], {"policy"}),
        ({"full": {"best": -1}}, {"full.best"}),
        ({"full": {"best": "3"}, "weights": {"last": 1.5}}, {"full.best", "weights.last"}),
        ({"full": {"beste": 1}}, {"full"}),
        ({"full": {}, "weights": {}}, {"full"}),
        ({"keep": 3}, {"keep"}),
        ({"grace": True}, {"grace"}),
    ],
)
def test_policy_that_cannot_be_names_the_field(value, fields):
    with pytest.raises(PolicyError) as refused:
        read_policy(value)
    assert set(refused.value.problems) == fields


def test_policy_survives_json():
    policy = Policy(Rule(best=3, last=1), Rule(all=True), "eval/loss", 60)
    assert read_policy(policy.as_json()) == policy


@pytest.mark.parametrize("count", [1, 3])
def test_plan_of_a_project_takes_a_fixed_number_of_queries(django_assert_max_num_queries, count):
    for number in range(count):
        rows_of(new_run(name=f"r{number}", state=State.FINISHED))
    project = new_run().project
    with django_assert_max_num_queries(5):
        assert len(retention.plan(project, Policy(Rule(best=1))).steps) == 3 * count
