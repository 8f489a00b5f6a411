"""What a rehearsal tells of model, plan and data, as JSON."""

from typing import Any

from trainer_bridge.rehearsal import samples
from trainer_bridge.rehearsal.evaluation import Evaluation
from trainer_bridge.rehearsal.plan import Plan
from trainer_bridge.spec import BuiltTraining


def model_facts(model: Any) -> dict[str, Any]:
    """Its class, and how many numbers it has and learns."""
    counts = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return {
        "model": type(model).__name__,
        "parameters": sum(number for number, _ in counts),
        "trainable": sum(number for number, trains in counts if trains),
    }


def plan_facts(trainer: Any, planned: Plan) -> dict[str, Any]:
    """Steps in all, and what is in one of them."""
    args = trainer.args
    return {
        "steps": planned.steps,
        "steps_per_epoch": planned.steps_per_epoch,
        "epochs": planned.epochs,
        "batch": {
            "per_step": planned.batch,
            "accumulation": args.gradient_accumulation_steps,
            "processes": args.world_size,
            "effective": planned.effective_batch,
        },
    }


def evaluation_facts(found: Evaluation, times: int) -> dict[str, Any]:
    """``seconds`` are those of one whole evaluation, ``times`` how many there will be."""
    return {
        "samples": found.samples,
        "measured": found.measured,
        "seconds": found.seconds_whole,
        "times": times,
        "metrics": found.metrics,
    }


def dropped_columns(built: BuiltTraining) -> list[str]:
    """The columns of the training data that never reach the model, by the Trainer or before by the data's mapping."""
    trainer = built.trainer
    before = list(built.notes.get("dropped", ()))
    if not trainer.args.remove_unused_columns or samples.count(trainer.train_dataset) is None:
        return before
    trainer._set_signature_columns_if_needed()
    known = set(trainer._signature_columns)
    return before + [name for name in samples.names_of(trainer.train_dataset) if name not in known]
