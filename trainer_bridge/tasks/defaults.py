"""Training arguments of the task recipes, for a small model that learns from nothing on one CPU thread."""

from collections.abc import Mapping

from trainer_bridge.fields import Value

ARGUMENTS: Mapping[str, Value] = {
    "per_device_train_batch_size": 32,
    "per_device_eval_batch_size": 128,
    "learning_rate": 2e-3,
    "lr_scheduler_type": "cosine",
    "warmup_steps": 0.1,
    "weight_decay": 0.05,
    "logging_steps": 10,
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "save_total_limit": 2,
}
