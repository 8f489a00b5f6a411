"""The New run form without a browser: texts in, a specification or a problem at its field out."""

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.forms.draft import (
    blank,
    first_recipe,
    from_post,
    from_query,
    from_spec,
    switch_recipe,
    to_query,
)
from dashboard.forms.fields import find_key, form_fields, link_name
from dashboard.forms.reading import read
from dashboard.forms.rows import launch_rows, section_states, sections
from dashboard.forms.summary import summarise
from dashboard.forms.sweep import SweepInput
from dashboard.forms.values import value_text
from runs.workers import SlotsOverview
from trainer_bridge import recipes
from trainer_bridge.fields import Field

#: A name that is no built-in recipe's may be one that a worker reported.
pytestmark = pytest.mark.django_db

FREE = SlotsOverview(total=2, busy=1, queued=0, warming=False)
RATE = Field("rate", "float", 0.1, above=0)
COUNT = Field("count", "int", 8, minimum=1)
NAMES = Field("source", "text", "")


def posted(**fields):
    """The form as a browser sends it: dots in names are written as two underscores here."""
    data = QueryDict(mutable=True)
    data["recipe"] = "digits-vit"
    for name, value in fields.items():
        data.setlist(name.replace("__", "."), value if isinstance(value, list) else [value])
    return data


def read_post(**fields):
    return read(from_post(posted(**fields)))


@pytest.mark.parametrize("recipe", list(recipes.catalog()))
def test_the_untouched_form_is_the_recipe_as_it_is(recipe):
    draft = from_post(posted(recipe=recipe))
    reading = read(draft)
    assert reading.spec == {"recipe": recipe, "params": {}, "args": {}}
    assert reading.problems == {}
    assert not any(draft.changed(key) for key in draft.fields)


@pytest.mark.parametrize("recipe", list(recipes.catalog()))
def test_every_default_reads_back_as_itself(recipe):
    for field in form_fields(recipes.get(recipe)).values():
        assert field.field.parse(field.default_text) == field.default


def test_changed_values_make_the_spec():
    reading = read_post(
        args__learning_rate="1e-3",
        args__num_train_epochs="1/2",
        args__max_steps="1k",
        args__seed=" 42 ",
        args__load_best_model_at_end="true",
        params__hidden_size="96",
    )
    assert reading.spec == {
        "recipe": "digits-vit",
        "params": {"hidden_size": 96},
        "args": {"learning_rate": 0.001, "num_train_epochs": 0.5, "max_steps": 1000},
    }


@pytest.mark.parametrize(
    ("key", "text", "part"),
    [
        ("args__learning_rate", "-1e-3", "above 0"),
        ("args__learning_rate", "", "Needs a value"),
        ("args__learning_rate", "fast", "is not a number"),
        ("args__learning_rate", "nan", "finite"),
        ("args__per_device_train_batch_size", "0", "1 or more"),
        ("args__per_device_train_batch_size", "2.5", "whole number"),
        ("args__num_train_epochs", "", "Needs a value"),
        ("args__num_train_epochs", "0", "nothing to train"),
        ("args__adam_beta2", "9.99", "Did you mean 0.999?"),
        ("args__seed", "-1", "0 or more"),
        ("args__optim", "adamm", "is not one of"),
        ("args__save_strategy", "steps", "Must be epoch"),
        ("args__greater_is_better", "false", "More accuracy is better"),
        ("params__hidden_size", "0", "or more"),
        ("name", "x" * 101, "101 characters"),
        ("tags", "a," + "b" * 41, "41 characters"),
    ],
)
def test_an_impossible_value_gets_its_sentence_at_its_field(key, text, part, db):
    problems = read_post(**{key: text}).problems
    assert list(problems) == [key.replace("__", ".")]
    assert part in next(iter(problems.values()))


def test_a_form_with_an_unknown_recipe_launches_nothing():
    assert list(read_post(recipe="digits-vitt").problems) == ["recipe"]
    assert list(read_post(recipe="").problems) == ["recipe"]


def test_epochs_and_steps_both_missing():
    problems = read_post(args__num_train_epochs="", args__max_steps="").problems
    assert list(problems) == ["args.num_train_epochs", "args.max_steps"]


