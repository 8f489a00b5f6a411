import json
import math
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.numbers import duration
from runs.models import Command, Project, Run
from runs.series import append
from runs.states import State
from tests.dashboard.runs_for_tests import add_checkpoint, add_console, make_run, print_lines
from trainer_bridge.protocol import Metrics

TABS = ("charts", "overview", "console", "system", "evaluation", "checkpoints", "events")


@pytest.fixture
def page(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("ada"))
    return client


@pytest.fixture
def project(db: None) -> Project:
    return Project.objects.create(slug="digits", name="digits")


def text(answer) -> str:
    """What a reader sees, thin spaces as plain ones."""
    bare = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", bare)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("state", list(State))
def test_every_tab_in_every_state(page: Client, project: Project, tab: str, state: State):
    run = make_run(project, "vit", state=state, reason="because")
    answer = page.get(f"/r/{run.pk}/{tab}")
    assert answer.status_code == 200
    assert '<h1 class="ellipsis" title="vit">vit</h1>' in answer.content.decode()
    assert f'data-state="{state}"' in answer.content.decode()


def test_header_says_where_the_run_is(page: Client, project: Project):
    run = make_run(project, "vit", speed=2.0, worker="lab-a", num_train_epochs=5)
    add_checkpoint(run, 20, 0.9)
    seen = text(page.get(f"/r/{run.pk}/charts"))
    assert "40 / 100 steps" in seen
    assert "40.0 %" in seen
    assert "epoch 2.0 / 5" in seen
    assert "ETA 30 s" in seen
    assert "best eval/accuracy 0.9000 @20" in seen
    assert "Export best checkpoint" in seen
    assert "40 % vit" in seen


def test_a_run_without_checkpoints_offers_none(page: Client, project: Project):
    run = make_run(project, "vit", state=State.STOPPED)
    seen = text(page.get(f"/r/{run.pk}/charts"))
    assert "Export" not in seen
    assert "Resume" not in seen


def test_failed_run_shows_the_error_and_its_traceback(page: Client, project: Project):
    run = make_run(
        project, "vit", state=State.FAILED, reason="ValueError: no <b>", traceback="Traceback\n  here"
    )
    body = page.get(f"/r/{run.pk}/charts").content.decode()
    assert "ValueError: no &lt;b&gt;" in body
    assert "Traceback\n  here" in body


def test_queued_run_says_why_it_waits(page: Client, project: Project):
    make_run(project, "first", state=State.QUEUED)
    run = make_run(project, "second", state=State.QUEUED)
    seen = text(page.get(f"/r/{run.pk}/charts"))
    assert "place 2 in the queue" in seen
    assert "No worker is connected" in seen


def test_unknown_run_is_a_friendly_404(page: Client):
    answer = page.get("/r/nothere/charts")
    assert answer.status_code == 404
    assert "There is no run nothere" in text(answer)


def test_chart_data_leaves_summaries_and_machine_out(page: Client, project: Project):
    run = make_run(project, "vit")
    answer = page.get(f"/r/{run.pk}/charts")
    data = json.loads(
        re.search(r'id="chart-data" type="application/json">(.*?)</script>', answer.content.decode())[1]
    )
    assert "eval/accuracy" in data["keys"]
    assert not [key for key in data["keys"] if key.startswith(("system/", "final/"))]
    assert data["directions"]["eval/loss"] is False
    assert data["runs"][0]["mark"] == 1


@pytest.mark.parametrize("tab", TABS)
def test_the_number_of_queries_does_not_grow(
    page: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries, tab: str
):
    run = make_run(project, "vit")
    for step in range(1, 30):
        add_checkpoint(run, step, step / 100)
        Command.objects.create(run=run, kind="save", step=step, status="applied")
    add_console(run, 1000)
    make_run(project, "other")
    with django_assert_max_num_queries(33):
        page.get(f"/r/{run.pk}/{tab}")


def test_the_fragment_is_the_header_and_the_rail(page: Client, project: Project):
    run = make_run(project, "vit")
    alone = page.get(f"/r/{run.pk}/live").content.decode()
    with_rail = page.get(f"/r/{run.pk}/live?rail=1").content.decode()
    assert '<div id="run-header">' in alone
    assert "<html" not in alone
    assert "run-rail" not in alone
    assert 'data-part="latest"' in with_rail


def test_console_lines_come_by_number(page: Client, project: Project):
    run = make_run(project, "vit")
    add_console(run, 250)
    found = page.get(f"/r/{run.pk}/console/lines?first=95&count=10").json()
    assert found["total"] == 250
    assert [line[0] for line in found["lines"]] == list(range(95, 105))
    assert found["lines"][5] == [100, 100.0, "stderr", "line 100"]


