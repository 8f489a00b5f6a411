"""Changing the learning rate of a training while it runs.

The scheduler sets the rate anew after every step, so what is written into the optimizer lasts one step. What lasts is
the function of the scheduler: the rate of each group is base rate × λ(step), and a change puts another λ over the one
before. It stands in no checkpoint; who resumes a run gives the changes to ``replay`` again.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

#: A change as it is kept: {"op": "scale" | "hold" | "restart", "step": the step after which it holds, …}.
Change = dict[str, Any]
Factor = Callable[[int], float]


class CannotChange(ValueError):
    """The learning rate cannot be changed like that; the text says why."""


class Schedule:
    """The learning rate of one Trainer, ``args`` its TrainingArguments, ``total`` the steps it plans."""

    def __init__(self, optimizer: Any, scheduler: Any, args: Any, total: int) -> None:
        self._optimizer, self._scheduler, self._args, self._total = optimizer, scheduler, args, total

    @property
    def now(self) -> float:
        """The rate of the next step, of the first parameter group."""
        return float(self._optimizer.param_groups[0]["lr"])

    def change(self, wish: Mapping[str, Any], step: int) -> Change:
        """Apply a person's ``wish`` from the step after ``step`` on; what was done, for ``replay``.

        ``wish``: {"scale": factor} or {"set": rate}, each with "then" "schedule" (default, its shape goes on) or
        "hold"; or {"restart": peak rate, "warmup_steps": n}: the schedule from its beginning over the steps left.
        Raises CannotChange.
        """
        before = self.now
        if "restart" in wish:
            self._need_function("restarted")
            done = {
                "op": "restart",
                "peak": float(wish["restart"]),
                "warmup": int(wish.get("warmup_steps", 0)),
            }
        else:
            factor = _factor(wish, before)
            done = {"op": "hold" if wish.get("then") == "hold" else "scale", "factor": factor}
        done |= {"step": step}
        if self._has_function:
            self._put_over(done)
        elif done["op"] == "hold":
            self._need_function("held")
        self._set_now(done)
        return done | {"before": before, "after": self.now}

    def replay(self, changes: list[Change]) -> None:
        """After a resume: put the changes over the schedule again. The rate itself came with the optimizer."""
        if self._has_function:
            for done in changes:
                self._put_over(done)

    @property
    def _has_function(self) -> bool:
        return hasattr(self._scheduler, "lr_lambdas")

    def _need_function(self, verb: str) -> None:
        if not self._has_function:
            name = type(self._scheduler).__name__
            raise CannotChange(
                f"{name} follows the metrics, not a plan: it cannot be {verb}, only scaled or set"
            )

    def _put_over(self, done: Change) -> None:
        scheduler = self._scheduler
        make = {"scale": _scaled, "hold": _held, "restart": self._restarted}[done["op"]]
        scheduler.lr_lambdas = [
            make(former, done, base)
            for former, base in zip(scheduler.lr_lambdas, scheduler.base_lrs, strict=True)
        ]

    def _restarted(self, former: Factor, done: Change, base: float) -> Factor:
        first = self._scheduler.base_lrs[0]
        fresh = _fresh_factor(self._args, done["warmup"], max(self._total - done["step"], 1))
        # Groups keep their ratio to the first; λ is relative to the group's own base rate.
        scale = done["peak"] / first if first else 0.0
        # A function, not a callable object: a scheduler saves the latter's attributes into its checkpoint.
        return lambda step: scale * fresh(step - done["step"]) if step >= done["step"] else former(step)

    def _set_now(self, done: Change) -> None:
        groups = self._optimizer.param_groups
        if self._has_function:
            rates = zip(self._scheduler.base_lrs, self._scheduler.lr_lambdas, strict=True)
            new = [base * factor(self._scheduler.last_epoch) for base, factor in rates]
        else:
            new = [group["lr"] * done["factor"] for group in groups]
        for group, rate in zip(groups, new, strict=True):
            group["lr"] = rate
        self._scheduler._last_lr = [float(rate) for rate in new]


def _factor(wish: Mapping[str, Any], before: float) -> float:
    """By what the present rate is multiplied."""
    if "scale" in wish:
        return float(wish["scale"])
    if not before:
        raise CannotChange("the learning rate is 0 at this step; restart the schedule instead")
    return float(wish["set"]) / before


def _scaled(former: Factor, done: Change, base: float) -> Factor:
    return lambda step: former(step) * (done["factor"] if step >= done["step"] else 1.0)


def _held(former: Factor, done: Change, base: float) -> Factor:
    held = former(done["step"]) * done["factor"]
    return lambda step: held if step >= done["step"] else former(step)


def _fresh_factor(args: Any, warmup: int, total: int) -> Factor:
    """λ of the arguments' own schedule over ``total`` steps; transformers makes it for an optimizer of our own."""
    import torch
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = get_scheduler(
        args.lr_scheduler_type,
        optimizer,
        num_warmup_steps=warmup,
        num_training_steps=total,
        scheduler_specific_kwargs=dict(args.lr_scheduler_kwargs or {}),
    )
    return scheduler.lr_lambdas[0]


def wish_problem(wish: Mapping[str, Any]) -> str:
    """Why ``wish`` is none that ``Schedule.change`` takes; "" if it is one."""
    verbs = [name for name in ("set", "scale", "restart") if name in wish]
    if len(verbs) != 1:
        return "Needs one of set (a learning rate), scale (a factor) or restart (the peak of a new schedule)."
    extra = {"warmup_steps"} if verbs == ["restart"] else {"then"}
    if unknown := sorted(wish.keys() - {*verbs, *extra}):
        return f"{verbs[0]} goes with {', '.join(extra)}, not with {', '.join(unknown)}."
    value = wish[verbs[0]]
    if not _is_number(value) or not value > 0:
        return f"{verbs[0]} must be a number above 0, not {value!r}."
    if wish.get("then", "schedule") not in ("schedule", "hold"):
        return f"then is schedule (its shape goes on) or hold (the rate stays), not {wish['then']!r}."
    warmup = wish.get("warmup_steps", 0)
    if isinstance(warmup, bool) or not isinstance(warmup, int) or not 0 <= warmup <= 10**9:
        return f"warmup_steps must be a whole number from 0 on, not {warmup!r}."
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
