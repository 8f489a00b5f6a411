"""The winner among many on the compare page, and seeds for the leaders only."""

import pytest

from dashboard import best_of_many
from runs import confirm as confirming
from runs.models import Run, Series, Sweep
from runs.states import State
from tests.dashboard.test_seed_groups import group_of, page_of
from tests.runs.checkpoints.folders import new_checkpoint, new_run

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


def trials_of(count, seeds=1):
    groups = [
        group_of(f"t{n}x", [0.90 + 0.01 * n + 0.004 * s for s in range(seeds)], 0.001 * (n + 1))
        for n in range(count)
    ]
    sweep = Sweep.objects.create(
        project=groups[0][0].project, name="lr", objective=KEY, space={"args.learning_rate": []}
    )
    for number, group in enumerate(groups):
        point = {"args.learning_rate": 0.001 * (number + 1)}
        Run.objects.filter(pk__in=[run.pk for run in group]).update(
            sweep=sweep, objective=KEY, trial=number, trial_params=point
        )
    return sweep, groups


def test_without_replicates_the_most_it_can_be_is_said_with_its_assumption(owner_client):
    _, groups = trials_of(5)
    many = page_of(owner_client, *groups[2:]).context["many"]
    assert many["head"] == "t4x1 is the best of 5 configurations of lr."
    assert many["rest"].startswith(
        "No configuration ran with a second seed, so how much of its eval/accuracy is luck is not known: "
        "up to about 0.017, the largest of 5 noisy values"
    )
    assert many["label"] == "Queue 2 more seeds of the 3 leaders only"


def test_with_replicates_the_noise_is_theirs_and_only_leaders_get_seeds(owner_client):
    sweep, groups = trials_of(4, seeds=3)
    response = page_of(owner_client, *groups)
    many = response.context["many"]
    assert many["head"] == "t3x1 is the best of 4 configurations of lr."
    assert "estimated from seeds with 8 degrees of freedom" in many["rest"]
    assert [more.group.name for more in many["more"]] == ["t3x1"]
    assert "Queue 2 more seeds of the leader" in response.content.decode()
    assert best_of_many.of_sweep(sweep)["head"] == "t3x1 is the best of 4 configurations."


def test_the_button_queues_the_leaders_alone_and_is_gone_then(owner_client):
    _, groups = trials_of(4)
    many = page_of(owner_client, *groups).context["many"]
    before = Run.objects.count()
    fields = {
        "runs": ",".join(run.pk for group in groups for run in group),
        "more": [m.value for m in many["more"]],
    }
    answer = owner_client.post("/p/digits/compare/seeds", fields, follow=True)
    new = Run.objects.filter(state=State.QUEUED)
    assert (Run.objects.count() - before, {run.spec["args"]["learning_rate"] for run in new}) == (
        6,
        {0.002, 0.003, 0.004},
    )
    assert answer.context["many"]["more"] == []


def test_two_columns_are_not_many_and_a_run_that_measured_nothing_is_no_trial(owner_client):
    a, b = group_of("a", (0.9,), 0.001), group_of("b", (0.8,), 0.002)
    assert page_of(owner_client, a, b).context["many"] is None
    assert page_of(owner_client, a, b, [new_run(name="c", state=State.FINISHED)]).context["many"] is None


def best_of_each(groups, test=50):
    """The best checkpoint of the first run of each group, whose data has a test split of so many rows."""
    checkpoints = []
    for group in groups:
        Run.objects.filter(pk=group[0].pk).update(environment={"data": {"train": 100, "test": test}})
        checkpoints += [new_checkpoint(group[0], step, {KEY: 0.5 + step / 100}) for step in (9, 10)]
    return [checkpoint.pk for checkpoint in checkpoints if checkpoint.step == 10]


def test_the_leaders_can_be_measured_on_the_test_split_once(owner_client, monkeypatch):
    _, groups = trials_of(4)
    best = best_of_each(groups[1:])
    many = page_of(owner_client, *groups).context["many"]
    assert sorted(many["open"]) == sorted(best)

    def evaluated(checkpoint, part, user):
        told = {"checkpoint": checkpoint.pk, "part": part, "source": "", "run_name": "x", "step": 1}
        return new_run(
            name=f"of {checkpoint.pk}", kind=Run.Kind.EVALUATION, evaluates=told, objective="test/accuracy"
        )

    monkeypatch.setattr(confirming, "evaluate_again", evaluated)
    monkeypatch.setattr(confirming, "problem_with", lambda checkpoint: "")
    runs = ",".join(run.pk for group in groups for run in group)
    after = owner_client.post("/p/digits/compare/confirm", {"runs": runs, "checkpoint": best}, follow=True)
    assert "Queued on the test split: of" in after.content.decode()
    assert (after.context["many"]["open"], len(after.context["many"]["told"])) == ([], 3)
    assert "test/accuracy queued" in after.context["many"]["told"][0]["text"]
    made = Run.objects.filter(kind=Run.Kind.EVALUATION).first()
    Series.objects.create(run=made, key="test/accuracy", count=1, min=0.87, max=0.87, min_step=1, max_step=1)
    assert "test/accuracy 0.8700" in page_of(owner_client, *groups).content.decode()


def test_without_a_test_split_or_checkpoint_nothing_is_offered_and_a_damaged_one_is_told(owner_client):
    _, groups = trials_of(4)
    assert page_of(owner_client, *groups).context["many"]["open"] == []
    best = best_of_each(groups, test=None)
    assert page_of(owner_client, *groups).context["many"]["open"] == []
    runs = ",".join(run.pk for group in groups for run in group)
    for chosen in (best[:1], ["gone"]):
        answer = owner_client.post(
            "/p/digits/compare/confirm", {"runs": runs, "checkpoint": chosen}, follow=True
        )
        page = answer.content.decode()
        assert "This checkpoint is damaged" in page or "None of these checkpoints is there any more" in page
    assert not Run.objects.filter(kind=Run.Kind.EVALUATION).exists()


def test_the_sweep_page_says_it_and_has_notes(owner_client):
    sweep, _ = trials_of(4, seeds=3)
    page = owner_client.get(f"/s/{sweep.pk}").content.decode()
    assert "t3x1 is the best of 4 configurations." in page
    assert "Queue 2 more seeds of the leader" in page
    saved = owner_client.post(f"/s/{sweep.pk}/notes", {"text": "*seen*"}, follow=True)
    assert "<em>seen</em>" in saved.content.decode()


def test_nothing_is_best_of_trials_on_data_of_their_own(db):
    sweep, _ = trials_of(4)
    assert best_of_many.of_sweep(sweep)["head"] == "t3x1 is the best of 4 configurations."
    sweep.objectives = [{"metric": KEY}, {"metric": "eval/loss"}]
    assert best_of_many.of_sweep(sweep)["head"] == f"t3x1 is the best of 4 configurations on {KEY}."
    sweep.space = {"data.source": ["a", "b"]}
    assert best_of_many.of_sweep(sweep) is None


def test_columns_measured_on_other_data_are_not_chosen_from(owner_client):
    groups = [group_of(f"g{n}x", [0.9 + 0.01 * n], 0.001 * (n + 1)) for n in range(6)]
    Run.objects.filter(pk=groups[0][0].pk).update(environment={"data": {"validation": 1}})
    Run.objects.filter(pk=groups[5][0].pk).update(environment={"data": {"validation": 2}})
    many = page_of(owner_client, *groups, seeds="1").context["many"]
    assert many["head"] == "g4x1 is the best of these 5."
