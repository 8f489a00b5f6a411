"""Each way to join, against a real server: a callback, report_to, exec, a plain loop; offline, killed, refused."""

import signal
import subprocess
import time

import pytest

from runs import series
from runs.models import Run
from tests.live import free_port, wait_for
from tests.runs.join.trainings import SCRIPT, command, lines, points, python
from trainer_bridge.join.process import current, start_run
from trainer_bridge.join.sync import LOST, sync

pytestmark = pytest.mark.django_db(transaction=True)


# --- a loop without a Trainer -----------------------------------------------------------------------------------


def test_a_plain_loop(joining, capsys):
    with start_run(name="loop", tags=["a"], config={"lr": 0.1}) as run:
        for step in range(50):
            run.log({"loss": 1 / (step + 1), "eval": {"f1": "0.5"}, "bad": "x"}, step=step)
        run.log({"loss": 0.0}, step=2**53 + 1)
        print("said by the loop")
    stored = Run.objects.get()
    assert (stored.name, stored.tags, stored.state, stored.step) == ("loop", ["a"], "finished", 49)
    assert (stored.project.slug, stored.spec) == ("joined", {"config": {"lr": 0.1}})
    assert points(stored, "loss") == {step: 1 / (step + 1) for step in range(50)}
    assert points(stored, "eval/f1")[49] == 0.5
    assert "said by the loop" in lines(stored)
    told = [warning.text for warning in stored.warnings.all()]
    assert sorted(text.split(":")[0] for text in told) == ["A log is left out", "bad is left out"]
    assert capsys.readouterr().err.count("bad is left out") == 1
    assert {"git", "command", "installed", "hardware"} <= stored.environment.keys()
    assert not joining.exists()  # everything is delivered


def test_an_exception_is_the_runs_end(joining):
    def train():
        with start_run() as run:
            run.log({"loss": 1 / 0})

    with pytest.raises(ZeroDivisionError):
        train()
    stored = Run.objects.get()
    assert (stored.state, stored.reason) == ("failed", "ZeroDivisionError: division by zero")
    assert "test_join.py" in stored.traceback


def test_stop_is_seen_by_a_loop_that_looks(joining, web, token):
    with start_run() as run:
        run.log({"loss": 1})
        wait_for(lambda: run.url, "the server's answer")
        wait_for(lambda: Run.objects.get().state == "running", "the run")
        command(web, token, run.id, "stop")
        wait_for(lambda: run.stop_asked, "the stop")
    assert Run.objects.get().state == "stopped"


def test_kill_ends_the_process(joining, web, token):
    code = "import trainer_bridge, time\nrun = trainer_bridge.start_run()\nrun.log({'a': 1})\ntime.sleep(60)"
    process = python(code)
    wait_for(lambda: Run.objects.filter(state="running").exists(), "the run")
    command(web, token, Run.objects.get().pk, "kill")
    assert process.wait(10) == -signal.SIGKILL
    stored = wait_for(lambda: Run.objects.filter(state="stopped").first(), "its end")
    assert points(stored, "a") == {0: 1.0}


def test_a_process_that_just_ends_is_finished(joining):
    process = python("import trainer_bridge\ntrainer_bridge.start_run().log({'a': 1})\n")
    assert process.wait(20) == 0
    assert Run.objects.get().state == "finished"


def test_a_run_goes_on_with_its_next_attempt(joining):
    for start, outcome in ((0, "failed"), (3, "finished")):
        run = start_run(id="abcdefgh12")
        for step in range(start, start + 6):
            run.log({"loss": float(start + step)}, step=step)
        run.finish(outcome)
    stored = Run.objects.get()
    assert (stored.state, stored.attempts.count()) == ("finished", 2)
    assert points(stored, "loss") == {step: float(step + 3 * (step > 2)) for step in range(9)}


# --- without a server, or with the wrong token ------------------------------------------------------------------


@pytest.mark.slow
def test_offline_until_the_server_is_back(joining, web, capsys):
    web.kill()
    run = start_run(name="early")
    run.log({"loss": 1.0}, step=0)
    wait_for(lambda: "no connection" in capsys.readouterr().err, "the line that says so")
    web.start()
    run.log({"loss": 2.0}, step=1)
    wait_for(lambda: run.url, "the server's answer", timeout=30)
    assert run.finish()
    assert points(Run.objects.get(), "loss") == {0: 1.0, 1: 2.0}
    assert not joining.exists()


