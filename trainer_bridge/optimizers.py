"""The optimizer's class and the groups of weights that it treats alike."""

import re
from collections.abc import Mapping
from typing import Any

from trainer_bridge.problem import SpecProblem
from trainer_bridge.recipes.parts import TrainerParts

#: The number of a layer in a weight's name: "bert.encoder.layer.3.output", "model.layers.0.mlp", "h.1.attn".
_LAYER = re.compile(r"\.(?:layers?|h|blocks?|stages)\.(\d+)\.")
#: What stands below the first layer.
_BELOW = re.compile(r"embed|\bwte\b|\bwpe\b|\bshared\b|feature_extractor|feature_projection")
_FACTORS = ("layer_lr_decay", "head_lr_factor")


def chosen_optimizer(
    values: Mapping[str, Any], parts: TrainerParts, learning_rate: float
) -> tuple[type, dict[str, Any]] | None:
    """``optimizer_cls_and_kwargs`` of the Trainer; None where the argument optim decides. Raises SpecProblem."""
    if values["optimizer"] == "optim":
        return parts.optimizer_cls_and_kwargs
    if parts.optimizers[0] is not None:
        raise SpecProblem(
            {"trainer.optimizer": "This recipe hands over its own optimizer: leave it at optim."}
        )
    import torch

    kind = getattr(torch.optim, values["optimizer"])
    options = {name: _tupled(value) for name, value in (values["optimizer_options"] or {}).items()}
    try:
        # Tried on a weight of its own, so that a wrong option is told before anything is built with it.
        kind([torch.nn.Parameter(torch.zeros(1))], lr=learning_rate, **options)
    except (TypeError, ValueError, RuntimeError) as error:
        raise SpecProblem({"trainer.optimizer_options": f"{kind.__name__}: {error}"}) from error
    return kind, {"lr": learning_rate, **options}


def grouping(values: Mapping[str, Any], parts: TrainerParts) -> dict[str, float] | None:
    """What :func:`regroup` is given, or None where the Trainer's own groups stay. Raises SpecProblem."""
    wanted = {name: values[name] for name in _FACTORS}
    changed = [name for name, factor in wanted.items() if factor != 1]
    if changed and parts.optimizers[0] is not None:
        sentence = "This recipe hands over its own optimizer, whose groups stay as they are: leave it at 1."
        raise SpecProblem({f"trainer.{changed[0]}": sentence})
    return wanted if changed else None


def name_groups(optimizer: Any) -> None:
    """Say in the Trainer's own two groups what they are, for the run's record; the second has no weight decay."""
    if len(optimizer.param_groups) == 2:
        for group, name in zip(optimizer.param_groups, ("decayed", "biases and norms"), strict=True):
            group.setdefault("name", name)


def regroup(optimizer: Any, model: Any, *, layer_lr_decay: float, head_lr_factor: float) -> None:
    """Split a new optimizer's groups by part of the model, each with its own learning rate and a "name".

    The last layer learns at the full rate, one n steps below it at the rate times ``layer_lr_decay`` ** n, the
    embeddings one step lower still; the head at the rate times ``head_lr_factor``. Groups with the full rate come
    first: the Trainer logs the first group's.
    """
    parts = parts_of(model, layer_lr_decay, head_lr_factor)
    split: dict[tuple[int, str], dict[str, Any]] = {}
    for number, group in enumerate(optimizer.param_groups):
        for weight in group["params"]:
            name, factor = parts[weight]
            own = {**group, "params": [], "name": name, "lr": group["lr"] * factor}
            split.setdefault((number, name), own)["params"].append(weight)
    full = optimizer.defaults["lr"]
    optimizer.param_groups[:] = sorted(split.values(), key=lambda group: group["lr"] != full)


def parts_of(model: Any, layer_lr_decay: float, head_lr_factor: float) -> dict[Any, tuple[str, float]]:
    """Each weight of ``model`` → the part it belongs to and the factor of its learning rate."""
    inner = model.get_base_model() if hasattr(model, "peft_config") else model
    layers = {name: int(match[1]) for name, _ in inner.named_parameters() if (match := _LAYER.search(name))}
    depth = max(layers.values(), default=-1) + 1
    backbone = _backbone_prefix(inner)
    found: dict[Any, tuple[str, float]] = {}
    for name, weight in inner.named_parameters():
        if not name.startswith(backbone):
            found[weight] = ("head", head_lr_factor)
        elif layer_lr_decay == 1:
            found[weight] = ("backbone", 1.0)
        elif name in layers:
            found[weight] = (f"layer {layers[name]}", layer_lr_decay ** (depth - 1 - layers[name]))
        elif _BELOW.search(name):
            found[weight] = ("embeddings", layer_lr_decay**depth)
        else:
            found[weight] = ("above the layers", 1.0)
    return found


def _backbone_prefix(model: Any) -> str:
    """What the names of the backbone's weights begin with; "" for a model without a head of its own."""
    prefix = getattr(model, "base_model_prefix", "")
    return f"{prefix}." if prefix and hasattr(model, prefix) else ""


def _tupled(value: Any) -> Any:
    """JSON has lists where an optimizer wants pairs: betas."""
    return tuple(value) if isinstance(value, list) else value
