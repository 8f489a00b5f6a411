"""Runs that were really trained, with the checkpoints that their Trainer saved."""

from pathlib import Path
from typing import Any

from runs.checkpoints.register import register
from runs.models import Run
from tests.runs.checkpoints.folders import new_run
from trainer_bridge.paths import RunPaths


def trained_run(spec: dict[str, Any], runs_dir: Path, name: str) -> tuple[Any, Run]:
    """What was built of ``spec`` and trained, and its run."""
    from transformers import TrainerCallback

    from trainer_bridge.saved import checkpoint_event
    from trainer_bridge.spec import build_trainer

    run = new_run(spec=spec, name=name)
    output_dir = RunPaths(runs_dir, run.pk).checkpoints

    class Registering(TrainerCallback):
        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            register(run.pk, 1, checkpoint_event(output_dir, state.global_step, state))

    built = build_trainer(spec, output_dir, [Registering()])
    run.objective, run.greater_is_better = built.objective, built.greater_is_better
    run.save()
    built.trainer.train()
    return built, run
