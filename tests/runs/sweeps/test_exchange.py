"""Sweeps as Optuna studies and back. Journal files here; SQLite takes seconds to import and is among the slow tests."""

import io

import optuna
import pytest
from django.core.management import call_command
from optuna.storages.journal import JournalFileBackend, JournalStorage

from runs import series
from runs.errors import RunError
from runs.models import Run
from runs.states import State
from runs.sweeps import edit, exchange, pruning
from runs.sweeps.engine import step
from runs.sweeps.results import results
from runs.sweeps.study import files
from tests.runs.sweeps.studies import ask, fresh, measure, new_sweep, train_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_this_process(monkeypatch):
    def asked(kind, request):
        try:
            return {"export": files.export, "import": files.read}[kind](request)
        except Exception as error:
            raise RunError(str(error)) from error

    monkeypatch.setattr(exchange, "_asked", asked)


def journal(path):
    return JournalStorage(JournalFileBackend(str(path)))


@pytest.fixture
def sweep(project):
    """Finished, pruned, failed and one that trains."""
    found = new_sweep(project, "tpe", trials=7, pruner={"kind": "threshold", "lower": 0.2})
    train_all(found, lambda point: 0.5 + point["args.weight_decay"] / 4, most=3)
    for values, state in ((0.1, State.STOPPED), (0.6, State.FAILED)):
        step(fresh(found), ask)
        run = found.runs.get(state=State.QUEUED)
        measure(run, values)
        pruning.judge(fresh(found), ask)
        Run.objects.filter(pk=run.pk).update(state=state)
    step(fresh(found), ask)
    return fresh(found)


def test_what_is_exported_is_opened_by_optuna(sweep, tmp_path, in_this_process):
    path = exchange.export_study(sweep, "journal", tmp_path)
    study = optuna.load_study(study_name=sweep.name, storage=journal(path))
    mine = results(sweep)
    assert study.best_value == mine.best.value
    assert study.best_trial.params == mine.best.params
    assert study.metric_names == ["eval/accuracy"]
    assert study.trials[mine.best.number].user_attrs["trainboard:run"] == mine.best.run.pk
    states = [trial.state.name for trial in study.trials if trial.params]
    assert states == [*["COMPLETE"] * 4, "PRUNED", "FAIL", "RUNNING"]
    assert [t.intermediate_values for t in study.trials if t.state.name == "PRUNED"] == [{1: 0.1}]


def test_an_export_comes_back_as_a_finished_sweep(sweep, project, tmp_path, in_this_process):
    path = exchange.export_study(sweep, "journal", tmp_path)
    back = exchange.import_study(project, path)
    theirs, mine = results(sweep), results(back)
    assert (back.state, back.name, back.objectives) == ("finished", f"{sweep.name}-2", sweep.objectives)
    assert [t.value for t in mine.trials if t.state == State.FINISHED] == [
        t.value for t in theirs.trials if t.state == State.FINISHED
    ]
    assert mine.best.params == {f"config.{name}": value for name, value in theirs.best.params.items()}
    assert [trial.number for trial in mine.trials if trial.is_pruned] == [
        trial.number for trial in theirs.trials if trial.is_pruned
    ]


def objective(trial):
    rate = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
    layers = trial.suggest_int("layers", 1, 4)
    optimizer = trial.suggest_categorical("optimizer", ["adam", "sgd"])
    for at in range(3):
        trial.report(rate * at, at)
    return rate * layers + (optimizer == "sgd")


@pytest.fixture
def study(tmp_path):
    made = optuna.create_study(
        study_name="theirs",
        storage=journal(tmp_path / "s.log"),
        sampler=optuna.samplers.RandomSampler(seed=1),
    )
    made.optimize(objective, n_trials=6)
    return made


