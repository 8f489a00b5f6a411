"""Constraints on a search space, written as small expressions:
"per_device_train_batch_size * gradient_accumulation_steps <= 256". A field is named whole or by its last part.

The text is parsed as Python, and what is not in the tables below is refused: no call but theirs, no attribute but a
field's name, so it can compute nothing but a number or a yes. Plain Python: the suggesting process reads it too.
"""

import ast
import math
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

MAX_LENGTH = 500
#: Larger powers would keep a process busy for hours.
MAX_EXPONENT = 64

Values = Mapping[str, Any]


class ConstraintError(ValueError):
    """The expression cannot be read or computed; the text says why."""


class _Inactive(Exception):
    """It speaks of a field that does not exist at this point."""


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > MAX_EXPONENT:
        raise ConstraintError(f"The most for an exponent is {MAX_EXPONENT}.")
    # As floats: whole numbers would grow to any length.
    return float(base) ** exponent


def _numbers(left: Any, right: Any) -> tuple[Any, Any]:
    """Both, if they are numbers. A text times a billion would fill the memory."""
    for value in (left, right):
        if not isinstance(value, int | float):
            raise TypeError(f"{value!r} is no number")
    return left, right


_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_UNARY: dict[type, Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "round": round,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
}


@dataclass(frozen=True)
class Constraint:
    """``fields`` are those that it speaks of, by their whole names."""

    text: str
    fields: frozenset[str]
    _tree: ast.expr
    _names: Mapping[str, str]

    def holds(self, values: Values) -> bool:
        """Whether it holds at ``values`` {whole name: value}; where one of its fields does not exist, it does.

        Raises ConstraintError for what cannot be computed.
        """
        try:
            return bool(_value(self._tree, values, self._names))
        except _Inactive:
            return True
        except ZeroDivisionError:
            return False
        except (TypeError, ValueError, OverflowError) as error:
            told = ", ".join(f"{name} = {values.get(name)!r}" for name in sorted(self.fields))
            raise ConstraintError(f"“{self.text}” cannot be computed with {told}: {error}") from error


def parse_constraint(text: Any, known: Collection[str]) -> Constraint:
    """The constraint that ``text`` is, over the fields ``known`` by their whole names. Raises ConstraintError."""
    if not isinstance(text, str) or not text.strip():
        raise ConstraintError("A constraint is a text such as “per_device_train_batch_size <= 64”.")
    if len(text) > MAX_LENGTH:
        raise ConstraintError(f"A constraint has at most {MAX_LENGTH} characters; this has {len(text)}.")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = f" at character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise ConstraintError(
            f"“{text}” cannot be read{at}. Write it like “args.max_steps * 2 <= 500”."
        ) from error
    names: dict[str, str] = {}
    _check(tree, text, known, names)
    if not names:
        raise ConstraintError(f"“{text}” speaks of no field.")
    return Constraint(text.strip(), frozenset(names.values()), tree, names)


def _check(node: ast.AST, text: str, known: Collection[str], names: dict[str, str]) -> None:
    """Refuse what is not in the tables; collect the names as written with what they mean."""
    if isinstance(node, ast.Name | ast.Attribute):
        written = _dotted(node, text)
        names[written] = _field(written, known)
        return
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in _FUNCTIONS or node.keywords:
            raise ConstraintError(f"“{text}”: the functions are {', '.join(_FUNCTIONS)}.")
        parts: list[ast.AST] = list(node.args)
    else:
        parts = _parts(node, text)
    for part in parts:
        _check(part, text, known, names)


def _parts(node: ast.AST, text: str) -> list[ast.AST]:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None):
            return []
        case ast.BoolOp(values=values):
            return list(values)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            return [operand]
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            return [left, right]
        case ast.Compare(ops=ops, left=left, comparators=others) if all(type(op) in _COMPARED for op in ops):
            return [left, *others]
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return list(elements)
    raise ConstraintError(
        f"“{text}” may hold fields, numbers, texts, + - * / // % **, comparisons, and/or/not."
    )


def _dotted(node: ast.AST, text: str) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, text)}.{node.attr}"
    raise ConstraintError(f"“{text}”: a field is written like args.learning_rate or learning_rate.")


def _field(written: str, known: Collection[str]) -> str:
    if written in known:
        return written
    found = [name for name in known if name.partition(".")[2] == written]
    if len(found) == 1:
        return found[0]
    if found:
        raise ConstraintError(f"“{written}” may be {' or '.join(found)}: write the whole name.")
    raise ConstraintError(f"There is no field “{written}” here.")


def _value(node: ast.AST, values: Values, names: Mapping[str, str]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name | ast.Attribute):
        return _known(names[_dotted(node, "")], values)
    if isinstance(node, ast.Compare):
        return _compared(node, values, names)
    if isinstance(node, ast.BoolOp):
        ask = all if isinstance(node.op, ast.And) else any
        return ask(_value(part, values, names) for part in node.values)
    return _computed(node, lambda part: _value(part, values, names))


def _computed(node: ast.AST, value: Callable[[ast.AST], Any]) -> Any:
    match node:
        case ast.UnaryOp(op=op, operand=operand):
            return _UNARY[type(op)](value(operand))
        case ast.BinOp(op=op, left=left, right=right):
            return _BINARY[type(op)](*_numbers(value(left), value(right)))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _FUNCTIONS[name](*map(value, args))
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [value(part) for part in elements]
    raise ConstraintError("The expression cannot be computed.")


def _compared(node: ast.Compare, values: Values, names: Mapping[str, str]) -> bool:
    left = _value(node.left, values, names)
    for op, other in zip(node.ops, node.comparators, strict=True):
        right = _value(other, values, names)
        if not _COMPARED[type(op)](left, right):
            return False
        left = right
    return True


def _known(name: str, values: Values) -> Any:
    if name not in values:
        raise _Inactive
    return values[name]