@pytest.mark.parametrize("query", ["first=x", "first=-3", "first=99999999999999999999", "count=9999999"])
def test_console_lines_take_nonsense_calmly(page: Client, project: Project, query: str):
    run = make_run(project, "vit")
    add_console(run, 20)
    assert page.get(f"/r/{run.pk}/console/lines?{query}").status_code == 200


def test_console_page_shows_the_last_lines(page: Client, project: Project):
    run = make_run(project, "vit")
    add_console(run, 450)
    seen = text(page.get(f"/r/{run.pk}/console"))
    assert "line 449" in seen
    assert "line 250 " in seen
    assert "line 249 " not in seen


async def test_console_download_has_every_line(async_client, project_with_console: Run, user: User):
    await async_client.aforce_login(user)
    answer = await async_client.get(f"/r/{project_with_console.pk}/console.txt")
    body = b"".join([part async for part in answer.streaming_content]).decode()
    assert body.splitlines() == [f"line {n}" for n in range(250)]


def test_colours_of_the_console_are_codes_to_the_script_and_left_out_of_the_first_page(
    page: Client, project: Project
):
    run = make_run(project, "vit")
    print_lines(run, "\x1b[31m<b>red</b>\x1b[0m")
    first = page.get(f"/r/{run.pk}/console").content.decode()
    assert ">&lt;b&gt;red&lt;/b&gt;</div>" in first
    lines = page.get(f"/r/{run.pk}/console/lines").json()["lines"]
    assert lines[0][3] == "\x1b[31m<b>red</b>\x1b[0m"
    assert "\x1b" not in page.get(f"/r/{run.pk}/charts").content.decode()


def test_the_head_says_samples_tokens_and_how_far_an_evaluation_is(page: Client, project: Project):
    run = make_run(project, "vit", speed=2.0)
    assert "samples/s" not in text(page.get(f"/r/{run.pk}/live"))
    Run.objects.filter(pk=run.pk).update(
        samples_per_step=16, token_speed=512.0, evaluation={"done": 7, "of": 20, "left": 49.5}
    )
    seen = text(page.get(f"/r/{run.pk}/live"))
    assert "2 steps/s · 32 samples/s · 512 tokens/s" in seen
    assert "evaluating 7 / 20 batches, 50 s left" in seen
    # 60 steps at 2 steps/s, and the rest of the evaluation.
    assert f"ETA {duration(79.5)} " in seen


def test_events_of_people_and_of_the_run(page: Client, project: Project):
    run = make_run(project, "vit")
    add_checkpoint(run, 20, 0.9)
    changed = {"before": 3e-4, "after": 1.5e-4, "op": "hold"}
    Command.objects.create(run=run, kind="learning_rate", step=30, status="applied", result=changed)
    both, people, runs = (
        text(page.get(f"/r/{run.pk}/events?by={by}")) for by in ("nonsense", "people", "run")
    )
    learning_rate = "Learning rate 3e-4 → 1.5e-4, held"
    assert [learning_rate in seen for seen in (both, people, runs)] == [True, True, False]
    assert ["Checkpoint saved" in seen for seen in (both, people, runs)] == [True, False, True]
    assert "All 4 By people 2 By the run 2" in people
    assert "B Learning rate" in people


def test_the_console_is_searched(page: Client, project: Project):
    run = make_run(project, "vit")
    add_console(run, 120)
    url = f"/r/{run.pk}/console/find"
    assert page.get(url, {"q": "LINE 11"}).json() == {"lines": [11, *range(110, 120)], "count": 11}
    assert page.get(url, {"q": "line", "rank": "3"}).json() == {"lines": [], "count": 0}
    assert page.get(url, {"q": "line 99", "rank": "\u00b2"}).json() == {"lines": [99], "count": 1}
    assert page.get(url).json() == {"lines": [], "count": 0}


def test_ranks_can_be_chosen_where_several_processes_printed(page: Client, project: Project):
    run = make_run(project, "vit")
    print_lines(run, "one")
    assert "data-console-rank" not in page.get(f"/r/{run.pk}/console").content.decode()
    print_lines(run, "[rank1] two", source="rank1")
    assert "data-console-rank" in page.get(f"/r/{run.pk}/console").content.decode()
    assert page.get(f"/r/{run.pk}/console/ranges?rank=1").json() == {"ranges": [[1, 1]]}


