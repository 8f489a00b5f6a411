"""Own recipes on the server: reported by workers, offered everywhere, trained only where they are."""

import json

import pytest

from runs import catalog
from runs.access import issue_api_token
from runs.dispatch import claim_next
from runs.launch import launch_run
from runs.models import Run, Worker, WorkerCatalogue
from runs.placement import Place
from runs.queries import run_header
from runs.specs import changed_config, check_spec, effective_config, objective_of
from runs.sweeps.launch import launch_sweep
from runs.workers import queue_reason, record_heartbeat
from tests.runs.own_recipes import own_recipe, report_of
from trainer_bridge.fields import Field
from trainer_bridge.launch_fields import Asked
from trainer_bridge.own.files import FileProblem, OwnFile
from trainer_bridge.own.wire import from_json

pytestmark = pytest.mark.django_db
URL = "/api/v1/workers/box/recipes"
BROKEN = FileProblem("recipe", "bad.py", "SyntaxError: invalid syntax", 3)


def connect(worker, *recipes, problems=()):
    record_heartbeat(worker, "ready", 1, 0, {})
    catalog.report(worker, report_of(*recipes, problems=problems))


@pytest.fixture
def worker_headers(user):
    _, token = issue_api_token(user, "box", ["worker"])
    return {"Authorization": f"Bearer {token}"}


def test_what_is_reported_is_read_back_whole():
    told = from_json(report_of(own_recipe(), problems=(BROKEN,)))
    assert told.problems == (BROKEN,)
    recipe = told.recipes[0]
    assert recipe.parameters == own_recipe().parameters
    assert recipe.own == own_recipe().own
    with pytest.raises(RuntimeError, match="only the worker can build it"):
        recipe.build()


def test_a_reported_recipe_is_offered_after_the_built_in_ones():
    connect("box", own_recipe("mine"), own_recipe("another"))
    assert list(catalog.catalog())[-2:] == ["another", "mine"]
    assert catalog.find("mine").title == "My own"
    assert check_spec({"recipe": "mine", "params": {"width": 4, "kind": "b"}}) == {}
    assert check_spec({"recipe": "mine", "params": {"width": 0, "wdth": 3}}) == {
        "params.width": "Must be 1 or more.",
        "params.wdth": "The recipe mine has no parameter wdth. Did you mean width?",
    }
    assert effective_config({"recipe": "mine"})["args.learning_rate"] == 0.01
    assert changed_config({"recipe": "mine", "params": {"width": 8, "kind": "b"}}) == {"params.kind": "b"}
    assert objective_of({"recipe": "mine"}) == ("eval/loss", False)


def test_a_parameter_without_a_default_needs_a_value():
    needy = own_recipe(parameters=(Field("path", "text", None),))
    connect("box", needy)
    assert check_spec({"recipe": "mine"}) == {"params.path": "Needs a value."}
    assert check_spec({"recipe": "mine", "params": {"path": "x"}}) == {}


def test_a_script_without_training_arguments_has_none_to_set():
    connect("box", own_recipe("train.py", without=frozenset({"trainer", "args"})))
    assert check_spec({"recipe": "train.py", "params": {"width": 2}}) == {}
    problems = check_spec({"recipe": "train.py", "args": {"seed": 1}})
    assert problems == {"args.seed": "The recipe train.py makes its own args: there is nothing to set."}
    assert "args.seed" not in effective_config({"recipe": "train.py"})


def test_the_newest_report_counts_and_built_in_names_are_not_taken():
    connect("box", own_recipe("mine"))
    connect("box", own_recipe("other"), own_recipe("digits-vit", title="Mine"))
    assert catalog.find("mine") is None
    assert catalog.find("digits-vit").title == "Handwritten digits"
    assert [row.names for row in WorkerCatalogue.objects.all()] == [["other", "digits-vit"]]


def test_a_worker_is_given_only_what_it_has(project):
    connect("box", own_recipe())
    connect("empty")
    run = launch_run(project, {"recipe": "mine"})
    built_in = launch_run(project, {"recipe": "digits-vit"})
    assert claim_next("empty").run == built_in.pk
    assert claim_next("empty") is None
    assert claim_next("box").run == run.pk


def test_a_run_whose_recipe_disappeared_waits_and_says_why(project):
    connect("box", own_recipe())
    run = launch_run(project, {"recipe": "mine", "params": {"width": 3}})
    connect("box")
    assert claim_next("box") is None
    assert run_header(run).waits_for == "no connected worker has the recipe mine"
    assert effective_config(run.spec) == {"recipe": "mine", "params.width": 3}
    connect("box", own_recipe())
    assert run_header(run).waits_for == "starts in a moment"


