import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer_bridge.fields import Field, did_you_mean, number_text, parse_int, parse_number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3e-4", 0.0003),
        ("1/2", 0.5),
        ("1k", 1000.0),
        ("2.5M", 2_500_000.0),
        ("1_000", 1000.0),
        ("1 000", 1000.0),
        (" .5 ", 0.5),
        ("−3", -3.0),
        ("1e3/4", 250.0),
    ],
)
def test_parse_number(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("abc", "“abc” is not a number. Write it like 0.001, 3e-4, 1/2, 1k or 1_000."),
        ("1,5", "“1,5” is not a number. Write it like 0.001, 3e-4, 1/2, 1k or 1_000."),
        ("1/0", "“1/0” divides by zero."),
        ("nan", "Must be a finite number."),
        ("-Infinity", "Must be a finite number."),
        ("1e400", "“1e400” is too large."),
        ("1/2/3", "“2/3” is not a number. Write it like 0.001, 3e-4, 1/2, 1k or 1_000."),
    ],
)
def test_parse_number_says_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        parse_number(text)
    assert str(raised.value) == sentence.replace("“2/3”", "“1/2/3”")


@given(st.integers(min_value=-(10**19), max_value=10**19))
def test_parse_int_is_exact(number: int) -> None:
    assert parse_int(str(number)) == number


def test_parse_int_of_other_notations() -> None:
    assert [parse_int(text) for text in ("1k", "1e2", "4/2", "1_000")] == [1000, 100, 2, 1000]
    with pytest.raises(ValueError, match=r"^Must be a whole number, not 1/2\.$"):
        parse_int("1/2")


@given(st.text(max_size=12))
def test_parse_of_any_text_gives_a_usable_value_or_a_sentence(text: str) -> None:
    field = Field("rate", "float", 0.1, above=0, below=1)
    try:
        value = field.parse(text)
    except ValueError as error:
        assert str(error)
    else:
        assert field.problem(value) is None


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (Field("epochs", "float", 3.0), "2", 2.0),
        (Field("every", "float", 500, step_count=True), "10", 10),
        (Field("every", "float", 500, step_count=True), "0.1", 0.1),
        (Field("limit", "int", None, optional=True), " ", None),
        (Field("best", "bool", False), "On", True),
        (Field("best", "bool", True), "off", False),
        (Field("when", "choice", "no", choices=("no", "steps")), "steps", "steps"),
        (Field("metric", "text", None, optional=True), " f1 ", "f1"),
    ],
)
def test_parse(field: Field, text: str, value: object) -> None:
    parsed = field.parse(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (Field("x", "int", 1), None, "Needs a value."),
        (Field("x", "int", 1), True, "Must be a number, not True."),
        (Field("x", "int", 1), 1.5, "Must be a whole number, not 1.5."),
        (Field("x", "int", 1), "8", "Must be a number, not '8'."),
        (Field("x", "float", 0.5), float("nan"), "Must be a finite number."),
        (Field("x", "float", 0.5), float("inf"), "Must be a finite number."),
        (Field("x", "float", 0.5, above=0), 0, "Must be above 0."),
        (Field("x", "float", 0.999, below=1), 1, "Must be below 1. Did you mean 0.999?"),
        (Field("x", "float", 0.0, below=1), 1, "Must be below 1."),
        (Field("x", "int", 1, minimum=1), 0, "Must be 1 or more."),
        (Field("x", "int", 1, maximum=4_294_967_295), 2**40, "Must be at most 4,294,967,295."),
        (Field("x", "int", 48, multiple_of=4), 50, "Must be a multiple of 4. Did you mean 48?"),
        (
            Field("x", "float", 5, step_count=True),
            7.5,
            "Must be whole from 1 on, where it counts steps, not 7.5.",
        ),
        (Field("x", "bool", True), 1, "Must be true or false, not 1."),
        (Field("x", "text", "f1"), "  ", "Must not be empty."),
        (Field("x", "text", "f1"), 3, "Must be text, not 3."),
        (
            Field("x", "choice", "linear", choices=("linear", "cosine")),
            "cosin",
            "“cosin” is not one of linear, cosine. Did you mean cosine?",
        ),
    ],
)
def test_problem(field: Field, value: object, sentence: str) -> None:
    assert field.problem(value) == sentence


def test_a_huge_whole_number_is_judged_and_written() -> None:
    assert Field("x", "int", 1, maximum=10).problem(10**400) == "Must be at most 10."
    assert number_text(1e400) == "inf"


def test_did_you_mean_says_nothing_without_a_near_word() -> None:
    assert did_you_mean("zzz", ["learning_rate"]) == ""
