"""Checkpoints of workers on other machines: sent in parts, compared, put in place; taken away there; fetched from here.

The worker's own code talks to the real REST routes; only the network between them is left out.
"""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from runs.access import issue_api_token
from runs.checkpoints import checking, incoming, retention
from runs.checkpoints.policy import Policy, Rule
from runs.checkpoints.rank import state_of
from runs.checkpoints.register import register
from runs.errors import UploadError
from runs.exports.options import Options
from runs.exports.plan import plan_export
from runs.fork import fork
from runs.models import Attempt, Checkpoint
from runs.states import State
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint
from trainer_bridge import keeper as keeping
from trainer_bridge.keeper import Keeper, fetch_checkpoint
from trainer_bridge.protocol import CheckpointFile
from trainer_bridge.rest import ServerAway, WorkerApi

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


class Api(WorkerApi):
    """A worker's calls, answered by the routes in this process; ``cut_after`` so many parts the line is cut."""

    def __init__(self, token: str, name: str) -> None:
        super().__init__("http://127.0.0.1:1", token, name)
        self.client, self.name = Client(), name
        self.sent: list[tuple[str, int, int]] = []
        self.cut_after: int | None = None

    def send_part(self, checkpoint, name, offset, data):
        if self.cut_after is not None and len(self.sent) >= self.cut_after:
            raise ServerAway("the line is cut")
        self.sent.append((name, offset, len(data)))
        return super().send_part(checkpoint, name, offset, data)

    def _answer(self, method, what, data):
        answer = self.client.generic(
            method,
            f"/api/v1/workers/{self.name}/{what}",
            data or b"",
            "application/octet-stream" if "/part?" in what else "application/json",
            headers={"authorization": self._headers["Authorization"]},
        )
        if answer.status_code >= 400:
            raise ServerAway(answer.content.decode())
        return answer.status_code, answer.content


@pytest.fixture
def far(tmp_path, runs_dir, user, monkeypatch):
    """far(step, value) → a checkpoint of a finished run that the worker "box" trained, whose files only it has."""
    monkeypatch.setattr(keeping, "PART", 10_000)
    run = new_run(state=State.FINISHED, worker="box")
    Attempt.objects.create(run=run, number=1, token_hash="x", worker="box")

    def make(step, value=0.5):
        folder = tmp_path / "box" / run.pk / "checkpoints" / f"checkpoint-{step}"
        write_checkpoint(folder, step, weights=10_000)
        files = [CheckpointFile(path.name, path.stat().st_size) for path in folder.iterdir()]
        return register(run.pk, 1, event(step, metrics={KEY: value}, files=files))

    return make


@pytest.fixture
def api(user) -> Api:
    return Api(issue_api_token(user, "worker", ("worker",))[1], "box")


@pytest.fixture
def keeper(api, tmp_path) -> Keeper:
    return Keeper(api, tmp_path / "box")


def again(row: Checkpoint) -> Checkpoint:
    return Checkpoint.objects.select_related("run__project").get(pk=row.pk)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_sent_whole_it_is_verified_exported_and_forked_from(far, keeper, runs_dir, tmp_path):
    row = far(10)
    assert state_of(row) == "elsewhere"
    keeper.round()
    assert state_of(again(row)) == "elsewhere"
    assert checking.check_next()
    found = again(row)
    assert state_of(found) == "verified"
    here, there = (root / row.run_id / row.path for root in (runs_dir, tmp_path / "box"))
    assert contents(here) == contents(there)
    assert found.sha256.keys() == contents(here).keys()
    assert plan_export(found, Options()).size > 0
    assert fork(found, found.run.spec).parent == found.run
    assert not (runs_dir / incoming.ASIDE / row.pk).exists()


def test_cut_in_the_middle_it_goes_on_where_it_was(far, keeper, api, runs_dir, tmp_path):
    row = far(10)
    api.cut_after = 3
    keeper.round()
    assert not checking.check_next()
    api.cut_after = None
    restarted = Keeper(api, tmp_path / "box")
    restarted.round()
    checking.check_next()
    assert state_of(again(row)) == "verified"
    assert sum(size for _, _, size in api.sent) == again(row).size
    assert len(set(api.sent)) == len(api.sent)


def test_bytes_changed_on_the_way_are_thrown_away_and_sent_again(far, keeper, runs_dir):
    row = far(10)
    keeper.round()
    came = runs_dir / incoming.ASIDE / row.pk / "files" / "model.safetensors"
    came.write_bytes(came.read_bytes()[:-1] + b"\1")
    checking.check_next()
    assert state_of(again(row)) == "elsewhere"
    assert not (runs_dir / row.run_id / row.path).exists()
    keeper.round()
    checking.check_next()
    assert state_of(again(row)) == "verified"


