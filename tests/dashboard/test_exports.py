"""The runs as a file."""

import io
import json

import pyarrow.parquet
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from dashboard.exports.csv_file import csv_lines
from dashboard.exports.json_file import json_lines
from dashboard.exports.parquet_file import parquet_bytes
from dashboard.exports.rows import plan
from runs.models import Project, Run
from runs.query import QueryError
from runs.states import State
from tests.dashboard.runs_for_tests import make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(project: Project) -> list[Run]:
    return [
        make_run(project, "vit", args={"learning_rate": 3e-4, "bf16": True}, tags=["base", "two words"]),
        make_run(project, "conv", state=State.FAILED, accuracy=0.5),
    ]


def test_json_holds_settings_and_metrics(project: Project, runs: list[Run]):
    found = json.loads("".join(json_lines(plan(project, sort="name"))))
    assert [run["name"] for run in found] == ["conv", "vit"]
    vit = found[1]
    assert vit["config"]["args.learning_rate"] == 3e-4
    assert vit["metrics"]["eval/accuracy"] == {"best": 0.9, "best_step": 20, "last": 0.89}
    assert json.loads("".join(json_lines(plan(project, "zz")))) == []


def test_parquet_keeps_types(project: Project, runs: list[Run]):
    data = b"".join(parquet_bytes(plan(project, sort="name")))
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    types = {name: str(table.schema.field(name).type) for name in ("name", "step", "args.learning_rate")}
    assert types == {"name": "string", "step": "int64", "args.learning_rate": "double"}
    assert str(table.schema.field("args.bf16").type) == "bool"
    row = table.to_pylist()[1]
    assert (row["name"], row["eval/accuracy"], row["eval/accuracy step"]) == ("vit", 0.9, 20)


def test_named_runs_and_filters(project: Project, runs: list[Run]):
    assert plan(project, "state:failed").ids == [runs[1].pk]
    assert plan(project, ids=[runs[1].pk, "gone", runs[0].pk]).ids == [runs[1].pk, runs[0].pk]
    with pytest.raises(QueryError):
        plan(project, "zzz:1")
    assert len(list(csv_lines(plan(project, "vit")))) == 2


def test_a_file_of_a_wrong_filter_is_refused(owner_client, project: Project, runs: list[Run]):
    answer = owner_client.get("/p/digits/runs.json?q=zzz:1")
    assert answer.status_code == 422
    assert "There is no “zzz”" in answer.json()["text"]


# --- the command line ---


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("runs", *arguments)
    return capsys.readouterr().out


def test_command_line_formats(capsys, project: Project, runs: list[Run]):
    asked = ("--project", "digits", "--q", "eval/accuracy>0.8", "--cols", "eval/accuracy,learning_rate")
    assert output(capsys, *asked).splitlines() == [
        "name  state    eval/accuracy  learning_rate",
        "vit   running  0.9000         3e-4",
    ]
    head, row = output(capsys, *asked, "--format", "csv").splitlines()
    assert head == "id,name,state,tags,sweep,created,eval/accuracy,args.learning_rate"
    assert row.startswith(f'{runs[0].pk},vit,running,"base, two words",,')
    (found,) = json.loads(output(capsys, *asked, "--format", "json"))
    assert found["values"] == {"eval/accuracy": 0.9, "args.learning_rate": 3e-4}


def test_command_line_points_at_the_fault(project: Project, runs: list[Run]):
    with pytest.raises(CommandError) as found:
        call_command("runs", "--q", "vit eval/acuracy>1")
    assert str(found.value).splitlines()[1:] == ["  vit eval/acuracy>1", "      ^^^^^^^^^^^^"]
    with pytest.raises(CommandError, match=r"There is no project “nope”\. There are: digits\."):
        call_command("runs", "--project", "nope")