def test_saves_that_never_meet_evaluations_are_named_at_save_steps():
    problems = read_post(
        args__eval_strategy="steps", args__eval_steps="50", args__save_strategy="steps", args__save_steps="75"
    ).problems
    assert list(problems) == ["args.save_steps"]
    assert "multiple of eval_steps, 50" in problems["args.save_steps"]


def test_a_swept_field_leaves_the_spec_and_makes_the_space():
    reading = read_post(
        args__learning_rate="oops",
        sweep__args__learning_rate="1",
        mode__args__learning_rate="list",
        list__args__learning_rate="1e-3, 2e-3 4e-3",
        sweep__args__lr_scheduler_type="1",
        list__args__lr_scheduler_type=["linear", "cosine"],
    )
    assert reading.problems == {}
    assert reading.spec["args"] == {}
    assert reading.space == {
        "args.learning_rate": [0.001, 0.002, 0.004],
        "args.lr_scheduler_type": ["linear", "cosine"],
    }
    assert reading.trials == 6


def test_an_impossible_value_in_a_sweep_is_named():
    reading = read_post(sweep__args__learning_rate="1", list__args__learning_rate="1e-3, -1")
    assert reading.problems == {"args.learning_rate": "-1: Must be above 0."}


def test_a_sweep_that_breaks_a_rule_between_fields_is_named():
    reading = read_post(sweep__args__num_train_epochs="1", list__args__num_train_epochs="0, 5")
    assert list(reading.problems) == ["args.num_train_epochs"]


def test_a_grid_of_too_many_trials_is_refused():
    hundred = ",".join(map(str, range(100)))
    reading = read_post(
        sweep__args__seed="1",
        list__args__seed=hundred,
        sweep__args__data_seed="1",
        list__args__data_seed=hundred,
    )
    assert list(reading.problems) == ["sweep"]


@pytest.mark.parametrize(
    ("sweep", "field", "values"),
    [
        (SweepInput("list", "0.3 0.1,0.2,0.1"), RATE, [0.3, 0.1, 0.2]),
        (SweepInput("list", "a.csv, b.csv; c d.csv;"), NAMES, ["a.csv, b.csv", "c d.csv"]),
        (SweepInput("range", low="1", high="4", count="4"), COUNT, [1, 2, 3, 4]),
        (SweepInput("range", low="1", high="2", count="4"), COUNT, [1, 2]),
        (SweepInput("range", low="4000", high="4003", count="4"), COUNT, [4000, 4001, 4002, 4003]),
        (SweepInput("range", low="0.1", high="0.4", count="4"), RATE, [0.1, 0.2, 0.3, 0.4]),
        (SweepInput("log", low="1e-4", high="1e-2", count="3"), RATE, [1e-4, 1e-3, 1e-2]),
        (SweepInput("log", low="1e-2", high="1e-4", count="2"), RATE, [1e-2, 1e-4]),
        (SweepInput("log", low="16", high="128", count="4"), COUNT, [16, 32, 64, 128]),
    ],
)
def test_a_sweep_expands_to_its_values(sweep, field, values):
    assert sweep.expand(field) == values


@pytest.mark.parametrize(
    ("sweep", "part"),
    [
        (SweepInput("list", " , "), "no values"),
        (SweepInput("list", "1, x"), "x: “x” is not a number"),
        (SweepInput("range", low="0", high="1"), "^0: Must be above 0"),
        (SweepInput("range", low="1"), "both ends"),
        (SweepInput("range", low="1", high="1"), "the same"),
        (SweepInput("range", low="1", high="2", count="1"), "2 to 500 points"),
        (SweepInput("range", low="1", high="2", count="10g"), "2 to 500 points"),
        (SweepInput("log", low="0", high="1"), "above 0"),
        (SweepInput("list", " ".join(map(str, range(501)))), "501 values"),
    ],
)
def test_a_sweep_that_cannot_be_says_why(sweep, part):
    with pytest.raises(ValueError, match=part):
        sweep.expand(RATE)


def test_ends_that_the_field_cannot_hold_are_told_not_rounded():
    with pytest.raises(ValueError, match=r"^1.5: "):
        SweepInput("range", low="1.5", high="8").expand(COUNT)


