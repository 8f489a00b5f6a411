"""Plain values out of a pickle without unpickling it: nothing is imported, nothing is called.

The instructions of the pickle are followed one by one. What would be a call or a foreign object becomes ``Opaque``; an
enumeration made of one text, as transformers' arguments hold them, becomes that text.
"""

import pickletools
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: A file of arguments has a few kilobytes.
MAX_BYTES = 4 * 1024 * 1024
_MARK = object()


@dataclass
class Opaque:
    """An object that is not made: what it would be called, what it would be made of, and its attributes."""

    name: str
    parts: tuple[Any, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)


class UnreadablePickle(ValueError):
    """A file that cannot be read this way; the text says why."""


def attributes(path: Path) -> dict[str, Any]:
    """The attributes of the one object that ``torch.save`` wrote to ``path``. Raises UnreadablePickle."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next((name for name in archive.namelist() if name.endswith("data.pkl")), None)
            if name is None or archive.getinfo(name).file_size > MAX_BYTES:
                raise UnreadablePickle(f"{path.name} holds no small pickle")
            found = follow(archive.read(name))
    except (OSError, zipfile.BadZipFile) as error:
        raise UnreadablePickle(f"{path.name} cannot be read: {error}") from error
    if not isinstance(found, Opaque):
        raise UnreadablePickle(f"{path.name} holds no object with attributes")
    return found.state


def follow(data: bytes) -> Any:
    """The value of a pickle, everything but plain values as Opaque. Raises UnreadablePickle."""
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return machine.stack.pop()
            machine.step(opcode.name, argument)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise UnreadablePickle(f"not a pickle that can be followed: {error}") from error
    raise UnreadablePickle("it does not end")


class _Machine:
    """The stack and the memory of a pickle."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        else:
            _STEPS[name](self, argument)

    def since_mark(self) -> list[Any]:
        at = max(place for place, value in enumerate(self.stack) if value is _MARK)
        found = self.stack[at + 1 :]
        del self.stack[at:]
        return found

    def _global(self, argument: Any) -> None:
        self.stack.append(Opaque(str(argument).replace(" ", ".")))

    def _stack_global(self, argument: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(Opaque(f"{module}.{name}"))

    def _made(self, argument: Any) -> None:
        parts, made = self.stack.pop(), self.stack.pop()
        self.stack.append(_object(made, parts))

    def _made_with_names(self, argument: Any) -> None:
        self.stack.pop()
        self._made(argument)

    def _build(self, argument: Any) -> None:
        state = self.stack.pop()
        if isinstance(self.stack[-1], Opaque) and isinstance(state, dict):
            self.stack[-1].state = state

    def _tuple(self, count: int) -> None:
        parts = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        self.stack.append(parts)

    def _set_items(self, pairs: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, dict):
            target |= {
                key: value for key, value in zip(pairs[::2], pairs[1::2], strict=True) if _is_plain(key)
            }

    def _append(self, values: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1] += values

    def _memorize(self, argument: Any) -> None:
        self.memory[len(self.memory) if argument is None else argument] = self.stack[-1]

    def _pair(self) -> list[Any]:
        value = self.stack.pop()
        return [self.stack.pop(), value]


def _object(made: Any, parts: Any) -> Any:
    """A call that is not made; a transformers enumeration of one text is that text."""
    name = made.name if isinstance(made, Opaque) else "?"
    given = parts if isinstance(parts, tuple) else ()
    if name.startswith("transformers.") and len(given) == 1 and isinstance(given[0], str):
        return given[0]
    return Opaque(name, given)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) or value is None


_LITERALS = frozenset(
    {
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "UNICODE",
        "BININT",
        "BININT1",
        "BININT2",
        "INT",
        "LONG",
    }
    | {
        "LONG1",
        "LONG4",
        "BINFLOAT",
        "FLOAT",
        "BINSTRING",
        "SHORT_BINSTRING",
        "STRING",
        "BINBYTES",
        "SHORT_BINBYTES",
    }
)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": list,
    "MARK": lambda: _MARK,
}
_STEPS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda machine, argument: None,
    "FRAME": lambda machine, argument: None,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "REDUCE": _Machine._made,
    "NEWOBJ": _Machine._made,
    "NEWOBJ_EX": _Machine._made_with_names,
    "BUILD": _Machine._build,
    "TUPLE1": lambda machine, argument: machine._tuple(1),
    "TUPLE2": lambda machine, argument: machine._tuple(2),
    "TUPLE3": lambda machine, argument: machine._tuple(3),
    "TUPLE": lambda machine, argument: machine.stack.append(tuple(machine.since_mark())),
    "LIST": lambda machine, argument: machine.stack.append(machine.since_mark()),
    "SETITEM": lambda machine, argument: machine._set_items(machine._pair()),
    "SETITEMS": lambda machine, argument: machine._set_items(machine.since_mark()),
    "APPEND": lambda machine, argument: machine._append([machine.stack.pop()]),
    "APPENDS": lambda machine, argument: machine._append(machine.since_mark()),
    "ADDITEMS": lambda machine, argument: machine._append(machine.since_mark()),
    "BINPUT": _Machine._memorize,
    "LONG_BINPUT": _Machine._memorize,
    "MEMOIZE": lambda machine, argument: machine._memorize(None),
    "BINGET": lambda machine, argument: machine.stack.append(machine.memory[argument]),
    "LONG_BINGET": lambda machine, argument: machine.stack.append(machine.memory[argument]),
    "BINPERSID": lambda machine, argument: machine.stack.append(Opaque("persistent", (machine.stack.pop(),))),
    "POP": lambda machine, argument: machine.stack.pop(),
}
