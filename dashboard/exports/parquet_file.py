"""Parquet, written by a process of its own: pyarrow would add 100 MB to the web process for good."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from django.conf import settings

from dashboard.exports.rows import FIXED, Export, Record, records

CHUNK = 256 * 1024
#: Rows handed over at a time.
ROWS = 500
#: The columns of FIXED that are not texts.
_KINDS = {"trial": "int", "step": "int", "max_steps": "int", "epoch": "float", "archived": "bool"}


class ParquetError(RuntimeError):
    """The file could not be made; the text says why."""


def parquet_bytes(export: Export) -> Iterator[bytes]:
    """The file piece by piece, once it is whole. Columns as in CSV."""
    with (
        tempfile.TemporaryFile() as rows,
        tempfile.TemporaryFile() as file,
        tempfile.TemporaryFile() as errors,
    ):
        _feed(rows, export)
        rows.seek(0)
        command = [sys.executable, "-m", "dashboard.exports.parquet_child"]
        done = subprocess.run(command, stdin=rows, stdout=file, stderr=errors, cwd=settings.BASE_DIR)  # noqa: S603
        if done.returncode:
            errors.seek(0)
            raise ParquetError(errors.read().decode(errors="replace").strip().rpartition("\n")[2])
        file.seek(0)
        while part := file.read(CHUNK):
            yield part


def _feed(file: IO[bytes], export: Export) -> None:
    """The names and kinds of the columns, then lists of rows, a line each."""
    heads: list[tuple[str, str]] = [(name, _KINDS.get(name, "text")) for name in FIXED]
    heads += [(name, "any") for name in export.settings]
    for key in export.metrics:
        heads += [(key, "float"), (f"{key} step", "int"), (f"{key} last", "float")]
    _send(file, heads)
    rows = (_row(record, export) for record in records(export))
    while block := list(islice(rows, ROWS)):
        _send(file, block)


def _send(file: IO[bytes], data: Any) -> None:
    file.write(json.dumps(data, default=str).encode() + b"\n")


def _row(record: Record, export: Export) -> list[Any]:
    row = [record.fixed[name] for name in FIXED]
    row += [record.config.get(name) for name in export.settings]
    for key in export.metrics:
        summary, greater = record.metrics.get(key), export.greater[key]
        row += [summary.best(greater), summary.best_step(greater), summary.last] if summary else [None] * 3
    return row