def test_the_recipe_of_a_worker_that_is_gone_waits_for_it(project):
    connect("box", own_recipe())
    connect("other")
    run = launch_run(project, {"recipe": "mine"})
    Worker.objects.filter(name="box").update(state="gone")
    catalog.forget()
    assert catalog.find("mine") is not None
    assert run_header(run).waits_for == "no connected worker has the recipe mine"


def test_a_sweep_goes_over_own_parameters(project):
    connect("box", own_recipe())
    sweep = launch_sweep(project, {"recipe": "mine"}, {"params.width": [2, 4], "params.kind": ["a", "b"]})
    assert [
        run.trial_params["params.width"] for run in Run.objects.filter(sweep=sweep).order_by("trial")
    ] == [
        2,
        2,
        4,
        4,
    ]


def test_files_that_offer_nothing_are_told_with_their_worker():
    connect("box", problems=(BROKEN,))
    found = catalog.problems()
    assert [(p.worker, p.folder, p.problem.place) for p in found] == [
        ("box", "/data/recipes", "bad.py, line 3")
    ]


def test_many_questions_cost_two_queries(django_assert_max_num_queries):
    connect("box", *(own_recipe(f"mine-{number}") for number in range(3)))
    with django_assert_max_num_queries(2):
        for number in range(3):
            assert catalog.find(f"mine-{number}")
        assert len(catalog.catalog()) > 3


def test_a_worker_reports_over_rest(client, worker_headers):
    answer = client.put(URL, report_of(own_recipe()), content_type="application/json", headers=worker_headers)
    assert answer.status_code == 204
    assert catalog.find("mine") is not None
    broken = json.dumps({"folders": {}, "recipes": [{"name": "x"}], "problems": []})
    answer = client.put(URL, broken, content_type="application/json", headers=worker_headers)
    assert answer.status_code == 422
    assert "missing required field" in answer.json()["error"]
    assert catalog.find("mine") is not None


def test_nobody_else_reports(client):
    assert client.put(URL, report_of(), content_type="application/json").status_code == 401


def test_a_catalogue_of_another_release_is_left_out_not_crashed_on():
    connect("box", own_recipe())
    WorkerCatalogue.objects.update(report='{"folders": 1}', digest="other")
    catalog.forget()
    assert catalog.find("mine") is None


def test_the_same_name_with_other_texts_on_two_workers_is_said():
    connect("box", own_recipe())
    connect("other", own_recipe(own=OwnFile("recipe", "mine.py", "1" * 64)))
    (found,) = catalog.problems()
    assert (found.worker, found.problem.file) == ("box", "mine.py")
    assert found.problem.sentence.startswith("It is not the file that other has.")
    connect("box", own_recipe(own=OwnFile("recipe", "mine.py", "1" * 64)))
    assert catalog.problems() == []


def test_the_version_changes_with_what_is_reported():
    connect("box", own_recipe())
    first = catalog.version()
    assert catalog.report("box", report_of(own_recipe())) is False
    assert catalog.version() == first
    assert catalog.report("box", report_of(own_recipe(title="Other"))) is True
    assert catalog.version() != first


def test_recipes_over_rest_with_the_fields_of_their_spec(owner_client):
    connect("box", own_recipe())
    listed = {recipe["name"]: recipe for recipe in owner_client.get("/api/v1/recipes").json()}
    assert listed["digits-vit"]["kind"] == "built-in"
    assert (listed["mine"]["kind"], listed["mine"]["file"]) == ("recipe", "mine.py")
    one = owner_client.get("/api/v1/recipes/mine").json()
    fields = {field["key"]: field for field in one["fields"]}
    assert (fields["params.width"]["default"], fields["params.width"]["minimum"]) == (8, 1)
    assert fields["params.kind"]["choices"] == ["a", "b"]
    assert fields["args.learning_rate"]["default"] == 0.01
    answer = owner_client.get("/api/v1/recipes/mime")
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "There is no recipe “mime”. Did you mean mine?",
    )


def test_an_open_form_hears_of_a_new_report(client, worker_headers, monkeypatch):
    told = []
    monkeypatch.setattr("runs.api.workers.announce_overview", lambda: told.append("overview"))
    for _ in range(2):
        client.put(URL, report_of(own_recipe()), content_type="application/json", headers=worker_headers)
    assert told == ["overview"]


def test_why_a_run_waits_tells_recipe_and_labels_together():
    connect("full", own_recipe())
    connect("bare")
    here = [
        Place("full", 0, 1, frozenset(), draining=False),
        Place("bare", 1, 1, frozenset({"a100"}), draining=False),
    ]
    name = own_recipe().name
    others = f"other workers have not the recipe {name}"
    assert queue_reason(recipe="digits-vit", here=here) == ""
    assert queue_reason(recipe=name, here=here) == f"waits for a device slot of full; {others}"
    picky = Asked(labels=frozenset({"a100"}))
    assert queue_reason(recipe=name, asked=picky, here=here) == (
        f"no connected worker has the label a100; none has any; {others}"
    )
