"""What stands beside the New run form: its YAML, its script, how it differs from a run, presets."""

import pytest
from django.http import QueryDict
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dashboard.forms.draft import blank, from_query, to_query
from dashboard.forms.reading import read
from dashboard.forms.sweep import SweepInput
from dashboard.forms.texts import read_yaml, to_yaml
from runs.launch import launch_run
from runs.models import Preset
from trainer_bridge import recipes

pytestmark = pytest.mark.django_db

URL = "/p/digits/new"
FORM = {"recipe": "digits-vit", "args.learning_rate": "1e-4", "args.seed": "7"}
#: A recipe with data and model of a person's choice has fields of every kind.
RECIPES = [recipes.get("digits-vit"), recipes.get("text-classification")]
TYPED = st.text(max_size=12) | st.sampled_from(
    ["1e-3", "-1", ".5", "1..2", "a:b", "%2E", "no", "{}", '{"a": [1, 2.5]}', "[1", "5 # x"]
)
SWEPT = st.builds(
    SweepInput,
    mode=st.sampled_from(["range", "log"]),
    low=TYPED,
    high=TYPED,
    count=st.sampled_from(["2", "3", "x", "0", ":", "%"]),
) | st.lists(st.sampled_from(["1", "2e-3", "x", "none"]), max_size=3).map(
    lambda v: SweepInput("list", ",".join(v))
)


@pytest.fixture(autouse=True)
def here(project):
    return project


@pytest.fixture
def ask(owner_client):
    """ask(path, **more) → (status, JSON): what a sheet answers to the form and more."""

    def ask(path, form=FORM, **more):
        answer = owner_client.post(f"{URL}/{path}", form | more)
        return answer.status_code, answer.json()

    return ask


@st.composite
def drafts(draw):
    """Forms as people leave them, whether they can run or not."""
    draft = blank(draw(st.sampled_from(RECIPES)))
    rows = draft.fields
    keys = draw(st.lists(st.sampled_from(sorted(rows)), max_size=3, unique=True))
    swept = [key for key in keys if rows[key].sweepable and draw(st.booleans())]
    texts = {key: draw(TYPED) for key in keys if key not in swept}
    return type(draft)(
        draft.recipe,
        draft.texts | {key: text for key, text in texts.items() if text.strip() != rows[key].default_text},
        {key: draw(SWEPT) for key in swept},
        **{name: draw(TYPED) for name in ("name", "tags", "project", "new_project")},
    )


@settings(max_examples=50)
@given(drafts())
def test_a_link_gives_the_draft_back(draft):
    assert from_query(QueryDict(to_query(draft).urlencode())) == draft


@settings(max_examples=50)
@given(drafts().filter(lambda draft: "\x00" not in repr(draft.texts)))
def test_the_text_of_a_form_says_the_same_as_the_form(draft):
    draft = type(draft)(draft.recipe, draft.texts, draft.sweeps, name="n", tags="a, b")
    before = read(draft)
    assume(not before.problems.keys() & draft.sweeps.keys())  # of those only the texts can be kept
    text = to_yaml(draft, before)
    again = read_yaml(text, draft).draft
    assert again is not None
    after = read(again)
    assert (after.spec, after.space) == (before.spec, before.space)
    assert after.problems.keys() == before.problems.keys()
    assert to_yaml(again, after) == text


def test_the_form_is_shown_as_yaml_and_taken_back(ask):
    status, said = ask("yaml", name="mine", **{"sweep.args.seed": "1", "list.args.seed": "1, 2"})
    assert status == 200
    text = "name: mine\nrecipe: digits-vit\nargs:\n  learning_rate: 0.0001\nspace:\n  args.seed: [1, 2]\n"
    assert text in said["html"]
    status, said = ask("yaml", yaml=text.replace("0.0001", "1e-5"), apply="1")
    assert said == {"link": "recipe=digits-vit&set.learning_rate=1e-5&sweep.seed=list%3A1%2C2&name=mine"}