def test_damaged_there_is_not_put_in_place(far, keeper, runs_dir, tmp_path):
    row = far(10)
    (tmp_path / "box" / row.run_id / row.path / "trainer_state.json").write_text("{")
    keeper.round()
    checking.check_next()
    assert not (runs_dir / row.run_id / row.path).exists()


def test_what_the_policy_keeps_is_sent_and_the_rest_taken_away_there(far, keeper, tmp_path):
    rows = [far(10, 0.5), far(20, 0.9), far(30, 0.6)]
    project = rows[0].run.project
    retention.set_policy(project, Policy(full=Rule(best=1), weights=Rule(last=1), grace=0))
    retention.announce(project, timezone.now() - timedelta(seconds=1))
    assert retention.carry_out(project).asked == 2
    keeper.round()
    folders = [tmp_path / "box" / row.run_id / row.path for row in rows]
    assert not folders[0].exists()
    assert (folders[2] / "model.safetensors").exists()
    assert not (folders[2] / "optimizer.pt").exists()
    first, second, third = map(again, rows)
    assert (bool(first.deleted_at), first.deleted_because) == (True, "not among best 1 full or last weights")
    assert (second.due, third.due) == ("", "")
    for _ in range(2):
        keeper.round()
        checking.check_next()
    assert [state_of(again(row)) for row in rows] == ["deleted", "verified", "verified"]


def test_without_a_policy_only_the_best_and_the_last_are_sent(far, keeper, api):
    rows = [far(10, 0.5), far(20, 0.9), far(30, 0.6)]
    assert [upload["step"] for upload in api.chores()["uploads"]] == [30, 20]
    keeper.round()
    while checking.check_next():
        pass
    assert [state_of(again(row)) for row in rows] == ["elsewhere", "verified", "verified"]
    assert api.chores() == {"uploads": [], "removals": []}


def test_other_workers_and_local_checkpoints_are_left_alone(far, runs_dir, user, tmp_path):
    row = far(10)
    other = Api(issue_api_token(user, "worker", ("worker",))[1], "other")
    assert other.chores() == {"uploads": [], "removals": []}
    with pytest.raises(ServerAway, match="not one that this worker is asked about"):
        other.begin_upload(row.pk, [("model.safetensors", 1, "0" * 64)])


@pytest.mark.parametrize(
    "file",
    [
        *[(name, 1, "0" * 64) for name in ("../out", "/etc/x", "a/../../b", "a\\b", "", "a//b")],
        ("a", -1, "0" * 64),
        ("a", 1, "none"),
    ],
)
def test_names_that_lead_out_are_refused(far, file):
    with pytest.raises(UploadError):
        incoming.begin(far(10), [file])


def test_what_was_not_announced_or_leaves_a_gap_is_refused(far):
    row = far(10)
    with pytest.raises(UploadError, match="was not announced"):
        incoming.take_part(row, "a", 0, b"x")
    incoming.begin(row, [("a", 3, "0" * 64)])
    with pytest.raises(UploadError, match="does not go on at byte 0"):
        incoming.take_part(row, "a", 1, b"x")
    with pytest.raises(UploadError, match="does not go on"):
        incoming.take_part(row, "a", 0, b"xxxx")
    with pytest.raises(UploadError, match="Only 0 of 3 bytes of a have come"):
        incoming.finish(row)


def test_no_room_is_told_before_anything_is_sent(far, monkeypatch):
    row = far(10)
    monkeypatch.setattr(incoming, "RESERVE", 10**18)
    with pytest.raises(UploadError, match="the disk here has only"):
        incoming.begin(row, [("a", 3, "0" * 64)])


def test_server_that_names_a_path_outside_is_not_obeyed(far, keeper, api, tmp_path, monkeypatch):
    outside = tmp_path / "box" / "precious"
    outside.mkdir(parents=True)
    row = far(10)
    bad = {"checkpoint": row.pk, "run": row.run_id, "step": 10, "path": "../precious", "action": "delete"}
    monkeypatch.setattr(api, "chores", lambda: {"uploads": [], "removals": [bad]})
    keeper.round()
    assert outside.exists()


def test_a_worker_fetches_what_a_fork_goes_on_from(far, keeper, api, runs_dir, tmp_path, user):
    row = far(10)
    keeper.round()
    checking.check_next()
    child = fork(again(row), row.run.spec)
    checking.check_next()
    Attempt.objects.create(run=child, number=1, token_hash="y", worker="box")
    path = child.checkpoints.get().path
    fetch_checkpoint(api, tmp_path / "elsewhere", child.pk, path)
    assert contents(tmp_path / "elsewhere" / child.pk / path) == contents(runs_dir / child.pk / path)
    shutil.rmtree(runs_dir / child.pk)
    fetch_checkpoint(api, tmp_path / "elsewhere", child.pk, path)  # it is there: nobody is asked
    with pytest.raises(ServerAway, match="no whole checkpoint"):
        fetch_checkpoint(api, tmp_path / "third", child.pk, path)
