"""The REST API: who may, what it says, what it costs, and one shape of error."""

import json
import time

import pytest
from django.db.models import F
from django.test import Client

from runs import series
from runs.access import issue_api_token
from runs.models import ConsoleBlock, Project, Run, RunWarning, Worker
from runs.states import State
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db

SPEC = {"recipe": "digits-vit", "args": {"learning_rate": 0.002}}


@pytest.fixture
def call(user):
    """call(method, path, body, scopes) → (status, JSON), with a token of these scopes; None: without any."""
    client = Client(raise_request_exception=False)

    def request(method, path, body=None, scopes=("read", "write")):
        headers = {}
        if scopes is not None:
            headers["authorization"] = f"Bearer {issue_api_token(user, 'test', scopes)[1]}"
        data = body if isinstance(body, str | bytes) else json.dumps(body) if body is not None else ""
        answer = client.generic(method, f"/api/v1{path}", data, "application/json", headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    return request


@pytest.fixture
def run(make_run):
    return make_run(State.RUNNING, name="first", reason="", tags=["a"])


ROUTES = [
    ("GET", "/projects", "read"),
    ("POST", "/projects", "write"),
    ("GET", "/projects/digits", "read"),
    ("GET", "/runs", "read"),
    ("POST", "/runs", "write"),
    ("GET", "/runs/abc", "read"),
    ("DELETE", "/runs/abc", "write"),
    ("POST", "/runs/abc/commands", "write"),
    ("POST", "/runs/abc/resume", "write"),
    ("GET", "/runs/abc/console", "read"),
    ("GET", "/series?runs=a&keys=b", "read"),
    ("POST", "/launch", "write"),
    ("GET", "/runs/abc/spec.yaml", "read"),
    ("GET", "/runs/abc/train.py", "read"),
    ("GET", "/presets?project=digits", "read"),
    ("POST", "/presets", "write"),
    ("GET", "/sweeps?project=digits", "read"),
    ("POST", "/sweeps", "write"),
    ("GET", "/checkpoints?run=abc", "read"),
    ("GET", "/compare?runs=abc", "read"),
    ("POST", "/errands", "write"),
    ("GET", "/errands/e7", "read"),
    ("DELETE", "/errands/e7", "write"),
    ("POST", "/workers/box/heartbeat", "worker"),
    ("POST", "/workers/box/claim", "worker"),
    ("POST", "/workers/box/errands", "worker"),
    ("POST", "/workers/box/errands/e7", "worker"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_each_route_asks_for_its_scope(call, method, path, scope):
    others = sorted({"read", "write", "worker"} - {scope})
    status, answer = call(method, path, {}, None)
    assert status == 401
    assert answer["error"]
    status, answer = call(method, path, {}, others)
    assert (status, answer["problems"]) == (403, {})
    assert f"“{scope}”" in answer["error"]
    assert call(method, path, {}, [scope])[0] not in (401, 403, 405, 500)


def test_a_wrong_token_is_told_even_to_somebody_logged_in(user):
    client = Client()
    client.force_login(user)
    answer = client.get("/api/v1/runs", headers={"authorization": "Bearer tb_wrong"})
    assert (answer.status_code, answer.json()["error"]) == (401, "This API token is unknown or was revoked.")


def test_a_page_reads_with_its_session_and_writes_with_its_csrf_token(user, project):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/runs").status_code == 200
    body = {"data": json.dumps({"name": "New"}), "content_type": "application/json"}
    assert client.post("/api/v1/projects", **body).status_code == 403
    token = "a" * 32
    client.cookies["csrftoken"] = token
    assert client.post("/api/v1/projects", **body, headers={"x-csrftoken": token}).status_code == 201


def test_a_session_is_no_worker(user):
    client = Client()
    client.force_login(user)
    assert client.post("/api/v1/workers/box/claim").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/", None, 404),
        ("GET", "/runs/abc", None, 404),
        ("PUT", "/runs", {}, 405),
        ("POST", "/projects", "{", 400),
        ("POST", "/projects", b"\xff\xfe", 400),
        ("POST", "/projects", "[" * 100_000, 400),
        ("POST", "/projects", "x" * (1024 * 1024 + 1), 413),
        ("POST", "/projects", {"name": 5}, 422),
        ("POST", "/projects", {"name": "…"}, 422),
        ("GET", "/runs?limit=0", None, 422),
        ("GET", "/runs?state=dancing", None, 422),
        ("GET", "/runs?cursor=zzz", None, 422),
        ("GET", "/runs?cursor=%C3%A9", None, 422),
        ("GET", "/runs?project=none", None, 404),
        ("GET", "/series?runs=a&keys=b&x=y", None, 422),
        ("GET", "/series?runs=a&keys=b&points=3", None, 422),
        ("GET", "/series?runs=a&keys=b&from=nan", None, 200),
    ],
)
def test_every_error_has_the_same_shape(call, method, path, body, status):
    found, answer = call(method, path, body)
    assert found == status
    if status != 200:
        assert set(answer) == {"error", "problems"}
        assert answer["error"]


@pytest.mark.parametrize(
    ("path", "said"), [("/runs?project=none", "project"), ("/runs/abc", "run"), ("/rules/999", "rule")]
)
def test_what_is_not_there_is_named_in_words(call, path, said):
    assert call("GET", path)[1]["error"] == f"There is no such {said}."


def test_a_field_that_is_wrong_is_named(call):
    assert call("POST", "/projects", {"name": 5})[1]["problems"] == {"name": "Input should be a valid string"}
    assert list(call("POST", "/runs", {"project": "digits"})[1]["problems"]) == ["spec"]


def test_a_failure_of_the_server_is_logged_and_told_without_details(call, monkeypatch, caplog):
    def broken(*args, **options):
        raise RuntimeError("secret")

    monkeypatch.setattr(series, "read", broken)
    status, answer = call("GET", "/series?runs=a&keys=b")
    assert (status, answer["error"]) == (500, "The server failed at this; its log says how.")
    assert "secret" in caplog.text


def test_openapi_describes_every_route_and_needs_no_login(client):
    answer = client.get("/api/v1/openapi.json").json()
    assert answer["openapi"].startswith("3.")
    described = {(method.upper(), path) for path, methods in answer["paths"].items() for method in methods}
    for method, path, _ in ROUTES:
        path = (
            path.partition("?")[0]
            .replace("digits", "{slug}")
            .replace("abc", "{run_id}")
            .replace("e7", "{errand_id}")
            .replace("box", "{name}")
        )
        assert (method, f"/api/v1{path}") in described
    names = [
        operation["operationId"] for methods in answer["paths"].values() for operation in methods.values()
    ]
    assert len(names) == len(set(names))


def test_projects(call, run):
    assert call("POST", "/projects", {"name": "Two Words"})[1]["slug"] == "two-words"
    status, answer = call("POST", "/projects", {"name": "two words"})
    assert (status, list(answer["problems"])) == (422, ["name"])
    assert [(p["slug"], p["runs"]) for p in call("GET", "/projects")[1]] == [("digits", 1), ("two-words", 0)]
    assert call("GET", "/projects/digits")[1]["name"] == "Digits"


def test_runs_are_listed_by_pages_newest_first(call, make_run):
    names = [make_run(name=f"r{i}").name for i in range(5)][::-1]
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = call("GET", f"/runs?limit=2&cursor={cursor}" if cursor else "/runs?limit=2")[1]
        seen += [item["name"] for item in page["items"]]
        cursor, pages = page["next"], pages + 1
    assert (seen, pages) == (names, 3)


def test_runs_are_filtered(call, make_run, project):
    make_run(State.RUNNING, name="a")
    make_run(State.FAILED, name="b")
    Run.objects.create(project=Project.objects.create(slug="other", name="o"), name="c", spec=SPEC)
    names = lambda query: {item["name"] for item in call("GET", f"/runs?{query}")[1]["items"]}  # noqa: E731
    assert names("project=digits") == {"a", "b"}
    assert names("state=failed&state=queued") == {"b", "c"}


def test_a_run_is_created_from_a_specification(call, project):
    body = {"project": "digits", "name": "mine", "tags": ["x"], "spec": SPEC}
    status, answer = call("POST", "/runs", body)
    assert status == 201
    run = Run.objects.get()
    assert (answer["id"], run.name, run.state, run.created_by) == (run.pk, "mine", "queued", "ada")
    assert answer["config"]["args.learning_rate"] == 0.002
    assert "args.seed" in answer["config"]


def test_an_impossible_specification_is_refused_by_field(call, project):
    spec = {"recipe": "digits-vit", "args": {"learning_rate": -1}}
    status, answer = call("POST", "/runs", {"project": "digits", "spec": spec})
    assert (status, list(answer["problems"])) == (422, ["args.learning_rate"])
    assert call("POST", "/runs", {"project": "digits", "spec": 5})[0] == 422
    assert not Run.objects.exists()


def test_a_run_is_read_with_its_summaries(call, run):
    values = [2.0, 0.5, float("nan")]
    series.append(
        run.pk, 1, [Metrics(step=i, time=1.0, values={"train/loss": v}) for i, v in enumerate(values)]
    )
    RunWarning.objects.create(run=run, code="c", text="careful")
    answer = call("GET", f"/runs/{run.pk}")[1]
    summary = answer["summaries"]["train/loss"]
    assert (summary["count"], summary["last"], summary["min"], summary["min_step"]) == (3, "NaN", 0.5, 1)
    assert (answer["warnings"], answer["state"], answer["tags"]) == (["careful"], "running", ["a"])


def test_commands_are_answered_or_refused(call, run):
    status, answer = call("POST", f"/runs/{run.pk}/commands", {"kind": "stop"})
    assert (status, answer["status"], answer["created_by"]) == (201, "sent", "ada")
    status, answer = call("POST", f"/runs/{run.pk}/commands", {"kind": "save"})
    assert (status, answer["error"]) == (409, "The run is stopping: nothing to save.")


def test_a_run_that_trains_is_not_deleted_an_ended_one_is(call, run):
    assert call("DELETE", f"/runs/{run.pk}")[0] == 409
    Run.objects.update(state=State.FAILED)
    assert call("DELETE", f"/runs/{run.pk}")[0] == 204
    assert call("GET", f"/runs/{run.pk}")[0] == 404


def test_resume_without_a_checkpoint_says_so(call, run):
    Run.objects.update(state=State.FAILED)
    status, answer = call("POST", f"/runs/{run.pk}/resume")
    assert status == 409
    assert "checkpoint" in answer["error"]


def test_console_lines_by_number(call, run):
    for first in (0, 3, 6):
        lines = [[1.0, "stdout", f"line {n}"] for n in range(first, first + 3)]
        ConsoleBlock.objects.create(run=run, attempt=1, source="s", first=first, count=3, lines=lines)
    Run.objects.update(console_lines=9)
    answer = call("GET", f"/runs/{run.pk}/console?first=2&count=3")[1]
    assert (answer["first"], answer["total"]) == (2, 9)
    assert [text for _, _, text in answer["lines"]] == ["line 2", "line 3", "line 4"]
    assert call("GET", f"/runs/{run.pk}/console?first=50")[1]["lines"] == []


def test_series_are_typed_arrays(call, run):
    metrics = [Metrics(step=i, time=1.0, values={"train/loss": i / 4}) for i in range(4)]
    series.append(run.pk, 1, metrics)
    answer = call("GET", f"/series?runs={run.pk},none&keys=train/loss&from=1&to=2")[1]
    assert answer["versions"] == {run.pk: 0}
    (found,) = answer["series"]
    assert (found["run"], found["key"], found["count"], found["exact"]) == (run.pk, "train/loss", 2, True)
    assert found["y"] == {"dtype": "f4", "bdata": "AACAPgAAAD8="}
    assert found["step"] == {"dtype": "i1", "bdata": "AQI="}


def test_series_to_draw_are_compact(call, run):
    metrics = [Metrics(step=i, time=100.0 + i, values={"train/loss": i / 10}) for i in range(4)]
    series.append(run.pk, 1, metrics)
    (found,) = call("GET", f"/series?runs={run.pk}&keys=train/loss&compact=true")[1]["series"]
    assert found["x"] is None
    assert (found["y"]["dtype"], found["step"]["dtype"]) == ("f4", "i1")
    (found,) = call("GET", f"/series?runs={run.pk}&keys=train/loss&compact=true&x=relative")[1]["series"]
    assert (found["x"]["dtype"], found["origin"]) == ("i1", 100.0)


def test_series_of_runs_where_nothing_happened_are_not_sent_again(user, run):
    client = Client()
    client.force_login(user)
    address = f"/api/v1/series?runs={run.pk}&keys=train/loss"
    tag = client.get(address)["ETag"]
    again = client.get(address, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"{address}&x=epoch", headers={"If-None-Match": tag}).status_code == 200
    Run.objects.filter(pk=run.pk).update(version=F("version") + 1)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_a_worker_beats_and_claims(call, make_run):
    run = make_run()
    beat = {"state": "ready", "slots": 2, "busy": 0, "info": {"cpu": 4}}
    assert call("POST", "/workers/box.local/heartbeat", beat, ["worker"]) == (
        200,
        {"queued": 1, "errands": 0, "missing": []},
    )
    status, claim = call("POST", "/workers/box.local/claim", {}, ["worker"])
    assert (status, claim["run"], claim["attempt"], claim["resume_from"]) == (200, run.pk, 1, None)
    assert call("POST", "/workers/box.local/claim", {}, ["worker"]) == (204, None)
    assert Worker.objects.get().info == {"cpu": 4}


@pytest.mark.parametrize("beat", [{"state": "dancing", "slots": 1}, {"state": "ready", "slots": 0}, {}])
def test_a_wrong_heartbeat_changes_nothing(call, beat):
    assert call("POST", "/workers/box/heartbeat", beat, ["worker"])[0] == 422
    assert not Worker.objects.exists()


@pytest.mark.parametrize("path", ["/runs", "/projects", "/series?keys=train/loss&runs={runs}"])
def test_lists_cost_the_same_for_one_and_three(user, make_run, django_assert_max_num_queries, path):
    client = Client()
    client.force_login(user)
    most = {"/runs": 3, "/projects": 3}.get(path, 10)
    for count in (1, 3):
        while Run.objects.count() < count:
            run = make_run()
            series.append(run.pk, 1, [Metrics(step=1, time=time.time(), values={"train/loss": 1.0})])
        runs = ",".join(Run.objects.values_list("pk", flat=True))
        with django_assert_max_num_queries(most):
            assert client.get("/api/v1" + path.format(runs=runs)).status_code == 200
