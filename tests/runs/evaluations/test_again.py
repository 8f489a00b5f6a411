"""Checkpoints measured again: a run of its own kind, never counted as a training."""

import json

import pytest

from runs import launch, series
from runs.dispatch import claim_next
from runs.errors import RunError, SpecError
from runs.evaluations.again import evaluate_again, evaluations_of
from runs.models import Checkpoint, Run
from runs.states import State
from runs.table import read as table
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
    run = new_run(state=State.FINISHED)
    folder = write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-20", 20)
    files = [[path.name, path.stat().st_size] for path in sorted(folder.iterdir())]
    return new_checkpoint(run, 20, {"eval/accuracy": 0.5}, files=files)


def test_it_is_queued_as_a_run_that_has_the_weights_and_no_pickle(checkpoint, runs_dir):
    run = evaluate_again(checkpoint, "test")
    assert (run.kind, run.state, run.objective) == ("evaluation", "queued", "test/accuracy")
    assert run.name == "vit @ 20 on test"
    names = sorted(path.name for path in (runs_dir / run.pk / "evaluated").iterdir())
    assert names == ["config.json", "model.safetensors", "preprocessor_config.json", "trainer_state.json"]
    assert not Checkpoint.objects.filter(run=run).exists()


def test_a_worker_is_told_what_to_measure(checkpoint):
    run = evaluate_again(checkpoint, "train")
    record_heartbeat("box", "ready", 1, 0, {})
    claim = claim_next("box")
    assert claim.run == run.pk
    assert claim.resume_from is None
    assert (claim.evaluate["part"], claim.evaluate["step"]) == ("train", 20)


def test_other_data_goes_into_the_spec(checkpoint):
    Run.objects.filter(pk=checkpoint.run_id).update(
        spec={"recipe": "text-classification", "data": {"max_samples": 9}}
    )
    run = evaluate_again(Checkpoint.objects.get(pk=checkpoint.pk), "train", " example:character-names ")
    assert run.spec["data"] == {"max_samples": 9, "eval_source": "example:character-names"}
    assert (run.evaluates["part"], run.objective) == ("validation", "eval/accuracy")


def test_it_is_no_training(checkpoint):
    run = evaluate_again(checkpoint)
    assert set(table.versions(run.project_id)) == {checkpoint.run_id}
    assert [row[0] for row in table.run_rows(run.project_id, [run.pk, checkpoint.run_id])] == [
        checkpoint.run_id
    ]
    for ask in (launch.rerun, launch.resume_run):
        with pytest.raises(RunError):
            ask(Run.objects.get(pk=run.pk))


def test_what_was_measured_stands_beside_what_the_training_said(checkpoint):
    run = evaluate_again(checkpoint)
    series.append(run.pk, 1, [Metrics(20, 100.0, {"test/accuracy": 0.75})])
    (told,) = evaluations_of(checkpoint.run)
    assert (told.value, told.original, told.difference, told.what) == (0.75, 0.5, 0.25, "test")


def test_what_cannot_be_measured_is_refused_and_makes_nothing(checkpoint, runs_dir):
    with pytest.raises(SpecError, match="no part"):
        evaluate_again(checkpoint, "nonsense")
    with pytest.raises(RunError, match="brings its own data"):
        evaluate_again(checkpoint, source="reviews.csv")
    (runs_dir / checkpoint.run_id / checkpoint.path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(RunError, match="damaged"):
        evaluate_again(checkpoint)
    Checkpoint.objects.update(deleted_at=checkpoint.created_at)
    with pytest.raises(RunError, match="deleted"):
        evaluate_again(Checkpoint.objects.get())
    assert Run.objects.count() == 1


def test_over_rest(checkpoint, client, user):
    client.force_login(user)
    answer = client.post(
        f"/api/v1/checkpoints/{checkpoint.pk}/evaluate",
        json.dumps({"part": "validation"}),
        content_type="application/json",
    )
    assert answer.status_code == 201
    assert Run.objects.get(pk=answer.json()["run"]).is_evaluation
