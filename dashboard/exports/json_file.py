"""JSON: a list of runs, one a line. NaN and ±Inf are the texts "NaN", "Infinity" and "-Infinity"."""

import json
from collections.abc import Iterator
from typing import Any

from dashboard.exports.rows import Export, Record, records
from runs.draft import told_number


def json_lines(export: Export) -> Iterator[str]:
    """The list piece by piece."""
    before = "["
    for record in records(export):
        yield f"{before}\n{json.dumps(run_data(record, export.greater), default=str)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def run_data(record: Record, greater: dict[str, bool]) -> dict[str, Any]:
    """One run: fixed fields, "config", "metrics" {key: {"best", "best_step", "last"}}."""
    metrics = {
        key: {
            "best": summary.best(greater[key]),
            "best_step": summary.best_step(greater[key]),
            "last": told_number(summary.last),
        }
        for key, summary in record.metrics.items()
    }
    return {**record.fixed, "config": record.config, "metrics": metrics}
