"""A definition's text, made to stand in one file: imports of the package taken out, names as they are called there."""

import ast
import re
from collections.abc import Collection
from dataclasses import dataclass

from trainer_bridge.standalone.library import Definition, Inside, Library
from trainer_bridge.standalone.reach import is_recipe, uses

Names = dict[tuple[Definition, str], str]


@dataclass(frozen=True)
class Edit:
    """Replaces ``old`` at a place of a definition's text (line from 0, byte from 0) by ``new``."""

    line: int
    start: int
    old: str
    new: str


def edited(library: Library, definition: Definition, names: Names) -> str:
    """The text of ``definition`` where each thing it uses is called what ``names`` says, or its own name."""
    edits = _name_edits(library, definition, names) + _annotation_edits(definition)
    lines = definition.text.splitlines()
    late = []
    for edit in sorted(set(edits), key=lambda one: (-one.line, -one.start)):
        if not _apply(lines, edit):
            late.append(edit)
    _remove(lines, definition, library.aliases(definition))
    text = "\n".join(lines)
    for edit in late:  # inside f-strings Python 3.11 does not know the places
        text = re.sub(rf"(?<![\w.]){re.escape(edit.old)}(?!\w)", edit.new, text)
    return _with_own_names(text, definition, names)


def _name_edits(library: Library, definition: Definition, names: Names) -> list[Edit]:
    found = []
    for use in uses(library, definition):
        if not isinstance(use.target, Definition):
            continue
        own = use.name if use.name in use.target.names else _original(library, definition, use.name)
        new = names.get((use.target, own), own)
        old = ast.unparse(use.node)
        if new != old:
            found.append(_edit(definition, use.node, old, new))
    return found


def _original(library: Library, definition: Definition, alias: str) -> str:
    """What ``import name as alias`` calls it where it is defined."""
    origin = library.aliases(definition).get(alias) or definition.module.imports.get(alias)
    return origin.name if isinstance(origin, Inside) and origin.name else alias


def _annotation_edits(definition: Definition) -> list[Edit]:
    """``Annotated[int, Help(…)]`` → ``int``: bounds and help are for forms."""
    found = []
    for node in definition.nodes:
        annotation = getattr(node, "annotation", None)
        if (
            isinstance(annotation, ast.Subscript)
            and ast.unparse(annotation.value) == "Annotated"
            and isinstance(annotation.slice, ast.Tuple)
        ):
            plain = ast.unparse(annotation.slice.elts[0])
            found.append(_edit(definition, annotation, _segment(definition, annotation), plain))
    return found


def _segment(definition: Definition, node: ast.expr) -> str:
    padded = "\n" * (definition.first_line - 1) + definition.text
    return ast.get_source_segment(padded, node) or ""


def _edit(definition: Definition, node: ast.expr, old: str, new: str) -> Edit:
    return Edit(node.lineno - definition.first_line, node.col_offset, old, new)


def _apply(lines: list[str], edit: Edit) -> bool:
    """Do it, over several lines where ``old`` has them; whether ``old`` stood there."""
    old = edit.old.split("\n")
    if edit.line < 0 or edit.line + len(old) > len(lines):
        return False
    before = lines[edit.line].encode()[: edit.start].decode(errors="replace")
    whole = "\n".join(lines[edit.line : edit.line + len(old)])
    if not whole[len(before) :].startswith(edit.old):
        return False
    changed = before + edit.new + whole[len(before) + len(edit.old) :]
    lines[edit.line : edit.line + len(old)] = [changed, *[_GONE] * (len(old) - 1)]
    return True


#: A line that an edit emptied; it keeps the numbers of those behind it until all is done.
_GONE = "\0"


def _remove(lines: list[str], definition: Definition, inner: Collection[str]) -> None:
    """Take out ``@recipe(…)`` and the imports of what is now in the same file."""
    for node in definition.nodes:
        for decorator in getattr(node, "decorator_list", []):
            if is_recipe(decorator, "decorator_list"):
                _blank(lines, definition, decorator)
        for body in (getattr(node, name, []) for name in ("body", "orelse", "finalbody") if inner):
            if isinstance(body, list):
                _remove_imports(lines, definition, body, inner)
    lines[:] = [line for line in lines if line != _GONE]


def _remove_imports(
    lines: list[str], definition: Definition, body: list[ast.stmt], inner: Collection[str]
) -> None:
    gone = [
        node
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any((alias.asname or alias.name) in inner for alias in node.names)
    ]
    for node in gone:
        _blank(lines, definition, node)
        following = node.end_lineno or node.lineno
        place = following - definition.first_line + 1
        if place < len(lines) and not lines[place].strip():
            lines[place] = _GONE
    if gone and len(gone) == len(body):
        lines[gone[0].lineno - definition.first_line] = " " * gone[0].col_offset + "pass"


def _blank(lines: list[str], definition: Definition, node: ast.stmt | ast.expr) -> None:
    first = node.lineno - definition.first_line
    last = (node.end_lineno or node.lineno) - definition.first_line
    lines[first : last + 1] = [_GONE] * (last - first + 1)


def _with_own_names(text: str, definition: Definition, names: Names) -> str:
    for name in definition.names:
        if new := names.get((definition, name)):
            text = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", new, text)
    return text