def test_values_with_commas_stay_whole():
    sweep = SweepInput.of(["a.csv,b.csv", "c.csv"])
    assert sweep.expand(NAMES) == ["a.csv,b.csv", "c.csv"]
    assert SweepInput.from_link(sweep.to_link()).expand(NAMES) == ["a.csv,b.csv", "c.csv"]
    assert SweepInput.of(["a.csv,b.csv"]).expand(NAMES) == ["a.csv,b.csv"]


@pytest.mark.parametrize("link", ["list:1e-4,3e-4", "log:6e-5..1e-3:4", "range:16..64:3"])
def test_a_sweep_in_a_link_reads_back(link):
    assert SweepInput.from_link(link).to_link() == link


def test_a_link_fills_the_form_and_the_form_makes_the_link():
    text = (
        "recipe=digits-vit&set.learning_rate=3e-4&set.hidden_size=96&sweep.seed=list:1,2&name=mine&tags=a,b"
    )
    draft = from_query(QueryDict(text))
    assert read(draft).spec["args"] == {"learning_rate": 3e-4}
    assert read(draft).spec["params"] == {"hidden_size": 96}
    assert read(draft).space == {"args.seed": [1, 2]}
    assert (draft.name, draft.tag_list(), draft.notices) == ("mine", ["a", "b"], ())
    assert from_query(QueryDict(to_query(draft).urlencode())) == draft


def test_what_a_link_asks_for_in_vain_is_named():
    draft = from_query(QueryDict("recipe=nope&set.colour=red"))
    assert draft.recipe is first_recipe()
    assert [part in notice for part, notice in zip(("nope", "colour"), draft.notices, strict=True)] == [
        True,
        True,
    ]


def test_a_specification_fills_the_form():
    spec = {"recipe": "digits-vit", "params": {"hidden_size": 96}, "args": {"seed": 3, "eval_steps": None}}
    draft = from_spec(spec | {"args": {**spec["args"], "gone": 1}}, tags=["t"])
    assert read(draft).spec == {"recipe": "digits-vit", "params": {"hidden_size": 96}, "args": {"seed": 3}}
    assert draft.tags == "t"
    assert draft.notices == ("args.gone is not a field of digits-vit; its value was left out.",)


def test_another_recipe_keeps_the_arguments_and_drops_its_own_parameters():
    draft = from_query(QueryDict("recipe=language-id&set.learning_rate=3e-4&set.vocab_size=500&name=n"))
    link = switch_recipe(draft, "digits-vit")
    assert link.dict() == {"recipe": "digits-vit", "set.learning_rate": "3e-4", "name": "n"}


def test_every_field_has_a_link_name_that_finds_it():
    for recipe in recipes.catalog().values():
        fields = form_fields(recipe)
        assert [find_key(fields, link_name(fields, key)) for key in fields] == list(fields)


def test_no_two_fields_of_a_page_are_labelled_alike():
    for recipe in recipes.catalog().values():
        labels = [field.label for field in form_fields(recipe).values()]
        assert len({*labels, "name", "tags", "project"}) == len(labels) + 3
    fields = form_fields(recipes.get("text-classification"))
    keys = ("data.source", "model.source", "model.name", "args.seed")
    assert [fields[key].label for key in keys] == ["source", "model.source", "model.name", "seed"]


TEXT = st.text(max_size=30) | st.sampled_from(
    ["", "1e400", "1/0", "nan", "٣", "0x10", "1e-3", "true", "\0", "64"]
)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_read_without_a_crash(data):
    rows = form_fields(first_recipe())
    sent = posted()
    for key in data.draw(st.lists(st.sampled_from(sorted(rows)), max_size=6)):
        sent[key] = data.draw(TEXT)
        if data.draw(st.booleans()):
            sent[f"sweep.{key}"] = "1"
            for part in ("mode", "list", "low", "high", "count"):
                sent[f"{part}.{key}"] = data.draw(TEXT | st.sampled_from(["log", "range"]))
    for name in ("name", "tags", "recipe"):
        if data.draw(st.booleans()):
            sent[name] = data.draw(TEXT)
    draft = from_post(sent)
    reading = read(draft)
    summary = summarise(draft, reading, FREE)
    assert len(summary.problems) == len(reading.problems)
    shown = [key for section in sections(draft, reading) for key in section.keys]
    shown += [row.field.key for row in launch_rows(draft, reading)]
    assert sorted(shown) == sorted(draft.fields)
    from_query(QueryDict(to_query(draft).urlencode()))


