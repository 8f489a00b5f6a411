"""The learning rate at each step, in plain Python: what a preview draws. Held equal to transformers' own schedulers."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer_bridge.schedule_options import FOLLOW_METRIC, with_defaults

_HALF_TURN = math.pi


@dataclass(frozen=True)
class Schedule:
    """``peak`` is learning_rate, ``warmup`` and ``total`` are optimizer steps, ``options`` those of the scheduler."""

    kind: str
    peak: float
    warmup: int
    total: int
    options: Mapping[str, Any] = field(default_factory=dict)

    def rate(self, step: int) -> float:
        """The learning rate of the update after ``step`` others. Raises KeyError for a kind that is not known."""
        options = with_defaults(self.kind, self.options)
        return self.peak * _SHAPES[self.kind](self, step, options)

    @property
    def is_planned(self) -> bool:
        """Whether the curve is known beforehand: two schedulers follow a metric instead."""
        return self.kind not in FOLLOW_METRIC


def warmup_steps(value: float, total: int) -> int:
    """The steps of warm-up that the argument ``warmup_steps`` means: a ratio of ``total`` below 1."""
    return int(value) if value >= 1 else math.ceil(total * value)


def is_drawn(kind: str) -> bool:
    """Whether this module knows the scheduler; a later release may have others."""
    return kind in _SHAPES


Options = Mapping[str, Any]
Shape = Callable[[Schedule, int, Options], float]


def _rise(schedule: Schedule, step: int) -> float | None:
    """The straight way up from 0; None after the warm-up."""
    return step / schedule.warmup if step < schedule.warmup else None


def _passed(schedule: Schedule, step: int) -> float:
    """The share of the steps after the warm-up that are done."""
    return (step - schedule.warmup) / max(1, schedule.total - schedule.warmup)


def _wave(turns: float) -> float:
    """1 at the start, 0 after half a turn."""
    return 0.5 * (1 + math.cos(2 * _HALF_TURN * turns))


def _constant(schedule: Schedule, step: int, options: Options) -> float:
    return 1.0


def _after_warmup(fall: Shape) -> Shape:
    """``fall`` with the straight rise before it."""

    def shape(schedule: Schedule, step: int, options: Options) -> float:
        rising = _rise(schedule, step)
        return fall(schedule, step, options) if rising is None else rising

    return shape


def _linear(schedule: Schedule, step: int, options: Options) -> float:
    return max(0.0, (schedule.total - step) / max(1, schedule.total - schedule.warmup))


def _cosine(schedule: Schedule, step: int, options: Options) -> float:
    return max(0.0, _wave(options["num_cycles"] * _passed(schedule, step)))


def _restarts(schedule: Schedule, step: int, options: Options) -> float:
    passed = _passed(schedule, step)
    return 0.0 if passed >= 1 else max(0.0, _wave(options["num_cycles"] * passed % 1 / 2))


def _polynomial(schedule: Schedule, step: int, options: Options) -> float:
    least = options["lr_end"] / schedule.peak
    if step > schedule.total or schedule.total == schedule.warmup:
        return least
    return (1 - least) * (1 - _passed(schedule, step)) ** options["power"] + least


def _inverse_sqrt(schedule: Schedule, step: int, options: Options) -> float:
    scale = options["timescale"] or schedule.warmup or 10_000
    return math.sqrt(scale / (step + scale - schedule.warmup))


def _least_share(schedule: Schedule, options: Options) -> float:
    """min_lr or min_lr_rate as a share of the peak."""
    return options["min_lr"] / schedule.peak if options["min_lr"] is not None else options["min_lr_rate"]


def _cosine_to_least(schedule: Schedule, step: int, options: Options) -> float:
    least = _least_share(schedule, options)
    return max(0.0, _wave(options["num_cycles"] * _passed(schedule, step)) * (1 - least) + least)


def _cosine_rising_to_least(schedule: Schedule, step: int, options: Options) -> float:
    """As `_cosine_to_least`, but the first step is not 0 and each is one further."""
    if step < schedule.warmup:
        first = options["warmup_lr_rate"]
        if first is None:
            return (step + 1) / schedule.warmup
        return first + (1 - first) * step / max(1, schedule.warmup - 1)
    least = _least_share(schedule, options)
    passed = (step - schedule.warmup + 1) / max(1, schedule.total - schedule.warmup)
    return max(0.0, _wave(options["num_cycles"] * passed) * (1 - least) + least)


def _warmup_stable_decay(schedule: Schedule, step: int, options: Options) -> float:
    decay, least = options["num_decay_steps"], options["min_lr_ratio"]
    stable = options["num_stable_steps"]
    if stable is None:
        stable = schedule.total - schedule.warmup - decay
    falls_from = schedule.warmup + stable
    if step < schedule.warmup:
        share = _risen(options["warmup_type"], step / schedule.warmup)
    elif step < falls_from:
        return 1.0
    elif step < falls_from + decay:
        share = _fallen(options["decay_type"], (step - falls_from) / max(1, decay), options["num_cycles"])
    else:
        return least
    return max(0.0, share * (1 - least) + least)


def _risen(kind: str, passed: float) -> float:
    if kind == "cosine":
        return 1 - _wave(passed / 2)
    return passed if kind == "linear" else 1 - math.sqrt(1 - passed)


def _fallen(kind: str, passed: float, turns: float) -> float:
    if kind == "cosine":
        return _wave(turns * passed)
    return 1 - passed if kind == "linear" else 1 - math.sqrt(passed)


_SHAPES: Mapping[str, Shape] = {
    "linear": _after_warmup(_linear),
    "cosine": _after_warmup(_cosine),
    "cosine_with_restarts": _after_warmup(_restarts),
    "polynomial": _after_warmup(_polynomial),
    "constant": _constant,
    "constant_with_warmup": _after_warmup(_constant),
    "inverse_sqrt": _after_warmup(_inverse_sqrt),
    "cosine_with_min_lr": _after_warmup(_cosine_to_least),
    "cosine_warmup_with_min_lr": _cosine_rising_to_least,
    "warmup_stable_decay": _warmup_stable_decay,
    # They start at the peak; what follows depends on a metric.
    "reduce_lr_on_plateau": _constant,
    "greedy": _constant,
}
