"""Lines of Python, token by token, with what each token is there."""

import io
import keyword
import tokenize
from collections.abc import Iterator
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._python import modules
from trainer_bridge.example_data._splits import datasets_of, grouped, thinned

TAGS = (
    "keyword",
    "definition",
    "call",
    "attribute",
    "argument",
    "name",
    "string",
    "number",
    "operator",
    "comment",
)
_SHORTEST, _LONGEST = 4, 40
#: Tokenizing is slow: so much of each module is read.
_LINES_OF_A_MODULE = 250
_MOST = {"train": 6000, "validation": 800, "test": 800}


@example(
    name="python-tokens",
    title="Lines of Python's standard library, token by token, and what each token is",
    columns=("tokens", "tags"),
)
def python_tokens() -> dict[str, Any]:
    """Logical lines of 4 to 40 tokens, each once, split by module; a tag often hangs on the neighbours."""
    from datasets import ClassLabel, Features, List, Value

    found = grouped((name, row) for name, source in modules() for row in tagged_lines(source))
    features = Features({"tokens": List(Value("string")), "tags": List(ClassLabel(names=list(TAGS)))})
    return datasets_of({split: thinned(rows, _MOST[split]) for split, rows in found.items()}, features)


def tagged_lines(source: str) -> Iterator[dict[str, list[str]]]:
    """The logical lines at the head of a module."""
    head = "\n".join(source.splitlines()[:_LINES_OF_A_MODULE]) + "\n"
    for line in _logical_lines(head):
        if _SHORTEST <= len(line) <= _LONGEST:
            tags = [_tag(line, place) for place in range(len(line))]
            yield {"tokens": [token.string for token in line], "tags": tags}


def _logical_lines(source: str) -> Iterator[list[tokenize.TokenInfo]]:
    line: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                yield line
                line = []
            elif token.type == tokenize.NL and all(one.type == tokenize.COMMENT for one in line):
                line = []  # comments on lines of their own
            elif token.type in _KINDS:
                line.append(token)
    except (tokenize.TokenError, IndentationError):  # the head ends within brackets
        return


def _tag(line: list[tokenize.TokenInfo], place: int) -> str:
    token = line[place]
    if token.type != tokenize.NAME:
        return _KINDS[token.type]
    if keyword.iskeyword(token.string):
        return "keyword"
    before = line[place - 1].string if place else ""
    after = line[place + 1].string if place + 1 < len(line) else ""
    return _name_tag(before, after)


def _name_tag(before: str, after: str) -> str:
    """What a name is, by what stands beside it."""
    if before in ("def", "class"):
        return "definition"
    if after == "(":
        return "call"
    if before == ".":
        return "attribute"
    return "argument" if after == "=" and before in ("(", ",") else "name"


_KINDS = {
    tokenize.NAME: "name",
    tokenize.STRING: "string",
    tokenize.NUMBER: "number",
    tokenize.OP: "operator",
    tokenize.COMMENT: "comment",
}
