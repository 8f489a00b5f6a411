"""What the Trainer takes beside model, data and arguments: collator, loss, metrics, optimizer, callbacks.

No torch here.
"""

from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.titled import Broken, Rule, TitledField
from trainer_bridge.trainer_choices import (
    CALLBACKS,
    COLLATORS,
    LOSSES,
    MEASURED,
    METRICS,
    NEEDS_KEPT,
    OPTIMIZERS,
    class_weights_problem,
)

COLLATOR = "Data collator"
LOSS = "Loss"
MEASURES = "Metrics"
OPTIMIZER = "Optimizer and parameter groups"
CALLBACK = "Callbacks"

_collator = partial(TitledField, title=COLLATOR, sweepable=True)
_loss = partial(TitledField, title=LOSS, sweepable=True)
_measure = partial(TitledField, title=MEASURES)
_optimizer = partial(TitledField, title=OPTIMIZER, sweepable=True)
_callback = partial(TitledField, title=CALLBACK)

TRAINER_FIELDS: tuple[TitledField, ...] = (
    _collator(
        "data_collator",
        "choice",
        "recipe",
        "What makes a batch of samples: the recipe's own for its task, or one of transformers'.",
        choices=COLLATORS,
    ),
    _collator(
        "data_collator_options",
        "json",
        None,
        'The collator\'s options that differ: {"pad_to_multiple_of": 8}, {"mlm_probability": 0.3}.',
        optional=True,
        shape="object",
        sweepable=False,
        advanced=True,
    ),
    _loss(
        "loss",
        "choice",
        "model",
        "What is minimised: the model's own loss or the recipe's, or one of these, each right under gradient "
        "accumulation.",
        choices=LOSSES,
    ),
    _loss(
        "class_weights",
        "text",
        None,
        "How much each class counts in cross_entropy or focal: balanced (rare classes count more), or a number a "
        "class: 1, 2.5, 1.",
        optional=True,
        sweepable=False,
    ),
    _loss(
        "focal_gamma",
        "float",
        2.0,
        "How much less an answer counts that is right already, in the focal loss; 0 is cross-entropy.",
        minimum=0,
        maximum=10,
        advanced=True,
    ),
    _loss(
        "huber_delta",
        "float",
        1.0,
        "Error above which the huber loss grows in a line, not a square.",
        above=0,
        advanced=True,
    ),
    _measure(
        "metrics",
        "choice",
        "recipe",
        "What is measured at each evaluation beside the loss: what the recipe measures, nothing, or a set for a "
        "kind of task.",
        choices=METRICS,
    ),
    _measure(
        "preprocess_logits_for_metrics",
        "choice",
        "auto",
        "What is kept of each evaluated batch until all are measured: auto keeps what the metrics need (the likeliest "
        "class of each token instead of a number for every class), all keeps every logit.",
        choices=("auto", "argmax", "all"),
        advanced=True,
    ),
    _optimizer(
        "optimizer",
        "choice",
        "optim",
        "The optimizer's class: what the argument optim says, or one of torch.optim, with learning_rate and "
        "weight_decay of the arguments.",
        choices=OPTIMIZERS,
    ),
    _optimizer(
        "optimizer_options",
        "json",
        None,
        'What the chosen class takes beside: {"momentum": 0.9, "nesterov": true}.',
        optional=True,
        shape="object",
        sweepable=False,
        advanced=True,
    ),
    _optimizer(
        "decay_bias_and_norm",
        "bool",
        False,
        "Whether weight_decay pulls biases and the weights of norms to 0 as well.",
        advanced=True,
    ),
    _optimizer(
        "layer_lr_decay",
        "float",
        1.0,
        "Each layer further from the head learns with this factor of the next one's learning rate; 1 is all alike.",
        above=0,
        maximum=1,
        advanced=True,
    ),
    _optimizer(
        "head_lr_factor",
        "float",
        1.0,
        "The head's learning rate as a multiple of learning_rate, for a new head on a trained model.",
        above=0,
        maximum=1000,
        advanced=True,
    ),
    _callback(
        "early_stopping",
        "bool",
        False,
        "Ends the training when metric_for_best_model has not improved for a while. Needs evaluations.",
    ),
    _callback(
        "early_stopping_patience",
        "int",
        3,
        "Evaluations without improvement before the training ends.",
        minimum=1,
        maximum=1_000_000,
        sweepable=True,
    ),
    _callback(
        "early_stopping_threshold",
        "float",
        0.0,
        "Improvements up to this count as none.",
        minimum=0,
        sweepable=True,
        advanced=True,
    ),
    _callback(
        "callbacks",
        "json",
        None,
        'Other callbacks of transformers with their options: {"ProgressCallback": {"max_str_len": 200}}. Those that '
        "report to a service need its package and log-in on the worker.",
        optional=True,
        shape="object",
        sweepable=False,
        advanced=True,
    ),
)

