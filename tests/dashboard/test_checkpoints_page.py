"""The checkpoints page: filter, states, why kept, lineage, what is done with one; the page of the retention."""

import pytest
from django.urls import reverse
from django.utils import timezone

from runs.checkpoints import checking, retention
from runs.checkpoints.policy import Policy, Rule
from runs.checkpoints.register import register
from runs.fork import fork
from runs.models import Alias, Checkpoint, Run
from runs.states import State
from tests.runs.checkpoints.folders import event, new_checkpoint, new_run, write_checkpoint

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"
URL = "/p/digits/checkpoints"


@pytest.fixture
def runs_dir(settings, tmp_path):
    settings.RUNS_DIR = tmp_path / "runs"
    return settings.RUNS_DIR


@pytest.fixture
def saved(runs_dir):
    """saved(step, value) → a checkpoint on disk of one finished run."""
    run = new_run(state=State.FINISHED)

    def make(step, value=0.5):
        write_checkpoint(runs_dir / run.pk / "checkpoints" / f"checkpoint-{step}", step)
        return register(run.pk, 1, event(step, metrics={KEY: value}))

    return make


def steps(response):
    return [row["checkpoint"].step for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("eval/accuracy>0.6", [20, 40, 30]),
        ("alias:production", [10]),
        ("state:damaged", [40]),
        ("kind:weights", [30]),
        ("step<25 -alias:*", [20]),
        ("recipe:digits-vit", [20, 40, 30, 10]),
        ("args.learning_rate:3e-4", [20]),
        ("tag:baseline", [20]),
        ("other", [20]),
        ("kept~last", [20, 40]),
        ("notes~four", [30]),
    ],
)
def test_filter_takes_what_a_checkpoint_has_and_what_its_run_has(owner_client, user_filter_cast, q, found):
    assert steps(owner_client.get(URL, {"q": q})) == found


@pytest.fixture
def user_filter_cast(user):
    full = [["optimizer.pt", 1], ["scheduler.pt", 1], ["rng_state.pth", 1]]
    run = new_run()
    other = new_run(
        name="other", tags=["baseline"], spec={"recipe": "digits-vit", "args": {"learning_rate": 3e-4}}
    )
    first = new_checkpoint(run, 10, {KEY: 0.5}, files=full)
    new_checkpoint(other, 20, {KEY: 0.9}, files=full)
    new_checkpoint(run, 30, {KEY: 0.7}, notes="confuses four and nine")
    new_checkpoint(run, 40, {KEY: 0.8}, files=full, problem="config.json is missing")
    Alias.objects.create(project=run.project, name="production", checkpoint=first)


@pytest.fixture
def user(owner):
    return owner


def test_filter_that_is_not_understood_is_told_and_shows_all(owner_client, user_filter_cast):
    response = owner_client.get(URL, {"q": "evil/accuracy>0.6"})
    assert steps(response) == [20, 40, 30, 10]
    assert "There is no “evil/accuracy”" in response.content.decode()


def test_assist_counts_checkpoints(owner_client, user_filter_cast):
    said = owner_client.get(f"{URL}/assist", {"q": "state:"}).json()
    assert {offer["text"]: offer["count"] for offer in said["completion"]["offers"]} == {
        "complete": 3,
        "damaged": 1,
    }
    assert owner_client.get(f"{URL}/assist", {"q": "step>15"}).json()["matching"] == 3
    assert owner_client.get(f"{URL}/assist", {"q": "stepp>15"}).json()["error"]["nearest"] == "step"


def test_states_and_reasons_stand_on_the_rows(owner_client, saved):
    saved(10, 0.4)
    saved(20, 0.9)
    while checking.check_next():
        pass
    damaged = saved(30, 0.5)
    Checkpoint.objects.filter(pk=damaged.pk).update(problem="optimizer.pt is empty", check_at=None)
    retention.set_policy(damaged.run.project, Policy(Rule(best=1)))
    retention.announce(damaged.run.project)
    page = owner_client.get(URL).content.decode()
    assert "verified" in page
    assert "optimizer.pt is empty" in page
    assert "best 1 of 1" in page
    assert "will be deleted in 2 h" in page or "will be deleted in 1 h 59 min" in page


