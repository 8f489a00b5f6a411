"""What a filter comes to: a tree of words, comparisons, and, or, not.

``at`` and ``end`` are places in the text, for errors; two trees are equal whatever their places.
"""

from dataclasses import dataclass, field

#: Key and values, in the order in which a parser has to try them; ":" is another spelling of "=".
OPERATORS = ("<=", ">=", "!=", "<", ">", "=", "~")
#: Those that need a number, a time or a length of time.
ORDERED = ("<", "<=", ">", ">=")


@dataclass(frozen=True)
class Value:
    """A value as typed; ``is_any`` is the unquoted ``*``: whatever there is."""

    text: str
    is_any: bool = False
    at: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Word:
    """Part of a name or of a tag, or a state."""

    text: str
    at: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Compare:
    """``key operator values``; of several values one has to fit. Ordered operators have one value."""

    key: str
    operator: str
    values: tuple[Value, ...]
    at: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    part: "Node"


@dataclass(frozen=True)
class And:
    """Two parts or more."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Or:
    """Two parts or more."""

    parts: tuple["Node", ...]


Node = Word | Compare | Not | And | Or


def comparisons(node: Node | None) -> list[Compare]:
    """Every comparison in the tree, in the order of the text."""
    if node is None or isinstance(node, Word):
        return []
    if isinstance(node, Compare):
        return [node]
    parts = (node.part,) if isinstance(node, Not) else node.parts
    return [found for part in parts for found in comparisons(part)]
