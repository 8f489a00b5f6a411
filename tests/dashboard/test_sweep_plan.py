"""How a sweep is searched, as the New run form asks for it."""

import pytest
from django.http import QueryDict

from dashboard.forms.draft import from_post, from_query, from_spec, to_query
from dashboard.forms.plan import blank_plan, plan_link, plan_rows, plan_texts, read_plan
from dashboard.forms.reading import read
from dashboard.forms.rows import shown_plan
from dashboard.forms.texts import read_yaml, to_yaml
from runs.models import Preset, Sweep
from runs.sweeps.plan import SweepPlan, plan_of

pytestmark = pytest.mark.django_db

RATE = {
    "sweep.args.learning_rate": "1",
    "mode.args.learning_rate": "log",
    "low.args.learning_rate": "1e-5",
    "high.args.learning_rate": "1e-2",
}
TPE = {"plan.sampler": "tpe", "plan.trials": "40"}


def form(**more):
    return {"recipe": "digits-vit", **RATE, **{key.replace("__", "."): text for key, text in more.items()}}


def draft_of(sent):
    data = QueryDict(mutable=True)
    data.update(sent)
    return from_post(data)


def reading_of(**more):
    return read(draft_of(form(**more)))


def test_what_is_not_asked_for_is_the_usual_plan():
    assert read_plan(blank_plan(), 0) == (SweepPlan(), {})
    assert plan_link(blank_plan()) == {}


def test_a_grid_gets_points_and_every_other_sampler_the_range():
    assert reading_of().space == {"args.learning_rate": [1e-5, 1e-4, 1e-3, 1e-2]}
    reading = reading_of(plan__sampler="tpe", plan__trials="40")
    assert reading.problems == {}
    assert reading.space == {"args.learning_rate": {"low": 1e-5, "high": 1e-2, "scale": "log"}}
    assert (reading.trials, reading.trials_text) == (40, "40 trials")


def test_whole_numbers_go_by_the_step_that_is_asked_for():
    batch = "args.per_device_train_batch_size"
    asked = {"sweep": "1", "mode": "range", "low": "16", "high": "64", "step": "16"}
    sent = form(plan__sampler="random", plan__trials="9") | {
        f"{k}.{batch}": text for k, text in asked.items()
    }
    given = read(draft_of(sent)).space[batch]
    assert given == {"low": 16, "high": 64, "scale": "linear", "int": True, "step": 16}


def test_a_field_is_swept_only_when_another_has_a_value():
    sent = {
        "sweep.args.optim": "1",
        "list.args.optim": "adamw_torch",
        "when_values.args.learning_rate": "adamw_torch",
    }
    reading = read(draft_of(form(**TPE) | sent | {"when_field.args.learning_rate": "optim"}))
    assert reading.space["args.learning_rate"]["when"] == {"field": "args.optim", "in": ["adamw_torch"]}
    reading = read(draft_of(form(**TPE) | sent | {"when_field.args.learning_rate": "optimiser"}))
    assert "names no field" in reading.problems["args.learning_rate"]


def test_a_number_of_seeds_counts_up_from_the_run_s_own():
    assert reading_of(args__seed="7", plan__seeds="3").plan.seeds == [7, 8, 9]
    assert reading_of(plan__seeds="4, 9").plan.seeds == [4, 9]
    assert reading_of(plan__seeds="3").trials == 12


