"""What a Trainer was given, parameter by parameter, in words: for the run's record."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from trainer_bridge.folders import data_folder

#: Parameter of the Trainer → what it was given, then details.
Record = dict[str, list[str]]
_SIMPLE = (bool, int, float, str)


def trainer_record(trainer: Any, dropped: Sequence[str] = ()) -> Record:
    """One entry for each parameter of the Trainer but ``args``, which are recorded by themselves.

    Called at the start of the training, when optimizer and scheduler exist. The first text of an entry names the thing.
    ``dropped``: the columns of the training data that do not reach the model.
    """
    return {
        "model": _model(trainer.model),
        "model_init": [_called(trainer.model_init)],
        "data_collator": _collator(trainer.data_collator),
        "train_dataset": _training_data(trainer.train_dataset, dropped),
        "eval_dataset": _splits(trainer.eval_dataset),
        "processing_class": _processing(trainer.processing_class),
        "compute_loss_func": _loss(trainer),
        "compute_metrics": [_called(trainer.compute_metrics)],
        "preprocess_logits_for_metrics": [_called(trainer.preprocess_logits_for_metrics)],
        "callbacks": [type(callback).__name__ for callback in trainer.callback_handler.callbacks],
        "optimizer": _optimizer(trainer.optimizer),
        "lr_scheduler": [_class(trainer.lr_scheduler)],
    }


def _model(model: Any) -> list[str]:
    weights = list(model.parameters())
    trained = sum(weight.numel() for weight in weights if weight.requires_grad)
    told = [type(model).__name__, f"{sum(w.numel() for w in weights):,} weights, {trained:,} of them trained"]
    if origin := getattr(model, "name_or_path", ""):
        told.append(f"from {origin.removeprefix(f'{data_folder()}/')}")
    told.append(", ".join(sorted({str(weight.dtype).removeprefix("torch.") for weight in weights})))
    for name, config in getattr(model, "peft_config", {}).items():
        # Layers may be named in full: "bert.encoder.layer.0.attention.self.query" is one of the queries.
        modules = ", ".join(sorted({name.rpartition(".")[2] for name in config.target_modules or ()}))
        told.append(f"adapter {name}: r {config.r}, alpha {config.lora_alpha}, in {modules}")
    if any(type(part).__module__.startswith("transformers_modules.") for part in model.modules()):
        told.append("runs code that came with the model (trust_remote_code)")
    return told


def _collator(collator: Any) -> list[str]:
    options = vars(collator) if hasattr(collator, "__dict__") and not _is_function(collator) else {}
    return [_called(collator), *(f"{n} {v}" for n, v in options.items() if isinstance(v, _SIMPLE))]


def _dataset(dataset: Any) -> list[str]:
    if dataset is None:
        return ["none"]
    size = f"{len(dataset):,} samples" if hasattr(dataset, "__len__") else "a stream"
    return [f"{type(dataset).__name__}, {size}"]


def _training_data(dataset: Any, dropped: Sequence[str]) -> list[str]:
    return _dataset(dataset) + ([f"columns left out: {', '.join(dropped)}"] if dropped else [])


def _splits(dataset: Any) -> list[str]:
    if not isinstance(dataset, Mapping):
        return _dataset(dataset)
    return [f"{len(dataset)} splits", *(f"{name}: {_dataset(one)[0]}" for name, one in dataset.items())]


def _processing(processing: Any) -> list[str]:
    if processing is None:
        return ["none"]
    pieces = [f"{len(processing):,} pieces"] if hasattr(processing, "vocab") else []
    return [type(processing).__name__, *pieces]


def _loss(trainer: Any) -> list[str]:
    if trainer.compute_loss_func is not None:
        loss = trainer.compute_loss_func
        given = "the divisor is num_items_in_batch"
        return [_called(loss), given, *(f"{name} {value}" for name, value in _set_anew(loss))]
    who = (
        "the model divides by num_items_in_batch"
        if trainer.model_accepts_loss_kwargs
        else "the mean of each batch"
    )
    return ["the model's own", who]


def _set_anew(thing: Any) -> list[tuple[str, Any]]:
    """The fields of a dataclass that are not at their defaults."""
    if not is_dataclass(thing):
        return []
    values = [(field, getattr(thing, field.name)) for field in fields(thing)]
    return [(field.name, value) for field, value in values if value != field.default]


def optimizer_facts(optimizer: Any) -> dict[str, Any]:
    """The optimizer's class and its groups: "name" ("" for none), "weights", "learning_rate", "weight_decay"."""
    groups = [group for group in getattr(optimizer, "param_groups", []) if group["params"]]
    return {"class": _class(getattr(optimizer, "optimizer", optimizer)), "groups": list(map(_group, groups))}


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": group.get("name", ""),
        "weights": sum(weight.numel() for weight in group["params"]),
        # The schedule moves "lr"; it began at the other.
        "learning_rate": float(group.get("initial_lr", group.get("lr", 0))),
        "weight_decay": float(group.get("weight_decay", 0)),
    }


def _optimizer(optimizer: Any) -> list[str]:
    facts = optimizer_facts(optimizer)
    return [facts["class"], *map(_told, facts["groups"])]


def _told(group: Mapping[str, Any]) -> str:
    name = f"{group['name']}: " if group["name"] else ""
    rates = f"learning rate {group['learning_rate']:g}, weight decay {group['weight_decay']:g}"
    return f"{name}{group['weights']:,} weights, {rates}"


def _class(thing: Any) -> str:
    return "none" if thing is None else type(thing).__name__


def _called(thing: Any) -> str:
    """The name of a function, or of an object's class; a function made by another has the other's name."""
    if thing is None:
        return "none"
    if not _is_function(thing):
        return type(thing).__name__
    return f"{thing.__module__}.{thing.__qualname__}".split(".<locals>")[0]


def _is_function(thing: Any) -> bool:
    return hasattr(thing, "__qualname__")
