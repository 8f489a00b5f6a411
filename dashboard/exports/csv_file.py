"""CSV for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from dashboard.exports.rows import FIXED, Export, Record, records

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(export: Export) -> Iterator[str]:
    """The head first. Metrics have three columns: the best value, its step, and the last value."""
    heads = [head for key in export.metrics for head in (key, f"{key} step", f"{key} last")]
    yield _line([*FIXED, *export.settings, *heads])
    for record in records(export):
        yield _line(_values(record, export))


def _values(record: Record, export: Export) -> Iterator[Any]:
    yield from (record.fixed[name] for name in FIXED)
    yield from (record.config.get(name) for name in export.settings)
    for key in export.metrics:
        summary, greater = record.metrics.get(key), export.greater[key]
        yield from (
            (summary.best(greater), summary.best_step(greater), summary.last) if summary else ("", "", "")
        )


def _line(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_safe(value) for value in values])
    return text.getvalue()


def _safe(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
