"""What a training was set to, as far as its folder tells: arguments, the recipe whose task it was."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runs import catalog
from runs.adopt.pickled import Opaque, UnreadablePickle, attributes
from runs.exports.loading import auto_class
from trainer_bridge import arguments
from trainer_bridge.argument_owned import reason_owned

#: The Auto class of a model → the recipe of its task.
_RECIPES = {
    "AutoModelForImageClassification": "image-classification",
    "AutoModelForAudioClassification": "audio-classification",
    "AutoModelForSequenceClassification": "text-classification",
    "AutoModelForTokenClassification": "token-classification",
    "AutoModelForQuestionAnswering": "question-answering",
    "AutoModelForMultipleChoice": "multiple-choice",
    "AutoModelForMaskedLM": "masked-lm",
    "AutoModelForCausalLM": "causal-lm",
    "AutoModelForSeq2SeqLM": "seq2seq",
}
#: What trainer_state.json itself tells of the arguments.
_IN_STATE = ("max_steps", "num_train_epochs", "logging_steps", "eval_steps", "save_steps")
#: What TrainingArguments works out itself and keeps beside the arguments.
_DERIVED = frozenset(
    {"distributed_state", "deepspeed_plugin", "fsdp_plugin_args", "mixed_precision"}
    | {"gradient_checkpointing", "gradient_checkpointing_kwargs"}
)


@dataclass(frozen=True)
class Settings:
    """``args`` hold what is known; ``notes`` say what is not, and why."""

    args: dict[str, Any]
    notes: tuple[str, ...] = ()


def read_settings(folder: Path, state: dict[str, Any]) -> Settings:
    """The training arguments, out of training_args.bin without unpickling it, else what the state tells of them."""
    path = folder / "training_args.bin"
    if not path.exists():
        return Settings(
            _of_state(state), ("There is no training_args.bin: only what trainer_state.json tells.",)
        )
    try:
        found = attributes(path)
    except UnreadablePickle as problem:
        return Settings(_of_state(state), (f"{problem}; only what trainer_state.json tells is known.",))
    known = arguments.merge({}, {})
    plain = {name: _plain(value) for name, value in found.items()}
    args = {name: value for name, value in plain.items() if name in known and _is_json(value)}
    lost = sorted(name for name in found if name in known and name not in args)
    foreign = sorted(
        name
        for name in found
        if name not in known and name[0] != "_" and name not in _DERIVED and not reason_owned(name)
    )
    notes = [f"Unreadable without unpickling: {', '.join(lost)}."] if lost else []
    notes += [f"Not arguments of the installed transformers: {', '.join(foreign)}."] if foreign else []
    return Settings(_without_defaults(args, {}), tuple(notes))


def for_recipe(args: dict[str, Any], recipe_name: str) -> dict[str, Any]:
    """The same arguments as a specification of the recipe holds them: also what only the recipe sets otherwise."""
    recipe = catalog.find(recipe_name)
    if recipe is None:
        return args
    everything = arguments.merge({}, {}) | args
    return _without_defaults(everything, dict(recipe.arguments))


def recipe_of(config: dict[str, Any]) -> str:
    """The recipe whose task a model's config.json is for, "" where none fits."""
    kind = _RECIPES.get(auto_class(config), "")
    is_regression = config.get("problem_type") == "regression" or len(config.get("id2label") or "ab") == 1
    name = "text-regression" if kind == "text-classification" and is_regression else kind
    return name if name and catalog.find(name) is not None else ""


def objective_of(args: dict[str, Any], measured: set[str]) -> tuple[str, bool]:
    """What the checkpoints are judged by ("eval/f1"), and whether more is better; ("", True) without evaluations."""
    name = str(args.get("metric_for_best_model") or "loss").removeprefix("eval_").removeprefix("eval/")
    key = f"eval/{name}"
    if key not in measured:
        return "", True
    greater = args.get("greater_is_better")
    return key, not name.endswith("loss") if greater is None else bool(greater)


def _of_state(state: dict[str, Any]) -> dict[str, Any]:
    found = {name: state[name] for name in _IN_STATE if isinstance(state.get(name), int | float)}
    if isinstance(size := state.get("train_batch_size"), int):
        found["per_device_train_batch_size"] = size
    return _without_defaults(found, {})


def _without_defaults(args: dict[str, Any], recipe_arguments: dict[str, Any]) -> dict[str, Any]:
    defaults = arguments.merge({}, recipe_arguments)
    wrong = arguments.problems(args, recipe_arguments)
    return {name: value for name, value in args.items() if name not in wrong and defaults.get(name) != value}


def _plain(value: Any) -> Any:
    """A configuration of transformers' own as the map that it is made of."""
    return value.state if isinstance(value, Opaque) and value.name.startswith("transformers.") else value


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return all(_is_json(part) for part in value)
    return value is None or isinstance(value, str | int | float | bool)
