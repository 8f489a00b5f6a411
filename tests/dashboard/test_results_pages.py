"""The pages that compare and export: checkpoints, compare, sweeps."""

import pytest
from django.urls import reverse

from runs.checkpoints.register import register
from runs.models import Checkpoint, Run, Series, Sweep
from runs.states import State
from tests.runs.checkpoints.folders import event, new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


@pytest.fixture
def runs_dir(settings, tmp_path):
    settings.RUNS_DIR = tmp_path / "runs"
    return settings.RUNS_DIR


@pytest.fixture
def saved(runs_dir) -> Checkpoint:
    """A whole checkpoint of the run "vit" at step 40."""
    run = new_run()
    write_checkpoint(runs_dir / run.pk / "checkpoints" / "checkpoint-40", 40)
    return register(run.pk, 1, event(40, metrics={KEY: 0.9712}))


def new_sweep(values=(0.5, 0.9), state=State.FINISHED) -> Sweep:
    project = new_run().project
    space = {"args.learning_rate": [0.001, 0.002]}
    sweep = Sweep.objects.create(project=project, name="lr", objective=KEY, space=space)
    for number, value in enumerate(values):
        params = {"args.learning_rate": 0.001 * (number + 1)}
        run = new_run(sweep=sweep, trial=number, name=f"lr-t{number}", state=state, trial_params=params)
        Series.objects.create(run=run, key=KEY, count=1, min=value, min_step=9, max=value, max_step=9)
    return sweep


PAGES = ["/p/digits/checkpoints", "/p/digits/compare", "/p/digits/sweeps"]


@pytest.mark.parametrize("page", PAGES)
def test_empty_project_says_what_will_be_here(owner_client, project, page):
    response = owner_client.get(page)
    assert response.status_code == 200
    assert b'class="empty"' in response.content


@pytest.mark.parametrize("page", [*PAGES, "/s/abc", "/c/abc/download", "/r/abc/best/download"])
def test_pages_ask_for_a_log_in(client, db, page):
    response = client.get(page)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")


@pytest.mark.parametrize(
    "page", ["/p/none/checkpoints", "/p/none/compare", "/p/none/sweeps", "/s/none", "/c/none/download"]
)
def test_unknown_is_404(owner_client, page):
    assert owner_client.get(page).status_code == 404


def rows_of(response):
    return [(row["rank"], row["checkpoint"].step) for row in response.context["rows"]]


def test_checkpoints_are_ranked_by_the_metric_of_the_address(owner_client):
    run = new_run()
    new_checkpoint(run, 10, {KEY: 0.8, "eval/loss": 0.5})
    new_checkpoint(run, 20, {KEY: 0.9, "eval/loss": 0.6})
    new_checkpoint(run, 30, {KEY: 0.95}, problem="optimizer.pt is missing")
    assert rows_of(owner_client.get("/p/digits/checkpoints")) == [(None, 30), (1, 20), (2, 10)]
    by_loss = owner_client.get("/p/digits/checkpoints", {"rank": "eval/loss"})
    assert rows_of(by_loss) == [(1, 10), (2, 20), (None, 30)]


def test_deleted_checkpoints_are_told_and_shown_when_asked_for(owner_client):
    from django.utils import timezone

    run = new_run()
    new_checkpoint(run, 10, {KEY: 0.8})
    new_checkpoint(run, 20, {KEY: 0.9}, deleted_at=timezone.now())
    response = owner_client.get("/p/digits/checkpoints")
    assert rows_of(response) == [(1, 10)]
    assert "1 more is not shown" in response.content.decode()
    assert rows_of(owner_client.get("/p/digits/checkpoints", {"all": "1"})) == [(None, 20), (1, 10)]


def test_export_sheet_lists_the_files_of_the_zip(owner_client, saved):
    response = owner_client.get("/p/digits/checkpoints", {"ckpt": saved.pk, "export": "1"})
    plans = response.context["plans"]
    only_full = {file.name for file in plans["full"].files} - {file.name for file in plans["inference"].files}
    assert "optimizer.pt" in only_full
    assert "model.safetensors" not in only_full
    assert f'action="/c/{saved.pk}/export/begin"' in response.content.decode()


def test_export_sheet_of_a_damaged_checkpoint_says_why(owner_client, saved, runs_dir):
    (runs_dir / saved.run_id / saved.path / "config.json").write_text("{")
    page = owner_client.get("/p/digits/checkpoints", {"ckpt": saved.pk, "export": "1"}).content.decode()
    assert "config.json cannot be read as JSON" in page
    assert "data-export-press" not in page


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous")
@pytest.mark.parametrize(
    ("contents", "has_optimizer"), [("inference", False), ("full", True), ("nonsense", False)]
)
def test_download_is_a_zip_of_known_length(owner_client, saved, contents, has_optimizer):
    url = reverse("checkpoint_download", args=[saved.pk])
    response = owner_client.get(url, {"contents": contents}, headers={"accept-encoding": "gzip"})
    data = b"".join(response)
    assert len(data) == int(response["Content-Length"])
    assert response["Content-Disposition"] == 'attachment; filename="vit-step-40.zip"'
    assert data.startswith(b"PK")
    assert (b"optimizer.pt" in data) is has_optimizer


