"""A launch as YAML: what comes back is what was written, and every mistake is told at its line."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.documents import (
    Document,
    DocumentError,
    document_of,
    launch_document,
    parse_document,
    read_document,
    write_document,
)
from runs.models import Run, Sweep
from runs.yaml_text import MAX_CHARACTERS, dump, load
from trainer_bridge.spec_fields import GROUPS

pytestmark = pytest.mark.django_db

PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["no", "1e-4", "0o17", "0x1F", "1:30", "2026-01-01", "~", "<<", "=", "# no", " ", "\t"])
)
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4)
FIELDS = st.dictionaries(st.text(min_size=1), VALUES, min_size=1, max_size=3)
SPECS = st.fixed_dictionaries({"recipe": st.text(min_size=1)}, optional=dict.fromkeys(GROUPS, FIELDS))
DOCUMENTS = st.builds(
    Document,
    spec=SPECS,
    space=st.dictionaries(st.text(min_size=1), st.lists(PLAIN, min_size=1)),
    name=st.text(),
    tags=st.lists(st.text()),
    project=st.text(),
)

WRONG = """\
recipe: digits-vit
args:
  learning_rate: -1e-3
  lerning_rate: 1e-3
  seed: 1
  seed: 2
parms:
  hidden_size: 6
space:
  args.max_steps: [1, two]
name: [a]
"""


@settings(max_examples=40)
@given(DOCUMENTS)
def test_a_document_is_read_back_unchanged(document):
    read = read_document(write_document(document))
    assert (read.document, read.wrong) == (document, [])


@settings(max_examples=40)
@given(SPECS)
def test_other_readers_of_yaml_understand_it_the_same(spec):
    assert yaml.safe_load(dump(spec)) == spec


@settings(max_examples=40)
@given(st.text(max_size=200) | st.text("[]{}:-&*!|>'\"#,a1\n ", max_size=60))
def test_whatever_is_given_is_read_without_a_crash(text):
    for problem in read_document(text).problems():
        assert problem.sentence
        assert problem.place.line >= 1


def test_values_are_what_people_mean():
    loaded = load("a: 1e-4\nb: no\nc: 010\nd: 1:30\ne: 2026-01-01\nf: ~\ng:\nh: .5\n0: x")
    assert loaded.value == {
        "a": 1e-4,
        "b": "no",
        "c": 10,
        "d": "1:30",
        "e": "2026-01-01",
        "f": None,
        "g": None,
        "h": 0.5,
        "0": "x",
    }


def test_labels_keep_their_words():
    document = read_document("name: 007\ntags: [1e3, yes]\nproject: 010").document
    assert (document.name, document.tags, document.project) == ("007", ["1e3", "yes"], "010")
    assert read_document("tags: a, b").document.tags == ["a", " b"]


def test_every_mistake_is_told_at_its_line_all_at_once():
    told = [(p.place, p.key, p.sentence) for p in read_document(WRONG).problems()]
    assert [(place.line, place.column, key) for place, key, _ in told] == [
        (3, 3, "args.learning_rate"),
        (4, 3, "args.lerning_rate"),
        (6, 3, "args.seed"),
        (7, 1, "parms"),
        (10, 3, "args.max_steps"),
        (11, 1, "name"),
    ]
    sentences = [sentence for _, _, sentence in told]
    assert "above 0" in sentences[0]
    assert "Did you mean learning_rate?" in sentences[1]
    assert "twice; the first is in line 5" in sentences[2]
    assert "Did you mean params?" in sentences[3]
    assert "number" in sentences[4]


def test_an_error_begins_each_sentence_with_its_place():
    with pytest.raises(DocumentError) as caught:
        parse_document("recipe: digits-vit\nargs:\n  seed: -1")
    assert caught.value.problems == {"args.seed": "Line 3, column 3: Must be 0 or more."}


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("a: [1,\nb: 2", 2, 5, "is not YAML"),
        ("a:\n\tb: 2", 2, 1, "with spaces, not with tabs"),
        ("a: b: c", 1, 5, "mapping values are not allowed here"),
        ("a: &x 1\nb: *x", 2, 4, "Write the value out"),
        ("[" * 5000, 1, 22, "levels deep"),
        ("recipe: a\n--- b", 2, 1, "another document"),
        ("recipe: a\nname: a\x00b", 2, 8, "U+0000"),
        ("recipe: digits-vit\nargs:\n  seed: !!python/name:os.system x", 3, 9, "!!python/name:os.system"),
        ("recipe: digits-vit\nargs: !!set {seed}", 2, 7, "!!set"),
        ("recipe: digits-vit\n? [a]\n: 1", 2, 3, "single word"),
        ("", 1, 1, "map with the keys project"),
        ("- a", 1, 1, "map with the keys"),
        ("name: x", 1, 1, "Choose a recipe"),
        ("recipe: digits-vitt", 1, 1, "Did you mean digits-vit?"),
        ("recipe: digits-vit\nargs: [1]", 2, 1, "must be a map"),
        ("recipe: digits-vit\nspace: 5", 2, 1, "A space is a map"),
        ("recipe: digits-vit\nspace:\n  args.seed: 5", 3, 3, "no values"),
        ("recipe: digits-vit\ntags: {a: b}", 2, 1, "Tags are a list"),
        ("x" * (MAX_CHARACTERS + 1), 1, 1, "the most is 262,144"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_place(text, line, column, part):
    problem = read_document(text).problems()[0]
    assert (problem.place, part in problem.sentence) == ((line, column), True), problem.sentence


def test_a_document_launches_a_run_or_a_sweep_and_is_what_they_give_back(project):
    run = launch_document(project, parse_document("recipe: digits-vit\nname: one\nargs: {seed: 7}"))
    assert isinstance(run, Run)
    assert document_of(run) == Document(run.spec, {}, "one", [], project.slug)
    text = "recipe: digits-vit\nname: many\ntags: [t]\nspace: {args.seed: [1, 2]}"
    sweep = launch_document(project, parse_document(text))
    assert isinstance(sweep, Sweep)
    assert parse_document(write_document(document_of(sweep))) == document_of(sweep)