def test_a_study_of_optuna_is_imported_with_its_values(study, project, tmp_path, in_this_process, user):
    sweep = exchange.import_study(project, tmp_path / "s.log", user=user)
    found = results(sweep)
    assert (sweep.name, sweep.created_by, sweep.greater_is_better) == ("theirs", "ada", False)
    assert found.best.value == study.best_value
    assert [trial.value for trial in found.trials] == [trial.value for trial in study.trials]
    assert sweep.space["config.layers"] == {"low": 1, "high": 4, "scale": "linear", "step": None, "int": True}
    assert sweep.space["config.optimizer"] == ["adam", "sgd"] or sweep.space["config.optimizer"] == [
        "sgd",
        "adam",
    ]
    (reported,) = series.read([found.trials[0].run.pk], ["eval/reported"])
    assert reported.y.tolist() == list(study.trials[0].intermediate_values.values())


def test_what_nothing_here_can_train_is_not_extended(study, project, tmp_path, in_this_process):
    sweep = exchange.import_study(project, tmp_path / "s.log")
    for kind, args in (("extend", {"n": 1}), ("duplicate", {}), ("rerun_failed", {})):
        with pytest.raises(RunError):
            edit.apply(fresh(sweep), kind, args)
    assert fresh(sweep).state == "finished"


def test_pickles_of_a_foreign_file_are_left_out(project, tmp_path, in_this_process):
    made = optuna.create_study(study_name="evil", storage=journal(tmp_path / "e.log"))
    attrs = {"cma:optimizer:0": "80049503", "fixed_params": {"x": 1.0}}
    distribution = {"x": optuna.distributions.FloatDistribution(0, 2)}
    made.add_trial(
        optuna.trial.create_trial(
            value=1.0, params={"x": 1.0}, distributions=distribution, system_attrs=attrs
        )
    )
    sweep = exchange.import_study(project, tmp_path / "e.log")
    assert sweep.runs.get().trial_attrs["system"] == {"fixed_params": {"x": 1.0}}


DAMAGED = pytest.param(b"SQLite format 3\x00 and then nothing", marks=pytest.mark.slow)


@pytest.mark.parametrize("text", [b"", b"no study\n", b'["a"]\n', b"root:x:0:0\nbin:x:1:1\n", DAMAGED])
def test_a_file_that_is_no_study_is_told(project, tmp_path, in_this_process, text):
    file = tmp_path / "x"
    file.write_bytes(text)
    with pytest.raises(RunError, match="no Optuna study"):
        exchange.import_study(project, file)


@pytest.mark.slow
def test_sqlite_by_the_command_line(sweep, project, tmp_path, capsys):
    call_command("sweeps", "export", sweep.pk, str(tmp_path / "s.db"))
    study = optuna.load_study(study_name=None, storage=f"sqlite:///{tmp_path / 's.db'}")
    assert study.best_value == results(sweep).best.value
    call_command("sweeps", "import", str(tmp_path / "s.db"), "--project", project.slug, "--name", "back")
    call_command("sweeps", "list", "--project", project.slug)
    told = capsys.readouterr().out
    assert "back: 7 trials" in told
    call_command("sweeps", "edit", sweep.pk, "extend", "n=3")
    call_command("sweeps", "show", sweep.pk)
    assert "Extended by 3 more trials." in capsys.readouterr().out


def test_out_and_in_over_rest(sweep, project, client, owner, in_this_process):
    client.force_login(owner)
    answer = client.get(f"/api/v1/sweeps/{sweep.pk}/optuna?format=journal")
    assert answer["Content-Disposition"] == f'attachment; filename="{sweep.name}.log"'
    file = io.BytesIO(b"".join(answer.streaming_content))
    file.name = "study.log"
    fields = {"project": project.slug, "name": "back", "file": file}
    made = client.post("/api/v1/sweeps/import", fields)
    assert made.status_code == 201, made.json()
    assert (made.status_code, made.json()["name"], made.json()["state"]) == (201, "back", "finished")
    assert made.json()["best"]["value"] == results(sweep).best.value
    wrong = client.get(f"/api/v1/sweeps/{sweep.pk}/optuna?format=csv")
    assert (wrong.status_code, list(wrong.json()["problems"])) == (422, ["format"])
