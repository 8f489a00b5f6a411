"""The callback that tells Trainboard what a Trainer does, and lets a person steer it.

It must not cost the training anything: values are copied and queued, the rest happens on other threads. And
it must not break it: an exception in a callback kills a training, so every hook is guarded.
"""

import functools
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trainer_bridge.control import Control
from trainer_bridge.early_stopping import Patience
from trainer_bridge.evaluation import Evaluation
from trainer_bridge.incidents import Incidents
from trainer_bridge.loss_scale import inflated, inflation_of_running
from trainer_bridge.protocol import Environment, Event, Metrics, Progress, State, Warning
from trainer_bridge.running import running_trainer
from trainer_bridge.saved import checkpoint_event, kept_steps
from trainer_bridge.schedule import Change, Schedule
from trainer_bridge.series_keys import NOT_SERIES, is_final, series_key
from trainer_bridge.steering import Wheel
from trainer_bridge.values import Measures, flatten

log = logging.getLogger("trainer_bridge")

#: Seconds between two reports of the progress.
PROGRESS_EVERY = 0.25

Hook = Callable[..., None]


def samples_per_step(args: TrainingArguments, state: TrainerState) -> int:
    """What one optimizer step learns from, in all processes; the batch may have been found by trying."""
    batch = state.train_batch_size if args.auto_find_batch_size else None
    return (batch or args.train_batch_size) * args.gradient_accumulation_steps * args.world_size


def guarded(hook: Hook) -> Hook:
    """Only on the process that speaks for all ranks; an exception is reported once, never raised."""
    return _guarded(hook, everywhere=False)


def guarded_everywhere(hook: Hook) -> Hook:
    """The same on every process: for what all of them must do at the same step."""
    return _guarded(hook, everywhere=True)


def _guarded(hook: Hook, *, everywhere: bool) -> Hook:
    @functools.wraps(hook)
    def call(
        self: "BridgeCallback",
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,
    ) -> None:
        try:
            self.begin()
            if everywhere or state.is_world_process_zero:
                hook(self, args, state, control, **kwargs)
        except Exception as error:
            self.report_fault(hook.__name__, error)

    return call


