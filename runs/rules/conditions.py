"""The conditions a rule can have. Each looks at one value after the other and keeps a few numbers between them.

Nothing here reads the database: what a condition remembers is a small dictionary that its caller keeps.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runs.naming import short_value
from runs.states import ENDED, State
from trainer_bridge import spikes
from trainer_bridge.fields import Field, number_text

#: The ends of a run that a rule may wait for.
ENDS: Mapping[str, frozenset[State]] = {
    "gone wrong": frozenset({State.FAILED, State.CRASHED}),
    **{
        state.value: frozenset({state})
        for state in (State.FAILED, State.CRASHED, State.STOPPED, State.FINISHED)
    },
    "any": ENDED,
}
LEFT_OUT = "left out"

Options = Mapping[str, Any]
Memory = dict[str, Any]

#: Series that say how the model does; "any of them" leaves out the machine and the clock.
_MEASURES = ("train/", "eval/", "test/")


@dataclass(frozen=True)
class Sight:
    """One measured value: ``greater`` says whether more of it is better."""

    key: str
    step: int
    value: float
    greater: bool = False


@dataclass(frozen=True)
class Condition:
    """``judge(options, memory, sight)`` gives a sentence while the condition holds at this value, "" otherwise.

    It may change ``memory``. ``words(options)`` says the condition for people. Without ``judge`` it is looked at
    otherwise: one of time every few seconds, one about the end when that has come (``at_end``: nothing can be
    asked of the run any more).
    """

    title: str
    help: str
    fields: tuple[Field, ...]
    words: Callable[[Options], str]
    judge: Callable[[Options, Memory, Sight], str] | None = None
    at_end: bool = False


def watches(kind: str, options: Options, objective: str, key: str) -> bool:
    """Whether a rule of this condition looks at the series ``key`` of a run with this objective."""
    if CONDITIONS[kind].judge is None:
        return False
    if metric := options.get("metric"):
        return key == metric
    return key.startswith(_MEASURES) if kind == "not_finite" else key == objective


def _metric(default: str | None, without: str) -> Field:
    return Field(
        "metric", "text", default, f"A series such as train/loss. Left empty: {without}.", optional=True
    )


_OBJECTIVE = "the run's objective"
_UNIT = Field(
    "unit", "choice", "values", "values: logged values or evaluations in a row; steps: training steps.",
    choices=("values", "steps"),
)  # fmt: skip


def _count(default: int, help: str) -> Field:
    return Field("count", "int", default, help, minimum=1, maximum=1_000_000_000)


def _lasts(options: Options, memory: Memory, step: int) -> bool:
    """Whether it has held long enough: ``memory`` has the step it began at, and how many values since."""
    if options["unit"] == "steps":
        return step - memory["since"] >= options["count"]
    return memory["count"] >= options["count"]


def _span(options: Options) -> str:
    """ "3 values", "1 step"."""
    count = options["count"]
    return f"{number_text(count)} {options['unit'] if count != 1 else options['unit'][:-1]}"


def _threshold(options: Options, memory: Memory, sight: Sight) -> str:
    limit, above = options["limit"], options["side"] == "above"
    if not (sight.value > limit if above else sight.value < limit):
        memory.clear()
        return ""
    memory.setdefault("since", sight.step)
    memory["count"] = memory.get("count", 0) + 1
    if not _lasts(options, memory, sight.step):
        return ""
    return f"{sight.key} is {short_value(sight.value)}, {options['side']} {short_value(limit)}{_for(options)}"


def _for(options: Options) -> str:
    return f" for {_span(options)}" if options["count"] > 1 or options["unit"] == "steps" else ""


def _plateau(options: Options, memory: Memory, sight: Sight) -> str:
    greater = {"higher": True, "lower": False}.get(options["better"], sight.greater)
    gain = (sight.value - memory["best"]) * (1 if greater else -1) if "best" in memory else math.inf
    if math.isfinite(sight.value) and gain > options["delta"]:
        memory.update(best=sight.value, since=sight.step, count=0)
        return ""
    if "best" not in memory:
        return ""
    memory["count"] += 1
    if not _lasts(options, memory, sight.step):
        return ""
    best = f"the best is {short_value(memory['best'])} at step {number_text(memory['since'])}"
    return f"{sight.key} has not improved{_by_more(options)} over {_span(options)}: {best}"


def _by_more(options: Options) -> str:
    return f" by more than {short_value(options['delta'])}" if options["delta"] else ""


def _not_finite(options: Options, memory: Memory, sight: Sight) -> str:
    """Each series clears by itself; the condition holds while one of them is not finite."""
    bad = memory.setdefault("bad", {})
    if math.isfinite(sight.value):
        bad.pop(sight.key, None)
    else:
        bad[sight.key] = "NaN" if math.isnan(sight.value) else "infinite"
    key = next(iter(bad), "")
    return f"{key} is {bad[key]}" if key else ""


def _spike(options: Options, memory: Memory, sight: Sight) -> str:
    if not math.isfinite(sight.value):
        return ""
    score = spikes.score(memory, sight.value, options["span"])
    usual = memory.get("mean", sight.value)
    spikes.remember(memory, sight.value, options["span"], options["z"])
    if not _is_beyond(options["side"], score, options["z"]):
        return ""
    return f"{sight.key} is {short_value(sight.value)}, {abs(score):.3g} standard deviations from {short_value(usual)}"


def _is_beyond(side: str, score: float, limit: float) -> bool:
    return {"up": score, "down": -score, "either": abs(score)}[side] > limit


def _watched(options: Options, without: str) -> str:
    return options.get("metric") or without


def _threshold_words(options: Options) -> str:
    watched = _watched(options, "the objective")
    return f"{watched} {options['side']} {short_value(options['limit'])}{_for(options)}"


def _plateau_words(options: Options) -> str:
    return f"{_watched(options, 'the objective')} not better{_by_more(options)} over {_span(options)}"


def _spike_words(options: Options) -> str:
    side = {"up": "above", "down": "below", "either": "off"}[options["side"]]
    watched = _watched(options, "the objective")
    return f"{watched} more than {short_value(options['z'])} standard deviations {side} its mean"


def _ended_words(options: Options) -> str:
    how = {"gone wrong": "failed or crashed", "any": "ended in any way"}.get(options["how"], options["how"])
    return f"the run {how}{'' if options['trials'] == LEFT_OUT else ', trials of sweeps too'}"


CONDITIONS: Mapping[str, Condition] = {
    "threshold": Condition(
        "Threshold",
        "A metric is above or below a limit, for some values or steps.",
        (
            _metric(None, _OBJECTIVE),
            Field("side", "choice", "above", "On which side of the limit it fires.", choices=("above", "below")),
            Field("limit", "float", None, "The limit itself does not count."),
            _count(1, "For how long before it fires."),
            _UNIT,
        ),
        _threshold_words,
        _threshold,
    ),
    "plateau": Condition(
        "Plateau",
        "A metric has not improved for a while.",
        (
            _metric(None, _OBJECTIVE),
            Field("delta", "float", 0.0, "Improvements up to this count as none.", minimum=0),
            _count(5, "For how long without improvement."),
            _UNIT,
            Field(
                "better", "choice", "auto", "Which way is better; auto: as the run or the metric's name says.",
                choices=("auto", "higher", "lower"),
            ),
        ),
        _plateau_words,
        _plateau,
    ),
    "not_finite": Condition(
        "NaN or infinite",
        "A value is not a number any more.",
        (_metric(None, "any series of train, eval and test"),),
        lambda options: f"{_watched(options, 'any metric')} is NaN or infinite",
        _not_finite,
    ),
    "spike": Condition(
        "Spike",
        "A value lies far from those before it.",
        (
            _metric("train/loss", _OBJECTIVE),
            Field("z", "float", 6.0, "Standard deviations from the mean that are too many.", above=0, maximum=1000),
            Field(
                "span", "int", 50, "Values that mean and spread are over; before so many it does not fire.",
                minimum=5, maximum=100_000,
            ),
            Field(
                "side", "choice", "up", "Which way a spike goes.", choices=("up", "down", "either"),
            ),
        ),
        _spike_words,
        _spike,
    ),
    "silence": Condition(
        "No progress",
        "A starting or running run has made no step and no batch of an evaluation for a while.",
        (Field("minutes", "float", 10.0, "Minutes without progress.", minimum=0.1, maximum=100_000),),
        lambda options: f"no progress for {short_value(options['minutes'])} min",
    ),
    "ended": Condition(
        "End of the run",
        "The run failed, crashed, was stopped or finished. One that is queued again by itself has not ended.",
        (
            Field("how", "choice", "gone wrong", "gone wrong: failed or crashed.", choices=tuple(ENDS)),
            Field(
                "trials", "choice", LEFT_OUT, "Trials of a sweep: one message each, or none.",
                choices=(LEFT_OUT, "told too"),
            ),
        ),
        _ended_words,
        at_end=True,
    ),
}  # fmt: skip
