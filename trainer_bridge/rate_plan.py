"""The learning rate of a training whose schedule people changed on the way, in plain Python.

The same functions over functions as trainer_bridge/schedule.py puts over a real scheduler; a test holds them equal.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trainer_bridge.learning_rate import Schedule

#: Step → rate of the update after so many others.
Rate = Callable[[int], float]


def changed(schedule: Schedule, changes: Iterable[Mapping[str, Any]]) -> Rate:
    """``schedule`` with the ``changes`` that people made, in their order (as Schedule.change of a run gives them)."""
    rate: Rate = schedule.rate
    for change in changes:
        rate = _over(rate, change, schedule)
    return rate


def change_of(wish: Mapping[str, Any], step: int, before: float) -> dict[str, Any]:
    """What a person's ``wish`` at ``step``, where the rate is ``before``, would be recorded as."""
    if "restart" in wish:
        return {
            "op": "restart", "step": step, "peak": float(wish["restart"]), "warmup": int(wish.get("warmup_steps", 0)),
        }  # fmt: skip
    factor = float(wish["scale"]) if "scale" in wish else float(wish["set"]) / before
    return {"op": "hold" if wish.get("then") == "hold" else "scale", "factor": factor, "step": step}


def _over(former: Rate, change: Mapping[str, Any], schedule: Schedule) -> Rate:
    begin = change["step"]
    if change["op"] == "restart":
        left = max(schedule.total - begin, 1)
        fresh = Schedule(schedule.kind, change["peak"], change["warmup"], left, schedule.options)
        return lambda step: fresh.rate(step - begin) if step >= begin else former(step)
    factor = change["factor"]
    if change["op"] == "hold":
        held = former(begin) * factor
        return lambda step: held if step >= begin else former(step)
    return lambda step: former(step) * (factor if step >= begin else 1.0)
