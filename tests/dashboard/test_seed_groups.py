"""The compare page with groups of seeds, and the button that queues more of them."""

import pytest
from scipy.stats import ttest_ind

from runs.models import Run, Series
from runs.states import State
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db
PAGE = "/p/digits/compare"
A, B, FAR = (0.90, 0.92, 0.91), (0.91, 0.93, 0.90), (0.70, 0.71, 0.72)


def group_of(name, values, rate, key="eval/accuracy", **args):
    runs = []
    for seed, value in enumerate(values, start=1):
        spec = {"recipe": "digits-vit", "args": {"learning_rate": rate, "seed": seed, **args}}
        run = new_run(name=f"{name}{seed}", spec=spec, state=State.FINISHED)
        Series.objects.create(run=run, key=key, count=1, min=value, max=value, min_step=9, max_step=9)
        runs.append(run)
    return runs


def listed(*groups):
    return ",".join(run.pk for group in groups for run in group)


def page_of(client, *groups, **query):
    return client.get(PAGE, {"runs": listed(*groups), **query})


def test_within_noise_is_said_with_interval_n_p_and_seeds_needed(owner_client):
    response = page_of(owner_client, group_of("a", A, 0.001), group_of("b", B, 0.002))
    page = response.content.decode()
    verdict, test = response.context["seed_verdict"], ttest_ind(B, A, equal_var=False)
    assert verdict.head == "On eval/accuracy, b1 is within noise of a1."
    low, high = test.confidence_interval(0.95)
    assert (
        f"−{-low:.4f} to +{high:.4f}, 3 and 3 seeds, p = {test.pvalue:.2g} by Welch’s test." in verdict.rest
    )
    assert "seeds each would show a difference of this size (power 0.8, two-sided 0.05)." in verdict.rest
    assert "≈ within noise" in page
    assert page.count('class="tied left"') == 2
    assert 'class="best left"' not in page


def test_outside_noise_is_better_or_worse_by_direction_and_needs_no_more_seeds(owner_client):
    a, loss = group_of("a", A, 0.001, "eval/loss"), group_of("b", FAR, 0.002, "eval/loss")
    response = page_of(owner_client, a, loss)
    assert "▲ −0.2000 better" in response.content.decode()
    assert response.context["seed_verdict"].head == "On eval/loss, b1 is better than a1."
    assert response.context["seed_verdict"].more == []
    turned = page_of(owner_client, a, loss, base=loss[1].pk)
    assert turned.context["columns"][0]["name"] == loss[1].name
    assert "▼ +0.2000 worse" in turned.content.decode()


def test_several_comparisons_are_told(owner_client):
    groups = [group_of("a", A, 0.001), group_of("b", B, 0.002), group_of("c", FAR, 0.003)]
    response = page_of(owner_client, *groups)
    assert response.context["seed_verdict"].head.startswith("On eval/accuracy, b1, the best of 2 others, is")
    assert "2 comparisons to the baseline by Welch’s test, not corrected." in response.content.decode()


def test_one_seed_makes_no_claim(owner_client):
    response = page_of(owner_client, group_of("a", A, 0.001), group_of("b", (0.99,), 0.002))
    assert "one seed, no interval" in response.content.decode()
    assert response.context["seed_verdict"].label == "Queue 2 more seeds of b1"


def test_grouping_and_interval_are_chosen_in_the_address(owner_client):
    a, b = group_of("a", A, 0.001), group_of("b", B, 0.002)
    assert len(page_of(owner_client, a, b, seeds="0").context["columns"]) == 6
    assert "grouped" not in page_of(owner_client, a[:1], b[:1]).context
    assert page_of(owner_client, a[:1], b[:1], seeds="1").context["grouped"]
    # Nine runs do not fit apart, yet the way back to the groups has them all.
    c = group_of("c", FAR, 0.003)
    apart = page_of(owner_client, a, b, c, seeds="0")
    assert (len(apart.context["columns"]), apart.context["left_out"]) == (8, 1)
    assert apart.context["ids"] == listed(a, b, c)
    wide = page_of(owner_client, a, b, ci="99")
    assert "99\u2009% interval" in wide.context["seed_verdict"].rest
    assert all(chip["without"].endswith("&seeds=1&ci=99") for chip in wide.context["chips"])
    assert "“80” is no interval that can be shown" in page_of(owner_client, a, b, ci="80").content.decode()


def press(client, response, **changed):
    more = [more.value for more in response.context["seed_verdict"].more]
    fields = {name: response.context[name] for name in ("ids", "base", "percent")}
    form = {"runs": fields["ids"], "base": fields["base"], "ci": fields["percent"], "more": more, **changed}
    return client.post(f"{PAGE}/seeds", form, follow=True)


