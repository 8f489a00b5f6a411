"""A report's text: Markdown, and between it blocks that show runs.

    ```trainboard chart
    runs: state:finished tag:base
    series: eval/f1, eval/loss
    ```

A block is a fenced piece of code, so that other readers of Markdown show what it asks for. Its first word is its kind,
each line a field and its value. What is wrong is told with its line; the rest of the report is not touched by it.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>.*?)[ \t]*$")
_WORD = "trainboard"
#: Blocks of one report: each costs queries.
MOST_BLOCKS = 40
#: The fields of each kind of block, with what their value is, for messages and the manual.
KINDS: dict[str, dict[str, str]] = {
    "chart": {
        "runs": "a filter, or ids with commas",
        "series": "keys with commas",
        "x": "step, epoch, relative, wall or tokens",
        "smoothing": "0 to 0.99",
        "sort": "keys with commas, - for the greatest first",
        "seeds": "yes: one line a group of seeds, with its interval",
        "log": "yes: logarithmic y",
        "limit": "how many runs",
        "title": "a text",
    },
    "table": {
        "runs": "a filter, or ids with commas",
        "columns": "keys with commas",
        "sort": "keys with commas, - for the greatest first",
        "limit": "how many rows",
        "title": "a text",
    },
    "compare": {
        "runs": "a filter, or ids with commas",
        "base": "the id of the baseline",
        "ci": "90, 95 or 99",
        "sort": "keys with commas, - for the greatest first",
    },
    "run": {"id": "the id of a run"},
    "sweep": {"id": "the id of a sweep"},
}
#: Without these a block has nothing to show.
_NEEDED = {"chart": ("series",), "run": ("id",), "sweep": ("id",)}


@dataclass(frozen=True)
class Problem:
    """What is wrong on ``line`` (from 1) of the report, in a sentence."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}"


@dataclass(frozen=True)
class Text:
    """Markdown that begins at ``line``."""

    text: str
    line: int


@dataclass
class Block:
    """A block of ``kind``; ``fields`` as typed, ``lines`` where each stands. With ``problems`` it shows only these."""

    kind: str
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        return self.fields.get(name, default)

    def problem(self, name: str, text: str) -> Problem:
        """A problem of one field, or of the whole block."""
        return Problem(self.lines.get(name, self.line), text)


def parse(text: str) -> list[Text | Block]:
    """The parts of a report in their order. Never raises: what is wrong stands in the blocks."""
    parts: list[Text | Block] = []
    blocks = 0
    for part in _split(text.split("\n")):
        if isinstance(part, Block):
            blocks += 1
            if blocks > MOST_BLOCKS:
                part.problems = [
                    Problem(
                        part.line,
                        f"A report shows {MOST_BLOCKS} blocks at most. Put the others into another report.",
                    )
                ]
        parts.append(part)
    return parts


def _split(lines: list[str]) -> Iterator[Text | Block]:
    """Fences of other languages are Markdown, whatever stands in them."""
    begin = at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if opening is None:
            at += 1
            continue
        end = _end(lines, at, opening["fence"])
        if opening["info"].split()[:1] == [_WORD]:
            if any(line.strip() for line in lines[begin:at]):
                yield Text("\n".join(lines[begin:at]), begin + 1)
            yield _block(opening["info"], lines[at:end], at + 1, is_closed=end <= len(lines) - 1)
            begin = end + 1
        at = end + 1
    if any(line.strip() for line in lines[begin:]):
        yield Text("\n".join(lines[begin:]), begin + 1)


def _end(lines: list[str], begin: int, fence: str) -> int:
    """The place of the line that closes a fence, or of the end."""
    for at in range(begin + 1, len(lines)):
        found = _FENCE.match(lines[at])
        if found and not found["info"] and found["fence"].startswith(fence):
            return at
    return len(lines)


def _block(info: str, lines: list[str], line: int, is_closed: bool) -> Block:
    words = info.split()
    kind = words[1] if len(words) > 1 else ""
    block = Block(kind, line)
    if kind not in KINDS:
        said = f"There is no block “{kind}”" if kind else "The block does not say of which kind it is"
        block.problems.append(Problem(line, f"{said}. There are {', '.join(KINDS)}.{_near(kind, KINDS)}"))
        return block
    if not is_closed:
        block.problems.append(
            Problem(line, f"The block is not closed: a line {lines[0].split()[0][:3]} is missing.")
        )
    for number, text in enumerate(lines[1:], start=line + 1):
        if text.strip():
            _take(block, text, number)
    for name in _NEEDED.get(kind, ()):
        if not block.get(name) and not block.problems:
            block.problems.append(Problem(line, f"A {kind} needs “{name}: {KINDS[kind][name]}”."))
    return block


def _take(block: Block, text: str, number: int) -> None:
    name, colon, value = text.partition(":")
    name, known = name.strip(), KINDS[block.kind]
    if not colon:
        block.problems.append(Problem(number, f"“{text.strip()}” is no field: write “name: value”."))
    elif name not in known:
        sentence = f"A {block.kind} has no “{name}”. It has {', '.join(known)}.{_near(name, known)}"
        block.problems.append(Problem(number, sentence))
    elif name in block.fields:
        block.problems.append(Problem(number, f"“{name}” stands here twice; take one of them out."))
    else:
        block.fields[name], block.lines[name] = value.strip(), number


def _near(name: str, known: dict[str, object] | dict[str, dict[str, str]] | dict[str, str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean “{found[0]}”?" if found else ""
