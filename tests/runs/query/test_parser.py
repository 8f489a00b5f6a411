"""Text → tree → text."""

import pytest
from hypothesis import given

from runs.query import QueryError, parse, text_of
from runs.query.tree import And, Compare, Node, Not, Or, Value, Word
from tests.runs.query.trees import any_trees


def is_(key: str, *values: str, operator: str = "=") -> Compare:
    return Compare(key, operator, tuple(Value(value, value == "*") for value in values))


@given(any_trees)
def test_what_is_printed_is_parsed_to_the_same(tree: Node):
    assert parse(text_of(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("vit", Word("vit")),
        ("vit aug", And((Word("vit"), Word("aug")))),
        ('"two words"', Word("two words")),
        ("key:value", is_("key", "value")),
        ("key = value", is_("key", "value")),
        ("key:a,b", is_("key", "a", "b")),
        ('key:a, "b c"', is_("key", "a", "b c")),
        ("-key:value", Not(is_("key", "value"))),
        ("not vit", Not(Word("vit"))),
        ("name~part", is_("name", "part", operator="~")),
        ("eval/f1>=0.8", is_("eval/f1", "0.8", operator=">=")),
        ("x!=1", is_("x", "1", operator="!=")),
        ("x:*", is_("x", "*")),
        ("x>-3", is_("x", "-3", operator=">")),
        ('x:"*"', Compare("x", "=", (Value("*"),))),
        ("created>2026-11-24T14:30", is_("created", "2026-11-24T14:30", operator=">")),
        ('"a key">1', is_("a key", "1", operator=">")),
        ("a or b c", Or((Word("a"), And((Word("b"), Word("c")))))),
        ("a AND (b Or c)", And((Word("a"), Or((Word("b"), Word("c")))))),
        ("vit-lr3e-4", Word("vit-lr3e-4")),
        ('"and"', Word("and")),
        (
            'state:running and eval/f1 > 0.8 and (learning_rate < 1e-4 or tag:"baseline")',
            And(
                (
                    is_("state", "running"),
                    is_("eval/f1", "0.8", operator=">"),
                    Or((is_("learning_rate", "1e-4", operator="<"), is_("tag", "baseline"))),
                )
            ),
        ),
    ],
)
def test_forms(text: str, tree: Node):
    assert parse(text) == tree


def test_nothing_is_no_filter():
    assert parse("") is None
    assert parse("  \t ") is None
    assert text_of(None) == ""


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("state:", 5, "A value is missing"),
        ("a and", 4, "ends too early"),
        ("a or or b", 5, "“or” has nothing before it"),
        ("(a or b", 0, "not closed"),
        ("a) b", 1, "closes none"),
        ("a,b", 1, "comma"),
        (":running", 0, "no key before it"),
        ('name:"vit', 5, "quote is not closed"),
        ("x<1,2", 3, "takes one value"),
        ('""', 0, "hold nothing"),
        ("()", 1, "nothing in front"),
        ("what!", 4, "“!” is not expected"),
        ("(" * 50 + "a", 41, "nested deeper"),
        ("-" * 50 + "a", 41, "nested deeper"),
        ("a" * 2001, 2000, "the most is 2000"),
    ],
)
def test_errors_point_at_the_character(text: str, at: int, words: str):
    with pytest.raises(QueryError) as found:
        parse(text)
    assert found.value.at == at
    assert words in found.value.message
    assert f"(character {at + 1})" in found.value.sentence


def test_a_terminal_shows_where():
    with pytest.raises(QueryError) as found:
        parse("state:running (eval/f1>0.8")
    sentence, text, mark = found.value.pointed("state:running (eval/f1>0.8").splitlines()
    assert sentence == "This parenthesis is not closed (character 15). Expected: a closing )."
    assert mark.index("^") == text.index("(")


@pytest.mark.parametrize(
    "text", ["))))", '"', "a:b:c", "a=b=c", "-", "not", "a:,", "a:b,", "\\", "a\u2003b", "\0"]
)
def test_nothing_but_query_errors_is_raised(text: str):
    try:
        parse(text)
    except QueryError as error:
        assert 0 <= error.at <= len(text)