#: Losses and collators that read an option, by the option's name.
_READ_BY = {
    "class_weights": ("cross_entropy", "focal"),
    "focal_gamma": ("focal",),
    "huber_delta": ("huber",),
}
_DEFAULTS = {field.name: field.default for field in TRAINER_FIELDS}


def _weights_are_numbers(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    text = values["trainer"]["class_weights"]
    sentence = class_weights_problem(text) if text else None
    return Broken("class_weights", sentence) if sentence else None


def _option_is_read(name: str) -> Rule:
    """An option that the chosen loss does not read would be left out in silence."""

    def check(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
        trainer = values["trainer"]
        if trainer[name] == _DEFAULTS[name] or trainer["loss"] in _READ_BY[name]:
            return None
        return Broken(name, f"Only the loss {' or '.join(_READ_BY[name])} reads it, not {trainer['loss']}.")

    return Rule(frozenset({"loss", name}), check)


def _options_need_a_class(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    trainer = values["trainer"]
    options = trainer["optimizer_options"] or {}
    if options and trainer["optimizer"] == "optim":
        return Broken(
            "optimizer_options", "Choose the optimizer's class; for optim, options stand in optim_args."
        )
    owned = {"lr": "learning_rate", "weight_decay": "weight_decay", "params": "nothing here"}
    if name := next((name for name in options if name in owned), None):
        return Broken("optimizer_options", f"{name} is set by {owned[name]}, not here.")
    return None


def _metrics_keep_what_they_need(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    trainer = values["trainer"]
    kept = trainer["preprocess_logits_for_metrics"]
    if trainer["metrics"] in NEEDS_KEPT and kept != "auto":
        return Broken("preprocess_logits_for_metrics", f"The metrics {trainer['metrics']} need auto.")
    return None


def _best_is_measured(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    """The Trainer would fail at the first evaluation. Of several splits a metric's name begins with the split's."""
    chosen, best = values["trainer"]["metrics"], values.get("args", {}).get("metric_for_best_model")
    if chosen == "recipe" or not best or best.endswith(("loss", *MEASURED[chosen])):
        return None
    known = ", ".join(("loss", *MEASURED[chosen]))
    return Broken(
        "metrics", f"metric_for_best_model is {best}, which this set does not measure. It has {known}."
    )


def _stopping_can_work(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    args = values.get("args", {})
    if not values["trainer"]["early_stopping"]:
        return None
    if args.get("eval_strategy", "no") == "no":
        return Broken("early_stopping", "Needs evaluations: set eval_strategy to steps or epoch.")
    if not args.get("metric_for_best_model") and not args.get("load_best_model_at_end"):
        return Broken("early_stopping", "Needs metric_for_best_model: what must improve.")
    return None


def _callbacks_exist(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    for name, options in (values["trainer"]["callbacks"] or {}).items():
        if sentence := _callback_problem(name, options):
            return Broken("callbacks", sentence)
    return None


def _callback_problem(name: str, options: Any) -> str | None:
    if name == "EarlyStoppingCallback":
        return "EarlyStoppingCallback has fields of its own: early_stopping."
    if name not in CALLBACKS:
        return f"There is no callback {name}.{did_you_mean(name, CALLBACKS)}"
    if not isinstance(options, dict):
        return f'The options of {name} must be an object: {{"{name}": {{}}}}.'
    package = CALLBACKS[name]
    if package and find_spec(package) is None:
        return f"{name} needs the package {package}, which is not installed here."
    return None


TRAINER_RULES: tuple[Rule, ...] = (
    Rule(frozenset({"class_weights"}), _weights_are_numbers),
    *(_option_is_read(name) for name in _READ_BY),
    Rule(frozenset({"optimizer", "optimizer_options"}), _options_need_a_class),
    Rule(frozenset({"metrics", "preprocess_logits_for_metrics"}), _metrics_keep_what_they_need),
    Rule(frozenset({"metrics"}), _best_is_measured),
    Rule(frozenset({"early_stopping"}), _stopping_can_work),
    Rule(frozenset({"callbacks"}), _callbacks_exist),
)
