"""Random filters, and what they mean in plain Python."""

import math
from typing import Any

from hypothesis import strategies as st

from runs.query.tree import ORDERED, And, Compare, Node, Not, Or, Value, Word

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
words = st.sampled_from(["vit", "Conv", "base", "and", "-x", "a b", 'q"q', "\\", "failed", "(", ":", "x,y"])
any_values = st.one_of(texts.map(Value), words.map(Value), st.just(Value("*", True)), st.just(Value("*")))
operators = st.sampled_from(["=", "!=", "~", *ORDERED])


@st.composite
def comparisons(draw: st.DrawFn, keys: st.SearchStrategy[str], values: st.SearchStrategy[Value]) -> Compare:
    operator = draw(operators)
    found = draw(st.lists(values, min_size=1, max_size=1 if operator in ORDERED else 3))
    return Compare(draw(keys), operator, tuple(found))


def trees(leaves: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    def more(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(parts, min_size=2, max_size=3).map(tuple)
        return st.one_of(parts.map(Not), several.map(And), several.map(Or))

    return st.recursive(leaves, more, max_leaves=8)


#: Any tree at all, whether its keys exist or not.
any_trees = trees(st.one_of(texts.map(Word), words.map(Word), comparisons(texts | words, any_values)))

# --- trees over known runs ---

KINDS = {
    "name": "text",
    "tag": "list",
    "state": "text",
    "seed": "setting",
    "opt": "setting",
    "eval/acc": "metric",
}
SETTINGS: list[Any] = [None, 1, 1.0, True, 0.5, 3, "sgd", "Adam W", "3", "true"]
METRICS = [None, 0.5, 1.0, 3.0, -2.0]
runs = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["vit-a", "Vit b", "conv", "3", "failed one"]),
        "tag": st.lists(st.sampled_from(["base", "two words", "Vit"]), max_size=2, unique=True),
        "state": st.sampled_from(["running", "failed", "finished"]),
        "seed": st.sampled_from(SETTINGS),
        "opt": st.sampled_from(SETTINGS),
        "eval/acc": st.sampled_from(METRICS),
    }
)
_numbers = st.sampled_from(["1", "0.5", "3", "-2", "1e0", "1/2", "0.003k"])
_known_words = st.sampled_from(["vit", "a", "base", "two", "failed", "Sgd", "w", "3", "true", "zz"])


@st.composite
def _known_comparison(draw: st.DrawFn) -> Compare:
    """Only what makes sense: ordered operators and metrics take numbers."""
    key, operator = draw(st.sampled_from(sorted(KINDS))), draw(operators)
    if operator in ORDERED:
        return Compare(key, operator, (Value(draw(_numbers)),))
    plain = _numbers if KINDS[key] == "metric" and operator != "~" else _numbers | _known_words
    values = draw(st.lists(st.one_of(plain.map(Value), st.just(Value("*", True))), min_size=1, max_size=2))
    return Compare(key, operator, tuple(values))


known_trees = trees(st.one_of(_known_words.map(Word), _known_comparison()))


def holds(node: Node, run: dict[str, Any]) -> bool:
    """Whether a filter lets a run through, said as plainly as can be."""
    if isinstance(node, Not):
        return not holds(node.part, run)
    if isinstance(node, And):
        return all(holds(part, run) for part in node.parts)
    if isinstance(node, Or):
        return any(holds(part, run) for part in node.parts)
    if isinstance(node, Word):
        word = node.text.lower()
        return word == run["state"] or any(word in text.lower() for text in [run["name"], *run["tag"]])
    return _compares(node, run[node.key])


def _compares(node: Compare, value: Any) -> bool:
    values = value if isinstance(value, list) else [] if value is None else [value]
    if node.operator in ORDERED:
        wanted = as_number(node.values[0].text)
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        compare = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}[
            node.operator
        ]
        return any(compare(float(number), wanted) for number in numbers)
    if node.operator == "~":
        return any(w.is_any or w.text.lower() in as_text(v) for v in values for w in node.values)
    found = any(w.is_any or _same(v, w.text) for v in values for w in node.values)
    return found != (node.operator == "!=")


def _same(value: Any, wanted: str) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return as_text(value) == wanted.lower() or (is_number and float(value) == as_number(wanted))


def as_number(text: str) -> float:
    over, _, under = text.partition("/")
    factor = 1000.0 if over.endswith("k") else 1.0
    try:
        return float(over.removesuffix("k")) * factor / float(under or 1)
    except ValueError:
        return math.nan


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower()
