"""Rules about how long to train, when to evaluate and save, and which checkpoint is best."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge.schedule_options import FOLLOW_METRIC
from trainer_bridge.titled import Broken

Arguments = Mapping[str, Any]

#: Metrics of which less is better, by their last word or words; "loss" among them.
_LESS_IS_BETTER = ("loss", "perplexity", "bits_per_byte", "mse", "rmse", "mae", "wer", "cer", "error")
_MORE_IS_BETTER = ("accuracy", "f1", "precision", "recall", "auc", "bleu", "r2")


def has_length(args: Arguments) -> Broken | None:
    """Epochs or steps: one of them must say how long to train."""
    if args["max_steps"] == 0:
        return Broken("max_steps", "0 steps train nothing. Use -1 to let num_train_epochs decide.")
    if args["max_steps"] < 0 and args["num_train_epochs"] == 0:
        return Broken("num_train_epochs", "Must be above 0, or max_steps must be: there is nothing to train.")
    return None


def best_needs_evaluation(args: Arguments) -> Broken | None:
    """The best checkpoint is found by evaluating."""
    if args["eval_strategy"] != "no":
        return None
    if args["load_best_model_at_end"]:
        return Broken("eval_strategy", "Finding the best model needs evaluation: choose steps or epoch.")
    if args["save_strategy"] == "best":
        return Broken("save_strategy", "best saves after an evaluation, and eval_strategy is no.")
    if (kind := args["lr_scheduler_type"]) in FOLLOW_METRIC:
        return Broken("lr_scheduler_type", f"{kind} needs evaluations, and eval_strategy is no.")
    return None


def saves_meet_evaluations(args: Arguments) -> Broken | None:
    """With the best model wanted, each save must be at a step that was evaluated."""
    evaluated, saved = args["eval_strategy"], args["save_strategy"]
    if not args["load_best_model_at_end"] or evaluated == "no" or saved == "best":
        return None
    if evaluated != saved:
        return Broken(
            "save_strategy",
            f"Must be {evaluated} like eval_strategy, or best: load_best_model_at_end can only "
            "load checkpoints that were evaluated.",
        )
    return _steps_meet(args) if saved == "steps" else None


def direction_is_right(args: Arguments) -> Broken | None:
    """The direction of a metric is asked for: the Trainer guesses from the name's end that more perplexity is better.

    A known metric must not be followed the wrong way either.
    """
    metric = args["metric_for_best_model"] or "loss"
    greater = args["greater_is_better"]
    if greater is None and args["metric_for_best_model"]:
        return Broken(
            "greater_is_better", f"Say whether more {metric} is better; the Trainer would only guess."
        )
    if greater and metric.endswith(_LESS_IS_BETTER):
        return Broken("greater_is_better", f"Less {metric} is better: switch this off.")
    if not greater and metric.endswith(_MORE_IS_BETTER):
        return Broken("greater_is_better", f"More {metric} is better: switch this on.")
    return None


def _steps_meet(args: Arguments) -> Broken | None:
    # Nothing given for eval_steps means logging_steps, as in TrainingArguments.
    every = args["logging_steps"] if args["eval_steps"] is None else args["eval_steps"]
    saved = args["save_steps"]
    if (every < 1) != (saved < 1):
        sentence = f"{saved:g}, and eval_steps is {every:g}: use steps for both or ratios for both."
        return Broken("save_steps", sentence)
    if _is_multiple(saved, every):
        return None
    return Broken(
        "save_steps",
        f"Must be a multiple of eval_steps, {every:g}, so that every checkpoint is evaluated. "
        f"Did you mean {_next_multiple(saved, every):g}?",
    )


def _is_multiple(saved: float, every: float) -> bool:
    if saved >= 1:
        return saved % every == 0
    # The same integer arithmetic as in TrainingArguments: 0.3 is a multiple of 0.1.
    return saved % every == 0 or (saved * 1_000_000) % (every * 1_000_000) == 0


def _next_multiple(saved: float, every: float) -> float:
    return max(1, round(saved / every)) * every
