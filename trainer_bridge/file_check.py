"""Mistakes in a text file of rows, named by their line: what the readers of ``datasets`` say without one.

No training library is imported here: the web process looks at what was uploaded.
"""

import csv
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TextIO

#: Signs that may stand between the cells of a CSV.
_SEPARATORS = (",", ";", "\t", "|")
#: A cell may hold a whole document.
csv.field_size_limit(2**31 - 1)


class Mistake(ValueError):
    """Its text is a sentence that names the line."""


class _Enough(Exception):
    """So much was looked at as was asked for."""


def first_mistake(path: Path, form: str, encoding: str = "utf-8", most: int | None = None) -> str | None:
    """The first mistake of a file of this format, as a sentence; None where there is none, or it is of another format.

    ``most``: look at so many bytes only (about).
    """
    if form not in _CHECKS:
        return "The file is empty." if path.stat().st_size == 0 else None
    stat = path.stat()
    return _first_mistake(path, form, encoding, most, stat.st_size, stat.st_mtime_ns)


def is_about_encoding(mistake: str) -> bool:
    """Whether the encoding that was said is to be put right, not the file's rows."""
    return "say its encoding" in mistake or mistake.startswith("There is no encoding")


@lru_cache(maxsize=64)
def _first_mistake(
    path: Path, form: str, encoding: str, most: int | None, size: int, time: int
) -> str | None:
    """``size`` and ``time`` only tell a changed file from what was looked at before."""
    if size == 0:
        return f"{path.name} is empty."
    try:
        with path.open(encoding=encoding, newline="") as file:
            _CHECKS[form](_lines(file, path, encoding, most))
    except Mistake as mistake:
        return f"{path.name}: {mistake}"
    except _Enough:
        return None
    except LookupError:
        return f"There is no encoding “{encoding}”. Usual ones are utf-8, utf-16, cp1252 and latin-1."
    return None


def separator(path: Path, encoding: str) -> str:
    """What stands between the cells of a CSV, by its first line: the sign that is in it most often."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            header = file.readline(100_000)
    except (OSError, UnicodeError, LookupError):
        return ","
    return max(_SEPARATORS, key=header.count)


def _lines(file: TextIO, path: Path, encoding: str, most: int | None) -> Iterator[str]:
    """The lines of a file. Raises Mistake at a byte that is not of the encoding, _Enough after ``most`` bytes."""
    read = 0
    while True:
        if most is not None and read > most:
            raise _Enough
        try:
            line = file.readline()
        except UnicodeError:
            raise Mistake(_not_decoded(path, encoding)) from None
        if not line:
            return
        read += len(line)
        yield line


def _not_decoded(path: Path, encoding: str) -> str:
    """Which line it is; a reader decodes by the block and cannot tell."""
    number, said = 1, ""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):  # noqa: B007 - the number of the last line is told
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                said = f" (byte {line[error.start]:#04x})"
                break
    hint = "Save the file as UTF-8, or say its encoding: cp1252 is usual for files of Excel."
    return f"line {number} is not {encoding}{said}. {hint}"


def _check_csv(lines: Iterator[str], cells: str | None = None) -> None:
    header = next(lines, "")
    sign = cells or max(_SEPARATORS, key=header.count)
    reader = csv.reader(_with_header(header, lines), delimiter=sign, strict=True)
    begun, width, rows = 1, None, 0
    try:
        for row in reader:
            if width is None:
                width = len(row)
                _check_header(row)
            elif row:
                rows += 1
                _check_width(row, width, begun)
            begun = reader.line_num + 1
    except csv.Error as error:
        raise Mistake(_csv_words(str(error), begun, reader.line_num)) from None
    if not rows:
        raise Mistake("has a header, but no rows.")


def _with_header(header: str, lines: Iterator[str]) -> Iterator[str]:
    yield header
    yield from lines


def _check_header(row: list[str]) -> None:
    doubled = next((name for name in row if row.count(name) > 1), None)
    if doubled is not None:
        raise Mistake(f"line 1 names the column “{doubled}” twice.")


def _check_width(row: list[str], width: int, line: int) -> None:
    if len(row) > width:
        raise Mistake(
            f"line {line} has {len(row)} cells; the header has {width}. A cell that holds the separator needs quotes "
            "around it."
        )


def _csv_words(said: str, begun: int, line: int) -> str:
    if "unexpected end of data" in said:
        return f"the quotes that open in line {begun} do not close."
    if "expected after" in said:
        return f"line {line} goes on after closing quotes. Quotes within a quoted cell are doubled."
    return f"line {line} cannot be read: {said}."


def _check_tsv(lines: Iterator[str]) -> None:
    _check_csv(lines, "\t")


def _check_json(lines: Iterator[str]) -> None:
    """One object a line; or the whole file one list of objects, which the reader itself judges well."""
    rows = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if rows == 0 and line.lstrip()[0] == "[":
            return
        rows += 1
        _check_row(line, number, only=rows == 1)
    if not rows:
        raise Mistake("has no rows.")


def _check_row(line: str, number: int, only: bool) -> None:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        if only and line.strip() == "{":
            raise Mistake(
                f"line {number} is not JSON by itself: write one object on each line, or a list of objects."
            ) from None
        raise Mistake(f"line {number} is not JSON at column {error.colno}: {error.msg}.") from None
    if not isinstance(value, dict):
        raise Mistake(f'line {number} must be an object, as in {{"text": "…", "label": "…"}}.')


def _check_text(lines: Iterator[str]) -> None:
    # All lines are read: the last one may be of another encoding.
    if not sum(bool(line.strip()) for line in lines):
        raise Mistake("has no text.")


_CHECKS = {"csv": _check_csv, "tsv": _check_tsv, "json": _check_json, "text": _check_text}
