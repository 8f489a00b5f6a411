"""Making a model: new weights from a small config, or those that somebody saved."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from trainer_bridge.architectures import SEQ2SEQ, SIZES, SMALL
from trainer_bridge.fields import did_you_mean
from trainer_bridge.model_source import loading, model_place
from trainer_bridge.problem import SpecProblem

#: What a recipe may say of a model that exists already: what its outputs mean.
_LABELS = frozenset({"num_labels", "id2label", "label2id", "problem_type"})


def new_model(
    values: Mapping[str, Any], auto_class: str, config: Mapping[str, Any], tokenizer: Any = None
) -> Any:
    """New weights, made under torch's current seed, of the chosen architecture in small.

    Values of the config: small default < tokenizer < recipe < person's sizes < person's config.
    """
    from transformers import AutoConfig

    name = values["architecture"]
    wanted = _token_ids(tokenizer) | dict(config)
    chosen = {**SMALL[name], **_known(name, wanted), **_sizes(values)}
    with _complaints(values):
        made = AutoConfig.for_model(name, **chosen)
        with_overrides(made, values["config"] or {})
        return _auto(auto_class).from_config(made, dtype=_dtype(values))


def saved_model(
    values: Mapping[str, Any], auto_class: str, config: Mapping[str, Any], tokenizer: Any = None
) -> Any:
    """A model with saved weights. A head that does not fit the labels is made anew.

    Embeddings grow to a tokenizer that knows more pieces, and never shrink: many are padded on purpose.
    """
    place = model_place(values)
    path, options = place.arguments()
    with loading(place):
        from transformers import AutoConfig

        labels = {name: value for name, value in config.items() if name in _LABELS}
        found = AutoConfig.from_pretrained(path, **options, **labels)
        with_overrides(found, values["config"] or {})
        model = _auto(auto_class).from_pretrained(
            path, **options, config=found, dtype=_dtype(values), ignore_mismatched_sizes=True
        )
    if tokenizer is not None and len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer))
    if tokenizer is not None and model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id
    return model


def with_overrides(config: Any, overrides: Mapping[str, Any]) -> None:
    """Set a person's values in a config. Raises SpecProblem for a name it has not, or a value of another type."""
    known = set(config.to_dict()) | set(config.attribute_map) | {"num_labels", "problem_type"}
    if unknown := [name for name in overrides if name not in known]:
        hint = did_you_mean(unknown[0], known)
        raise SpecProblem({"model.config": f"The config of {config.model_type} has no {unknown[0]}.{hint}"})
    try:
        for name, value in overrides.items():
            setattr(config, name, value)
        config.validate()
    except Exception as error:  # the config's own checks raise whatever they like
        raise SpecProblem({"model.config": _reason(error)}) from error


def with_frozen(model: Any, part: str) -> Any:
    """``model`` with the gradients of a part switched off: "nothing", "embeddings" or "backbone"."""
    if part == "embeddings":
        model.get_input_embeddings().requires_grad_(False)
    if part == "backbone":
        if model.base_model is model:
            raise SpecProblem({"model.freeze": f"{type(model).__name__} has no head beside its backbone."})
        model.base_model.requires_grad_(False)
        if not any(weight.requires_grad for weight in model.parameters()):
            raise SpecProblem(
                {"model.freeze": f"With its backbone frozen, {type(model).__name__} learns nothing."}
            )
    return model


@contextmanager
def _complaints(values: Mapping[str, Any]) -> Iterator[None]:
    """What a config or a layer says of a value is told at the field where a person gave one."""
    try:
        yield
    except SpecProblem:
        raise
    except Exception as error:
        name = values["architecture"]
        if "Unrecognized configuration class" in str(error):
            sentence = f"{name} has no head for this task: choose another architecture."
            raise SpecProblem({"model.architecture": sentence}) from error
        given = next((key for key in ("config", *SIZES) if values[key]), None)
        if given is None:
            raise  # not the person's doing
        raise SpecProblem({f"model.{given}": f"No {name} can be built: {_reason(error)}"}) from error


def _token_ids(tokenizer: Any) -> dict[str, Any]:
    """What a config takes over from a tokenizer; a mark that it has not is None, not the architecture's own id."""
    if tokenizer is None:
        return {}
    start = tokenizer.pad_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
    return {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "decoder_start_token_id": start,
        "forced_eos_token_id": tokenizer.eos_token_id,
    }


def _sizes(values: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that a person set, under the architecture's own names; a layer is twice as wide inside."""
    from transformers import CONFIG_MAPPING

    name = values["architecture"]
    sizes = {size: values[size] for size in SIZES if values[size] is not None}
    kind = CONFIG_MAPPING[name]
    own = {size: kind.attribute_map.get(size, size) for size in sizes}
    known = set(kind().to_dict())
    if unknown := [size for size in sizes if own[size] not in known]:
        sentence = f"{name} has no {unknown[0]}: set its own sizes in model.config."
        raise SpecProblem({f"model.{unknown[0]}": sentence})
    inner = kind.attribute_map.get("intermediate_size", "intermediate_size")
    if "hidden_size" in sizes and inner in known:
        return {own[size]: value for size, value in sizes.items()} | {inner: 2 * sizes["hidden_size"]}
    return {own[size]: value for size, value in sizes.items()}


def _known(architecture: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The values that this architecture's config has a place for, under any of its names; labels always."""
    from transformers import CONFIG_MAPPING

    kind = CONFIG_MAPPING[architecture]
    known = set(kind().to_dict()) | set(kind.attribute_map) | _LABELS
    if architecture in SEQ2SEQ:
        known.add("decoder_start_token_id")
    return {name: value for name, value in config.items() if name in known}


def _auto(auto_class: str) -> Any:
    import transformers

    return getattr(transformers, auto_class)


def _dtype(values: Mapping[str, Any]) -> Any:
    """torch's dtype; a new model has no saved one, so auto is float32 there."""
    import torch

    if values["dtype"] == "auto":
        return torch.float32 if values["source"] == "config" else "auto"
    return getattr(torch, values["dtype"])


def _reason(error: Exception) -> str:
    """The library's own words on one line."""
    return " ".join(str(error.__cause__ or error).split())