WRONG = [
    ({"plan.sampler": "magic"}, "plan.sampler", "not one of"),
    ({"plan.sampler": "tpe"}, "plan.trials", "how many trials"),
    ({**TPE, "plan.tpe.n_startup_trials": "-1"}, "plan.tpe.n_startup_trials", "0 or more"),
    ({**TPE, "plan.pruner": "threshold"}, "plan.pruner", "lower or an upper"),
    ({"plan.sampler": "cmaes", "plan.trials": "9"}, "plan.sampler", "two ranges"),
    ({"plan.constraints": "learning_rate <"}, "plan.constraints", "cannot be read"),
    ({"plan.constraints": "learning_rate > 1"}, "plan.constraints", "satisfies"),
    ({"plan.objectives": "eval/accuracy"}, "plan.objectives", "direction"),
    ({"plan.objectives": "eval/accuracy bigger"}, "plan.objectives", "direction"),
    ({"plan.seeds": "0"}, "plan.seeds", "1 to 20 times"),
    ({"plan.seeds": "a"}, "plan.seeds", "not a number"),
    ({"plan.parallel": "0"}, "plan.parallel", "1 or more"),
    ({"plan.wall_hours": "0"}, "plan.wall_hours", "above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "row", "words"), WRONG, ids=[f"{row}-{words}" for _, row, words in WRONG])
def test_what_is_wrong_is_told_at_its_row(sent, row, words):
    reading = read(draft_of(form() | sent))
    assert words in reading.problems[row]
    assert {shown.row.field.key: shown.row.error for shown in shown_plan(draft_of(form() | sent), reading)}[
        row
    ]


def test_options_of_what_is_not_chosen_do_not_count_and_are_hidden():
    draft = draft_of(form(**{"plan.cmaes.sigma0": "-1"}))
    assert read(draft).problems == {}
    hidden = {shown.row.field.key: shown.hidden for shown in shown_plan(draft, read(draft))}
    assert hidden["plan.cmaes.sigma0"]
    assert not hidden["plan.trials"]


PLAN = SweepPlan(
    sampler="tpe",
    sampler_options={"n_startup_trials": 20},
    seed=5,
    pruner={"kind": "asha", "reduction_factor": 3},
    constraints=["args.learning_rate < 1", "args.seed >= 0"],
    trials=30,
    seeds=[1, 2],
    parallel=2,
    budget={"wall_seconds": 5400.0, "target": 0.99},
    checkpoint_budget={"best": 3, "rest": "none"},
)
SEVERAL = SweepPlan(
    sampler="nsga2",
    trials=9,
    objectives=[
        {"metric": "eval/accuracy", "greater_is_better": True},
        {"metric": "eval/loss", "greater_is_better": False},
    ],
)


@pytest.mark.parametrize("plan", [SweepPlan(), PLAN, SEVERAL], ids=["usual", "tpe", "several"])
def test_a_plan_stays_itself_through_form_link_and_text(plan):
    assert read_plan(plan_texts(plan), 0) == (plan, {})
    space = {
        "args.learning_rate": {"low": 1e-5, "high": 1e-2, "scale": "log"},
        "args.weight_decay": {"values": [0, 0.1], "when": {"field": "args.optim", "in": ["adamw_torch"]}},
        "args.warmup_steps": {"low": 0, "high": 40, "scale": "linear", "step": 10},
    }
    if plan.is_grid:
        space = {"args.learning_rate": [1e-4, 1e-3]}
    draft = from_spec({"recipe": "digits-vit", "params": {}, "args": {}}, space, plan)
    linked = from_query(QueryDict(to_query(draft).urlencode()))
    assert (read(linked).plan, read(linked).space) == (plan, space)
    from_text = read_yaml(to_yaml(draft, read(draft)), linked).draft
    assert (read(from_text).plan, read(from_text).space) == (plan, space)


def test_a_link_that_names_no_row_says_so():
    draft = from_query(QueryDict("recipe=digits-vit&plan.magic=1&plan.trials=5"))
    assert draft.plan["plan.trials"] == "5"
    assert any("no “magic”" in notice for notice in draft.notices)


def test_launch_keeps_the_plan_with_the_sweep(project, owner_client):
    sent = form(**{**TPE, "plan.pruner": "median", "plan.seeds": "2", "name": "s"})
    answer = owner_client.post("/p/digits/new", sent)
    sweep = Sweep.objects.get()
    assert answer["Location"] == f"/s/{sweep.pk}"
    assert plan_of(sweep).pruner == {"kind": "median"}
    assert (sweep.sampler, sweep.trials_wanted, sweep.seeds) == ("tpe", 40, [42, 43])


def test_a_refused_plan_keeps_what_was_typed(project, owner_client):
    answer = owner_client.post("/p/digits/new", form(**{"plan.sampler": "tpe", "plan.constraints": "1 <"}))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "1 &lt;" in page
    assert "Say how many trials" in page


def test_a_preset_keeps_the_plan(project, owner_client):
    sent = form(**TPE) | {"preset_name": "search"}
    assert owner_client.post("/p/digits/new/presets/save", sent).status_code == 200
    preset = Preset.objects.get()
    assert preset.plan == {"sampler": "tpe", "trials": 40}
    answer = owner_client.post(f"/p/digits/new/presets/{preset.pk}/apply", {"recipe": "digits-vit"})
    applied = from_query(QueryDict(answer.json()["link"]))
    assert read(applied).plan == SweepPlan(sampler="tpe", trials=40)


def test_every_row_has_a_help_and_a_name_of_its_own():
    keys = [row.form.key for row in plan_rows().values()]
    assert len(set(keys)) == len(keys)
    assert all(row.form.field.help for row in plan_rows().values())
