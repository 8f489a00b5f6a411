"""What can be typed next in a filter: keys, then values, each with how many runs have it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np

from runs.query.evaluate import Columns
from runs.query.printer import quoted, value_text
from runs.query.scanner import KEYWORDS
from runs.query.tree import Value
from runs.table.column import NUMBER, SECONDS, TIME, Column, Mask, number_text

#: The most that is offered at once.
MOST = 12
_KEY = re.compile(r'(?:^|[\s(])-?(?P<key>[^\s()",:<>=~!]*)$')
_VALUE = re.compile(
    r'(?:^|[\s(])-?(?P<key>"(?:[^"\\]|\\.)*"|[^\s()",:<>=~!]+)\s*(?:<=|>=|!=|[:<>=~])\s*'
    r'(?:(?:"(?:[^"\\]|\\.)*"|[^\s()",]+)\s*,\s*)*(?P<value>"[^"]*|[^\s()",]*)$'
)


class Completable(Columns, Protocol):
    """Columns whose keys can be offered."""

    @property
    def known_keys(self) -> Sequence[str]: ...

    def full_key(self, key: str) -> str | None:
        """The key with its prefix, None for an unknown one."""

    def kind_of(self, key: str) -> str:
        """ "field", "metric" or "setting"."""

    def greater(self, key: str) -> bool:
        """Whether more of this metric is better."""


_EXAMPLES = {SECONDS: ("15min", "2h", "1d", "7d")}


@dataclass(frozen=True)
class Offer:
    """``text`` as people read it, ``insert`` what replaces the part typed so far, ``detail`` in a few words.

    ``count``: how many runs have it; None where that says nothing.
    """

    text: str
    insert: str
    detail: str = ""
    count: int | None = None


@dataclass(frozen=True)
class Completion:
    """``offers`` for the characters ``begin`` … ``end`` of the text; ``kind`` is "key" or "value"."""

    kind: str
    begin: int
    end: int
    offers: list[Offer]


def complete(columns: Completable, mask: Mask, text: str, at: int) -> Completion:
    """What fits at the place ``at`` of ``text``; ``mask``: the runs that are counted."""
    before = text[:at]
    if match := _VALUE.search(before):
        column = columns.resolve(_plain(match["key"]))
        offers = [] if column is None else _values(column, mask, _plain(match["value"]))
        return Completion("value", match.start("value"), at, offers)
    if match := _KEY.search(before):
        return Completion("key", match.start("key"), at, _keys(columns, mask, match["key"]))
    return Completion("key", at, at, [])


def _plain(text: str) -> str:
    """Without its quotes, closed or not."""
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))


def _keys(columns: Completable, mask: Mask, typed: str) -> list[Offer]:
    """Keys that no run has a value of are left out; "and" and "or" are no beginnings of keys."""
    if typed.lower() in KEYWORDS:
        return []
    offers = (_key(columns, mask, key) for key in _fitting(columns.known_keys, typed))
    return list(islice((offer for offer in offers if offer.count), MOST))


def _fitting(texts: Iterable[str], typed: str) -> list[str]:
    """Those that begin with what was typed, then those with a part that does, then those that hold it."""
    wanted = typed.casefold()
    part = re.compile(rf"(?:^|[/._ -]){re.escape(wanted)}")
    ranks = [
        (0 if (low := text.casefold()).startswith(wanted) else 1 if part.search(low) else 2, place, text)
        for place, text in enumerate(texts)
        if wanted in text.casefold()
    ]
    return [text for _, _, text in sorted(ranks)]


def _key(columns: Completable, mask: Mask, key: str) -> Offer:
    full = columns.full_key(key) or key
    column = columns.column(full)
    kind = columns.kind_of(key)
    operator = (
        ":" if column.codes is not None else "<" if kind == "metric" and not columns.greater(key) else ">"
    )
    return Offer(key, f"{quoted(key)}{operator}", kind, int((column.present & mask).sum()))


def _values(column: Column, mask: Mask, typed: str) -> list[Offer]:
    if column.kind == NUMBER:
        return [] if typed else list(_landmarks(column.numbers[mask]))
    if column.kind in _EXAMPLES:
        return [Offer(text, text) for text in _EXAMPLES[column.kind] if text.startswith(typed)]
    counts = _days(column, mask) if column.kind == TIME else _counts(column, mask)
    fitting = _fitting([text for text, _ in counts.most_common()], typed)
    return [Offer(text, value_text(Value(text)), "", counts[text]) for text in fitting[:MOST]]


def _landmarks(numbers: np.ndarray) -> Iterator[Offer]:
    """Where the values of a metric lie."""
    known = numbers[np.isfinite(numbers)]
    if len(known):
        for name, value in (("highest", known.max()), ("median", np.median(known)), ("lowest", known.min())):
            text = f"{float(value):.4g}"
            yield Offer(text, text, name)


def _counts(column: Column, mask: Mask) -> Counter[str]:
    """How many runs have each value; of a list each part counts."""
    counts: Counter[str] = Counter()
    codes, numbers = np.unique(column.groups[mask], return_counts=True)
    for code, count in zip(codes.tolist(), numbers.tolist(), strict=True):
        if code >= 0:
            value = column.values[code]
            for part in value if isinstance(value, list) else [value]:
                counts[_typed(part)] += count
    return counts


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return number_text(value) if isinstance(value, int | float) else str(value)


def _days(column: Column, mask: Mask) -> Counter[str]:
    days = column.numbers[mask & column.present].astype("datetime64[s]").astype("datetime64[D]")
    found, counts = np.unique(days, return_counts=True)
    return Counter(dict(zip(found.astype(str).tolist(), counts.tolist(), strict=True)))
