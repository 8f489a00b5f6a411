"""A filter's text → its tree, by recursive descent.

any   = all ("or" all)*
all   = one (["and"] one)*
one   = ("not" | "-") one | "(" any ")" | term
term  = word [operator value ("," value)*]
"""

from runs.query.errors import QueryError
from runs.query.scanner import Scanner
from runs.query.tree import ORDERED, And, Compare, Node, Not, Or, Value, Word

#: Longer or deeper filters are mistakes, or made to hurt.
MAX_LENGTH = 2000
MAX_DEPTH = 40
_TERM = "a word, or a key with an operator and a value, as in state:running or eval/loss<0.2"


def parse(text: str) -> Node | None:
    """The tree of a filter, None for an empty one. Raises QueryError."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"The filter has {len(text)} characters; the most is {MAX_LENGTH}", MAX_LENGTH)
    scanner = Scanner(text)
    scanner.skip_space()
    if scanner.is_over:
        return None
    tree = _any(scanner, 0)
    if not scanner.is_over:
        raise _surplus(scanner)
    return tree


def _surplus(scanner: Scanner) -> QueryError:
    """What follows a whole filter and cannot go on with it."""
    if scanner.next == ")":
        return QueryError("This parenthesis closes none", scanner.at, expected="and, or, or another term")
    if scanner.next == ",":
        return QueryError(
            "A comma stands between values of one key",
            scanner.at,
            expected="a key before it, as in state:failed,crashed",
        )
    return QueryError(f"“{scanner.next}” is not expected here", scanner.at, expected=_TERM)


def _any(scanner: Scanner, depth: int) -> Node:
    parts = [_all(scanner, depth)]
    while scanner.take_keyword("or"):
        parts.append(_all(scanner, depth))
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _all(scanner: Scanner, depth: int) -> Node:
    parts = [_one(scanner, depth)]
    while _goes_on(scanner):
        parts.append(_one(scanner, depth))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _goes_on(scanner: Scanner) -> bool:
    """Whether another term follows; an "and" before it is stepped over."""
    if scanner.take_keyword("and"):
        return True
    return bool(scanner.next) and scanner.next not in "),:<>=~!" and scanner.peek_word().lower() != "or"


def _one(scanner: Scanner, depth: int) -> Node:
    scanner.skip_space()
    if depth > MAX_DEPTH:
        raise QueryError(f"The filter is nested deeper than {MAX_DEPTH}", scanner.at)
    if scanner.take_keyword("not") or scanner.take("-"):
        return Not(_one(scanner, depth + 1))
    if scanner.next != "(":
        return _term(scanner)
    begin = scanner.at
    scanner.at += 1
    inner = _any(scanner, depth + 1)
    if not scanner.take(")"):
        raise _not_closed(scanner, begin)
    scanner.skip_space()
    return inner


def _not_closed(scanner: Scanner, begin: int) -> QueryError:
    if scanner.is_over:
        return QueryError("This parenthesis is not closed", begin, expected="a closing )")
    return _surplus(scanner)


def _term(scanner: Scanner) -> Node:
    begin = scanner.at
    is_keyword = scanner.peek_word().lower() in ("and", "or")
    text = "" if is_keyword else scanner.word()
    end = scanner.at
    if not text:
        raise _no_term(scanner, begin)
    operator = scanner.operator()
    if not operator:
        scanner.skip_space()
        return Word(text, begin, end)
    values = _values(scanner, operator)
    return Compare(text, operator, values, begin, end)


def _no_term(scanner: Scanner, begin: int) -> QueryError:
    scanner.at = begin
    word = scanner.peek_word()
    if scanner.is_over:
        return QueryError("The filter ends too early", max(0, begin - 1), begin, expected=_TERM)
    if word:
        return QueryError(f"“{word}” has nothing before it", begin, begin + len(word), expected=_TERM)
    if scanner.next == '"':
        return QueryError("These quotes hold nothing", begin, begin + 2, expected=_TERM)
    if scanner.next == ")":
        return QueryError("There is nothing in front of this parenthesis", begin, expected=_TERM)
    return QueryError(f"“{scanner.next}” has no key before it", begin, expected=_TERM)


def _values(scanner: Scanner, operator: str) -> tuple[Value, ...]:
    scanner.skip_space()
    values = [_value(scanner)]
    while scanner.next == ",":
        if operator in ORDERED:
            raise QueryError(f"{operator} takes one value", scanner.at, expected="a space or the end")
        scanner.at += 1
        scanner.skip_space()
        values.append(_value(scanner))
    scanner.skip_space()
    return tuple(values)


def _value(scanner: Scanner) -> Value:
    begin = scanner.at
    if scanner.next == '"':
        text = scanner.quoted()
        return Value(text, False, begin, scanner.at)
    text = scanner.value()
    if not text:
        raise QueryError(
            "A value is missing", max(0, begin - 1), begin, expected='a number, a word, "quoted words" or *'
        )
    return Value(text, text == "*", begin, scanner.at)
