"""A recipe small enough to train in a fraction of a second, whose parts a test may replace."""

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainer_bridge.assembly import assemble
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Recipe, TrainerParts, recipe
from trainer_bridge.spec_fields import problems, resolve

WORDS = ("red apple", "green pear", "red cherry", "green leaf")
ARGUMENTS = {
    "max_steps": 4,
    "per_device_train_batch_size": 8,
    "per_device_eval_batch_size": 8,
    "learning_rate": 0.01,
    "logging_steps": 1,
    "eval_strategy": "steps",
    "eval_steps": 2,
    "save_strategy": "no",
    "load_best_model_at_end": False,
}
#: Arguments of a training that keeps checkpoints and returns to the best.
SAVING = {"save_strategy": "steps", "save_steps": 2, "load_best_model_at_end": True}
#: A model of 4,000 weights.
TINY = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}


def toy(change: Callable[[TrainerParts], Any] | None = None) -> Recipe:
    """Red or green: text classification with a model of a person's choice. ``change`` alters the parts in place."""

    @recipe(
        name="toy",
        title="Toy",
        task="text classification",
        description="",
        objective="eval/accuracy",
        greater_is_better=True,
        arguments=ARGUMENTS,
        settings={"model.config": TINY, "model.vocab_size": 300},
    )
    def build(*, model: ModelChoice, seed: int) -> TrainerParts:
        tokenizer = model.tokenizer(WORDS)
        items = [dict(tokenizer(text), labels=int(text.startswith("red"))) for text in WORDS * 8]
        parts = TrainerParts(
            model=model.build("AutoModelForSequenceClassification", tokenizer=tokenizer, num_labels=2),
            train_dataset=items,
            eval_dataset=items[:8],
            processing_class=tokenizer,
            compute_metrics=lambda p: {"accuracy": (p.predictions.argmax(-1) == p.label_ids).mean()},
            accepts_loss_kwargs=False,
        )
        if change:
            change(parts)
        return parts

    return build


def built(folder: Path, recipe: Recipe | None = None, **groups: dict[str, Any]) -> Any:
    """The Trainer of a toy spec: ``built(folder, trainer={"loss": "focal"}, args={"max_steps": 1})``."""
    used = recipe or toy()
    spec = {"recipe": used.name, **groups}
    assert problems(used, spec) == {}
    values = resolve(used, spec)
    # The Trainer collects garbage as it begins; what stays for ever need not be looked through each time.
    gc.freeze()
    trainer, _ = assemble(used.build, values, {**used.arguments, **groups.get("args", {})}, folder)
    return trainer


def first_log(trainer: Any) -> dict[str, float]:
    """Train; the first measurements of the training."""
    trainer.train()
    return next(log for log in trainer.state.log_history if "loss" in log)
