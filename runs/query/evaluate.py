"""A tree and columns → which runs."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from runs.query import literals
from runs.query.errors import QueryError
from runs.query.tree import ORDERED, And, Compare, Node, Not, Value, Word
from runs.table.column import MIXED, SECONDS, TIME, Column, Mask


class Columns(Protocol):
    """The runs that a filter chooses from."""

    @property
    def size(self) -> int: ...

    def resolve(self, key: str) -> Column | None:
        """The column of a key as typed, None for an unknown one."""

    def column(self, key: str) -> Column:
        """The column of a key that there is."""

    def nearest(self, key: str) -> str:
        """The known key that looks most like this one, "" when none does."""


def evaluate(node: Node | None, columns: Columns) -> Mask:
    """A boolean for each run. Raises QueryError for an unknown key or a value of the wrong kind."""
    if node is None:
        return np.ones(columns.size, dtype=bool)
    if isinstance(node, Word):
        return _word(node, columns)
    if isinstance(node, Compare):
        return _compare(node, columns)
    if isinstance(node, Not):
        return ~evaluate(node.part, columns)
    found = evaluate(node.parts[0], columns)
    for part in node.parts[1:]:
        found = found & evaluate(part, columns) if isinstance(node, And) else found | evaluate(part, columns)
    return found


def _word(word: Word, columns: Columns) -> Mask:
    """Part of the name, part of a tag, or the state as a whole."""
    wanted = word.text.casefold()
    name, tag, state = (columns.column(key) for key in ("name", "tag", "state"))
    found = name.where_text(lambda text: wanted in text) | tag.where_text(lambda text: wanted in text)
    return found | state.where_text(lambda text: text == wanted)


def _compare(node: Compare, columns: Columns) -> Mask:
    column = columns.resolve(node.key)
    if column is None:
        raise QueryError(
            f"There is no “{node.key}” in these runs",
            node.at,
            node.end,
            expected="a setting, a metric or a field of the runs",
            nearest=columns.nearest(node.key),
        )
    if node.operator in ORDERED:
        return _ordered(column, node)
    fits = _contains if node.operator == "~" else _equal
    found = fits(column, node.values[0], node)
    for value in node.values[1:]:
        found = found | fits(column, value, node)
    return ~found if node.operator == "!=" else found


def _contains(column: Column, value: Value, node: Compare) -> Mask:
    wanted = value.text.casefold()
    return column.present if value.is_any else column.where_text(lambda text: wanted in text)


def _equal(column: Column, value: Value, node: Compare) -> Mask:
    if value.is_any:
        return column.present
    if column.kind == TIME:
        begin, end = _span(value)
        return (column.numbers >= begin) & (column.numbers < end)
    wanted = _number(column, value, needed=column.kind != MIXED)
    same = column.numbers == wanted if wanted is not None else np.zeros(len(column.numbers), dtype=bool)
    if column.kind != MIXED:
        return same
    text = value.text.casefold()
    return same | column.where_text(lambda other: other == text)


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def _ordered(column: Column, node: Compare) -> Mask:
    """NaN compares with nothing, so runs without a number are out."""
    value = node.values[0]
    if column.kind != TIME:
        wanted = _number(column, value, needed=True)
        return _COMPARED[node.operator](column.numbers, wanted)
    begin, end = _span(value)
    # After a day is after its end, up to a day is up to its end.
    if node.operator in (">", "<="):
        return _COMPARED[">=" if node.operator == ">" else "<"](column.numbers, end)
    return _COMPARED[node.operator](column.numbers, begin)


def _number(column: Column, value: Value, needed: bool) -> float | None:
    read = literals.length if column.kind == SECONDS else literals.number
    found = None if value.is_any else read(value.text)
    if found is None and needed:
        examples = literals.LENGTH_EXAMPLES if column.kind == SECONDS else literals.NUMBER_EXAMPLES
        raise _wrong(value, examples)
    return found


def _span(value: Value) -> literals.Span:
    found = None if value.is_any else literals.span(value.text)
    if found is None:
        raise _wrong(value, literals.TIME_EXAMPLES)
    return found


def _wrong(value: Value, expected: str) -> QueryError:
    return QueryError(f"“{value.text}” does not fit here", value.at, value.end, expected=expected)
