"""What the whole run would do, by its arguments: steps, evaluations, checkpoints. Nothing is trained here."""

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Plan:
    """``steps`` are optimizer steps; ``kept`` the most checkpoints that lie on the disk at once."""

    steps: int
    steps_per_epoch: int | None
    epochs: float | None
    batch: int
    effective_batch: int
    evaluations: int
    saves: int
    kept: int


def plan_of(trainer: Any) -> Plan:
    """The plan of a Trainer that has not trained yet. Raises what the Trainer raises where it cannot begin."""
    args = trainer.args
    loader = trainer.get_train_dataloader()
    _, per_epoch, _, _, effective, _, steps = trainer.set_initial_training_values(args, loader)
    known = hasattr(trainer.train_dataset, "__len__")
    epochs = steps / per_epoch if known and per_epoch else None
    evaluations = _times(args.eval_strategy, args.eval_steps, steps, epochs)
    saves = evaluations if _is(args.save_strategy, "best") else 0
    saves = saves or _times(args.save_strategy, args.save_steps, steps, epochs)
    return Plan(
        steps=steps,
        steps_per_epoch=per_epoch if known else None,
        epochs=epochs,
        batch=args.train_batch_size,
        effective_batch=effective,
        evaluations=evaluations,
        saves=saves,
        kept=_kept(args, saves),
    )


def cautions(trainer: Any, plan: Plan) -> dict[str, str]:
    """Field → what in the arguments will surprise, though it runs."""
    args, found = trainer.args, {}
    if _is(args.logging_strategy, "steps") and every(args.logging_steps, plan.steps) > plan.steps:
        found["args.logging_steps"] = f"The run has {plan.steps} steps: the training curves stay empty."
    if _is(args.eval_strategy, "steps") and every(args.eval_steps, plan.steps) > plan.steps:
        found["args.eval_steps"] = f"The run has {plan.steps} steps: it is evaluated only once, at its end."
    if _is(args.save_strategy, "steps") and every(args.save_steps, plan.steps) > plan.steps:
        found["args.save_steps"] = f"The run has {plan.steps} steps: it is saved only once, at its end."
    warmup = args.get_warmup_steps(plan.steps)
    if warmup >= plan.steps and warmup:
        found["args.warmup_steps"] = f"The run has {plan.steps} steps: learning_rate is never reached."
    return found


def every(chosen: float | None, steps: int) -> int:
    """Steps between two events; below 1, a ratio of all steps."""
    if chosen is None:
        return steps
    return math.ceil(steps * chosen) if chosen < 1 else int(chosen)


def _times(strategy: Any, chosen: float | None, steps: int, epochs: float | None) -> int:
    """How often something happens; with "steps" once more at the end."""
    if _is(strategy, "epoch"):
        return math.ceil(epochs or 1)
    if _is(strategy, "steps"):
        return math.ceil(steps / every(chosen, steps))
    return 0


def _kept(args: Any, saves: int) -> int:
    """A new checkpoint is written before an old one goes, and the best one stays beside the last."""
    limit = args.save_total_limit
    if not limit or limit < 1:
        return saves
    best_too = 1 if limit == 1 and args.load_best_model_at_end else 0
    return min(saves, limit + best_too + 1)


def _is(strategy: Any, name: str) -> bool:
    return str(getattr(strategy, "value", strategy)) == name
