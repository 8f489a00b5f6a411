"""A training that is a script of a person's own: the script as it is, its first Trainer reported and steered."""

import shlex
import time
from collections.abc import Callable
from typing import Any

from trainer_bridge.child import Training, resume_folder
from trainer_bridge.environment import describe
from trainer_bridge.evaluations.watch import watch
from trainer_bridge.own import script
from trainer_bridge.own.files import NotOffered
from trainer_bridge.own.problems import without_our_frames
from trainer_bridge.own.script_file import TOO_EARLY, script_path
from trainer_bridge.own.script_values import Given
from trainer_bridge.own.sources import source_of
from trainer_bridge.own.trainer_hooks import adopt, resumes_rightly
from trainer_bridge.protocol import Environment, Warning
from trainer_bridge.spec import built_training


class ScriptTraining(Training):
    """Runs the script to its end; what it does after its training is the script's own affair."""

    _trainer: Any = None
    _trainers = 0

    def _train(self) -> bool:
        self._given = Given(self.job.spec, self.job.paths.checkpoints)
        script.on_parse(self._words)
        script.on_trainer(self._made, self._trained)
        try:
            script.run(script_path(self.job.spec["recipe"]))
        except SystemExit as ended:
            raise script.Failed(ended) from None
        if self._trainer is None:
            self._warn("no trainer", "The script ended and made no Trainer: nothing was measured.")
            return False
        return self._stopped(self._trainer.state)

    def _words(self, parser: Any) -> list[str]:
        words = self._given.words(parser)
        command = shlex.join(self._given.command)
        self.client.emit(Environment({"command": command, **source_of(self._given.recipe)}))
        return words

    def _traceback(self, error: BaseException) -> str:
        """As the script alone would have printed it."""
        return super()._traceback(without_our_frames(error))

    def _made(self, trainer: Any) -> None:
        """Report it. The first one is the run's; series of further ones begin with trainer2/."""
        if self._given.recipe is None:
            raise NotOffered(TOO_EARLY)
        self._trainers += 1
        if self._trainers > 1:
            adopt(trainer, self.client, self.control, f"trainer{self._trainers}/")
            return
        self._trainer, recipe = trainer, self._given.recipe
        # Wherever the script wanted them: the run's page looks for checkpoints here.
        trainer.args.output_dir = str(self.job.paths.checkpoints)
        resumes_rightly(trainer, forked=self.job.forked)
        watch(trainer, self.client.emit)
        callback = adopt(trainer, self.client, self.control)
        callback.changes = self.job.changes
        callback.describe = lambda: describe(built_training(trainer, recipe))
        self.control.can_evaluate = trainer.eval_dataset is not None

    def _trained(self, trainer: Any, go: Callable[..., Any]) -> Any:
        if trainer is not self._trainer:
            return go()
        resume = resume_folder(self.job)
        return self._step_through(
            trainer, lambda: go(**({"resume_from_checkpoint": resume} if resume else {}))
        )

    def _warn(self, code: str, text: str) -> None:
        self.client.emit(Warning(code, text, time.time()))
