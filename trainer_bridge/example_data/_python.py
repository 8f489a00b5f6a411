"""The standard library's own sources, of the Python that runs."""

import ast
import sysconfig
import textwrap
from collections.abc import Iterator
from pathlib import Path


def modules() -> Iterator[tuple[str, str]]:
    """(file name, source) of the top-level modules, by name."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        yield path.name, path.read_text(encoding="utf-8", errors="ignore")


def functions(longest: int) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """(file name, source, tree) of every function and method of at most ``longest`` signs, all of them ASCII.

    The source begins at the margin and at "def": the tree's lines and columns are places in it.
    """
    for name, source in modules():
        lines = source.splitlines(keepends=True)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                text = textwrap.dedent("".join(lines[node.lineno - 1 : node.end_lineno])).rstrip()
                if len(text) <= longest and text.isascii():
                    yield from _parsed(name, text)


def place(text: str, line: int, column: int) -> int:
    """The place in ``text``, all ASCII, of a column in a line (counted from 1, as in a tree)."""
    return sum(len(one) for one in text.splitlines(keepends=True)[: line - 1]) + column


def _parsed(name: str, text: str) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    try:
        tree = ast.parse(text).body[0]
    except SyntaxError:  # its lines were indented in more ways than one
        return
    if isinstance(tree, ast.FunctionDef):
        yield name, text, tree
