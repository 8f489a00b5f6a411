"""The plan of the learning rate over the run: a small curve and its numbers, as far as they are known before."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard.forms.reading import Reading
from dashboard.forms.swept import values_of
from dashboard.forms.values import value_text
from dashboard.numbers import grouped, number
from runs.models import Errand
from trainer_bridge import arguments
from trainer_bridge.learning_rate import Schedule, is_drawn, warmup_steps
from trainer_bridge.recipes import Recipe

#: The drawing's size in units of its own, and how many points the curve has at most.
WIDTH, HEIGHT, POINTS = 240, 44, 160
#: Steps of a run whose length is not known: the curve is drawn over its whole, whatever that will be.
_NOMINAL = 1000
#: What the curve depends on.
READS = ("learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "max_steps")


@dataclass(frozen=True)
class Preview:
    """``line``: the points of an SVG polyline; ``facts``: (what, value) in words; ``notes``: what to know about it."""

    kind: str
    line: str
    facts: list[tuple[str, str]]
    notes: list[str]

    @property
    def sentence(self) -> str:
        """What the drawing shows, for those who do not see it."""
        return f"Learning rate, {self.kind}: " + ", ".join(f"{what} {value}" for what, value in self.facts)


def schedule_preview(recipe: Recipe, reading: Reading, rehearsal: Errand | None = None) -> Preview | None:
    """The plan that ``reading`` stands for; None where it has problems or is not known.

    ``rehearsal`` is one of this very form: it has counted the steps.
    """
    wrong = {key.removeprefix("args.") for key in reading.problems}
    swept = {name: reading.space[f"args.{name}"] for name in READS if f"args.{name}" in reading.space}
    chosen = {name: _middle(values_of(given)) for name, given in swept.items()}
    args = arguments.merge(reading.spec.get("args", {}) | chosen, recipe.arguments)
    if "args" in recipe.without or wrong & {*READS} or not is_drawn(args["lr_scheduler_type"]):
        return None
    counted = (rehearsal.result or {}).get("steps") if rehearsal else None
    found = _preview(args, args["max_steps"] if args["max_steps"] > 0 else counted, _said(chosen))
    return _without_rates(found) if recipe.own_optimizer else found


def _without_rates(found: Preview) -> Preview:
    """The shape alone, for an optimizer that comes with a learning rate of its own."""
    facts = [(what, value) for what, value in found.facts if what == "warm-up"]
    note = "Of the learning rate that the recipe's own optimizer has."
    return replace(found, facts=facts, notes=[*found.notes, note])


def _preview(args: Mapping[str, Any], known: int | None, notes: list[str]) -> Preview:
    options = args["lr_scheduler_kwargs"] or {}
    total = known or _whole(args["warmup_steps"], options)
    warmup = warmup_steps(args["warmup_steps"], total)
    plan = Schedule(args["lr_scheduler_type"], args["learning_rate"], warmup, total, options)
    return Preview(
        plan.kind, _line(plan), _facts(plan, args["warmup_steps"], known), _notes(plan, known, args) + notes
    )


def _whole(warmup: float, options: Mapping[str, Any]) -> int:
    """Steps to draw over where nobody knows how many there are: enough for those that are counted."""
    stages = [options.get(name) or 0 for name in ("num_decay_steps", "num_stable_steps", "timescale")]
    return max(_NOMINAL, 5 * int(warmup + sum(stages)))


def _line(plan: Schedule) -> str:
    """From the first step to the end, the top of the warm-up among the points."""
    steps = {round(place * plan.total / POINTS) for place in range(POINTS + 1)} | {
        min(plan.warmup, plan.total)
    }
    rates = {step: plan.rate(step) for step in sorted(steps)}
    highest = max(rates.values()) or 1.0
    return " ".join(
        f"{step / plan.total * WIDTH:.1f},{HEIGHT - 2 - rate / highest * (HEIGHT - 4):.1f}"
        for step, rate in rates.items()
    )


def _facts(plan: Schedule, warmup: float, known: int | None) -> list[tuple[str, str]]:
    facts = [("peak", number(plan.peak))]
    if plan.kind != "constant" and plan.is_planned and warmup:
        share = f"{100 * plan.warmup / plan.total:.3g} %"
        steps = f"{grouped(plan.warmup)} steps" if warmup >= 1 or known else ""
        facts.append(("warm-up", f"{steps} ({share})" if steps and known else steps or share))
    if plan.is_planned:
        facts.append(("end", number(plan.rate(plan.total), 3)))
    return facts


def _notes(plan: Schedule, known: int | None, args: Mapping[str, Any]) -> list[str]:
    if not plan.is_planned:
        metric = args["metric_for_best_model"] or "loss"
        return [f"{plan.kind} follows eval/{metric.removeprefix('eval_')}: what it does shows in the run."]
    if known:
        return [f"Over {grouped(known)} steps."]
    counted = args["warmup_steps"] >= 1 or bool(args["lr_scheduler_kwargs"])
    scale = " What is counted in steps is not to scale." if counted and plan.kind != "constant" else ""
    return [f"Over the whole run; a rehearsal counts its steps.{scale}"]


def _middle(values: list[Any]) -> Any:
    """Of numbers the middle one, of anything else the first."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return sorted(numbers)[len(numbers) // 2] if len(numbers) == len(values) else values[0]


def _said(chosen: Mapping[str, Any]) -> list[str]:
    if not chosen:
        return []
    return [
        f"Of the sweep, drawn for {', '.join(f'{name} {value_text(value)}' for name, value in chosen.items())}."
    ]