def test_mistakes_in_the_text_are_listed_by_line_and_nothing_is_applied(ask):
    text = "recipe: digits-vit\nargs:\n  lerning_rate: 1\n  seed: -1\nproject: nope\n"
    status, said = ask("yaml", yaml=text, apply="1")
    assert status == 422
    for part in (
        "3 problems",
        "line 3, column 3",
        "Did you mean learning_rate?",
        "line 4",
        "no project “nope”",
    ):
        assert part in said["html"]
    assert ask("yaml", yaml=text)[0] == 200  # while it is typed


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("recipe: digits-vit\nargs: 3\n", "“args” must be a map"),
        ("recipe: [digits-vit]\n", "Choose a recipe"),
        ("recipe: digits-vit\nspace:\n  args.seed: 3\n", "line 3, column 3"),
        ("recipe: digits-vit\nspace:\n  args.seed: [[1], {a: 2}]\n", "line 3, column 3"),
        ("recipe: digits-vit\nargs:\n  seed: {a: [1]}\n", "line 3, column 3"),
        ("recipe: digits-vit\ntags: 3\nname: [x]\nproject: {}\n", "A name is a text"),
    ],
)
def test_a_text_of_another_shape_is_told_by_line(ask, text, part):
    status, said = ask("yaml", yaml=text)
    assert status == 200
    assert part in said["html"]


def test_a_wrong_value_is_applied_and_told_at_its_field(ask, owner_client):
    said = ask("yaml", yaml="recipe: digits-vit\nargs:\n  seed: fast\n", apply="1")[1]
    assert said["link"] == "recipe=digits-vit&set.seed=fast"
    page = owner_client.get(f"{URL}?{said['link']}").content.decode()
    assert "“fast” is not a number" in page


def test_a_range_stays_a_range_where_the_text_repeats_its_values(ask):
    form = FORM | {
        "sweep.args.seed": "1",
        "mode.args.seed": "range",
        "low.args.seed": "1",
        "high.args.seed": "4",
    }
    text = "recipe: digits-vit\nspace:\n  args.seed: [1, 2, 3, 4]\n"
    assert "sweep.seed=range%3A1..4%3A4" in ask("yaml", form, yaml=text, apply="1")[1]["link"]


def test_a_fork_stays_a_fork_of_its_checkpoint(ask):
    text = "recipe: digits-vit\nargs:\n  seed: 3\n"
    assert "ckpt=abc" in ask("yaml", yaml=text, apply="1", ckpt="abc")[1]["link"]
    other = text.replace("digits-vit", "stdlib-lm")
    assert "ckpt" not in ask("yaml", yaml=other, apply="1", ckpt="abc")[1]["link"]


def test_the_form_is_shown_as_a_script(ask):
    assert "&quot;learning_rate&quot;: 0.0001" in ask("python")[1]["html"]
    said = ask("python", **{"sweep.args.seed": "1", "list.args.seed": "5, 6"})[1]
    assert "this is the first of 2" in said["html"]
    assert "&quot;seed&quot;: 5" in said["html"]
    assert "problems to fix first" in ask("python", **{"args.seed": "-1"})[1]["html"]


def test_the_form_is_compared_with_a_run(ask, here, django_assert_max_num_queries):
    run = launch_run(
        here, {"recipe": "digits-vit", "args": {"seed": 9}, "params": {"dropout": 0.5}}, name="other one"
    )
    html = ask("difference", against=run.pk)[1]["html"]
    for part in ("<code>9</code>", "<code>7</code>", "learning_rate", "dropout", f"?from={run.pk}"):
        assert part in html
    assert "weight_decay" not in html
    same = {"recipe": "digits-vit", "args.seed": "9", "params.dropout": "0.5"}
    assert "set like this run" in ask("difference", same, against=run.pk)[1]["html"]
    assert "no run gone" in ask("difference", against="gone")[1]["html"]
    assert "other one" not in ask("difference", q="nothing")[1]["html"]
    for number in range(3):
        launch_run(here, {"recipe": "digits-vit"}, name=f"run {number}")
    with django_assert_max_num_queries(7):
        assert "run 2" in ask("difference", q="run", against=run.pk)[1]["html"]


