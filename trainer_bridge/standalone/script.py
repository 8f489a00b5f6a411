"""A spec as one Python file that trains the same, with nothing of Trainboard imported."""

import ast
import functools
import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import Any

from trainer_bridge import spec_fields
from trainer_bridge.recipes import Recipe
from trainer_bridge.standalone.edit import Names, edited
from trainer_bridge.standalone.library import Definition, Library, Outside
from trainer_bridge.standalone.reach import Needed, final_names, needed
from trainer_bridge.standalone.shorter import shorten

_PACKAGE = "trainer_bridge"
_ROOTS = ((f"{_PACKAGE}.assembly", "assemble"), (f"{_PACKAGE}.printing", "LogPrinter"))
_ADAPTED = (f"{_PACKAGE}.recipes.adapt", "adapted")
_NEEDS = ("torch", "transformers", "datasets", "accelerate", "scikit-learn")

_HEAD = '''\
"""{title}, as Trainboard runs it, without Trainboard.

    {start} {file} [folder]

trains, prints what is logged, and leaves checkpoints, the best or last model and trainer_state.json in the folder
(trainboard-run). Weights and order of data follow from the seed, so on one machine the losses are those of the run.
Made with {versions}.
"""

from __future__ import annotations

'''

_MAIN = """
if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(1)  # as the workers do: sums of floats depend on it
    folder = sys.argv[1] if len(sys.argv) > 1 else "trainboard-run"
    trainer, parts = {assemble}({build}, VALUES, ARGUMENTS, folder, [{printer}()])
    trainer.train()
    if parts.test_dataset is not None:
        trainer.evaluate(parts.test_dataset, metric_key_prefix="test")
    trainer.save_model()
    trainer.save_state()
"""


class NotStandalone(Exception):
    """No script can be made of this; the text says why and what to do instead."""


def script(recipe: Recipe, spec: Mapping[str, Any], title: str = "", file: str = "train.py") -> str:
    """The script for ``spec``, which has no problems. Raises NotStandalone."""
    if recipe.own is not None:
        raise NotStandalone(
            f"{recipe.own.name} is your own file, which the server does not read: it is the script already."
        )
    library = Library(_PACKAGE)
    values = spec_fields.resolve(recipe, spec)
    values.pop("args")
    processes = values.pop("launch", {}).get("processes", 1)
    arguments = {**recipe.arguments, **spec.get("args", {})}
    shorten(library, recipe, values, arguments)
    roots = [(recipe.build.__module__, recipe.build.__name__), *_ROOTS]
    if adapts := _needs_adapting(library, roots[0]):
        roots.append(_ADAPTED)
    found = needed(library, roots)
    names = final_names(library, found)
    build, assemble, printer, *adapted = (_called(library, names, root) for root in roots)
    main = _MAIN.format(
        build=f"{adapted[0]}({build})" if adapts else build, assemble=assemble, printer=printer
    )
    start = f"torchrun --nproc-per-node {processes}" if processes > 1 else "python"
    head = _HEAD.format(title=_one_line(title or recipe.title), start=start, file=file, versions=_versions())
    settings = _settings(values, arguments)
    return head + _imports(found) + settings + _sources(library, found, names) + main


def _needs_adapting(library: Library, root: tuple[str, str]) -> bool:
    """Whether the recipe is anything but a function with a seed that returns TrainerParts (recipes/adapt.py)."""
    node = library.module(root[0]).definitions[root[1]].node
    if not isinstance(node, ast.FunctionDef) or node.returns is None:
        return True
    takes = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
    return "seed" not in takes or ast.unparse(node.returns) != "TrainerParts"


def _called(library: Library, names: Names, root: tuple[str, str]) -> str:
    found = library.resolve(library.module(root[0]), root[1])
    return names.get((found, root[1]), root[1]) if isinstance(found, Definition) else root[1]


def _imports(found: Needed) -> str:
    """All imports, those of one module in one line."""
    always = {Outside(name, None, name) for name in ("os", "sys", "torch")}
    whole = sorted(o.statement for o in found.outside | always if o.name is None)
    named_ones = sorted((o for o in found.outside if o.name), key=lambda o: (o.module, o.alias))
    lines = list(dict.fromkeys(whole))
    for module, group in groupby(named_ones, key=lambda o: o.module):
        names = dict.fromkeys(o.statement.partition(" import ")[2] for o in group)
        lines.append(f"from {module} import {', '.join(names)}")
    return "\n".join(lines) + "\n"


def _settings(values: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
    return (
        "\n# What is set: the recipe's parameters, and what it asks for beside them.\n"
        f"VALUES = {_literal(dict(values))}\n\n# Training arguments that are not the Trainer's own defaults.\n"
        f"ARGUMENTS = {_literal(dict(arguments))}\n"
    )


def _literal(value: Any, indent: str = "") -> str:
    """A value as Python, an entry of a dictionary a line."""
    if isinstance(value, dict) and value:
        inner = indent + "    "
        entries = (f"{inner}{_literal(key)}: {_literal(part, inner)},\n" for key, part in value.items())
        return "{\n" + "".join(entries) + indent + "}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _sources(library: Library, found: Needed, names: Names) -> str:
    parts = []
    for module, definitions in groupby(found.definitions, key=lambda one: one.module):
        title = module.name.removeprefix(f"{_PACKAGE}.")
        parts.append(f"\n\n# {title}: {module.summary}\n")
        parts += [_spaced(edited(library, one, names), one) for one in definitions]
    return "".join(parts)


def _spaced(text: str, definition: Definition) -> str:
    """Functions and classes stand further apart than values."""
    blank = "\n\n" if hasattr(definition.node, "body") else "\n"
    return f"{blank}{text.strip()}\n"


def _one_line(title: str) -> str:
    return " ".join(title.replace("\\", "").replace('"""', "'").split())


def _versions() -> str:
    return ", ".join(f"{name} {_version(name)}" for name in _NEEDS)


@functools.cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(any)"
