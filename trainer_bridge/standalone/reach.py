"""Which definitions a piece of code needs, and under which names they can stand in one file."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from trainer_bridge.standalone.library import Definition, Inside, Library, Module, Outside

_BUILTINS = frozenset(dir(builtins))

Meaning = Definition | Outside | Module | None


@dataclass(frozen=True)
class Use:
    """A place where a definition names another one, or what another package gives: ``node`` is the name there."""

    node: ast.expr
    target: Definition | Outside
    name: str


@dataclass
class Needed:
    """``definitions`` in an order in which Python can read them, ``outside`` what they import."""

    definitions: list[Definition] = field(default_factory=list)
    outside: set[Outside] = field(default_factory=set)


def needed(library: Library, roots: Iterable[tuple[str, str]]) -> Needed:
    """Everything that the definitions ``roots``, (module, name), need to run. Raises LookupError for one not there."""
    found: set[Definition] = set()
    outside: set[Outside] = set()
    waiting = [_root(library, module, name) for module, name in roots]
    first = [root.module for root in waiting]
    while waiting:
        definition = waiting.pop()
        if definition in found:
            continue
        found.add(definition)
        waiting += [effect for effect in definition.module.effects if _speaks_of(effect, definition)]
        for use in uses(library, definition):
            if isinstance(use.target, Outside):
                outside.add(use.target)
            else:
                waiting.append(use.target)
        outside |= set(_annotated(library, definition))
    return Needed(_ordered(library, found, first), outside)


def uses(library: Library, definition: Definition) -> list[Use]:
    """Each name in ``definition`` that stands for something outside it. Annotations are never evaluated, so skipped."""
    if definition not in library.uses:
        library.uses[definition] = list(_uses(library, definition))
    return library.uses[definition]


def _uses(library: Library, definition: Definition) -> Iterator[Use]:
    told: set[int] = set()  # the "module" in module.name
    for node in _walk(definition.node):
        found: tuple[ast.expr, Meaning, str] | None = None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if isinstance(of := _meaning(library, definition, node.value.id), Module):
                told.add(id(node.value))
                found = node, library.follow(Inside(of.name, node.attr)), node.attr
        elif isinstance(node, ast.Name) and id(node) not in told:
            found = node, _meaning(library, definition, node.id), node.id
        if found and isinstance(found[1], Definition | Outside) and found[1] is not definition:
            yield Use(found[0], found[1], found[2])


def final_names(library: Library, needed: Needed) -> dict[tuple[Definition, str], str]:
    """(definition, name) → the name it can have beside all others; only those that must change.

    Two modules may define the same name, and a function may have a variable that is called like what it asks
    another module for.
    """
    owners: dict[str, set[object]] = {}
    for definition in needed.definitions:
        for name in definition.names:
            owners.setdefault(name, set()).add(definition)
    for imported in needed.outside:
        owners.setdefault(imported.alias, set()).add(imported)
    hidden = {
        (use.target, use.name)
        for definition in needed.definitions
        for use in uses(library, definition)
        if isinstance(use.node, ast.Attribute) and use.name in _local_names(definition)
    }
    return {
        (definition, name): f"{definition.module.stem}_{name.strip('_')}"
        for definition in needed.definitions
        for name in definition.names
        if len(owners[name]) > 1 or (definition, name) in hidden or name in _BUILTINS
    }


def _root(library: Library, module: str, name: str) -> Definition:
    found = library.resolve(library.module(module), name)
    if not isinstance(found, Definition):
        raise LookupError(f"{module} defines no {name}.")
    return found


def _meaning(library: Library, definition: Definition, name: str) -> Meaning:
    origin = library.aliases(definition).get(name)
    return library.follow(origin) if origin else library.resolve(definition.module, name)


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Every node but those of annotations and of ``@recipe(…)``, which a script does not need."""
    yield node
    skipped = ("annotation", "returns")
    for field_name, value in ast.iter_fields(node):
        if field_name in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not is_recipe(child, field_name):
                yield from _walk(child)


def is_recipe(node: ast.AST, field_name: str) -> bool:
    """Whether a node is the decorator that makes a recipe: it holds what a form needs, nothing that trains."""
    return (
        field_name == "decorator_list"
        and isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "recipe"
    )


def _annotated(library: Library, definition: Definition) -> Iterator[Outside]:
    """What annotations name of other packages: never evaluated, but a reader wants to know."""
    for node in definition.nodes:
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            for child in ast.walk(annotation) if isinstance(annotation, ast.AST) else ():
                if isinstance(child, ast.Name) and child.id not in ("Annotated", *_BUILTINS):
                    target = _meaning(library, definition, child.id)
                    if isinstance(target, Outside):
                        yield target


def _speaks_of(effect: Definition, definition: Definition) -> bool:
    first = next((n.id for n in effect.nodes if isinstance(n, ast.Name)), None)
    return first in definition.names


def _ordered(library: Library, found: set[Definition], first: Iterable[Module]) -> list[Definition]:
    """Modules after those that they import, else ``first`` ones first; within a module as in its file."""
    kept = {one.module for one in found}
    order: dict[Module, None] = {}

    def visit(module: Module, path: tuple[Module, ...]) -> None:
        if module in order or module in path or module not in kept:
            return
        for origin in module.imports.values():
            target = library.follow(origin) if isinstance(origin, Inside) else None
            owner = target.module if isinstance(target, Definition) else target
            if isinstance(owner, Module):
                visit(owner, (*path, module))
        order[module] = None

    for module in (*first, *sorted(kept, key=lambda module: module.name)):
        visit(module, ())
    return [one for module in order for one in module.in_order if one in found]


def _local_names(definition: Definition) -> set[str]:
    """Every name that is a parameter or variable anywhere in it."""
    names = {node.arg for node in definition.nodes if isinstance(node, ast.arg)}
    stored = (
        node for node in definition.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    return names | {node.id for node in stored}
