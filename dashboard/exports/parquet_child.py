"""Reads rows as lines of JSON, writes a Parquet file: ``python -m dashboard.exports.parquet_child < rows > file``.

Settings may be of any kind; which one a column has is known when all rows are, so rows wait in memory as columns.
"""

import json
import sys
from typing import Any

import pyarrow
import pyarrow.parquet


def main() -> None:
    heads = json.loads(sys.stdin.readline())
    columns: list[list[Any]] = [[] for _ in heads]
    for line in sys.stdin:
        for row in json.loads(line):
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    names = [name for name, _ in heads]
    arrays = [_array(kind, values) for (_, kind), values in zip(heads, columns, strict=True)]
    sink = pyarrow.PythonFile(sys.stdout.buffer, mode="w")
    pyarrow.parquet.write_table(pyarrow.table(arrays, names=names), sink, row_group_size=5000)


def _array(kind: str, values: list[Any]) -> Any:
    types = {
        "text": pyarrow.string(),
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "bool": pyarrow.bool_(),
    }
    if kind == "any":
        kind = _common_kind(values)
        if kind == "text":
            values = [None if value is None else _text(value) for value in values]
    return pyarrow.array(values, types[kind])


def _common_kind(values: list[Any]) -> str:
    """The narrowest kind that holds all values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "bool"
    if kinds == {int} and all(abs(value) < 2**63 for value in values if value is not None):
        return "int"
    return "float" if kinds and kinds <= {int, float} else "text"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    main()
