"""YAML as specifications use it: the core schema of YAML 1.2, and where in the text each key stands.

YAML 1.1, which most libraries still read, takes ``no`` for false and ``1e-4`` for a text. ``eval_strategy: no`` and
``learning_rate: 1e-4`` mean here what they say. Only plain data is made: no tags, no aliases, no object of a class.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

#: Far above any specification; what is larger was not written by hand, nor by Trainboard.
MAX_CHARACTERS = 256 * 1024
_MAX_DEPTH = 20
_TOO_DEEP = f"This stands {_MAX_DEPTH} levels deep; no field of a specification does."
_ALIAS = "Aliases (*name) are not used here. Write the value out."

Path = tuple[str, ...]


class Place(NamedTuple):
    """Where something begins, both counted from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """What is wrong at a place; ``key`` is the field it belongs to, or "yaml" for the text itself."""

    place: Place
    key: str
    sentence: str


@dataclass
class Loaded:
    """``value`` of the text; by the path of a key, ("args", "seed"): its place, and its value's words as written."""

    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    words: dict[Path, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def load(text: str) -> Loaded:
    """What ``text`` says. Never raises: what cannot be read is a problem, and then ``value`` may be None."""
    if len(text) > MAX_CHARACTERS:
        sentence = f"The text has {len(text):,} characters; the most is {MAX_CHARACTERS:,}."
        return Loaded(problems=[Problem(Place(1, 1), "yaml", sentence)])
    try:
        node = _Loader(text).get_single_node()
    except yaml.YAMLError as error:
        return Loaded(problems=[_syntax_problem(error, text)])
    loaded = Loaded()
    loaded.value = None if node is None else _value(node, (), loaded)
    return loaded


def dump(value: Any) -> str:
    """``value`` as YAML, keys in their order; :func:`load` gives it back unchanged, and so do readers of YAML 1.1."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )


def plain(node_tag: str) -> str:
    """ "tag:yaml.org,2002:int" → "!!int", as a person would write it."""
    return node_tag.replace("tag:yaml.org,2002:", "!!")


class _Loader(yaml.SafeLoader):
    """Resolves by the core schema, follows no alias and nests no deeper than a specification."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        mark = self.peek_event().start_mark
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, _ALIAS, mark)
        if self.depth > _MAX_DEPTH:
            raise yaml.composer.ComposerError(None, None, _TOO_DEEP, mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Dumper(yaml.SafeDumper):
    """Quotes every text that either version of YAML would read as something else; lists of values in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def values(self, data: list[Any]) -> yaml.Node:
        flow = not any(isinstance(item, list | dict) for item in data)
        return self.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=flow)

    def words(self, data: str) -> yaml.Node:
        # In single quotes these breaks of other alphabets would come back as spaces.
        style = '"' if _BREAKS.search(data) else "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_BREAKS = re.compile("[\r\x85\u2028\u2029]")
_Dumper.add_representer(list, _Dumper.values)
_Dumper.add_representer(str, _Dumper.words)

_KINDS = {
    "null": (re.compile(r"~|null|Null|NULL|"), ["~", "n", "N", ""]),
    "bool": (re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF")),
    "int": (re.compile(r"[-+]?[0-9]+"), list("-+0123456789")),
    "float": (
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        list("-+0123456789."),
    ),
}
for _kind, (_pattern, _first) in _KINDS.items():
    _whole = re.compile(f"^(?:{_pattern.pattern})$")
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _whole, _first)
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _whole, _first)
# Only other readers know these; a text of this shape must be quoted for them.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^0[xo][0-9a-fA-F]+$"), ["0"])


def _value(node: yaml.Node, path: Path, loaded: Loaded) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, path, loaded)
    if node.tag not in ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
        _tell(loaded, node, path, f"“{plain(node.tag)}” is not used in a specification.")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, loaded)
    return [_value(item, path, loaded) for item in node.value]


def _mapping(node: yaml.MappingNode, path: Path, loaded: Loaded) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        # Keys are names: {0: a} has the key "0", as in JSON.
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None:
            _tell(loaded, key_node, path, "A key is a single word, not a list or a map.")
            continue
        inner = (*path, key)
        if key in found:
            first = loaded.places[inner].line
            _tell(loaded, key_node, inner, f"“{key}” stands here twice; the first is in line {first}.")
            continue
        loaded.places[inner] = _place(key_node.start_mark)
        found[key] = _value(value_node, inner, loaded)
    return found


def _scalar(node: yaml.Node, path: Path, loaded: Loaded) -> Any:
    loaded.words.setdefault(path, []).append(node.value)
    make = _SCALARS.get(node.tag)
    try:
        if make is not None:
            return make(node.value)
    except ValueError:  # an explicit tag at something else: !!int abc
        make = None
    _tell(loaded, node, path, f"“{plain(node.tag)} {node.value[:40]}” is not a value of a specification.")
    return None


def _float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan") if text[-1].isalpha() else text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": lambda text: _float(text.lower()),
    "tag:yaml.org,2002:str": str,
}


def _tell(loaded: Loaded, node: yaml.Node, path: Path, sentence: str) -> None:
    loaded.problems.append(Problem(_place(node.start_mark), ".".join(path) or "yaml", sentence))


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _syntax_problem(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        return Problem(place, "yaml", f"The character U+{error.character:04X} may not stand in YAML.")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    sentence = getattr(error, "problem", None) or str(error)
    if sentence.startswith("but found"):
        sentence = f"{getattr(error, 'context', '')}, {sentence}"
    if sentence not in (_ALIAS, _TOO_DEEP):
        hint = " Indent with spaces, not with tabs." if "\\t" in sentence else ""
        sentence = f"This is not YAML: {sentence}.{hint}"
    return Problem(_place(mark) if mark else Place(1, 1), "yaml", sentence)
