"""The modules of a package as text: what each defines at its top level, and where the names in it come from.

Nothing is imported or run; modules are found where Python would find them.
"""

import ast
import functools
import importlib.util
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outside:
    """A name that an import of another package binds: ``from module import name as alias``, or ``import module``."""

    module: str
    name: str | None
    alias: str

    @property
    def statement(self) -> str:
        """The import that binds it."""
        if self.name is None:
            bound = "" if self.alias == self.module.partition(".")[0] else f" as {self.alias}"
            return f"import {self.module}{bound}"
        bound = "" if self.alias == self.name else f" as {self.alias}"
        return f"from {self.module} import {self.name}{bound}"


@dataclass(frozen=True)
class Inside:
    """A name that an import within the package binds; without ``name`` it is the module itself."""

    module: str
    name: str | None


Origin = Outside | Inside


@dataclass(eq=False)
class Definition:
    """One statement at the top level of a module: ``names`` are what it binds, ``text`` is it with its comments.

    ``first_line`` of the module is the first of ``text``; ``lent`` are names that a replaced one may use besides.
    """

    module: "Module"
    names: tuple[str, ...]
    node: ast.stmt
    text: str
    first_line: int
    lent: dict[str, Origin] = field(default_factory=dict)

    @functools.cached_property
    def nodes(self) -> list[ast.AST]:
        """All of it, the statement itself first."""
        return list(ast.walk(self.node))


@dataclass(eq=False)
class Module:
    """``definitions`` by the name they bind; ``effects`` bind nothing, such as ``TABLE["x"] = f``."""

    name: str
    package: str
    summary: str
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Origin] = field(default_factory=dict)
    effects: list[Definition] = field(default_factory=list)

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def in_order(self) -> list[Definition]:
        """Everything in it, in the order of the file."""
        return sorted({*self.definitions.values(), *self.effects}, key=lambda one: one.first_line)