def test_checkpoint_that_is_being_written_is_shown(owner_client, saved, runs_dir):
    row = saved(10)
    Run.objects.filter(pk=row.run_id).update(state=State.RUNNING)
    folder = runs_dir / row.run_id / "checkpoints" / "checkpoint-20"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(bytes(row.size // 2 - 9))
    response = owner_client.get(URL)
    assert [(row["step"], row["percent"]) for row in response.context["writing"]] == [(20, 49)]
    assert "writing 49 %" in response.content.decode()
    assert "writing 49 %" in owner_client.get(f"/r/{row.run_id}/checkpoints").content.decode()


def test_lineage_leads_from_the_parent_to_the_forks(owner_client, saved):
    row = saved(10)
    saved(20)
    child = fork(row, row.run.spec, name="child")
    page = owner_client.get(URL, {"ckpt": row.pk})
    boxes = [(box.kind, box.title, box.href) for box in page.context["lineage"]["picture"].boxes]
    assert [title for _, title, _ in boxes] == ["vit", "@ 10", "@ 20", "child", "@ 10"]
    assert boxes[3][2] == reverse("run_charts", args=[child.pk])
    inherited = child.checkpoints.get()
    above = owner_client.get(URL, {"ckpt": inherited.pk}).context["lineage"]["picture"].boxes
    assert [box.title for box in above] == ["vit", "@ 10", "child", "@ 10"]


def do(client, row, verb, **form):
    return client.post(f"/c/{row.pk}/do/{verb}", form, headers={"X-Requested-With": "fetch"})


def test_pin_note_alias_and_check(owner_client, saved):
    row = saved(10)
    assert do(owner_client, row, "pin").json()["text"] == "vit @ 10 is pinned: no policy takes it away"
    assert do(owner_client, row, "notes", notes=" confuses 4 and 9 ").json()["text"] == "Note saved"
    assert do(owner_client, row, "alias", name="production").json()["text"] == "vit @ 10 is production now"
    checking.check_next()
    row.refresh_from_db()
    assert (row.is_pinned, row.notes, row.check_at) == (True, "confuses 4 and 9", None)
    do(owner_client, row, "check")
    row.refresh_from_db()
    assert row.check_at is not None
    page = owner_client.get(URL, {"ckpt": row.pk}).content.decode()
    assert "none → vit @ 10" in page
    assert "confuses 4 and 9" in page
    do(owner_client, row, "unalias", name="production")
    assert not Alias.objects.exists()


def test_refusals_are_sentences(owner_client, saved):
    row = saved(10)
    answer = do(owner_client, row, "alias", name="no good name")
    assert (answer.status_code, answer.json()["text"][:31]) == (409, "“no good name” is no alias: up ")
    do(owner_client, row, "pin")
    answer = do(owner_client, row, "delete", when="now")
    assert (answer.status_code, answer.json()["text"]) == (409, "vit @ 10 stays: pinned.")
    assert do(owner_client, row, "explode").status_code == 404


def test_deleted_later_or_at_once(owner_client, saved, runs_dir):
    row, other = saved(10), saved(20)
    assert "in 2 h" in do(owner_client, row, "delete", when="later").json()["text"]
    row.refresh_from_db()
    assert (row.due, row.due_by, row.deleted_at) == ("delete", "owner", None)
    assert "are free again" in do(owner_client, other, "strip", when="now").json()["text"]
    assert not (runs_dir / other.run_id / other.path / "optimizer.pt").exists()
    do(owner_client, row, "delete", when="now")
    assert not (runs_dir / row.run_id / row.path).exists()


def test_damaged_one_offers_no_export_and_no_fork(owner_client, saved):
    row = saved(10)
    Checkpoint.objects.filter(pk=row.pk).update(
        problem="holds pickled weights, which Trainboard does not load"
    )
    page = owner_client.get(URL, {"ckpt": row.pk}).content.decode()
    assert "Damaged: holds pickled weights" in page
    assert "Export…" not in page
    assert "Fork" not in page
    tab = owner_client.get(f"/r/{row.run_id}/checkpoints").content.decode()
    assert "Export…" not in tab


def test_retention_previews_saves_and_cleans(owner_client, saved, runs_dir):
    row, best = saved(10, 0.4), saved(20, 0.9)
    form = {"full.keep": "some", "full.best": "1", "weights.keep": "some", "weights.last": "", "metric": ""}
    page = owner_client.get(f"{URL}/retention", {**form, "preview": "1"})
    assert [step["checkpoint"].pk for step in page.context["steps"]] == [row.pk]
    assert "1 deleted, 0 reduced to weights" in page.content.decode()
    assert retention.own_policy(row.run.project) is None
    owner_client.post(f"{URL}/retention/save", form)
    assert retention.own_policy(row.run.project) == Policy(Rule(best=1))
    row.refresh_from_db()
    assert row.due == "delete"
    owner_client.post(f"{URL}/retention/save", {**form, "at_once": "1"})
    assert not (runs_dir / row.run_id / row.path).exists()
    assert (runs_dir / best.run_id / best.path).exists()
    owner_client.post(f"{URL}/retention/save", {"forget": "1"})
    assert retention.own_policy(row.run.project) is None


def test_retention_of_a_run_keeps_what_was_typed(owner_client, saved):
    row = saved(10)
    form = {"run": row.run_id, "full.keep": "some", "full.best": "three", "weights.keep": "all"}
    answer = owner_client.post(f"{URL}/retention/save", form)
    assert answer.status_code == 422
    assert "“three” is no whole number." in answer.content.decode()
    assert 'value="three"' in answer.content.decode()
    owner_client.post(f"{URL}/retention/save", form | {"full.best": "3"})
    assert retention.own_policy(row.run) == Policy(Rule(best=3), Rule(all=True))
    assert retention.own_policy(row.run.project) is None


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_a_fixed_number_of_queries(owner_client, django_assert_max_num_queries, count):
    for number in range(count):
        run = new_run(name=f"r{number}", state=State.FINISHED)
        new_checkpoint(run, 10, {KEY: 0.5})
        new_checkpoint(run, 20, {KEY: 0.6}, deleted_at=timezone.now())
    with django_assert_max_num_queries(26):
        owner_client.get(URL, {"q": "step>0"})