def test_download_of_a_damaged_checkpoint_is_refused_with_the_reason(owner_client, saved, runs_dir):
    (runs_dir / saved.run_id / saved.path / "scheduler.pt").write_bytes(b"")
    response = owner_client.get(reverse("checkpoint_download", args=[saved.pk]))
    assert response.status_code == 409
    assert "scheduler.pt is empty" in response.content.decode()


def test_best_of_a_run_without_a_measured_checkpoint_is_404(owner_client):
    run = new_run()
    new_checkpoint(run, 10, {"eval/loss": 0.5})
    assert owner_client.get(reverse("run_best_download", args=[run.pk])).status_code == 404


def compared(response):
    return [run.name for run in response.context["comparison"].runs]


def test_compare_takes_order_and_baseline_from_the_address(owner_client):
    a, b, c = (new_run(name=name) for name in "abc")
    runs = f"{c.pk},{a.pk},{b.pk}"
    assert compared(owner_client.get("/p/digits/compare", {"runs": runs})) == ["c", "a", "b"]
    assert compared(owner_client.get("/p/digits/compare", {"runs": runs, "base": b.pk})) == ["b", "c", "a"]
    repeated = owner_client.get(f"/p/digits/compare?runs={a.pk}&runs={b.pk}")
    assert compared(repeated) == ["a", "b"]


def test_compare_names_runs_that_are_not_there(owner_client):
    run, elsewhere = new_run(), new_run("other")
    response = owner_client.get("/p/digits/compare", {"runs": f"{run.pk},{elsewhere.pk},gone"})
    assert response.context["missing"] == [elsewhere.pk, "gone"]
    assert "2 runs of the link are not in digits any more" in response.content.decode()


def test_compare_shows_best_and_signed_difference(owner_client):
    sweep = new_sweep()
    runs = ",".join(sweep.runs.order_by("trial").values_list("pk", flat=True))
    page = owner_client.get("/p/digits/compare", {"runs": runs}).content.decode()
    assert '<span class="best left" title="best">0.9000</span>' in page
    assert "▲ +0.4000 better" in page
    assert "One seed each, no interval" in page


def test_sweep_shows_trials_best_first_and_sorts(owner_client):
    sweep = new_sweep((0.5, 0.9, 0.7))
    response = owner_client.get(f"/s/{sweep.pk}")
    assert [row["trial"].number for row in response.context["rows"]] == [1, 2, 0]
    assert '<span class="best">0.9000</span>' in response.content.decode()
    by_rate = owner_client.get(f"/s/{sweep.pk}", {"sort": "-learning_rate"})
    assert [row["trial"].number for row in by_rate.context["rows"]] == [2, 1, 0]


def test_sweep_offers_the_page_that_exports_its_best_checkpoint(owner_client):
    sweep = new_sweep()
    checkpoints = [new_checkpoint(run, 9, {KEY: 0.5 + run.trial}) for run in sweep.runs.order_by("trial")]
    link = owner_client.get(f"/s/{sweep.pk}").context["best_export"]
    assert link == f"/p/digits/checkpoints?rank=-{KEY}&ckpt={checkpoints[1].pk}&export=1"


def test_stop_sweep_by_post_only(owner_client):
    sweep = new_sweep(state=State.QUEUED)
    assert owner_client.get(f"/s/{sweep.pk}/do/stop").status_code == 405
    response = owner_client.post(f"/s/{sweep.pk}/do/stop", follow=True)
    assert "2 trials were told to stop." in response.content.decode()
    assert set(Run.objects.filter(sweep=sweep).values_list("state", flat=True)) == {"stopped"}


def queries_of(client, django_assert_max_num_queries, url, most):
    with django_assert_max_num_queries(most) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("page", ["checkpoints", "compare", "sweeps", "sweep"])
def test_pages_cost_the_same_for_one_and_three(owner_client, django_assert_max_num_queries, page):
    def fill(count):
        for _ in range(count):
            sweep = new_sweep((0.5, 0.9, 0.7))
            for run in sweep.runs.all():
                new_checkpoint(run, 9, {KEY: 0.5})
        runs = ",".join(Run.objects.exclude(sweep=None).values_list("pk", flat=True)[: 3 * count])
        return {"compare": f"/p/digits/compare?runs={runs}", "sweep": f"/s/{sweep.pk}"}.get(
            page, f"/p/digits/{page}"
        )

    one = queries_of(owner_client, django_assert_max_num_queries, fill(1), 28)
    three = queries_of(owner_client, django_assert_max_num_queries, fill(3), 28)
    assert one == three
