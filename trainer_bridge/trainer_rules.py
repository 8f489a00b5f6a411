"""What does not go together among the Trainer's other parameters, told before anything is built. No torch here."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.titled import Broken, Rule
from trainer_bridge.trainer_choices import CALLBACKS, MEASURED, NEEDS_KEPT, class_weights_problem
from trainer_bridge.trainer_fields import TRAINER_FIELDS

#: Option of a loss → the losses that read it.
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