def test_a_preset_is_saved_and_applied_over_another_form(ask, here, owner_client):
    status, said = ask(
        "presets/save",
        preset_name=" fast ",
        **{"sweep.args.weight_decay": "1", "list.args.weight_decay": "0, 0.1"},
    )
    assert (status, said["text"]) == (200, "Preset “fast” saved")
    preset = Preset.objects.get()
    assert preset.spec == {"recipe": "digits-vit", "args": {"learning_rate": 1e-4, "seed": 7}}
    assert preset.space == {"args.weight_decay": [0, 0.1]}
    form = {"recipe": "digits-vit", "args.seed": "3", "params.dropout": "0.5", "name": "n"}
    link = ask(f"presets/{preset.pk}/apply", form)[1]["link"]
    assert dict(QueryDict(link).items()) == {
        "recipe": "digits-vit",
        "set.dropout": "0.5",
        "set.learning_rate": "1e-4",
        "set.seed": "7",
        "sweep.weight_decay": "list:0,0.1",
        "name": "n",
    }
    page = owner_client.get(f"{URL}?{link}").content.decode()
    told = "changed learning_rate 2e-3 → 1e-4, weight_decay 0.05 → sweep 0,0.1, seed 3 → 7."
    assert told in page


def test_a_preset_brings_its_recipe_and_names_what_has_no_place(ask, here):
    ask("presets/save", preset_name="one", **{"params.dropout": "0.5"})
    ask("presets/save", preset_name="any", any_recipe="1", **{"params.dropout": "0.5"})
    one, any_recipe = (Preset.objects.get(name=name) for name in ("one", "any"))
    assert any_recipe.spec == {"args": {"learning_rate": 1e-4, "seed": 7}}
    form = {"recipe": "stdlib-lm", "args.seed": "3"}
    assert ask(f"presets/{one.pk}/apply", form)[1]["link"].startswith("recipe=digits-vit&set.dropout=0.5")
    assert ask(f"presets/{any_recipe.pk}/apply", form)[1]["link"].startswith("recipe=stdlib-lm&")


def test_a_taken_name_is_replaced_only_when_asked(ask):
    ask("presets/save", preset_name="p")
    status, said = ask("presets/save", preset_name="p", **{"args.seed": "8"})
    assert status == 422
    assert "already a preset “p”" in said["html"]
    assert "Replace it" in said["html"]
    assert ask("presets/save", preset_name="p", replace="1", **{"args.seed": "8"})[0] == 200
    assert Preset.objects.get().spec["args"]["seed"] == 8


@pytest.mark.parametrize(
    ("name", "more", "part"),
    [
        (" ", {}, "needs a name"),
        ("x" * 101, {}, "101 characters"),
        ("p", {"args.seed": "-1"}, "problems to fix"),
    ],
)
def test_what_cannot_be_saved_says_why(ask, name, more, part):
    status, said = ask("presets/save", preset_name=name, **more)
    assert (status, part in said["html"]) == (422, True)
    assert not Preset.objects.exists()


def test_a_preset_is_renamed_deleted_and_brought_back(ask):
    ask("presets/save", preset_name="a")
    ask("presets/save", preset_name="b")
    kept = Preset.objects.get(name="a")
    status, said = ask(f"presets/{kept.pk}/rename", preset_name="b")
    assert (status, "already a preset “b”" in said["html"]) == (422, True)
    assert ask(f"presets/{kept.pk}/rename", preset_name="c")[1]["text"] == "Preset “a” is called “c” now"
    said = ask(f"presets/{kept.pk}/delete")[1]
    assert not Preset.objects.filter(name="c").exists()
    assert ask("presets/restore", undo=said["undo"])[1]["text"] == "Preset “c” is back"
    assert Preset.objects.get(name="c").spec == kept.spec
    for broken in (
        "",
        "[]",
        '{"name": 3, "spec": 4, "space": 5}',
        '{"name": "x", "spec": {"a": 1}, "space": {}}',
    ):
        assert ask("presets/restore", undo=broken)[0] == 422


def test_presets_are_listed_with_one_query(ask, django_assert_max_num_queries):
    for name in "abc":
        ask("presets/save", preset_name=name)
        with django_assert_max_num_queries(4):
            assert name in ask("presets")[1]["html"]


def test_a_preset_of_another_project_is_not_there(owner_client, ask, here):
    ask("presets/save", preset_name="a")
    other = type(here).objects.create(name="Other", slug="other")
    assert (
        owner_client.post(f"/p/{other.slug}/new/presets/{Preset.objects.get().pk}/delete").status_code == 404
    )