def recorded(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*.spool"))


def test_what_a_killed_offline_training_left_is_delivered_once(joining, web, token, capsys):
    # Its own code and the uncommitted changes around it are recorded as well.
    code = (
        "import sys, trainer_bridge\n"
        "run = trainer_bridge.start_run(name='lost')\n"
        "for step in range(300): run.log({'loss': step * 1.0})\n"
        "print('before', 'the end', flush=True)\n"
        "sys.stdin.read()\n"
    )
    away = {"TRAINBOARD_SERVER": f"http://127.0.0.1:{free_port()}"}
    process = python(code, env=away, cwd=joining.parent, stdin=subprocess.PIPE)
    wait_for(lambda: b"before the end" in recorded(joining), "the record of all that was said")
    assert "no connection" in process.stderr.readline()
    process.kill()
    assert "no connection" not in process.communicate(timeout=30)[1]
    (folder,) = [path for path in joining.iterdir() if path.is_dir()]
    copy = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sync(joining, web.url, token)
    # As after a power cut that took back the removal: the same folder once more.
    folder.mkdir(parents=True)
    for name, data in copy.items():
        (folder / name).write_bytes(data)
    assert sync(joining, web.url, token)
    stored = Run.objects.get()
    assert (stored.name, stored.state, stored.reason) == ("lost", "failed", LOST)
    assert points(stored, "loss") == {step: float(step) for step in range(300)}
    assert lines(stored).count("before the end") == 1
    assert not folder.exists()
    assert capsys.readouterr().err.count("events delivered to") == 2


def test_a_run_that_still_trains_is_left_alone(joining, web, token, monkeypatch, capsys):
    monkeypatch.setenv("TRAINBOARD_SERVER", f"http://127.0.0.1:{free_port()}")
    run = start_run()
    assert not sync(joining, web.url, token)
    assert "still training" in capsys.readouterr().err
    run.finish()
    assert sync(joining, web.url, token)


def test_a_wrong_token_is_told_and_training_goes_on(joining, web, token, monkeypatch, capsys):
    monkeypatch.setenv("TRAINBOARD_TOKEN", "wrong")
    with start_run() as run:
        wait_for(lambda: run.refused, "the refusal")
        for step in range(10):
            run.log({"loss": 1.0}, step=step)
    error = capsys.readouterr().err
    assert error.count("unknown or was revoked") == 1
    assert "Training goes on" in error
    assert not Run.objects.exists()
    assert not sync(joining, web.url, "wrong")
    assert sync(joining, web.url, token)
    assert len(points(Run.objects.get(), "loss")) == 10


def test_an_address_that_is_none_is_refused_at_once(joining):
    with pytest.raises(ValueError, match="http"):
        start_run(server="localhost:8000")


# --- a Trainer --------------------------------------------------------------------------------------------------


@pytest.fixture
def trainer(tmp_path):
    """trainer(**arguments) → a real, very small Trainer."""
    space = {"__name__": "a_script"}
    exec(compile(SCRIPT, "a_script", "exec"), space)
    return lambda **options: space["trainer"](str(tmp_path / "out"), **options)


@pytest.mark.training
def test_a_callback_of_ones_own(joining, trainer, web, token, monkeypatch):
    from trainer_bridge import TrainboardCallback

    monkeypatch.delenv("TRAINBOARD_SERVER")
    mine = TrainboardCallback(server=web.url, token=token, project="Own", name="mine", tags=["t"])
    training = trainer(callbacks=[mine], eval_strategy="steps", eval_steps=5, save_steps=5)
    training.train()
    training.evaluate(metric_key_prefix="test")
    mine.run.finish()
    stored = Run.objects.get()
    assert (stored.name, stored.tags, stored.project.slug) == ("mine", ["t"], "own")
    assert (stored.state, stored.step, stored.max_steps, stored.objective) == ("finished", 5, 5, "eval/loss")
    assert sorted(points(stored, "train/loss")) == [1, 2, 3, 4, 5]
    assert {"eval/loss", "test/loss"} <= set(series.keys([stored.pk]))
    assert stored.spec["args"]["learning_rate"] == 0.01
    assert stored.environment["model"] == {"class": "Line", "parameters": 2, "trainable_parameters": 2}
    assert [(c.step, c.problem) for c in stored.checkpoints.all()] == [(5, "stays where it was trained")]


@pytest.mark.training
def test_report_to_trainboard(joining, trainer):
    training = trainer(report_to="trainboard", save_strategy="no")
    training.train()
    current().finish()
    assert sorted(points(Run.objects.get(), "train/loss")) == [1, 2, 3, 4, 5]


@pytest.mark.training
def test_a_callback_that_cannot_join_ends_no_training(joining, trainer, caplog):
    from trainer_bridge import TrainboardCallback

    training = trainer(callbacks=[TrainboardCallback(server="no address")], save_strategy="no")
    training.train()
    assert training.state.global_step == 5
    assert "no address" in caplog.text
    assert not Run.objects.exists()


@pytest.mark.training
@pytest.mark.slow
def test_a_script_as_it_is(joining, tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    began = time.monotonic()
    process = python(
        ["-m", "trainer_bridge", "exec", "--tag", "x", "train.py", "--tag", "its own"], cwd=tmp_path
    )
    output, error = process.communicate(timeout=60)
    assert process.returncode == 3, error
    stored = Run.objects.get()
    assert (stored.name, stored.tags, stored.state) == ("train", ["x"], "failed")
    assert stored.reason == "The script ended with exit code 3."
    assert f"arguments {['--tag', 'its own']}" in lines(stored)
    assert "arguments" in output
    for key in ("train/loss", "trainer2/train/loss"):
        assert sorted(points(stored, key)) == [1, 2, 3, 4, 5]
    assert stored.environment["command"] == "train.py --tag its own"
    assert time.monotonic() - began < 60


def test_an_exception_of_a_script_is_as_python_shows_it(joining, tmp_path):
    (tmp_path / "helper.py").write_text("def fail():\n    raise ValueError('not this')\n")
    (tmp_path / "broken.py").write_text("import helper\nhelper.fail()\n")
    shown = []
    for start in (["broken.py"], ["-m", "trainer_bridge", "exec", "broken.py"]):
        process = python(start, cwd=tmp_path)
        shown.append((process.communicate(timeout=30)[1], process.returncode))
    (alone, code), (ours, our_code) = shown
    assert (code, our_code) == (1, 1)
    kept = "".join(line for line in ours.splitlines(keepends=True) if not line.startswith("trainboard:"))
    assert kept.replace(str(tmp_path) + "/", "") == alone.replace(str(tmp_path) + "/", "")
    assert Run.objects.get().reason == "ValueError: not this"


def test_a_script_that_is_not_there(joining, tmp_path):
    process = python(["-m", "trainer_bridge", "exec", "missing.py"], cwd=tmp_path)
    assert "there is no script missing.py" in process.communicate(timeout=20)[1]
    assert process.returncode == 2
    assert not Run.objects.exists()
