"""Forks: what a new run takes over from another run's checkpoint, and what cannot be forked."""

import json

import pytest

from runs import series
from runs.access import issue_api_token
from runs.dispatch import claim_next
from runs.errors import RunError, SpecError
from runs.fork import fork, fork_problem
from runs.models import Checkpoint, Run
from runs.states import State
from runs.timeline import timeline
from runs.workers import record_heartbeat
from tests.runs.checkpoints.folders import new_checkpoint, new_run, write_checkpoint
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs_dir(settings, tmp_path):
    settings.RUNS_DIR = tmp_path
    return tmp_path


@pytest.fixture
def checkpoint(runs_dir):
    """Step 20 of a run that went on to 30."""
    run = new_run(state=State.FINISHED)
    folder = write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-20", 20)
    state = {
        "global_step": 20,
        "best_model_checkpoint": str(folder.with_name("checkpoint-10")),
        "best_metric": 0.5,
    }
    (folder / "trainer_state.json").write_text(json.dumps(state))
    files = [[path.name, path.stat().st_size] for path in sorted(folder.iterdir())]
    values = [
        Metrics(step, 100.0 + step, {"train/loss": 1 / step, "system/cpu": 9.0}, step / 10)
        for step in (10, 20, 30)
    ]
    series.append(run.pk, 1, values)
    return new_checkpoint(run, 20, {"eval/accuracy": 0.5}, files=files, epoch=2.0)


def spec(**args):
    return {"recipe": "digits-vit", "args": args}


def test_a_fork_has_the_checkpoint_and_the_points_up_to_it(checkpoint, runs_dir):
    run = fork(checkpoint, spec(learning_rate=1e-3), name="child", tags=["x"])
    assert (run.parent, run.forked_step, run.step, run.state) == (checkpoint.run, 20, 20, "queued")
    own = Checkpoint.objects.get(run=run)
    assert (own.step, own.attempt, own.metrics, own.epoch) == (20, 0, {"eval/accuracy": 0.5}, 2.0)
    (points,) = series.read([run.pk], ["train/loss", "system/cpu"])
    assert (points.key, points.step.tolist(), points.y.tolist()) == ("train/loss", [10, 20], [0.1, 0.05])
    assert points.epoch.tolist() == [1.0, 2.0]
    assert series.check() == []
    assert "Forked from vit at step 20" in [event.text for event in timeline(run)]


def test_the_parents_files_stay_as_they_are(checkpoint, runs_dir):
    theirs = runs_dir / checkpoint.run_id / checkpoint.path
    before = (theirs / "trainer_state.json").read_text()
    run = fork(checkpoint, spec())
    own = runs_dir / run.pk / checkpoint.path
    assert (theirs / "trainer_state.json").read_text() == before
    # Its best checkpoint lies elsewhere: the fork has none yet.
    assert json.loads((own / "trainer_state.json").read_text())["best_model_checkpoint"] is None
    assert (own / "model.safetensors").stat().st_ino == (theirs / "model.safetensors").stat().st_ino


def test_the_best_checkpoint_of_a_fork_is_its_own(checkpoint, runs_dir):
    folder = runs_dir / checkpoint.run_id / checkpoint.path
    (folder / "trainer_state.json").write_text(
        json.dumps({"global_step": 20, "best_model_checkpoint": str(folder), "best_metric": 0.5})
    )
    run = fork(checkpoint, spec())
    own = runs_dir / run.pk / checkpoint.path
    told = json.loads((own / "trainer_state.json").read_text())
    assert (told["best_model_checkpoint"], told["best_metric"]) == (str(own), 0.5)


def test_a_worker_begins_at_the_checkpoint_with_the_runs_own_arguments(checkpoint):
    run = fork(checkpoint, spec())
    record_heartbeat("box", "ready", 1, 0, {})
    claim = claim_next("box")
    assert (claim.run, claim.attempt, claim.resume_from, claim.forked) == (run.pk, 1, checkpoint.path, True)


def test_a_fork_of_a_fork_and_a_deleted_parent(checkpoint):
    child = fork(checkpoint, spec())
    grandchild = fork(Checkpoint.objects.get(run=child), spec())
    checkpoint.run.delete()
    child.refresh_from_db()
    assert child.parent is None
    assert "Forked from a deleted run" in [event.text for event in timeline(child)]
    assert series.read([grandchild.pk], ["train/loss"])[0].step.tolist() == [10, 20]


def test_what_cannot_be_forked_says_why_and_makes_nothing(checkpoint, runs_dir):
    with pytest.raises(RunError, match="A fork of vit has its recipe, digits-vit"):
        fork(checkpoint, {"recipe": "language-id"})
    with pytest.raises(SpecError):
        fork(checkpoint, spec(learning_rate=-1))
    (runs_dir / checkpoint.run_id / checkpoint.path / "model.safetensors").write_bytes(b"short")
    assert fork_problem(checkpoint).startswith("This checkpoint is damaged: ")
    with pytest.raises(RunError, match="damaged"):
        fork(checkpoint, spec())
    assert Run.objects.count() == 1
    weights = new_checkpoint(checkpoint.run, 10, files=[["model.safetensors", 4]])
    write_checkpoint(runs_dir / weights.run_id / weights.path, 10, resume=False)
    assert "holds only weights" in fork_problem(weights)


def test_a_fork_over_rest(client, checkpoint, django_user_model):
    person = django_user_model.objects.create_user("ada")
    _, token = issue_api_token(person, "me", ["write"])
    headers = {"Authorization": f"Bearer {token}"}
    address = f"/api/v1/checkpoints/{checkpoint.pk}/fork"
    body = {"set": {"args.learning_rate": 5e-4}, "name": "lower"}
    answer = client.post(address, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["step"]) == (201, 20)
    run = Run.objects.get(pk=answer.json()["id"])
    assert (run.name, run.spec["args"], run.created_by) == ("lower", {"learning_rate": 5e-4}, "ada")
    wrong = client.post(address, {"set": {"args.seed": -1}}, content_type="application/json", headers=headers)
    assert (wrong.status_code, "args.seed" in wrong.json()["problems"]) == (422, True)