class Library:
    """The modules of ``package``, read when they are first asked for."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._modules: dict[str, Module] = {}
        self._aliases: dict[Definition, dict[str, Origin]] = {}
        #: Definition → what it names, once that was looked for (reach.py).
        self.uses: dict[Definition, list[Any]] = {}

    def module(self, name: str) -> Module:
        """One module. Raises LookupError when there is none."""
        if name not in self._modules:
            path = _path(name)
            if path is None:
                raise LookupError(f"There is no module {name}.")
            self._modules[name] = self._read(name, path)
        return self._modules[name]

    def add(self, module: Module, text: str, aliases: dict[str, Origin] | None = None) -> None:
        """Let ``text`` stand in ``module`` for what it defines there; it may use ``aliases`` as well."""
        node = ast.parse(text).body[0]
        replaced = module.definitions[_bound(node)[0]]
        found = Definition(module, _bound(node), node, text, replaced.first_line, dict(aliases or {}))
        module.definitions |= dict.fromkeys(found.names, found)

    def keep(self, module: Module, table: str, keys: Collection[str]) -> None:
        """Of a dictionary in ``module`` let only the entries with these keys stand."""
        written = getattr(module.definitions[table].node, "value", None)
        if not isinstance(written, ast.Dict):
            raise LookupError(f"{module.name}.{table} is no dictionary.")
        pairs = zip(written.keys, written.values, strict=True)
        kept = [(key, value) for key, value in pairs if isinstance(key, ast.Constant) and key.value in keys]
        entries = ", ".join(f"{ast.unparse(key)}: {ast.unparse(value)}" for key, value in kept)
        self.add(module, f"{table} = {{{entries}}}")

    def resolve(self, module: Module, name: str) -> "Definition | Outside | Module | None":
        """What ``name`` means in ``module``; None for a builtin, or a name that is not there."""
        if name in module.definitions:
            return module.definitions[name]
        origin = module.imports.get(name)
        return self.follow(origin) if origin else None

    def follow(self, origin: Origin) -> "Definition | Outside | Module | None":
        """What an import binds, through modules that only pass it on."""
        if isinstance(origin, Outside):
            return origin
        if origin.name is None:
            return self.module(origin.module)
        found = self.resolve(self.module(origin.module), origin.name)
        if found is None and _path(f"{origin.module}.{origin.name}"):
            return self.module(f"{origin.module}.{origin.name}")
        return found

    def aliases(self, definition: Definition) -> dict[str, Origin]:
        """The names that imports of the package within ``definition`` bind."""
        if definition not in self._aliases:
            imports = (node for node in definition.nodes if isinstance(node, ast.Import | ast.ImportFrom))
            pairs = (pair for node in imports for pair in self._origins(node, definition.module.package))
            inside = {name: origin for name, origin in pairs if isinstance(origin, Inside)}
            self._aliases[definition] = {**definition.lent, **inside}
        return self._aliases[definition]

    def _read(self, name: str, path: Path) -> Module:
        text, tree = _parsed(path, path.stat().st_mtime_ns)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        module = Module(name, package, (ast.get_docstring(tree) or "").partition("\n")[0])
        lines = text.splitlines(keepends=True)
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                module.imports |= dict(self._origins(node, module.package))
            elif not _is_silent(node):
                self._define(module, node, lines)
        return module

    def _define(self, module: Module, node: ast.stmt, lines: list[str]) -> None:
        first = _first_line(node, lines)
        text = "".join(lines[first - 1 : node.end_lineno])
        found = Definition(module, _bound(node), node, text, first)
        if found.names:
            module.definitions |= dict.fromkeys(found.names, found)
        else:
            module.effects.append(found)

    def _origins(self, node: ast.Import | ast.ImportFrom, base: str) -> Iterator[tuple[str, Origin]]:
        """Each name that an import binds, with where it comes from."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                yield bound, self._origin(alias.name, None, bound)
            return
        above = base.rsplit(".", node.level - 1)[0] if node.level else ""
        source = ".".join(part for part in (above, node.module) if part)
        for alias in node.names:
            yield alias.asname or alias.name, self._origin(source, alias.name, alias.asname or alias.name)

    def _origin(self, module: str, name: str | None, alias: str) -> Origin:
        if self.is_inside(module):
            return Inside(module, name)
        return Outside(module, name, alias)

    def is_inside(self, module: str) -> bool:
        """Whether a module belongs to the package."""
        return module == self._package or module.startswith(f"{self._package}.")


@functools.lru_cache(maxsize=300)
def _parsed(path: Path, changed_at: int) -> tuple[str, ast.Module]:
    """A module's text and tree; the same until the file changes."""
    text = path.read_text()
    return text, ast.parse(text)


def _path(name: str) -> Path | None:
    try:
        found = importlib.util.find_spec(name)
    except ImportError:
        return None
    return Path(found.origin) if found and found.origin and found.origin.endswith(".py") else None


def _is_silent(node: ast.stmt) -> bool:
    """A docstring, or what only a type checker sees."""
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        return True
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _first_line(node: ast.stmt, lines: list[str]) -> int:
    """Where it begins: decorators and the comments right above belong to it."""
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    while first > 1 and lines[first - 2].startswith("#"):
        first -= 1
    return first


def _bound(node: ast.stmt) -> tuple[str, ...]:
    """The names that a statement binds at the top level."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple(alias.asname or alias.name.partition(".")[0] for alias in node.names)
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    stored = [n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name) and _stores(n)]
    parts = (getattr(node, part, []) for part in ("body", "orelse", "handlers", "finalbody"))
    inner = [
        name for part in parts for child in part if isinstance(child, ast.stmt) for name in _bound(child)
    ]
    handled = [name for h in getattr(node, "handlers", []) for child in h.body for name in _bound(child)]
    return tuple(dict.fromkeys([*stored, *inner, *handled]))


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
