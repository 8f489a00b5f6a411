"""Rows that cannot be used: counted, named with the reason, and left out where a person says so."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from trainer_bridge.data_media import name_of, picture, waveform
from trainer_bridge.data_problem import DataProblem
from trainer_bridge.data_roles import Column

#: Images and sounds of one split that are decoded to see whether they can be; of more, the first.
MOST_DECODED = 5000
#: Bad rows that are named; of more, the count.
NAMED = 5


@dataclass(frozen=True)
class BadRow:
    """``number`` counts from 1, a header not included."""

    number: int
    reason: str


def find_bad(part: Any, needs: Mapping[str, Column]) -> list[BadRow]:
    """The rows of a map-style dataset, named by role, that cannot be used."""
    found: list[BadRow] = []
    first = 0
    for table in undecoded(part).with_format("arrow").iter(batch_size=1000):
        if not _is_clean(table, needs):
            found += _bad_of(table.to_pylist(), first, needs)
        first += len(table)
    return found


def _bad_of(rows: list[dict[str, Any]], first: int, needs: Mapping[str, Column]) -> Iterator[BadRow]:
    for number, row in enumerate(rows, first + 1):
        if reason := why_bad(row, needs, decode=number <= MOST_DECODED):
            yield BadRow(number, reason)


def _is_clean(table: Any, needs: Mapping[str, Column]) -> bool:
    """Whether Arrow itself sees that no row is bad: a hundred times faster than row by row."""
    return all(_is_full(table[role], needs[role].kind) for role in table.column_names)


def _is_full(column: Any, kind: str) -> bool:
    import pyarrow.compute as compute
    import pyarrow.types as is_type

    if kind not in ("text", "label", "float") or column.null_count:
        return False
    if is_type.is_string(column.type) or is_type.is_large_string(column.type):
        return not compute.any(compute.equal(compute.utf8_trim_whitespace(column), "")).as_py()
    if is_type.is_integer(column.type):
        return kind != "label" or not compute.any(compute.less(column, 0)).as_py()
    return is_type.is_floating(column.type) and not compute.any(compute.is_nan(column)).as_py()


def without_bad(name: str, part: Any, needs: Mapping[str, Column], skip: bool) -> tuple[Any, int]:
    """The part without its bad rows, and how many were left out. ``name`` is what to call the part.

    Raises DataProblem where there are some and ``skip`` is off, or none would be left. Of a stream, rows are looked at
    as they come.
    """
    if is_stream(part):
        return _sieved(part, needs, skip), 0
    bad = find_bad(part, needs)
    if bad and not skip:
        raise DataProblem("skip_bad_rows", _told(name, len(part), bad))
    if len(bad) == len(part):
        first = f" Row 1: {bad[0].reason}." if bad else ""
        raise DataProblem("source", f"The {name} split has no row that can be used.{first}")
    numbers = {row.number for row in bad}
    kept = [place for place in range(len(part)) if place + 1 not in numbers]
    return (part.select(kept) if bad else part), len(bad)


def is_withheld(part: Any, needs: Mapping[str, Column]) -> bool:
    """Whether every label of the part is missing."""
    labels = [role for role in part.features if needs[role].kind == "label"]
    if is_stream(part) or not labels:
        return False
    return all(_is_missing(value, "label") for value in part.unique(labels[0]))


def undecoded(part: Any) -> Any:
    """The part with its images and sounds as {"bytes", "path"}."""
    from datasets import Image

    for name, feature in part.features.items():
        if isinstance(feature, Image):
            part = part.cast_column(name, Image(decode=False))
    return with_sounds_undecoded(part)


def with_sounds_undecoded(part: Any) -> Any:
    """The part with its sounds as {"bytes", "path"}: decoding is left to data_media.py."""
    from datasets import Audio

    for name, feature in part.features.items():
        if isinstance(feature, Audio):
            part = part.cast_column(name, Audio(decode=False))
    return part


def is_stream(part: Any) -> bool:
    """Whether a dataset has no length."""
    return not hasattr(part, "__len__")


def why_bad(row: Mapping[str, Any], needs: Mapping[str, Column], decode: bool = True) -> str:
    """Why a row cannot be used, in a few words; "" if it can. ``decode``: images and sounds are tried."""
    for role, value in row.items():
        kind = needs[role].kind
        if _is_missing(value, kind):
            return f"{role} is missing"
        if decode and kind in _DECODERS and (reason := _undecodable(value, kind)):
            return reason
    if "tokens" in row and "tags" in row and len(row["tokens"]) != len(row["tags"]):
        return f"{len(row['tokens'])} tokens, but {len(row['tags'])} tags"
    return ""


def _is_missing(value: Any, kind: str) -> bool:
    """Numbers below 0 stand for labels that were withheld, as in the test splits of some benchmarks."""
    if kind == "text":
        return value is None or not value.strip()
    if kind == "label":
        return value is None or value == "" or (isinstance(value, int) and value < 0)
    if kind == "float":
        return value is None or value != value
    return value is None or (hasattr(value, "__len__") and len(value) == 0)


def _undecodable(value: Any, kind: str) -> str:
    try:
        _DECODERS[kind](value)
    except (OSError, SyntaxError, ValueError) as error:
        # Pillow raises SyntaxError for broken PNG files.
        said = "is not a file of a known kind" if "identify" in str(error) else str(error).split(" <")[0]
        return f"{kind} {name_of(value) or 'in the row'} cannot be decoded: {said}".rstrip(".")
    return ""


_DECODERS: Mapping[str, Callable[[Any], Any]] = {"image": picture, "audio": waveform}


def _sieved(part: Any, needs: Mapping[str, Column], skip: bool) -> Any:
    def use(row: dict[str, Any]) -> bool:
        reason = why_bad(row, needs, decode=False)
        if reason and not skip:
            raise DataProblem("skip_bad_rows", f"A row of the stream cannot be used: {reason}. {_REMEDY}")
        return not reason

    return part.filter(use)


_REMEDY = "Mend it, or turn skip_bad_rows on to leave such rows out."


def _told(name: str, rows: int, bad: list[BadRow]) -> str:
    named = "; ".join(f"row {row.number}: {row.reason}" for row in bad[:NAMED])
    more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return f"{len(bad):,} of {rows:,} rows of the {name} split cannot be used ({named}{more}). {_REMEDY}"
