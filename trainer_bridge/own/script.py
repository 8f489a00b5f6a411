"""A script as it is, run as Python runs it, with some functions of transformers changed on the way.

Only ever in a process of its own: it is somebody's code, and what is changed holds for all of the process.
"""

import functools
import os
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What was changed: whose attribute, its name and its value before.
_before: list[tuple[Any, str, Any]] = []

Parse = Callable[[Any], list[str]]
Train = Callable[[Any, Callable[..., Any]], Any]


class Failed(RuntimeError):
    """A script ended with an exit code that is not 0, or a last word."""

    def __init__(self, ended: SystemExit) -> None:
        said = ended.code if isinstance(ended.code, str) else f"The script ended with exit code {ended.code}."
        super().__init__(said)


def run(path: Path) -> None:
    """Run the file as ``python path`` does from its own folder; what ends it comes out of here.

    Where it ends with ``sys.exit()`` or exit code 0, it has ended well.
    """
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    os.chdir(path.parent)
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as ended:
        if ended.code not in (None, 0):
            raise


def on_parse(words_for: Parse) -> None:
    """Whatever an HfArgumentParser is to parse, it parses the words that ``words_for(parser)`` gives."""
    from transformers import HfArgumentParser

    known = HfArgumentParser.parse_known_args

    def parse_known_args(self: Any, args: Any = None, namespace: Any = None) -> Any:
        sys.argv[1:] = words_for(self)
        return known(self, sys.argv[1:], namespace)

    def from_elsewhere(self: Any, *_: Any, **__: Any) -> Any:
        return self.parse_args_into_dataclasses(look_for_args_file=False)

    _change(HfArgumentParser, "parse_known_args", parse_known_args)
    for name in ("parse_dict", "parse_json_file", "parse_yaml_file"):
        _change(HfArgumentParser, name, from_elsewhere)


def on_trainer(made: Callable[[Any], None], train: Train) -> None:
    """``made(trainer)`` with every Trainer that was made; ``train(trainer, go)`` in place of ``trainer.train()``.

    ``go`` trains; it takes what ``Trainer.train`` takes.
    """
    from transformers import Trainer

    make, go = Trainer.__init__, Trainer.train

    @functools.wraps(make)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        made(self)

    @functools.wraps(go)
    def trained(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = dict(zip(("resume_from_checkpoint", "trial", "ignore_keys_for_eval"), args, strict=False))
        return train(self, functools.partial(go, self, **{**bound, **kwargs}))

    _change(Trainer, "__init__", init)
    _change(Trainer, "train", trained)


def undo() -> None:
    """Everything of transformers is as it was."""
    while _before:
        setattr(*_before.pop())


def _change(owner: Any, name: str, value: Any) -> None:
    _before.append((owner, name, getattr(owner, name)))
    setattr(owner, name, value)
