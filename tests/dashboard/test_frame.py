"""The frame of every page: top bar, theme, marks, error pages."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard import context, marks
from runs.models import Checkpoint, Project, Run
from runs.workers import SlotsOverview
from tests.dashboard.runs_for_tests import add_checkpoint, make_run


@pytest.mark.parametrize(
    ("overview", "text"),
    [
        (SlotsOverview(2, 1, 0, False), "1/2 device slots"),
        (SlotsOverview(2, 2, 3, False), "2/2 device slots · 3 queued"),
        (SlotsOverview(2, 0, 1, True), "worker warming up · 1 queued"),
        (SlotsOverview(0, 0, 0, False), "no worker"),
    ],
)
def test_slots_say_what_trains_and_waits(overview: SlotsOverview, text: str):
    assert context.slots_text(overview) == text


def test_twelve_marks_then_dotted():
    seen = {(marks.shape(number), marks.css_classes(number)) for number in range(1, 25)}
    assert len(seen) == 24
    assert (marks.shape(8), marks.css_classes(8)) == ("square", "mark-8 mark-dashed")
    assert marks.css_classes(13) == "mark-1 mark-dotted"
    assert (marks.shape(0), marks.css_classes(0)) == ("", "")


def test_an_icon_is_named_or_hidden():
    draw = Template('{% load trainboard %}{% icon "eye" "Shown" %}{% icon "plus" %}').render(Context())
    assert 'role="img" aria-label="Shown"' in draw
    assert 'aria-hidden="true"' in draw
    assert "img/sprite.svg#eye" in draw


@pytest.mark.parametrize("state", ["queued", "running", "paused", "finished", "failed", "crashed"])
def test_a_state_is_told_without_colour(state: str):
    alone = Template("{% load trainboard %}{% state_icon state %}").render(Context({"state": state}))
    assert f'aria-label="{state}"' in alone


@pytest.mark.django_db
def test_the_top_bar_costs_the_same_for_many_projects(client: Client):
    client.force_login(User.objects.create_user("ada"))
    counts = []
    for number in range(3):
        make_run(Project.objects.create(slug=f"p{number}", name=f"p{number}"), "vit")
        with CaptureQueriesContext(connection) as queries:
            client.get("/p/p0/sweeps")
        counts.append(len(queries))
    assert len(set(counts)) == 1


def test_the_top_bar_is_lazy_without_a_session():
    request = RequestFactory().get("/")
    request.resolver_match = None
    assert not context.top_bar(request)["top_bar"].projects


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', ""), ("", "")]
)
def test_the_theme_comes_from_the_cookie(cookie: str, theme: str):
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    assert context.top_bar(request)["theme"] == theme


@pytest.mark.django_db
def test_unknown_addresses_are_friendly(client: Client):
    client.force_login(User.objects.create_user("ada"))
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "Nothing is at this address" in answer.content.decode()
    assert "/no/such/page" in answer.content.decode()
    assert "Resolver404" not in answer.content.decode()


@pytest.mark.django_db
def test_the_switcher_lists_projects_and_marks_the_present_one(client: Client):
    client.force_login(User.objects.create_user("ada"))
    for slug in ("one", "two"):
        Project.objects.create(slug=slug, name=f"project {slug}")
    body = client.get("/p/one/runs").content.decode()
    assert '<a href="/p/one/runs" aria-current="true">project one' in body
    assert '<a href="/p/two/runs">project two' in body


def test_whole_checkpoints_are_counted_for_each_project_alone_and_for_several(db):
    one = Project.objects.create(slug="one", name="One")
    run = make_run(one, "a", state="finished")
    _, broken, gone = (add_checkpoint(run, step, 0.9) for step in (1, 2, 3))
    Checkpoint.objects.filter(pk=broken.pk).update(problem="cut off")
    Checkpoint.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    assert context.project_counts(one)["project_checkpoints"] == 1
    other = Project.objects.create(slug="other", name="Other")
    add_checkpoint(make_run(other, "b"), 1, 0.9)
    assert [context.project_counts(project)["project_checkpoints"] for project in (one, other)] == [1, 1]
    Run.objects.filter(pk=run.pk).update(deleted_at=timezone.now())
    assert context.project_counts(one)["project_checkpoints"] == 0
