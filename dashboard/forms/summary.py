"""“What will run”: the sums that a person would do in the head before pressing Launch."""

import math
from dataclasses import dataclass
from typing import Any

from dashboard.forms.draft import Draft
from dashboard.forms.estimate import TimeEstimate, time_estimate
from dashboard.forms.plan import plan_rows
from dashboard.forms.reading import Reading
from dashboard.forms.rows import html_id
from dashboard.forms.schedule import Preview, schedule_preview
from dashboard.forms.swept import FEW, swept_text
from dashboard.forms.values import value_text
from runs.models import Errand
from runs.placement import asked_by
from runs.specs import objective_of
from runs.sweeps.plan import SweepPlan
from runs.workers import SlotsOverview, queue_reason
from trainer_bridge import arguments
from trainer_bridge.recipes import Recipe

#: More device slots than this are told as a number only.
MOST_BOXES = 16
#: Characters of a value that the summary shows.
MOST_SHOWN = 100


@dataclass(frozen=True)
class Change:
    """A field that is not at its default: both as texts."""

    id: str
    name: str
    default: str
    value: str


@dataclass(frozen=True)
class Problem:
    """What is wrong at a field, or (a caution) may not be meant there."""

    id: str
    name: str
    sentence: str


@dataclass(frozen=True)
class Summary:
    """``trials`` is 1 for a single run, whose ``sampler`` is "".

    ``searched`` is how trials are chosen, in words. ``batch`` and ``length`` are "" where the sweep varies them.
    """

    objective: str
    verb: str
    length: str
    batch: str
    trials: int
    trials_text: str
    sampler: str
    searched: str
    parallel: int | None
    changes: list[Change]
    problems: list[Problem]
    cautions: list[Problem]
    slots: SlotsOverview
    wait: str
    estimate: TimeEstimate | None = None
    schedule: Preview | None = None

    @property
    def launch_label(self) -> str:
        """What the Launch button says: why it does not launch, or what it queues."""
        if count := len(self.problems):
            return f"Fix {count} problem{'s' if count > 1 else ''} to launch"
        if not self.sampler:
            return "Launch"
        what = "run" if self.trials_text.endswith("runs") else "trial"
        return f"Launch {self.trials} {what}{'s' if self.trials > 1 else ''}"

    @property
    def boxes(self) -> list[bool]:
        """One entry a device slot, True while it is busy; empty when there are too many to draw."""
        return (
            [n < self.slots.busy for n in range(self.slots.total)] if self.slots.total <= MOST_BOXES else []
        )

    @property
    def start(self) -> str:
        """When it starts: how many at once, and why the others (or all) wait."""
        if self.wait:
            return f"It will queue: {self.wait}."
        if not self.trials:
            return ""
        at_once = max(0, min(self.trials, self.parallel or self.trials, self.free - self.slots.queued))
        if at_once == self.trials:
            return "It starts at once." if self.trials == 1 else f"All {self.trials} start at once."
        if self.trials == 1:
            queued = self.slots.queued
            return f"It starts once the {queued} queued ahead leave{'s' if queued == 1 else ''} it a device slot."
        ahead = f", {self.slots.queued} queued ahead" if self.slots.queued else ""
        return f"{at_once} of {self.trials} start at once{ahead}; the others follow as device slots get free."

    @property
    def free(self) -> int:
        return max(0, self.slots.total - self.slots.busy)


def summarise(
    draft: Draft, reading: Reading, slots: SlotsOverview, rehearsal: Errand | None = None
) -> Summary:
    """The summary of ``draft``, which ``reading`` has read, for a queue as ``slots`` says.

    ``rehearsal``: one of this very form, which knows how long it will take.
    """
    objective, greater_is_better = objective_of(reading.spec)
    recipe = draft.recipe
    args = arguments.merge(reading.spec["args"], recipe.arguments)
    swept = {key.removeprefix("args.") for key in draft.sweeps}
    return Summary(
        objective=objective,
        verb="Maximise" if greater_is_better else "Minimise",
        length="" if swept & {"max_steps", "num_train_epochs"} else _length(args, recipe),
        batch="" if swept & {_BATCH, _ACCUMULATE} else _batch(args, recipe, asked_by(reading.spec).processes),
        trials=reading.trials,
        trials_text=reading.trials_text,
        sampler=reading.plan.sampler if draft.sweeps else "",
        searched=_searched(reading.plan),
        parallel=reading.plan.parallel,
        changes=_changes(draft, reading),
        problems=_told(draft, reading.problems),
        cautions=_told(draft, reading.cautions),
        slots=slots,
        wait=queue_reason(slots, recipe.name, asked_by(reading.spec)),
        estimate=time_estimate(reading, slots, rehearsal),
        schedule=schedule_preview(recipe, reading, rehearsal),
    )


def _searched(plan: SweepPlan) -> str:
    if plan.is_grid:
        return "full grid" if plan.trials is None else "grid"
    return plan.sampler


_BATCH, _ACCUMULATE = "per_device_train_batch_size", "gradient_accumulation_steps"


#: Where a script has no training arguments for anybody to set.
_BY_SCRIPT = "the script's own"


def _length(args: dict[str, Any], recipe: Recipe) -> str:
    if "args" in recipe.without:
        return _BY_SCRIPT
    if args["max_steps"] > 0:
        return _counted(value_text(args["max_steps"]), "step")
    return _counted(value_text(args["num_train_epochs"]), "epoch")


def _counted(count: str, unit: str) -> str:
    return f"{count} {unit}" if count == "1" else f"{count} {unit}s"


def _batch(args: dict[str, Any], recipe: Recipe, processes: int) -> str:
    if "args" in recipe.without:
        return _BY_SCRIPT
    factors = [args[_BATCH], args[_ACCUMULATE], *([processes] if processes > 1 else [])]
    return f"{' × '.join(map(str, factors))} = {math.prod(factors)}"


def _told(draft: Draft, sentences: dict[str, str]) -> list[Problem]:
    return [Problem(html_id(key), _name(draft, key), sentence) for key, sentence in sentences.items()]


def _changes(draft: Draft, reading: Reading) -> list[Change]:
    changed = [row for key, row in draft.fields.items() if draft.changed(key)]
    return [
        Change(
            html_id(row.key),
            row.label,
            _short(row.default_text) or "none",
            _new(draft, reading, row.key),
        )
        for row in changed
    ]


def _new(draft: Draft, reading: Reading, key: str) -> str:
    if key not in draft.sweeps:
        return _short(draft.texts[key]) or "none"
    given = reading.space.get(key)
    return swept_text(given, FEW) if given else "sweep"


def _short(text: str) -> str:
    """A text of several lines in one, as much as the summary has room for."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_SHOWN else f"{line[:MOST_SHOWN]}…"


def _name(draft: Draft, key: str) -> str:
    known = draft.fields.get(key) or (plan_rows()[key].form if key in plan_rows() else None)
    return known.label if known else key.replace("_", " ")
