"""The Rules page, the form of a rule, the inbox, and the rules on a run's page."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Errand, Firing, Notification, Project, Rule
from runs.notifications import notify_all
from runs.rules.check import Wish
from runs.rules.edit import add_rule
from tests.dashboard.runs_for_tests import make_run

pytestmark = pytest.mark.django_db
SENT = {
    "kind": "threshold", "metric": "train/loss", "side": "above", "limit": "1e-1", "count": "2", "unit": "values",
    "actions": ["notify", "stop"], "name": "", "email_to": "", "webhook": "",
}  # fmt: skip


def make_rule(project: Project, **more: object) -> Rule:
    return add_rule(project, Wish(kind="threshold", options={"limit": 4.0}, actions=["notify"]), **more)


def test_a_rule_is_added_by_the_form_and_edited(owner_client: Client, owner: User, project: Project):
    answer = owner_client.post("/p/digits/rules/new", SENT, follow=True)
    rule = Rule.objects.get()
    assert (rule.name, rule.actions, rule.created_by) == (
        "train/loss above 0.1 for 2 values",
        ["notify", "stop"],
        "owner",
    )
    page = answer.content.decode()
    assert "added" in page
    assert "Stop the run" in page
    address = f"/p/digits/rules/{rule.pk}"
    assert 'value="0.1"' in owner_client.get(address).content.decode()
    owner_client.post(address, SENT | {"limit": "3", "name": "too high"})
    rule.refresh_from_db()
    assert (rule.name, rule.options["limit"]) == ("too high", 3.0)


def test_a_wrong_value_is_told_at_its_field_and_what_was_typed_stays(owner_client: Client, project: Project):
    answer = owner_client.post("/p/digits/rules/new", SENT | {"limit": "lots", "actions": [], "name": "mine"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“lots” is not a number" in page
    assert "Choose what follows" in page
    assert 'value="mine"' in page
    assert 'value="lots"' in page
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    "kind", ["threshold", "plateau", "not_finite", "spike", "silence", "ended", "unknown"]
)
def test_each_condition_has_its_form(owner_client: Client, project: Project, kind: str):
    assert owner_client.get(f"/p/digits/rules/new?kind={kind}").status_code == 200


def test_try_shows_what_past_runs_would_have_met_and_saves_nothing(owner_client: Client, project: Project):
    make_run(project, "vit-a")
    page = owner_client.post(
        "/p/digits/rules/new", SENT | {"limit": "1", "count": "1", "try": "1"}
    ).content.decode()
    assert "vit-a" in page
    assert "train/loss is 2, above 1" in page
    assert not Rule.objects.exists()


def test_a_rule_about_the_end_offers_only_what_may_follow(owner_client: Client, project: Project):
    page = owner_client.get("/p/digits/rules/new?kind=ended").content.decode()
    assert 'value="webhook"' in page
    assert 'value="stop"' not in page
    sent = {"kind": "ended", "how": "any", "trials": "left out", "actions": ["notify", "stop"]}
    refused = owner_client.post("/p/digits/rules/new", sent)
    assert refused.status_code == 422
    assert 'value="stop" checked' in refused.content.decode()
    make_run(project, "vit-a", state="finished")
    tried = owner_client.post("/p/digits/rules/new", sent | {"actions": ["notify"], "try": "1"})
    assert "finished at step" in tried.content.decode()
    assert not Rule.objects.exists()


def test_a_rule_is_switched_off_and_deleted(owner_client: Client, project: Project):
    rule = make_rule(project)
    owner_client.post(f"/p/digits/rules/{rule.pk}/do/switch")
    rule.refresh_from_db()
    assert not rule.enabled
    refused = owner_client.post(f"/p/digits/rules/{rule.pk}/do/test", headers={"X-Requested-With": "fetch"})
    assert (refused.status_code, "no e-mail and no webhook" in refused.json()["text"]) == (409, True)
    owner_client.post(f"/p/digits/rules/{rule.pk}/do/delete")
    assert not Rule.objects.exists()


def test_a_rule_of_another_project_is_not_here(owner_client: Client, project: Project):
    other = make_rule(Project.objects.create(slug="other", name="Other"))
    assert owner_client.get(f"/p/digits/rules/{other.pk}").status_code == 404


def test_a_run_lists_its_rules_and_gets_one_of_its_own(owner_client: Client, project: Project):
    run, other = make_run(project, "vit-a"), make_run(project, "vit-b")
    make_rule(project, run=other)
    owner_client.post("/p/digits/rules/new", SENT | {"run": run.pk})
    assert Rule.objects.filter(run=run).count() == 1
    page = owner_client.get(f"/r/{run.pk}/events").content.decode()
    assert "train/loss above 0.1 for 2 values" in page
    assert "the objective above 4" not in page


def test_the_page_costs_the_same_for_many_rules(
    owner_client: Client, project: Project, django_assert_max_num_queries
):
    for _ in range(5):
        make_rule(project, run=make_run(project, "vit"))
    with django_assert_max_num_queries(17):
        assert owner_client.get("/p/digits/rules").status_code == 200


def test_the_inbox_lists_and_is_read(owner_client: Client, owner: User, project: Project):
    run = make_run(project, "vit-a")
    for text in ("first", "second"):
        notify_all(Firing.objects.create(run=run, name="rule", condition="", text=text))
    page = owner_client.get("/notifications").content.decode()
    assert page.index("second") < page.index("first")
    assert "data-bell-count>2<" in page
    owner_client.post("/notifications/read", {"id": Notification.objects.last().pk})
    assert "data-bell-count>1<" in owner_client.get("/notifications").content.decode()
    owner_client.post("/notifications/read")
    assert "data-bell-count hidden>0<" in owner_client.get("/notifications").content.decode()


def test_nobody_reads_the_notifications_of_another(owner_client: Client, project: Project):
    run = make_run(project, "vit-a")
    ada = User.objects.create_user("ada")
    row = Notification.objects.create(
        user=ada, firing=Firing.objects.create(run=run, name="rule", condition="", text="hers")
    )
    assert "hers" not in owner_client.get("/notifications").content.decode()
    owner_client.post("/notifications/read", {"id": row.pk})
    row.refresh_from_db()
    assert row.read_at is None


def test_a_step_that_stood_out_shows_its_rows_and_asks_a_worker_for_them(
    owner_client: Client, project: Project
):
    run = make_run(project, "vit-a")
    details = {"kind": "batch", "loss": "nan", "grad_norm": 12.5, "rows": list(range(100, 170)), "count": 70}
    kept = run.warnings.create(code="batch 30", text="In step 30 the loss is NaN.", step=30, details=details)
    page = owner_client.get(f"/r/{run.pk}/events").content.decode()
    assert "100, 101, 102" in page
    assert "and 6 more" in page
    asked = owner_client.post(f"/r/{run.pk}/batches/{kept.pk}")
    assert asked.status_code == 201
    errand = Errand.objects.get(pk=asked.json()["errand"])
    assert (errand.kind, errand.payload) == ("rows", {"spec": run.spec, "rows": [100, 101, 102, 103]})
    assert owner_client.post(f"/r/{run.pk}/batches/{kept.pk + 1}").status_code == 404
    run.origin = "external"
    run.save()
    assert "started elsewhere" in owner_client.post(f"/r/{run.pk}/batches/{kept.pk}").json()["error"]


def test_rows_of_a_stream_are_told_as_such_and_not_fetched(owner_client: Client, project: Project):
    run = make_run(project, "vit-a")
    details = {"kind": "batch", "loss": 1.0, "grad_norm": 2.0, "rows": [8, 9], "count": 2, "times_read": 3}
    kept = run.warnings.create(code="batch 30", text="In step 30 …", step=30, details=details)
    page = owner_client.get(f"/r/{run.pk}/events").content.decode()
    assert "running numbers in the stream as this training read it, from 0; it began 3 times" in page
    assert "Show the first rows" not in page
    refused = owner_client.post(f"/r/{run.pk}/batches/{kept.pk}")
    assert (refused.status_code, "streamed" in refused.json()["error"]) == (422, True)


def test_rows_that_a_worker_read_are_drawn(owner_client: Client, owner: User, project: Project):
    run = make_run(project, "vit-a")
    batch = {"tensors": [{"name": "labels", "shape": [1], "dtype": "int64"}], "samples": [{"label": "nine"}]}
    errand = Errand.objects.create(kind="rows", user=owner, state="done", result={"batch": batch})
    page = owner_client.get(f"/r/{run.pk}/batch-rows/{errand.pk}").content.decode()
    assert "As the model saw them" in page
    assert "nine" in page


def test_the_countdown_of_early_stopping_stands_in_the_head(owner_client: Client, project: Project):
    run = make_run(project, "vit-a", patience={"left": 2, "of": 3})
    page = owner_client.get(f"/r/{run.pk}/charts").content.decode()
    assert "early stopping in <b>2</b> evaluations without gain" in page
    run.state, run.reason = "finished", "early stopping: eval_f1 did not improve over 3 evaluations"
    run.save()
    page = owner_client.get(f"/r/{run.pk}/charts").content.decode()
    assert "early stopping in" not in page
    assert "did not improve over 3 evaluations" in page
