"""Values typed as JSON: read back as written, and every mistake named with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer_bridge.fields import MAX_LONG_TEXT, Field
from trainer_bridge.json_values import json_problem, json_text, parse_json

OBJECT = Field("config", "json", None, shape="object", optional=True)
LIST = Field("names", "json", [], shape="list")
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    if json_problem(value) is None:
        assert parse_json(json_text(value)) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{'a': 1}", "Is not JSON at line 1, column 2: a name in double quotes is missing."),
        ('{"a": 1\n "b": 2}', "Is not JSON at line 2, column 2: a comma or the closing bracket is missing."),
        ('{"a" 1}', "Is not JSON at line 1, column 6: a : is missing."),
        (
            '{"a": True}',
            "Is not JSON at line 1, column 7: a value is missing. Texts stand in double quotes; true, false and "
            "null in small letters.",
        ),
        ("{} {}", "Is not JSON at line 1, column 4: something follows after the end."),
        ('{"a": "b', "Is not JSON at line 1, column 7: a text begins that does not end."),
        ('{"a": 1, "a": 2}', "“a” stands twice in one object."),
        ('{"a": NaN}', "NaN is not a number that JSON knows."),
        ("[" * 20_000, "Is nested too deeply."),
        ("[1]", 'Must be a JSON object: {"name": value}.'),
        ('"path.json"', 'Must be a JSON object: {"name": value}.'),
        ('{"a": 1e999}', "a must be a finite number."),
        ("{" + " " * MAX_LONG_TEXT + "}", "Is longer than 50,000 characters."),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        OBJECT.parse(text)
    assert str(raised.value) == sentence


def test_an_object_a_list_and_nothing() -> None:
    assert OBJECT.parse(' {"a": {"b": [1, 2.5, null]}} ') == {"a": {"b": [1, 2.5, None]}}
    assert OBJECT.parse("") is None
    assert LIST.parse('["inputs"]') == ["inputs"]
    assert Field("any", "json", {}).parse("[]") == []
    with pytest.raises(ValueError, match=r"^Needs a value\.$"):
        LIST.parse(" ")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("config.json", 'Must be a JSON object: {"name": value}.'),
        ({"a": [1, {"b": float("inf")}]}, "a[1].b must be a finite number."),
        ({1: 2}, "The name 1 must be text."),
        ({"a": object()}, "a cannot be a object."),
    ],
)
def test_values_from_elsewhere_are_judged_too(value: object, sentence: str) -> None:
    assert OBJECT.problem(value) == sentence


def test_a_long_value_is_written_on_several_lines() -> None:
    assert json_text({"a": 1}) == '{"a": 1}'
    assert json_text({"name": "x" * 60}).count("\n") == 2
