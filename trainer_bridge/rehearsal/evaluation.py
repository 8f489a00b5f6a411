"""A slice of the evaluation: do the metrics come out, what do they take, and are they named as the arguments say?"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer_bridge.fields import did_you_mean
from trainer_bridge.rehearsal import memory, samples
from trainer_bridge.rehearsal.faults import Fault
from trainer_bridge.spec import BuiltTraining

#: Samples that are measured beside the longest batch; enough for most metrics to be defined.
SLICE = 64
_SPEED = ("runtime", "samples_per_second", "steps_per_second", "model_preparation_time", "epoch")


@dataclass(frozen=True)
class Evaluation:
    """``measured`` of ``samples`` were evaluated; ``seconds_whole`` is what all of them would take.

    ``memory`` is the peak in bytes, what is kept of all samples until the metrics are computed included.
    """

    samples: int
    measured: int
    seconds_whole: float
    memory: int
    metrics: list[str]
    problems: list[Fault] = field(default_factory=list)


def evaluate(built: BuiltTraining, most: int) -> Evaluation | None:
    """Evaluate a slice of what the run evaluates; None where it evaluates nothing. Raises what the metrics raise.

    Beside the longest batch of each part at most ``most`` samples are measured.

    Without evaluations during the training that is the test split, if there is one.
    """
    trainer = built.trainer
    during_training = trainer.args.eval_strategy != "no"
    whole = trainer.eval_dataset if during_training else built.test_dataset
    if whole is None:
        return None
    parts = dict(whole) if isinstance(whole, Mapping) else {"": whole}
    size, number = trainer.args.eval_batch_size, min(SLICE, most // len(parts))
    slices = {name: _slice(part, size, number) for name, part in parts.items()}
    measured = sum(map(len, slices.values()))
    total = sum(samples.count(part) or len(slices[name]) for name, part in parts.items())
    memory.begin_peak()
    began, kept = time.monotonic(), Kept(trainer)
    metrics = trainer.evaluate(slices if isinstance(whole, Mapping) else slices[""])
    seconds = time.monotonic() - began
    kept.release()
    names = [name.removeprefix("eval_") for name in metrics if not name.endswith(_SPEED)]
    return Evaluation(
        samples=total,
        measured=measured,
        seconds_whole=seconds * total / max(1, measured),
        memory=memory.peak() + kept.bytes * max(0, total - measured) // max(1, measured),
        metrics=names,
        problems=_metric_problems(trainer.args, names) if during_training else [],
    )


def too_large(found: Evaluation) -> str:
    """What to say where the evaluation will need more memory than there is; "" else."""
    if found.memory <= memory.capacity()[1]:
        return ""
    return (
        f"The predictions of all {found.samples} samples do not fit into memory at once. Evaluate fewer samples, or "
        "keep less of each in preprocess_logits_for_metrics."
    )


class Kept:
    """How many bytes of predictions and labels the Trainer keeps until the metrics are computed."""

    def __init__(self, trainer: Any) -> None:
        self._trainer, self._metrics = trainer, trainer.compute_metrics
        self.bytes = 0
        if self._metrics is not None:
            trainer.compute_metrics = self._compute

    def release(self) -> None:
        self._trainer.compute_metrics = self._metrics

    def _compute(self, prediction: Any, *args: Any, **kwargs: Any) -> Any:
        self.bytes += _size(prediction.predictions) + _size(prediction.label_ids)
        return self._metrics(prediction, *args, **kwargs)


def _size(value: Any) -> int:
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return int(getattr(value, "nbytes", 0))


def _slice(dataset: Any, batch: int, number: int) -> Any:
    """The longest batch, then samples from all over the set, each once."""
    if samples.count(dataset) is None:
        return samples.first_of_stream(dataset, batch + number)
    longest, _ = samples.longest(dataset, batch)
    spread = samples.spread(len(dataset), number)
    return samples.take(dataset, list(dict.fromkeys([*longest, *spread])))


def _metric_problems(args: Any, names: list[str]) -> list[Fault]:
    """The metric by which the best checkpoint is chosen must be one that comes out."""
    wanted = (args.metric_for_best_model or "").removeprefix("eval_")
    if not wanted or wanted in names:
        return []
    sentence = f"No metric is called {wanted}. There are: {', '.join(names)}.{did_you_mean(wanted, names)}"
    return [Fault("args.metric_for_best_model", sentence, "evaluating")]
