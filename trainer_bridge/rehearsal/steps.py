"""A few real steps of training: with the longest batch, for memory, and with usual ones, for time."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer_bridge.loss_scale import SAMPLES
from trainer_bridge.rehearsal import memory, samples
from trainer_bridge.rehearsal.plan import Plan

#: Steps with the longest samples; the first of all is not timed, for it also allocates.
LONGEST = 2
#: Steps with usual samples.
USUAL = 4
#: Seconds after which no further step is begun, once there are two.
ENOUGH = 20.0


@dataclass(frozen=True)
class Steps:
    """``usual`` and ``longest`` are seconds a step; ``longest_sample`` is in tokens; ``memory`` in bytes.

    ``samples`` are a few of the training set.
    """

    usual: float
    longest: float
    longest_sample: int | None
    losses: list[float]
    memory: int
    samples: list[Any]


class Watch(TrainerCallback):
    """Notes when each step ended, and its loss; ends the training when it takes long."""

    def __init__(self, tell: Callable[[str], None], total: int) -> None:
        self._tell, self._total = tell, total
        self._began = time.monotonic()
        self.ends: list[float] = []
        self.losses: list[float] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._began = time.monotonic()
        self.ends = [_now()]

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self.ends.append(_now())
        self._tell(f"step {state.global_step} of {self._total}")
        control.should_log, control.should_save, control.should_evaluate = True, False, False
        if state.global_step >= 2 and time.monotonic() - self._began > ENOUGH:
            control.should_training_stop = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        control.should_save, control.should_evaluate = False, False

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if logs and "loss" in logs:
            self.losses.append(float(logs["loss"]))

    @property
    def seconds(self) -> list[float]:
        """What each step took."""
        return [after - before for before, after in zip(self.ends, self.ends[1:], strict=False)]


def run_steps(trainer: Any, plan: Plan, tell: Callable[[str], None]) -> Steps:
    """Train a few steps; the Trainer's data is put back, its weights are not. Raises what the training raises."""
    size = plan.batch * trainer.args.gradient_accumulation_steps
    usual_steps = min(USUAL, max(1, plan.steps - LONGEST))
    whole = trainer.train_dataset
    data, longest = _chosen(whole, size, usual_steps)
    watch = Watch(tell, LONGEST + usual_steps)
    trainer.add_callback(watch)
    before = {name: getattr(trainer.args, name) for name in _FOR_STEPS}
    _set(trainer.args, _FOR_STEPS | {"max_steps": LONGEST + usual_steps})
    trainer.train_dataset = data
    try:
        trainer.train()
    finally:
        trainer.train_dataset = whole
        _set(trainer.args, before)
        trainer.remove_callback(watch)
    seconds, peak = watch.seconds, memory.peak()
    return Steps(
        usual=statistics.median(seconds[LONGEST:] or seconds[-1:]),
        longest=seconds[min(1, len(seconds) - 1)],
        longest_sample=longest,
        losses=watch.losses,
        memory=peak,
        samples=[data[place] for place in range(min(len(data), SAMPLES))],
    )


#: Training arguments that only these few steps have.
_FOR_STEPS: dict[str, Any] = {
    "max_steps": 0,
    "train_sampling_strategy": "sequential",
    "load_best_model_at_end": False,
    "eval_on_start": False,
    "save_total_limit": None,
}


def _chosen(dataset: Any, size: int, usual_steps: int) -> tuple[Any, int | None]:
    """The samples of all steps, longest first, and the length of the longest. Raises ValueError for empty data."""
    if samples.count(dataset) is None:
        dataset = samples.first_of_stream(dataset, size * (LONGEST + usual_steps))
    if not len(dataset):
        raise ValueError("The training data has no sample.")
    longest, length = samples.longest(dataset, size)
    usual = samples.spread(len(dataset), size * usual_steps)
    places = samples.repeated(longest, size * LONGEST) + samples.repeated(usual, size * usual_steps)
    return samples.take(dataset, places), length


def _set(args: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(args, name, value)


def _now() -> float:
    """The time once the accelerator has done what it was given."""
    import torch

    if torch.accelerator.is_available():
        torch.accelerator.synchronize()
    return time.monotonic()
