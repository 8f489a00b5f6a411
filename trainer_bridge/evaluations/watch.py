"""Listens to a Trainer's evaluations, beside its metrics.

The two methods that every evaluation goes through are wrapped on the Trainer itself, so a Trainer of any class is heard
and what they return is what they returned. A fault in here ends this listening, never the training.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import numpy

from trainer_bridge.errand_child import plain
from trainer_bridge.evaluations import VERSION
from trainer_bridge.evaluations.examples import PROBES, Examples, Former
from trainer_bridge.evaluations.kinds import View, view_of, with_logits_alone
from trainer_bridge.evaluations.language import Language
from trainer_bridge.evaluations.look import Look
from trainer_bridge.evaluations.regression import POINTS
from trainer_bridge.evaluations.tally import Batch
from trainer_bridge.evaluations.writing import prompts_of, written
from trainer_bridge.protocol import Evaluated, Event, Warning

log = logging.getLogger("trainer_bridge")


def watch(trainer: Any, tell: Callable[[Event], None]) -> None:
    """From now on every evaluation of ``trainer`` ends with an Evaluated event given to ``tell``."""
    _Listener(trainer, tell)


class _Listener:
    """Stands around ``evaluation_loop`` and ``prediction_step``."""

    def __init__(self, trainer: Any, tell: Callable[[Event], None]) -> None:
        self._trainer, self._tell = trainer, tell
        self._loop, self._step = trainer.evaluation_loop, trainer.prediction_step
        self._former: dict[str, Former] = {}
        self._look = Look(trainer.processing_class)
        self._round: _Round | None = None
        self._broken = False
        trainer.evaluation_loop, trainer.prediction_step = self._around_loop, self._around_step

    def _around_loop(
        self,
        dataloader: Any,
        description: str,
        prediction_loss_only: bool | None = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> Any:
        outer = self._round
        listens = description == "Evaluation" and not self._broken
        if listens:
            self._guarded(lambda: self._begin(dataloader, metric_key_prefix))
        else:
            self._round = None
        try:
            output = self._loop(dataloader, description, prediction_loss_only, ignore_keys, metric_key_prefix)
            if listens:
                # All processes come here, whatever happened in one of them: they wait for each other.
                self._guarded(self._end)
            return output
        finally:
            self._round = outer

    def _around_step(
        self, model: Any, inputs: Any, prediction_loss_only: bool, ignore_keys: list[str] | None = None
    ) -> Any:
        if self._round is None or self._round.gave_up:
            return self._step(model, inputs, prediction_loss_only, ignore_keys=ignore_keys)
        if prediction_loss_only:
            return self._loss_alone(model, inputs, ignore_keys)
        loss, logits, labels = self._step(model, inputs, False, ignore_keys=ignore_keys)
        self._guarded(lambda: self._add(inputs, logits, labels))
        return loss, logits, labels

    def _loss_alone(self, model: Any, inputs: Any, ignore_keys: list[str] | None) -> Any:
        """Where only the loss is wanted the logits are looked at here and then let go, unless they cost more."""
        args = self._trainer.args
        if not args.use_liger_kernel and not getattr(args, "predict_with_generate", False):
            try:
                loss, logits, labels = self._step(model, inputs, False, ignore_keys=ignore_keys)
            except Exception as error:
                # Outputs that are no tensors, which nobody asked the Trainer for.
                log.info("the outputs of this model cannot be looked at: %s", error)
            else:
                self._guarded(lambda: self._add(inputs, logits, labels))
                return loss, None, None
        if self._round is not None:
            self._round.gave_up = True
        return self._step(model, inputs, True, ignore_keys=ignore_keys)

    def _begin(self, dataloader: Any, name: str) -> None:
        self._round = None
        former = self._former.setdefault(name, Former())
        self._round = _Round(self._trainer, dataloader, name, self._look, former)

    def _add(self, inputs: Any, logits: Any, labels: Any) -> None:
        if self._round is not None:
            self._round.add(inputs, logits, labels)

    def _end(self) -> None:
        ended = self._round
        if ended is None:
            return
        event = ended.event()
        if (kept := ended.former) is not None:
            self._former[ended.name] = kept
        if event is not None:
            self._tell(event)

    def _guarded(self, work: Callable[[], None]) -> None:
        began = time.perf_counter()
        try:
            work()
            if self._round is not None:
                self._round.cost += time.perf_counter() - began
        except Exception as error:
            log.exception("the evaluation cannot be looked into", exc_info=error)
            self._broken = True
            if self._round is not None:
                self._round.gave_up = True
            why = f"{type(error).__name__}: {error}"
            text = f"Evaluations of this run cannot be looked into ({why}); their metrics are as always."
            self._tell(Warning("evaluation view", text, time.time()))


class _Round:
    """One evaluation of one split, from its first batch to its event."""

    def __init__(self, trainer: Any, dataloader: Any, name: str, look: Look, former: Former) -> None:
        self._trainer, self.name, self._look = trainer, name, look
        self._batches = 0
        #: Seconds spent in here, beside the model's own.
        self.cost = 0.0
        self._size = _length(dataloader)
        ordered = _in_order(dataloader)
        self._examples = Examples(look.keep, _chosen(self._size, PROBES), former if ordered else None)
        self._view: View | None = None
        self._prompts: list[list[int]] = []
        self.gave_up = False

    def add(self, inputs: Any, logits: Any, labels: Any) -> None:
        """Count a batch; one that no view is known for ends the counting."""
        if logits is None or labels is None:
            self.gave_up = True
            return
        outputs = with_logits_alone(logits, labels)
        batch = Batch(outputs, labels, inputs, self._rows(labels))
        if self._view is None:
            drawn = _chosen(self._size, POINTS)
            self._view = view_of(self._trainer.model, batch, self._look, self._examples, drawn)
            self._prompts = prompts_of(batch) if isinstance(self._view, Language) else []
        if self._view is None:
            self.gave_up = True
            return
        self._view.add(batch)
        self._batches += 1

    @property
    def former(self) -> Former | None:
        return None if self._view is None else self._examples.former

    def event(self) -> Evaluated | None:
        """What all processes counted, on the one that speaks for them; None on the others."""
        began = time.perf_counter()
        self._merge()
        if self._view is None or not self._trainer.state.is_world_process_zero:
            return None
        told = {"version": VERSION, "kind": self._view.kind, **self._view.result()}
        samples, media = self._look.show(self._examples.kept())
        told["samples"] = samples
        told["flips"] = self._examples.changed.tolist()
        if self._prompts and not self.gave_up:
            told["written"] = self._written()
        told["seconds"] = round(self.cost + time.perf_counter() - began, 3)
        return Evaluated(self._trainer.state.global_step, time.time(), self.name, plain(told), media)

    def _merge(self) -> None:
        if self._trainer.args.world_size == 1:
            return
        from accelerate.utils import gather_object

        for place, view in enumerate(gather_object([None if self.gave_up else self._view])):
            if place == self._trainer.args.process_index or view is None:
                continue
            if self._view is not None:
                self._view.merge(view)

    def _written(self) -> list[dict[str, str]]:
        trainer = self._trainer
        # A model that is spread over machines writes only with all of them.
        spread = trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled
        if spread or not getattr(trainer.model, "can_generate", lambda: False)():
            return []
        return written(trainer.model, self._prompts, self._look)

    def _rows(self, labels: Any) -> Any:
        """The places in the split of this batch's rows; those that only fill up the last round are −1."""
        args = self._trainer.args
        count = len(labels[0] if isinstance(labels, tuple) else labels)
        batch = self._batches * args.world_size + args.process_index
        rows = batch * args.eval_batch_size + numpy.arange(count)
        return rows if self._size is None else numpy.where(rows < self._size, rows, -1)


def _length(dataloader: Any) -> int | None:
    try:
        return len(dataloader.dataset)
    except (TypeError, AttributeError):
        return None


def _in_order(dataloader: Any) -> bool:
    """Whether the same row has the same place in every evaluation."""
    sampler = type(getattr(dataloader, "sampler", None)).__name__
    return "Random" not in sampler and "Length" not in sampler


def _chosen(size: int | None, count: int) -> frozenset[int]:
    """Rows chosen once: the same of every evaluation of a split of this size."""
    if size is None or size <= count:
        return frozenset(range(count))
    return frozenset(numpy.random.default_rng(0).choice(size, count, replace=False).tolist())
