"""Launching over REST from YAML or JSON, and getting the YAML back."""

import json

import pytest
from django.test import Client

from runs.documents import parse_document
from runs.models import Preset, Project, Run, Sweep

pytestmark = pytest.mark.django_db

YAML = "project: digits\nname: from a file\ntags: [a, b]\nrecipe: digits-vit\nargs:\n  learning_rate: 1e-3\n"
SPACE = "space:\n  args.seed: [1, 2, 3]\n"


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


def send(client, path, text, kind="application/yaml"):
    answer = client.generic("POST", f"/api/v1{path}", text, kind)
    return answer.status_code, answer.json()


def test_a_yaml_body_launches_a_run(client, project):
    status, answer = send(client, "/launch", YAML)
    run = Run.objects.get()
    assert (status, answer["kind"], answer["trials"]) == (201, "run", 1)
    assert answer["url"].endswith(f"/r/{run.pk}/charts")
    assert (run.name, run.tags, run.project) == ("from a file", ["a", "b"], project)
    assert run.spec == {"recipe": "digits-vit", "args": {"learning_rate": 1e-3}}


def test_a_yaml_body_with_a_space_launches_a_sweep(client, project):
    status, answer = send(client, "/launch", YAML + SPACE, "text/yaml; charset=utf-8")
    assert (status, answer["kind"], answer["trials"]) == (201, "sweep", 3)
    assert Sweep.objects.get().space == {"args.seed": [1, 2, 3]}


def test_a_sweep_of_a_sampler_says_how_many_trials_it_will_make(client, project):
    space = {"args.learning_rate": {"low": 1e-4, "high": 1e-2, "scale": "log"}}
    body = {"spec": {"recipe": "digits-vit"}, "space": space, "sweep": {"sampler": "tpe", "trials": 7}}
    status, answer = send(client, "/launch", json.dumps(body | {"project": "digits"}), "application/json")
    assert (status, answer["trials"]) == (201, 7)


def test_the_address_names_the_project_before_the_body_does(client, project):
    Project.objects.create(name="Other", slug="other")
    assert send(client, "/launch?project=other", YAML)[1]["project"] == "other"
    assert (
        send(client, "/launch", YAML.replace("project: digits\n", ""))[1]["project"] == "other"
    )  # the last one
    status, answer = send(client, "/launch?project=othr", YAML)
    assert (status, answer["problems"]) == (
        422,
        {"project": "There is no project “othr”. Did you mean other?"},
    )


def test_runs_and_sweeps_are_made_of_yaml_as_well(client, project):
    assert send(client, "/runs", YAML)[0] == 201
    assert send(client, "/sweeps", YAML + SPACE)[0] == 201
    status, answer = send(client, "/runs", YAML + SPACE)
    assert (status, list(answer["problems"])) == (422, ["space"])


def test_json_launches_as_well(client, project):
    body = json.dumps({"spec": {"recipe": "digits-vit"}, "project": "digits", "name": "j"})
    assert send(client, "/launch", body, "application/json")[1]["name"] == "j"


def test_mistakes_in_yaml_come_with_line_and_column(client, project):
    status, answer = send(client, "/launch", YAML + "  seed: -1\n  sed: 2\n")
    assert status == 422
    assert answer["problems"]["args.seed"] == "Line 7, column 3: Must be 0 or more."
    assert answer["problems"]["args.sed"].startswith("Line 8, column 3: There is no argument sed here.")
    status, answer = send(client, "/launch", b"recipe: digits-vit\nname: \xff")
    assert answer["problems"] == {"yaml": "Line 2, column 1: This line is not UTF-8 text."}
    assert not Run.objects.exists()


def test_what_was_launched_comes_back_as_yaml(client, project):
    run = send(client, "/launch", YAML)[1]["id"]
    answer = client.get(f"/api/v1/runs/{run}/spec.yaml")
    assert answer["Content-Type"] == "application/yaml; charset=utf-8"
    assert 'filename="from-a-file.yaml"' in answer["Content-Disposition"]
    assert parse_document(answer.content.decode()) == parse_document(YAML)
    sweep = send(client, "/launch", YAML + SPACE)[1]["id"]
    text = client.get(f"/api/v1/sweeps/{sweep}/spec.yaml").content.decode()
    assert parse_document(text) == parse_document(YAML + SPACE)


def test_a_run_comes_back_as_a_script(client, project):
    run = send(client, "/launch", YAML)[1]["id"]
    answer = client.get(f"/api/v1/runs/{run}/train.py")
    assert answer["Content-Disposition"] == 'attachment; filename="train.py"'
    text = answer.content.decode()
    assert '"learning_rate": 0.001' in text
    compile(text, "train.py", "exec")


def test_a_run_started_elsewhere_has_neither(client, project):
    run = Run.objects.create(project=project, name="theirs", origin="external", spec={"config": {}})
    for name in ("spec.yaml", "train.py"):
        answer = client.get(f"/api/v1/runs/{run.pk}/{name}")
        assert (answer.status_code, bool(answer.json()["error"])) == (409, True)


def test_presets_over_rest(client, project):
    body = {"project": "digits", "name": "p", "spec": {"recipe": "digits-vit", "args": {"seed": 1}}}
    status, made = send(client, "/presets", json.dumps(body), "application/json")
    assert (status, made["name"], made["spec"]) == (201, "p", body["spec"])
    assert send(client, "/presets", json.dumps(body), "application/json")[1]["problems"].keys() == {"name"}
    assert send(client, "/presets", YAML.replace("from a file", "q"))[0] == 201
    wrong = json.dumps(body | {"spec": {"recipe": "digits-vit", "args": {"seed": -1}}, "name": "r"})
    assert send(client, "/presets", wrong, "application/json")[1]["problems"].keys() == {"args.seed"}
    renamed = client.patch(f"/api/v1/presets/{made['id']}", {"name": "s"}, "application/json").json()
    assert [preset["name"] for preset in client.get("/api/v1/presets?project=digits").json()] == ["q", "s"]
    assert client.delete(f"/api/v1/presets/{renamed['id']}").status_code == 204
    assert Preset.objects.count() == 1
