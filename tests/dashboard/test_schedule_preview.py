"""The drawing of the learning rate: its shape and numbers, and what it says where they are not known."""

import pytest
from django.http import QueryDict

from dashboard.forms.draft import from_post
from dashboard.forms.reading import read
from dashboard.forms.schedule import HEIGHT, WIDTH, schedule_preview
from runs.models import Errand
from trainer_bridge import recipes


def preview(rehearsal=None, recipe="stdlib-lm", **fields):
    data = QueryDict(mutable=True)
    data["recipe"] = recipe
    for name, value in fields.items():
        data.setlist(name.replace("__", "."), value if isinstance(value, list) else [value])
    return schedule_preview(recipes.get(recipe), read(from_post(data)), rehearsal)


def points(found):
    return [tuple(map(float, point.split(","))) for point in found.line.split()]


def test_a_run_of_known_length_shows_its_numbers():
    found = preview(
        args__learning_rate="1e-3",
        args__lr_scheduler_type="linear",
        args__warmup_steps="40",
        args__max_steps="400",
    )
    assert found.facts == [("peak", "0.001"), ("warm-up", "40 steps (10 %)"), ("end", "0")]
    assert found.notes == ["Over 400 steps."]
    assert found.sentence == "Learning rate, linear: peak 0.001, warm-up 40 steps (10 %), end 0"


def test_the_curve_rises_to_its_peak_at_the_end_of_the_warm_up_and_falls_to_the_end():
    curve = points(preview(args__lr_scheduler_type="linear", args__warmup_steps="37", args__max_steps="400"))
    assert curve[0] == (0, HEIGHT - 2)
    assert curve[-1] == (WIDTH, HEIGHT - 2)
    top = min(curve, key=lambda point: point[1])
    assert top == (pytest.approx(WIDTH * 37 / 400, abs=0.1), 2)


def test_a_run_of_unknown_length_is_drawn_over_its_whole():
    found = preview(args__warmup_steps="0.1", args__lr_scheduler_type="cosine")
    assert ("warm-up", "10 %") in found.facts
    assert found.notes == ["Over the whole run; a rehearsal counts its steps."]
    counted = preview(args__warmup_steps="5000", args__lr_scheduler_type="cosine")
    assert ("warm-up", "5\u2009000 steps") in counted.facts
    assert counted.notes[0].endswith("What is counted in steps is not to scale.")


def test_a_rehearsal_counts_the_steps():
    found = preview(Errand(result={"steps": 489}), args__warmup_steps="0.1")
    assert found.notes == ["Over 489 steps."]
    assert ("warm-up", "49 steps (10 %)") in found.facts


def test_a_scheduler_that_follows_a_metric_says_so():
    found = preview(
        args__lr_scheduler_type="reduce_lr_on_plateau", args__lr_scheduler_kwargs='{"mode": "min"}'
    )
    assert [what for what, _ in found.facts] == ["peak"]
    assert found.notes == ["reduce_lr_on_plateau follows eval/bits_per_byte: what it does shows in the run."]


def test_an_optimizer_of_the_recipes_own_has_its_own_rate():
    found = preview(recipe="linear-regression", args__lr_scheduler_type="linear", args__warmup_steps="0.1")
    assert found.facts == [("warm-up", "10 %")]
    assert found.notes[-1] == "Of the learning rate that the recipe's own optimizer has."


def test_a_sweep_is_drawn_for_one_of_its_values():
    found = preview(
        sweep__args__learning_rate="1", list__args__learning_rate="1e-4 1e-2 1e-3",
        sweep__args__lr_scheduler_type="1", list__args__lr_scheduler_type=["cosine", "linear"],
    )  # fmt: skip
    assert found.kind == "cosine"
    assert found.facts[0] == ("peak", "0.001")
    assert found.notes[-1] == "Of the sweep, drawn for learning_rate 1e-3, lr_scheduler_type cosine."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("learning_rate", "-1"),
        ("learning_rate", "fast"),
        ("lr_scheduler_kwargs", '{"bogus": 1}'),
        ("warmup_steps", "-3"),
    ],
)
def test_what_has_a_problem_is_not_drawn(name, text):
    assert preview(**{f"args__{name}": text}) is None


def test_the_page_and_the_check_draw_the_same(owner_client, project):
    sent = {"recipe": "digits-vit", "args.max_steps": "100", "args.lr_scheduler_type": "polynomial"}
    answer = owner_client.post("/p/digits/new/check", sent).json()
    page = owner_client.get(
        "/p/digits/new?recipe=digits-vit&set.max_steps=100&set.lr_scheduler_type=polynomial"
    )
    assert answer["schedule"].count(",") > 50
    assert page.content.decode().count(f'points="{answer["schedule"]}"') == 2
    assert answer["schedule"] in answer["summary"]
    assert (
        owner_client.post("/p/digits/new/check", sent | {"args.learning_rate": "0"}).json()["schedule"] == ""
    )
