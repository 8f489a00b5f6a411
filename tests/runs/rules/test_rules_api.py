"""Rules over REST: make, change, try, delete; what they sent; the inbox."""

import pytest
from django.test import Client

from runs.models import Rule
from runs.rules import book
from runs.rules.deliver import deliver_due
from tests.runs.rules.conftest import loss

pytestmark = pytest.mark.django_db
API = "/api/v1"
HIGH = {
    "project": "digits",
    "kind": "threshold",
    "options": {"metric": "train/loss", "limit": 4},
    "actions": ["notify"],
}


@pytest.fixture
def client(user):
    client = Client()
    client.force_login(user)
    return client


def post(client, path, body=None):
    return client.post(f"{API}{path}", body or {}, content_type="application/json")


def test_a_rule_is_made_changed_and_deleted_and_says_by_whom(client, project):
    made = post(client, "/rules", HIGH)
    assert made.status_code == 201
    rule = made.json()
    assert (rule["condition"], rule["name"], rule["created_by"]) == ("train/loss above 4",) * 2 + ("ada",)
    assert rule["options"] == {
        "metric": "train/loss",
        "limit": 4,
        "side": "above",
        "count": 1,
        "unit": "values",
    }
    path = f"{API}/rules/{rule['id']}"
    changed = client.patch(
        path, {"options": {"limit": 5}, "enabled": False}, content_type="application/json"
    ).json()
    assert (changed["options"]["limit"], changed["options"]["metric"], changed["enabled"]) == (
        5,
        "train/loss",
        False,
    )
    assert [one["id"] for one in client.get(f"{API}/rules?project=digits").json()] == [rule["id"]]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "treshold"}, "kind"),
        ({"options": {"limit": "high"}}, "options.limit"),
        ({"options": {}}, "options.limit"),
        ({"options": {"limit": 1, "limits": 2}}, "options.limits"),
        ({"actions": []}, "actions"),
        ({"actions": ["explode"]}, "actions"),
        ({"actions": ["stop", "pause"]}, "actions"),
        ({"actions": ["email"], "email_to": ["ada@example.org"]}, "email_to"),
        ({"actions": ["webhook"], "webhook": "http://127.0.0.1/x"}, "webhook"),
        ({"name": "a" * 101}, "name"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_at_its_field(client, project, wrong, field):
    answer = post(client, "/rules", HIGH | wrong)
    assert answer.status_code == 422
    assert list(answer.json()["problems"]) == [field]
    assert not Rule.objects.exists()


def test_a_rule_is_tried_on_runs_and_nothing_happens(client, run, send):
    send(loss(1, 1.0), loss(2, 9.0), loss(3, 1.0), loss(4, 9.0))
    tried = post(client, "/rules/try", HIGH).json()
    assert tried == [
        {
            "run": run.pk,
            "firings": [[2, "train/loss is 9, above 4"], [4, "train/loss is 9, above 4"]],
            "more": 0,
            "watched": True,
        }
    ]
    assert client.get(f"{API}/runs/{run.pk}/firings").json() == []


def test_what_was_found_is_in_the_inbox_until_it_is_read(client, run, send):
    post(client, "/rules", HIGH)
    book.forget()
    send(loss(2, 9.0))
    (firing,) = client.get(f"{API}/runs/{run.pk}/firings").json()
    assert (firing["text"], firing["step"]) == ("train/loss is 9, above 4", 2)
    (one,) = client.get(f"{API}/notifications?unread=true").json()
    assert one["firing"]["run_id"] == run.pk
    assert post(client, "/notifications/read", {"ids": [one["id"] + 1]}).json() == {"read": 0}
    assert post(client, "/notifications/read").json() == {"read": 1}
    assert client.get(f"{API}/notifications?unread=true").json() == []


def test_deliveries_say_what_went_wrong(client, project, settings):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    rule = post(client, "/rules", HIGH | {"actions": ["webhook"], "webhook": "http://127.0.0.1:1/x"}).json()
    post(client, f"/rules/{rule['id']}/test")
    deliver_due()
    (row,) = client.get(f"{API}/deliveries?project=digits").json()
    assert (row["state"], row["tries"]) == ("waiting", 1)
    assert "refused" in row["last_error"]
    assert post(client, f"/deliveries/{row['id']}/again").json()["tries"] == 0