@given(st.text(max_size=200))
def test_whatever_a_link_says_is_read_without_a_crash(text):
    draft = from_query(QueryDict(text))
    read(draft)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_reads_back_unchanged(number):
    assert Field("x", "float", 0.0).parse(value_text(number)) == number


@pytest.mark.parametrize(
    ("typed", "length"),
    [({"args__num_train_epochs": "1"}, "1 epoch"), ({"args__num_train_epochs": "0.5"}, "0.5 epochs")],
)
def test_the_length_is_said_in_words(typed, length):
    draft = from_post(posted(**typed))
    assert summarise(draft, read(draft), FREE).length == length


def test_the_summary_does_the_sums():
    draft = from_post(posted(args__gradient_accumulation_steps="2", args__max_steps="300"))
    summary = summarise(draft, read(draft), FREE)
    assert (summary.batch, summary.length) == ("64 × 2 = 128", "300 steps")
    assert (summary.verb, summary.objective, summary.free, summary.boxes) == (
        "Maximise",
        "eval/accuracy",
        1,
        [True, False],
    )
    assert [(c.name, c.default, c.value) for c in summary.changes] == [
        ("max_steps", "-1", "300"),
        ("gradient_accumulation_steps", "1", "2"),
    ]
    assert summary.launch_label == "Launch"


def test_the_launch_button_says_what_it_does():
    def label(**fields):
        draft = from_post(posted(**fields))
        return summarise(draft, read(draft), FREE).launch_label

    assert label(args__seed="-1") == "Fix 1 problem to launch"
    assert label(args__seed="-1", args__learning_rate="0") == "Fix 2 problems to launch"
    assert label(sweep__args__seed="1", list__args__seed="1 2 3") == "Launch 3 trials"
    few = {"sweep__args__seed": "1", "list__args__seed": "1 2 3", "plan__sampler": "random"}
    assert label(**few, plan__trials="10") == "Launch 3 trials"


@pytest.mark.parametrize(
    ("slots", "text"),
    [
        (SlotsOverview(2, 0, 0, False), "2 of 3 start at once; the others follow as device slots get free."),
        (
            SlotsOverview(4, 0, 2, False),
            "2 of 3 start at once, 2 queued ahead; the others follow as device slots",
        ),
        (SlotsOverview(4, 0, 0, False), "All 3 start at once."),
        (SlotsOverview(2, 2, 0, False), "It will queue: waits for a device slot: 2 of 2 busy."),
        (SlotsOverview(0, 0, 0, False), "It will queue: no worker is connected."),
    ],
)
def test_the_summary_says_when_it_starts(slots, text):
    draft = from_post(posted(sweep__args__seed="1", list__args__seed="1 2 3"))
    assert summarise(draft, read(draft), slots).start.startswith(text)


def test_the_summary_of_one_run_says_what_it_waits_for():
    draft = from_post(posted())
    start = summarise(draft, read(draft), SlotsOverview(2, 1, 1, False)).start
    assert start == "It starts once the 1 queued ahead leaves it a device slot."
    assert summarise(draft, read(draft), SlotsOverview(2, 1, 0, False)).start == "It starts at once."


def test_sections_count_their_problems_and_changes():
    draft = from_post(posted(args__seed="-1", args__learning_rate="1e-3", args__save_total_limit="3"))
    states = section_states(draft, read(draft))
    assert (states["arguments"].problems, states["arguments"].changed) == (1, 2)
    assert (states["checkpoints"].problems, states["checkpoints"].changed) == (0, 1)
    assert (states["parameters"].problems, states["parameters"].note) == (0, "defaults")
    assert list(states) == ["recipe", "parameters", "trainer", "arguments", "checkpoints", "search", "launch"]


def test_a_blank_draft_has_a_text_for_every_field():
    draft = blank(first_recipe())
    assert set(draft.texts) == set(draft.fields)
