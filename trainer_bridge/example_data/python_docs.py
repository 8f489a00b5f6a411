"""English about Python: the reference manual's topics that Python installs, and the library's documentation."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._python import modules
from trainer_bridge.example_data._splits import datasets_of, grouped

_SHORTEST = 40
#: What underlines a heading.
_RULE = re.compile(r"[*=~^-]{4,}")


@example(
    name="python-docs",
    title="Paragraphs of Python's reference manual and of the standard library's documentation strings",
    columns=("text",),
)
def python_docs() -> dict[str, Any]:
    """Prose of at least 40 signs, each paragraph once, split by topic and module."""
    return datasets_of(grouped((group, {"text": text}) for group, text in paragraphs()))


def paragraphs() -> Iterator[tuple[str, str]]:
    """(topic or module, paragraph) in reading order, each on one line."""
    for group, text in (*_topics(), *_docstrings()):
        for part in re.split(r"\n\s*\n", text):
            line = " ".join(_RULE.sub("", part).split())
            if len(line) >= _SHORTEST and "::=" not in line and ">>>" not in line:
                yield group, line


def _topics() -> Iterator[tuple[str, str]]:
    try:
        from pydoc_data.topics import topics
    except ImportError:  # some systems package Python without it
        return
    yield from sorted(topics.items())


def _docstrings() -> Iterator[tuple[str, str]]:
    for name, source in modules():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                yield name, ast.get_docstring(node) or ""
