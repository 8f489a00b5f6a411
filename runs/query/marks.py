"""A filter for the eye and for the builder: where its pieces stand, and as rows of a form."""

from dataclasses import dataclass
from typing import Any

from runs.query.printer import value_text
from runs.query.tree import And, Compare, Node, Not, Or, Word

Token = tuple[int, int, str]


def tokens(node: Node | None) -> list[Token]:
    """(begin, end, "word" | "key" | "value") of each piece, in the order of the text."""
    if node is None:
        return []
    if isinstance(node, Word):
        return [(node.at, node.end, "word")]
    if isinstance(node, Compare):
        return [(node.at, node.end, "key"), *((value.at, value.end, "value") for value in node.values)]
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return [token for part in parts for token in tokens(part)]


@dataclass(frozen=True)
class Row:
    """One row of the builder: ``joint`` ("and" or "or") to the row before it; a bare word has the key ""."""

    joint: str
    is_not: bool
    key: str
    operator: str
    value: str

    def as_data(self) -> dict[str, Any]:
        return {
            "joint": self.joint,
            "not": self.is_not,
            "key": self.key,
            "operator": self.operator,
            "value": self.value,
        }


def rows(node: Node | None) -> list[Row] | None:
    """The filter as rows, "and" binding before "or"; None for one that needs parentheses."""
    if node is None:
        return []
    found: list[Row] = []
    for part in node.parts if isinstance(node, Or) else (node,):
        for at, atom in enumerate(part.parts if isinstance(part, And) else (part,)):
            row = _row(atom, "and" if at or not found else "or")
            if row is None:
                return None
            found.append(row)
    return found


def _row(node: Node, joint: str) -> Row | None:
    is_not = isinstance(node, Not)
    atom = node.part if isinstance(node, Not) else node
    if isinstance(atom, Word):
        return Row(joint, is_not, "", "~", atom.text)
    if not isinstance(atom, Compare):
        return None
    values = atom.values
    plain = values[0].text if len(values) == 1 and not values[0].is_any else None
    # One value as it is; several, or *, as they are typed.
    return Row(joint, is_not, atom.key, atom.operator, plain if plain and "," not in plain else _typed(atom))


def _typed(atom: Compare) -> str:
    return ",".join(value_text(value) for value in atom.values)
