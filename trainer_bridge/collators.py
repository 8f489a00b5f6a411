"""Which data collator makes the batches: the recipe's, or one of transformers' with a person's options."""

import copy
import inspect
from collections.abc import Mapping
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes.parts import TrainerParts

#: Parameters that are not a person's to set.
_OWN = frozenset({"self", "tokenizer", "model", "return_tensors"})


def chosen_collator(values: Mapping[str, Any], parts: TrainerParts) -> Any:
    """The collator, or None for the Trainer's default. Raises SpecProblem for options it has not."""
    name, options = values["data_collator"], values["data_collator_options"] or {}
    if name == "recipe":
        return _adjusted(parts.data_collator, options) if options else parts.data_collator
    import transformers

    kind = getattr(transformers, name)
    if not inspect.isclass(kind):
        _refuse_unknown(name, options, frozenset())
        return kind
    return _made(kind, options, parts)


def _made(kind: type, options: Mapping[str, Any], parts: TrainerParts) -> Any:
    known = frozenset(inspect.signature(kind).parameters)
    _refuse_unknown(kind.__name__, options, known - _OWN)
    given: dict[str, Any] = {}
    if "tokenizer" in known:
        given["tokenizer"] = _tokenizer(kind.__name__, parts)
    if "model" in known:
        given["model"] = parts.model
    try:
        return kind(**given, **options)
    except (ImportError, TypeError, ValueError) as error:
        raise SpecProblem({"trainer.data_collator_options": f"{kind.__name__}: {error}"}) from error


def _adjusted(collator: Any, options: Mapping[str, Any]) -> Any:
    """A copy of the recipe's collator with some attributes set anew; the class's own checks are run again."""
    name = type(collator).__name__ if collator is not None else "The Trainer's default collator"
    known = frozenset(vars(collator)) if hasattr(collator, "__dict__") else frozenset()
    _refuse_unknown(name, options, known - _OWN)
    changed = copy.copy(collator)
    for option, value in options.items():
        setattr(changed, option, value)
    if hasattr(changed, "__post_init__"):
        try:
            changed.__post_init__()
        except (ImportError, TypeError, ValueError) as error:
            raise SpecProblem({"trainer.data_collator_options": f"{name}: {error}"}) from error
    return changed


def _tokenizer(name: str, parts: TrainerParts) -> Any:
    if not hasattr(parts.processing_class, "pad"):
        raise SpecProblem(
            {"trainer.data_collator": f"{name} pads with a tokenizer, but this recipe has none."}
        )
    return parts.processing_class


def _refuse_unknown(name: str, options: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := [option for option in options if option not in known]:
        has = f"It has {', '.join(sorted(known))}." if known else "It has none."
        sentence = f"{name} has no option {unknown[0]}.{did_you_mean(unknown[0], known)} {has}"
        raise SpecProblem({"trainer.data_collator_options": sentence})