def test_a_failed_run_leads_to_its_error_in_the_console(page: Client, project: Project):
    run = make_run(project, "vit", state=State.FAILED)
    error = f"/r/{run.pk}/console/error"
    assert error not in page.get(f"/r/{run.pk}/charts").content.decode()
    print_lines(run, "one", "Traceback (most recent call last):", "ValueError: no")
    assert error in page.get(f"/r/{run.pk}/charts").content.decode()
    assert page.get(error).url == f"/r/{run.pk}/console?line=1"


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def project_with_console(transactional_db: None) -> Run:
    run = make_run(Project.objects.create(slug="digits", name="digits"), "vit")
    add_console(run, 249)
    print_lines(run, "\x1b[1mline\x1b[0m 249")
    return run


def test_stop_saves_first_when_asked(page: Client, project: Project):
    run = make_run(project, "vit")
    answer = page.post(f"/r/{run.pk}/do/stop", {"save": "1"}, headers={"x-requested-with": "fetch"})
    assert answer.json() == {"text": "vit will save a checkpoint and stop"}
    assert list(run.commands.values_list("kind", "args")) == [("stop", {"save": True})]
    run.refresh_from_db()
    assert run.state == State.STOPPING


def test_a_plain_form_goes_back_to_the_run(page: Client, project: Project):
    run = make_run(project, "vit", state=State.QUEUED)
    answer = page.post(f"/r/{run.pk}/do/stop", follow=True)
    assert answer.redirect_chain == [(f"/r/{run.pk}/charts", 302)]
    assert "vit will stop" in text(answer)


def test_what_cannot_be_done_says_why(page: Client, project: Project):
    run = make_run(project, "vit", state=State.FINISHED)
    answer = page.post(f"/r/{run.pk}/do/stop", headers={"x-requested-with": "fetch"})
    assert answer.status_code == 409
    assert "finished" in answer.json()["text"]


def test_an_unknown_verb_is_a_404(page: Client, project: Project):
    assert page.post(f"/r/{make_run(project, 'vit').pk}/do/dance").status_code == 404


def test_commands_need_a_post_and_a_log_in(client: Client, project: Project):
    run = make_run(project, "vit")
    assert client.post(f"/r/{run.pk}/do/stop").headers["location"].startswith("/login/")
    client.force_login(User.objects.create_user("ada"))
    assert client.get(f"/r/{run.pk}/do/stop").status_code == 405


def test_a_run_that_died_without_a_traceback_shows_its_last_lines(owner_client: Client, project: Project):
    run = make_run(project, "vit", state="crashed", reason="no word from worker box for 60 s")
    print_lines(run, "step 39", "step 40 <b>")
    page = owner_client.get(f"/r/{run.pk}/overview").content.decode()
    assert "death-lines" in page
    assert "step 40 &lt;b&gt;" in page
    Run.objects.update(state="failed", traceback="Traceback …")
    assert "death-lines" not in owner_client.get(f"/r/{run.pk}/overview").content.decode()


def test_the_rail_tells_what_people_did_among_many_checkpoints(owner_client: Client, project: Project):
    run = make_run(project, "vit")
    run.commands.create(kind="evaluate", status="applied", step=1, created_by="ada")
    for step in range(2, 22):
        add_checkpoint(run, step, 0.5)
    rail = owner_client.get(f"/r/{run.pk}/charts").content.decode().split("event-list")[1].split("</ol>")[0]
    assert "Evaluate" in rail
    assert rail.count(">Checkpoint saved") == 1, "only the best"
    assert owner_client.get(f"/r/{run.pk}/events").content.decode().count("Checkpoint saved") == 20


def test_the_rail_says_how_much_of_the_device_is_used(owner_client: Client, project: Project):
    limits = {"system/memory": 16.0, "system/gpu0/memory": 80.0}
    run = make_run(project, "vit", worker="lab-a", environment={"limits": limits})
    used = {"system/gpu0/utilisation": 96.0, "system/gpu0/memory": 11.2, "system/memory": 2.0}
    append(run.pk, 2, [Metrics(step=50, time=1_050.0, values=used)])
    page = owner_client.get(f"/r/{run.pk}/charts").content.decode()
    device = re.sub(r"<[^>]+>", " ", page.split('data-part="device"')[1].split("</section>")[0])
    assert re.sub(r"\s+", " ", device).split("lab-a ")[1].strip() == (
        "GPU0 use 96 % GPU0 memory 11.2 of 80 GiB CPU 80 % Memory 2 of 16 GiB"
    )
    assert '"limits": {"system/memory": 16.0' in owner_client.get(f"/r/{run.pk}/system").content.decode()


def test_a_run_that_finished_with_a_loss_that_is_none_says_so(page: Client, project: Project):
    run = make_run(project, "vit-a", state="finished", args={"learning_rate": 0.002})
    append(run.pk, 1, [Metrics(41, 41.0, {"train/loss": math.nan})])
    shown = text(page.get(f"/r/{run.pk}/charts"))
    assert "its last loss was not finite" in shown
    assert "Retry with a tenth of the learning rate" in shown
