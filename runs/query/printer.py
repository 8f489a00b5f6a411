"""A tree → its text; parsing that gives the same tree."""

from runs.query.scanner import BREAKS, KEYWORDS, VALUE_BREAKS
from runs.query.tree import And, Compare, Node, Not, Or, Value, Word


def text_of(node: Node | None) -> str:
    """The filter as text: short forms (``key:value``, ``-key:value``, a space for "and") where they read well."""
    return "" if node is None else _whole(node)


def _whole(node: Node) -> str:
    if isinstance(node, Or):
        return " or ".join(_inner(part) if isinstance(part, Or) else _whole(part) for part in node.parts)
    if isinstance(node, And):
        between = " " if all(_is_short(part) for part in node.parts) else " and "
        return between.join(_inner(part) for part in node.parts)
    if isinstance(node, Not):
        return _negated(node.part)
    return _atom(node)


def _inner(node: Node) -> str:
    """A part of an "and", or of a nested "or"."""
    return f"({_whole(node)})" if isinstance(node, And | Or) else _whole(node)


def _negated(part: Node) -> str:
    if isinstance(part, Not):
        return f"not {_negated(part.part)}"
    return f"not ({_whole(part)})" if isinstance(part, And | Or) else f"-{_atom(part)}"


def _is_short(node: Node) -> bool:
    return isinstance(node, Word | Compare) or (
        isinstance(node, Not) and isinstance(node.part, Word | Compare)
    )


def _atom(node: Word | Compare) -> str:
    if isinstance(node, Word):
        return quoted(node.text)
    operator = ":" if node.operator == "=" else node.operator
    return f"{quoted(node.key)}{operator}{','.join(value_text(value) for value in node.values)}"


def value_text(value: Value) -> str:
    """A value, in quotes where it would be read as something else."""
    if value.is_any:
        return "*"
    needs = not value.text or value.text == "*" or not VALUE_BREAKS.isdisjoint(value.text)
    needs = needs or _has_space(value.text) or value.text[0] in "=:<>~!"
    return _in_quotes(value.text) if needs else value.text


def quoted(word: str) -> str:
    """A key or word, in quotes where it would be read as something else."""
    needs = (
        not BREAKS.isdisjoint(word) or _has_space(word) or word.startswith("-") or word.lower() in KEYWORDS
    )
    return _in_quotes(word) if needs else word


def _has_space(text: str) -> bool:
    return any(character.isspace() for character in text)


def _in_quotes(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
