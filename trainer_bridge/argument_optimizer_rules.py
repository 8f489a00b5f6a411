"""Rules about optimizers: what stands in optim_args, and what single optimizers want besides."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.titled import Broken

Arguments = Mapping[str, Any]

_LOW_RANK = "rank update_proj_gap scale proj_type"
#: Optimizer → what transformers looks for in optim_args; by a part of the name, the first that fits.
_ARGUMENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        name: frozenset(words.split())
        for name, words in {
            "galore": _LOW_RANK,
            "apollo": f"{_LOW_RANK} proj scale_type",
            "ademamix": "beta1 beta2 beta3 alpha eps t_alpha t_beta3",
            "adamw_anyprecision": "use_kahan_summation momentum_dtype variance_dtype compensation_buffer_dtype",
            "grokadamw": "alpha_init lamb gamma grokking_signal_decay_rate gradient_clipping",
            "adamw_torch_4bit": "block_size bf16_stochastic_round",
            "adamw_torch_8bit": "block_size bf16_stochastic_round",
            "schedule_free": "weight_lr_power r",
            "stable_adamw": "max_lr kahan_sum decouple_lr",
            "sgd": "momentum dampening weight_decay nesterov",
            "adagrad": "lr_decay weight_decay eps",
        }.items()
    }
)
_RMSPROP = frozenset({"momentum", "alpha", "eps", "weight_decay", "centered"})
#: Arguments that are no number.
_WORDS = frozenset(
    {"nesterov", "centered", "proj", "proj_type", "scale_type", "use_kahan_summation", "momentum_dtype"}
    | {"variance_dtype", "compensation_buffer_dtype", "bf16_stochastic_round", "kahan_sum", "decouple_lr"}
)


def arguments_are_read(args: Arguments) -> Broken | None:
    """name=value, name=value: anything else ends the training as it begins."""
    for part in _parts(args):
        name, equals, value = part.partition("=")
        if not equals or not name or not value or "=" in value:
            return Broken("optim_args", f"“{part}” must be name=value; several are separated by commas.")
        if name not in _WORDS and not _is_number(value) and name in _known(args["optim"]):
            return Broken("optim_args", f"{name} must be a number, not “{value}”.")
    return _nesterov_has_momentum(args)


def arguments_have_effect(args: Arguments) -> Broken | None:
    """A caution: what the optimizer does not know is passed over in silence."""
    known, optimizer = _known(args["optim"]), args["optim"]
    for part in _parts(args):
        name = part.partition("=")[0]
        if name not in known and not optimizer.startswith("rmsprop_bnb"):
            return Broken("optim_args", f"{optimizer} does not read {name}.{did_you_mean(name, known)}")
    return None


def has_target_modules(args: Arguments) -> Broken | None:
    """GaLore and APOLLO are told which modules they optimize."""
    if is_low_rank(args["optim"]) and not args["optim_target_modules"]:
        return Broken(
            "optim_target_modules", f"{args['optim']} needs modules to work on: all-linear, or a list."
        )
    return None


def target_modules_have_effect(args: Arguments) -> Broken | None:
    """A caution: other optimizers do not look at them."""
    if args["optim_target_modules"] and not is_low_rank(args["optim"]):
        return Broken("optim_target_modules", f"{args['optim']} optimizes all modules: this has no effect.")
    return None


def layerwise_takes_every_batch(args: Arguments) -> Broken | None:
    """Layer by layer, the weights change within the backward pass: there is nothing to accumulate."""
    if args["optim"].endswith("layerwise") and args["gradient_accumulation_steps"] != 1:
        return Broken("gradient_accumulation_steps", f"Must be 1 with {args['optim']}.")
    return None


def decay_is_strong(args: Arguments) -> Broken | None:
    """A caution: such a decay is a typing error more often than a plan."""
    if args["weight_decay"] > 1:
        sentence = f"{args['weight_decay']:g} is very strong: 0.01 to 0.1 is usual."
        return Broken("weight_decay", sentence)
    return None


def rate_is_high(args: Arguments) -> Broken | None:
    """A caution for optimizers of Adam's kind."""
    if args["learning_rate"] > 0.5 and "adam" in args["optim"]:
        return Broken("learning_rate", f"{args['learning_rate']:g} is very high for {args['optim']}.")
    return None


def is_low_rank(optimizer: str) -> bool:
    return optimizer.startswith(("galore", "apollo"))


def _parts(args: Arguments) -> list[str]:
    """As transformers splits them: spaces out, then at the commas."""
    text = (args["optim_args"] or "").replace(" ", "")
    return text.split(",") if text else []


def _known(optimizer: str) -> frozenset[str]:
    if optimizer == "rmsprop":
        return _RMSPROP
    return next((names for part, names in _ARGUMENTS.items() if part in optimizer), frozenset())


def _nesterov_has_momentum(args: Arguments) -> Broken | None:
    given = dict(part.split("=") for part in _parts(args))
    if args["optim"] != "sgd" or given.get("nesterov", "").lower() not in ("true", "1", "yes"):
        return None
    if float(given.get("momentum", 0)) > 0 and float(given.get("dampening", 0)) == 0:
        return None
    return Broken(
        "optim_args", "nesterov needs momentum above 0 and no dampening: momentum=0.9,nesterov=true."
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
