"""From what a training raises to the field that a person has to change, and a sentence."""

import re
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from trainer_bridge.problem import SpecProblem

Stage = Literal["building", "training", "evaluating", "saving"]

#: Characters of a traceback that are kept, its end.
MAX_DETAILS = 20_000
#: Where a problem stands that belongs to no field.
RECIPE = "recipe"
_NO_MEMORY = re.compile(r"out of memory|can't allocate memory|not enough memory|cannot allocate memory", re.I)
_COLUMNS = re.compile(
    r"No columns in the dataset match|Column .* not in the dataset|not in the current columns", re.I
)
_OUT_OF_RANGE = re.compile(r"index out of range in self|indexSelect|device-side assert", re.I)
_TARGET = re.compile(r"Target -?\d+ is out of bounds", re.I)
_WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


@dataclass(frozen=True)
class Fault:
    """``key`` is a field of the spec or "recipe"; ``details`` a traceback, "" where the sentence says all."""

    key: str
    sentence: str
    stage: Stage
    details: str = ""

    def plain(self) -> dict[str, str]:
        return asdict(self)


def faults_of(
    error: BaseException, stage: Stage, keys: Collection[str], chosen: Collection[str] = ()
) -> list[Fault]:
    """What to tell about an exception. ``keys`` are the fields of the recipe's spec, ``chosen`` those that are set."""
    if isinstance(error, SpecProblem):
        return [Fault(key, sentence, stage) for key, sentence in error.problems.items()]
    wanted, sentence = _explain(error, stage)
    named = [key for word in _WORD.findall(str(error)) for key in keys if key.partition(".")[2] == word]
    placed = [key for key in _of_places(error) if key in chosen]
    key = next((key for key in [*wanted, *placed, *named] if key in keys), RECIPE)
    details = "".join(traceback.format_exception(error))[-MAX_DETAILS:]
    return [Fault(key, sentence, stage, details)]


def is_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or bool(_NO_MEMORY.search(str(error)))


def _of_places(error: BaseException) -> Iterator[str]:
    """The fields whose code raised it, the innermost first."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        module = frame.f_globals.get("__name__", "")
        yield from (key for prefix, key in _PLACES if module.startswith(prefix))


def _explain(error: BaseException, stage: Stage) -> tuple[tuple[str, ...], str]:
    """The fields that come into question whatever was chosen, the most likely first, and the sentence."""
    for applies, keys, sentence in _EXPLANATIONS:
        if applies(error, stage):
            return keys, f"{sentence} ({last_line(error)})"
    return (), last_line(error)


def _is_name(error: BaseException) -> bool:
    """Whether a KeyError tells what was looked for, and not a sentence."""
    return " " not in str(error.args[0]) if error.args else False


def last_line(error: BaseException) -> str:
    """The error in one line, as Python prints it."""
    line = traceback.format_exception_only(error)[-1].strip()
    return line if len(line) <= 500 else f"{line[:500]}…"


Applies = Callable[[BaseException, str], Any]

_EXPLANATIONS: tuple[tuple[Applies, tuple[str, ...], str], ...] = (
    (
        lambda error, stage: is_memory(error) and stage == "evaluating",
        ("args.per_device_eval_batch_size",),
        "Evaluation needs more memory than there is. Evaluate fewer samples at a time.",
    ),
    (
        lambda error, stage: is_memory(error),
        ("args.per_device_train_batch_size",),
        "A batch needs more memory than there is. Halve it, and double gradient_accumulation_steps, which leaves the "
        "effective batch size as it is.",
    ),
    (
        lambda error, stage: isinstance(error, KeyError) and stage != "evaluating" and _is_name(error),
        ("data.columns",),
        "A column, or a key, that is needed is not there.",
    ),
    (
        lambda error, stage: _COLUMNS.search(str(error)),
        ("data.columns",),
        "The data has none of the columns that the model takes.",
    ),
    (
        lambda error, stage: _TARGET.search(str(error)),
        ("data.columns", "model.config"),
        "A label is outside the classes that the model knows.",
    ),
    (
        lambda error, stage: _OUT_OF_RANGE.search(str(error)),
        ("params.max_length", "params.block_size", "data.max_length", "model.config"),
        "A token or its position is outside the model's tables: a text is longer than the model takes, or the "
        "tokenizer belongs to another model.",
    ),
)

#: Whose code what field puts to work; blamed only where the field was set.
_PLACES = (
    ("trainer_bridge.losses", "trainer.loss"),
    ("trainer_bridge.metrics", "trainer.metrics"),
    ("trainer_bridge.collators", "trainer.data_collator"),
    ("transformers.data.data_collator", "trainer.data_collator"),
    ("trainer_bridge.optimizers", "trainer.optimizer"),
    ("torch.optim.lr_scheduler", "args.lr_scheduler_type"),
    ("transformers.optimization", "args.lr_scheduler_type"),
    ("torch.optim", "trainer.optimizer"),
    ("torch.optim", "args.optim"),
    ("trainer_bridge.lora", "model.lora"),
    ("peft", "model.lora"),
)