def test_one_press_queues_the_missing_seeds_of_both_groups_once(owner_client):
    page = page_of(owner_client, group_of("a", A, 0.001, warmup_steps=3), group_of("b", B, 0.002))
    after = press(owner_client, page)
    queued = Run.objects.filter(state=State.QUEUED)
    count = len(page.context["seed_verdict"].more[0].seeds)
    assert page.context["seed_verdict"].label == f"Queue {count} more seeds of each"
    assert sorted(run.spec["args"]["seed"] for run in queued) == sorted([*range(4, 4 + count)] * 2)
    assert {run.spec["args"].get("warmup_steps") for run in queued} == {3, None}
    assert f"Queued {2 * count} runs" in after.content.decode()
    assert len(after.context["columns"]) == 2
    assert after.context["chips"][0]["counts"] == f"3 of {3 + count} seeds"
    verdict = after.context["seed_verdict"]
    assert f"{2 * count} more runs are queued or running and will count." in verdict.rest
    assert verdict.more == []
    # The same press again, as by a double click.
    press(owner_client, page)
    assert queued.count() == 2 * count


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "No seeds were named"),
        (["gone:4"], "names no run of this comparison"),
        (["{first}:x"], "names no run of this comparison"),
        (["{first}:4,5,6,7,8,9,10,11,12,13,14"], "1 to 10 seeds are queued at once; 11 were asked for."),
        (["{first}:4", "{first}:99999999999999999999"], "args.seed: "),
    ],
)
def test_seeds_that_cannot_be_queued_are_told_and_nothing_is(owner_client, more, told):
    a = group_of("a", A, 0.001)
    page = page_of(owner_client, a, group_of("b", B, 0.002))
    after = press(owner_client, page, more=[text.format(first=a[0].pk) for text in more])
    assert told in after.content.decode()
    assert after.context["ids"] == page.context["ids"]
    assert not Run.objects.filter(state=State.QUEUED).exists()


def test_seeds_are_drawn_with_the_mark_of_their_group_and_waiting_ones_hide_no_check(owner_client):
    a, b = group_of("a", A, 0.001), group_of("b", B, 0.002)
    for mark, run in enumerate([*a, *b], start=1):
        run.mark, run.environment = mark, {"data": {"train": 9}}
        run.save()
    waiting = group_of("a-more", (0,) * 4, 0.001)[3]
    Run.objects.filter(pk=waiting.pk).update(state=State.QUEUED)
    response = page_of(owner_client, a, b, [waiting])
    charts = response.context["charts"]
    assert [run["mark"] for run in charts["runs"]] == [1, 4]
    # The mean is that of the finished ones.
    means = {f"group-{group[0].pk}": {"runs": [run.pk for run in group], "ci": 95} for group in (a, b)}
    assert charts["groups"] == means
    Run.objects.filter(pk__in=[run.pk for run in b]).update(state=State.RUNNING)
    charts = page_of(owner_client, a, b).context["charts"]
    assert [(run["id"], run["mark"]) for run in charts["runs"][1:]] == [(run.pk, 4) for run in b]
    assert "Same data and splits" in response.content.decode()


def test_runs_that_cannot_be_started_here_are_offered_no_seeds(owner_client):
    a, b = group_of("a", A, 0.001), group_of("b", B, 0.002)
    Run.objects.update(origin=Run.Origin.EXTERNAL)
    page = page_of(owner_client, a, b)
    assert page.context["seed_verdict"].more == []
    after = press(owner_client, page, more=[f"{a[0].pk}:4"])
    assert "was started outside Trainboard" in after.content.decode()


def test_a_press_is_a_post_to_a_project_that_is_there(owner_client):
    group_of("a", A, 0.001)
    assert owner_client.get(f"{PAGE}/seeds").status_code == 405
    assert owner_client.post("/p/none/compare/seeds").status_code == 404


def test_queries_are_the_same_for_five_groups_and_seven(owner_client, django_assert_max_num_queries):
    groups = [group_of(str(number), A, 0.001 * number) for number in range(1, 8)]
    counts = []
    for some in (groups[:5], groups):
        with django_assert_max_num_queries(24) as found:
            page_of(owner_client, *some)
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_every_seed_is_a_dot_between_the_ends_of_the_panel(owner_client):
    response = page_of(
        owner_client, group_of("a", A, 0.001), group_of("b", FAR, 0.002), group_of("c", (0.8,), 0.003)
    )
    dots = response.context["dots"]
    assert [(group["n"], len(group["dots"])) for group in dots["groups"]] == [(3, 3), (3, 3), (1, 1)]
    places = [place for group in dots["groups"] for place in [*group["dots"], group["mean"]]]
    assert min(places) >= 3
    assert max(places) <= 97
    assert dots["groups"][0]["mean"] == dots["base"]
    assert dots["groups"][2]["bar"] is None
    assert response.content.decode().count('<circle class="seed"') == 7
    alone = page_of(owner_client, group_of("d", (0.9,), 0.004), seeds="1")
    assert alone.context["dots"] is None


def test_groups_measured_on_other_data_are_not_set_against_each_other(owner_client):
    groups = [group_of("a", A, 0.001), group_of("b", FAR, 0.002)]
    for group, fingerprint in zip(groups, "xy", strict=True):
        told = {"data": {"notes": {"fingerprint": fingerprint, "rows": {"evaluation": 9}}}}
        Run.objects.filter(pk__in=[run.pk for run in group]).update(environment=told)
    response = page_of(owner_client, *groups)
    verdict = response.context["seed_verdict"]
    assert verdict.head == "b1 was measured on other data than a1: the values are not comparable."
    assert response.context["comparison"].tested == 0
    assert ">other data</span>" in response.content.decode()
