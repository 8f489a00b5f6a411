"""What else differs between columns of runs: their environment and their code; long texts as a diff to the baseline."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runs.compare import ConfigCell, ConfigRow
from runs.models import Run
from trainer_bridge.json_values import json_text
from trainer_bridge.values import flatten

#: Parts of a run's environment. What it was asked for stands in its configuration already.
ENVIRONMENT = ("packages", "installed", "hardware", "device", "host", "model", "data")
CODE = ("command", "folder", "git", "source")
#: Texts of the code, which are shown as a diff.
_TEXTS = ("git/diff", "source/text")
#: A value longer than this, or of several lines, is a text.
LONG = 80
#: Lines of one diff, and characters of a text that are looked at.
MOST_LINES = 400
MOST_TEXT = 200_000


@dataclass(frozen=True)
class TextDiff:
    """How the text ``name`` of the column ``place`` differs from the baseline's: (kind, line) with kind "add", "del",
    "place" (which lines follow) or "" (the same in both)."""

    name: str
    place: int
    lines: list[tuple[str, str]]
    is_cut: bool = False


@dataclass(frozen=True)
class Differences:
    """Rows that differ, ``same`` others; ``texts`` are compared with the baseline, the first column."""

    environment: list[ConfigRow]
    code: list[ConfigRow]
    texts: list[TextDiff]
    same: int


def differences(columns: Sequence[Sequence[Run]]) -> Differences:
    """What the environments of these columns (runs, or several runs of a group) differ in. A run that has not begun
    has told nothing, which is no difference."""
    environment, same = _rows([_told(runs, ENVIRONMENT) for runs in columns])
    code, same_code = _rows([_told(runs, CODE) for runs in columns])
    texts = [row for row in code if row.name in _TEXTS or is_long(row)]
    return Differences(
        environment=environment,
        code=[row for row in code if row not in texts],
        texts=[diff for row in texts for diff in text_diffs(row)],
        same=same + same_code,
    )


def is_long(row: ConfigRow) -> bool:
    """Whether one of its values is better read as a text of its own."""
    texts = [as_text(cell.value) for cell in row.cells]
    return any(len(text) > LONG or "\n" in text for text in texts)


def text_diffs(row: ConfigRow) -> list[TextDiff]:
    """The texts of a row against its first."""
    base, *others = [as_text(cell.value)[:MOST_TEXT].splitlines() for cell in row.cells]
    found = []
    for place, lines in enumerate(others, start=1):
        if lines != base:
            diff = list(difflib.unified_diff(base, lines, lineterm=""))[2:]
            found.append(
                TextDiff(row.name, place, [_kind(line) for line in diff[:MOST_LINES]], len(diff) > MOST_LINES)
            )
    return found


def as_text(value: Any) -> str:
    """A value as lines: of an object its JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)


def _kind(line: str) -> tuple[str, str]:
    kinds = {"+": "add", "-": "del", "@": "place"}
    return kinds.get(line[:1], ""), line if line.startswith("@") else line[1:]


def _told(runs: Sequence[Run], parts: Sequence[str]) -> dict[str, Any]:
    """What the runs of a column told, by path; several values where they differ among themselves."""
    found: dict[str, list[Any]] = {}
    for run in runs:
        told = {part: run.environment[part] for part in parts if part in run.environment}
        for path, value in flatten(told):
            values = found.setdefault(path, [])
            if value not in values:
                values.append(value)
    return {path: values[0] if len(values) == 1 else values for path, values in found.items()}


def _rows(columns: Sequence[dict[str, Any]]) -> tuple[list[ConfigRow], int]:
    """The rows that differ among the columns that told anything, and how many others there are."""
    paths = sorted({path for told in columns for path in told})
    begun = [told for told in columns if told]
    differ = [path for path in paths if any(told.get(path) != begun[0].get(path) for told in begun)]
    return [_row(path, columns) for path in differ], len(paths) - len(differ)


def _row(path: str, columns: Sequence[dict[str, Any]]) -> ConfigRow:
    values = [told.get(path) for told in columns]
    return ConfigRow(path, [ConfigCell(value, value != values[0]) for value in values])
