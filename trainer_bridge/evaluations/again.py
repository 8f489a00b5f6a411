"""A run that trains nothing: the weights of a checkpoint, measured on another split or other data."""

import time
from pathlib import Path
from typing import Any

from trainer_bridge.child import Training
from trainer_bridge.evaluations.parts import PREFIXES
from trainer_bridge.problem import SpecProblem
from trainer_bridge.protocol import State


class CheckpointEvaluation(Training):
    """Builds what the checkpoint was trained with, loads its weights and evaluates once."""

    def _train(self) -> bool:
        from trainer_bridge.callback import BridgeCallback
        from trainer_bridge.environment import describe
        from trainer_bridge.evaluations.watch import watch
        from trainer_bridge.printing import LogPrinter
        from trainer_bridge.protocol import Environment
        from trainer_bridge.spec import build_trainer

        callback = BridgeCallback(self.client, self.control)
        built = build_trainer(self.job.spec, self.job.paths.checkpoints, [callback, LogPrinter()])
        self.client.emit(Environment(describe(built)))
        trainer, self.step = built.trainer, self.job.evaluate["step"]
        load(trainer, self.job.paths.evaluated)
        watch(trainer, self.client.emit)
        trainer.state.global_step, trainer.state.epoch = self.step, None
        self.client.emit(State("running", time.time(), max_steps=self.step or None))
        part = self.job.evaluate["part"]
        trainer.evaluate(part_of(built, part), metric_key_prefix=PREFIXES[part])
        return False


def load(trainer: Any, folder: Path) -> None:
    """The weights in ``folder`` into the Trainer's model. Raises SpecProblem where they are not those of it."""
    if not list(folder.rglob("*.safetensors")):
        raise SpecProblem(
            {"checkpoint": "The checkpoint has no weights in safetensors, and nothing else is loaded."}
        )
    try:
        trainer._load_from_checkpoint(str(folder))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[0]
        raise SpecProblem(
            {"data.eval_source": f"The weights do not fit: has this data other labels? {first}"}
        ) from error


def part_of(built: Any, part: str) -> Any:
    """The rows of a part: a dataset, or several by name. Raises SpecProblem where the data has no such part."""
    found = {
        "validation": built.trainer.eval_dataset,
        "test": built.test_dataset,
        "train": built.trainer.train_dataset,
    }[part]
    if found is None:
        raise SpecProblem({"part": f"The data of this run has no {part} split."})
    return found