class BridgeCallback(TrainerCallback):
    """Sends metrics, progress, checkpoints and state through ``client``; applies what ``control`` was asked.

    ``client`` is a BridgeClient, or anything with ``emit`` and ``attempt``. ``describe``, when it is set, is
    called at the start of the training and gives what the run page shows about arguments, packages and
    hardware. ``prefix`` stands before every series key. ``changes`` of the learning rate were made by people up to the
    checkpoint that the training goes on from. ``keep_batches``: steps that stand out are told with their rows.
    """

    def __init__(self, client: Any, control: Control) -> None:
        self._client = client
        self._emit: Callable[[Event], None] = client.emit
        self._control = control
        self.describe: Callable[[], dict[str, Any]] | None = None
        self.prefix = ""
        self.changes: list[Change] = []
        self.keep_batches = False
        self._measures = Measures(self._left_out)
        self._keys: dict[tuple[str, bool], str] = {}
        self._faults: set[str] = set()
        self._progress_at = 0.0
        self._progress_step = -1
        self._evaluation = Evaluation()
        self._kept: list[int] = []
        self._planned = 0
        self._patience = Patience(None)
        self._told_patience: dict[str, Any] = {}
        self._incidents: Incidents | None = None

    def begin(self) -> None:
        """Called before every hook, on every process of the training."""

    @guarded_everywhere
    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._planned = state.max_steps
        if state.is_world_process_zero:
            self._tell_running(args, state)
        if self.changes and state.global_step:
            Schedule(kwargs["optimizer"], kwargs["lr_scheduler"], args, state.max_steps).replay(self.changes)
        if state.is_world_process_zero:
            self._begin_watching(state, kwargs)

    @guarded_everywhere
    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._control.apply(self._wheel(args, state, control, kwargs))
        if not state.is_world_process_zero:
            return
        now = time.monotonic()
        if now - self._progress_at >= PROGRESS_EVERY:
            self._progress_at = now
            self._report_progress(state)
        if self._incidents is not None:
            self._incidents.step_end(state.global_step)

    @guarded
    def on_substep_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._incidents is not None:
            self._incidents.rows.substep()

    @guarded
    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._incidents is not None:
            self._incidents.rows.begin_epoch()

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # Once a batch: nothing but a count, until it is time to tell.
        self._evaluation.done += 1
        if time.monotonic() - self._progress_at >= PROGRESS_EVERY:
            self._tell_evaluation(args, state, control, **kwargs)

    @guarded
    def _tell_evaluation(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._progress_at = time.monotonic()
        self._evaluation.measure(kwargs.get("eval_dataloader"), self._progress_at)
        self._report_progress(state, self._evaluation)

    @guarded
    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._end_evaluation(state)

    @guarded
    def on_predict(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: Any,
        **kwargs: Any,
    ) -> None:
        self._end_evaluation(state)

    @guarded_everywhere
    def on_step_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._control.hold(state.global_step)

    @guarded
    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        # ``logs`` is shared with other callbacks: read, never kept.
        logs = logs or {}
        final = is_final(logs)
        if self._incidents is not None and "loss" in logs:
            self._incidents.logged()
        values: dict[str, float] = {}
        for name, value in flatten(logs):
            if name not in NOT_SERIES and (key := self._key(name, final)):
                self._measures.add(values, key, value)
        if values:
            tokens = logs.get("num_input_tokens_seen")
            self._emit(
                Metrics(
                    state.global_step,
                    time.time(),
                    values,
                    state.epoch,
                    int(tokens) if tokens is not None else None,
                )
            )

    @guarded_everywhere
    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        # Every process writes a file of its own into the checkpoint.
        self._control.meet()
        if not state.is_world_process_zero:
            return
        # The Trainer has rotated already (transformers 5: at the end of its _save_checkpoint).
        event = checkpoint_event(Path(args.output_dir), state.global_step, state)
        self._kept = event.kept
        self._emit(event)

    @guarded
    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        if self._progress_step != state.global_step or self._told_patience != self._patience.told():
            self._report_progress(state)
        self._report_rotation(Path(args.output_dir), state)
        self._control.end("the training has ended")

    def stopped_early(self, args: TrainingArguments) -> str:
        """Why early stopping ended the training, "" if it did not."""
        return self._patience.reason(args.metric_for_best_model)

    def report_fault(self, hook: str, error: Exception) -> None:
        """Say once per hook that part of the reporting failed; the training goes on."""
        if hook in self._faults:
            return
        self._faults.add(hook)
        log.exception("%s could not report", hook, exc_info=error)
        text = (
            f"Part of the reporting failed in {hook} ({type(error).__name__}: {error}); the training went on."
        )
        self._warn(f"callback {hook}", text)

    def _tell_running(self, args: TrainingArguments, state: TrainerState) -> None:
        went_on = state.global_step > 0 or self._client.attempt > 1
        self._emit(
            State(
                "running",
                time.time(),
                max_steps=state.max_steps,
                num_train_epochs=float(state.num_train_epochs),
                resumed_step=state.global_step if went_on else None,
                samples_per_step=samples_per_step(args, state),
            )
        )
        self._kept = kept_steps(Path(args.output_dir))

    def _begin_watching(self, state: TrainerState, parts: dict[str, Any]) -> None:
        trainer = running_trainer()
        self._patience = Patience(trainer)
        if self.keep_batches and trainer is not None:
            self._incidents = Incidents(trainer, parts["train_dataloader"], state.global_step, self._emit)
        if self.describe is not None:
            self._emit(Environment(self.describe()))
        if (times := inflation_of_running()) is not None:
            self._warn("loss scale", inflated(times))

    def _wheel(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, parts: dict[str, Any]
    ) -> Wheel:
        optimizer, scheduler = parts.get("optimizer"), parts.get("lr_scheduler")
        return Wheel(control, state.global_step, args, state, optimizer, scheduler, self._planned)

    def _key(self, name: str, final: bool) -> str:
        """The series key of a log name; "" for one that cannot be stored."""
        key = self._keys.get((name, final))
        if key is None:
            key = self.prefix + series_key(name, final=final)
            if not self._measures.admit(key):
                return ""
            self._keys[name, final] = key
        return key

    def _end_evaluation(self, state: TrainerState) -> None:
        was_told, self._evaluation = self._evaluation.since is not None, Evaluation()
        if was_told:
            self._report_progress(state)

    def _report_progress(self, state: TrainerState, evaluation: Evaluation | None = None) -> None:
        self._progress_step = state.global_step
        tokens = int(state.num_input_tokens_seen) or None
        self._told_patience = self._patience.told()
        told = self._told_patience | (evaluation.told() if evaluation else {})
        self._emit(Progress(state.global_step, time.time(), state.max_steps, state.epoch, tokens, **told))

    def _report_rotation(self, output_dir: Path, state: TrainerState) -> None:
        """With save_total_limit=1 the last checkpoint is deleted after the last on_save: say what is left."""
        kept = kept_steps(output_dir)
        if kept and kept != self._kept:
            self._emit(checkpoint_event(output_dir, kept[-1], state))
            self._kept = kept

    def _left_out(self, code: str, text: str) -> None:
        log.warning(text)
        self._warn(code, text)

    def _warn(self, code: str, text: str) -> None:
        self._emit(Warning(code[:250], text, time.time()))
