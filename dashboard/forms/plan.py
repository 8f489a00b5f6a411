"""How a sweep is searched, as the New run form asks for it: one row a field, read into a SweepPlan."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.http import QueryDict

from dashboard.forms.fields import FormField
from dashboard.forms.values import value_text
from runs.sweeps.checks import MOST_SEEDS
from runs.sweeps.options import PRUNERS, SAMPLERS, Method
from runs.sweeps.plan import SweepPlan
from trainer_bridge.fields import Field, did_you_mean, parse_int

#: One text for each row, by its key.
PlanTexts = dict[str, str]

#: What the rows "sampler" and "pruner" choose among.
METHODS: Mapping[str, Mapping[str, Method]] = {"sampler": SAMPLERS, "pruner": PRUNERS}
HOUR = 3600.0
_DIRECTIONS = {
    "max": True,
    "maximise": True,
    "maximize": True,
    "min": False,
    "minimise": False,
    "minimize": False,
}


@dataclass(frozen=True)
class PlanRow:
    """One row: ``of`` is ("sampler", "tpe") for an option of that sampler, None for a row that is always there."""

    form: FormField
    of: tuple[str, str] | None = None


def _field(name: str, kind: Any, default: Any, text: str, **more: Any) -> Field:
    return Field(name, kind, default, text, **more)


_ROWS = (
    _field("sampler", "choice", "grid", "How the values of the next trial are chosen.", choices=tuple(SAMPLERS)),
    _field("trials", "int", None, "How many points are tried. A grid tries all of them without it.", minimum=1,
           maximum=100_000, optional=True),
    _field("seeds", "text", None, "Runs of each configuration: a number such as 3, or the seeds themselves: 0, 1, 7.",
           optional=True),
    _field("parallel", "int", None, "Trials that wait or train at once. Not set: all of a grid, else one a slot.",
           minimum=1, maximum=10_000, optional=True),
    _field("sampler_seed", "int", 0, "The same seed and the same results give the same suggestions.", minimum=0,
           maximum=2**31 - 1),
    _field("objectives", "text", None,
           "Not set: the metric of the best model. One a line for several (NSGA-II): “eval/f1 max”.",
           optional=True, long=True),
    _field("constraints", "text", None,
           "One a line: “per_device_train_batch_size * gradient_accumulation_steps <= 256”.",
           optional=True, long=True),
    _field("pruner", "choice", "none", "When a trial that does badly is stopped early.", choices=tuple(PRUNERS)),
    _field("wall_hours", "float", None, "No new trial starts after so many hours.", above=0, optional=True),
    _field("device_hours", "float", None, "No new trial starts after so many hours of device slots.", above=0,
           optional=True),
    _field("target", "float", None, "The sweep ends when the objective is as good as this.", optional=True),
    _field("keep_best", "int", None, "How many trials keep their full checkpoints. Not set: all.", minimum=1,
           maximum=10_000, optional=True),
    _field("keep_rest", "choice", "weights", "What the other trials keep.", choices=("weights", "none")),
)  # fmt: skip


@functools.cache
def plan_rows() -> Mapping[str, PlanRow]:
    """Key ("plan.sampler", "plan.tpe.n_startup_trials") → row, in the order of the page."""
    found: dict[str, PlanRow] = {}
    for field in _ROWS:
        found[f"plan.{field.name}"] = PlanRow(_form(f"plan.{field.name}", field))
        if field.name in METHODS:
            found |= dict(_options(field.name, METHODS[field.name]))
    return MappingProxyType(found)


def _options(kind: str, methods: Mapping[str, Method]) -> Iterator[tuple[str, PlanRow]]:
    for method in methods.values():
        for field in method.options.values():
            key = f"plan.{method.name}.{field.name}"
            yield key, PlanRow(_form(key, field), (kind, method.name))


def _form(key: str, field: Field) -> FormField:
    return FormField(key, field, field.default, "Sweep", field.name.replace("_", " "), sweepable=False)


def blank_plan() -> PlanTexts:
    """Every row at its default."""
    return {key: row.form.default_text for key, row in plan_rows().items()}


def plan_from_post(data: QueryDict) -> PlanTexts:
    """The rows as sent; one that was not sent keeps its default."""
    return {
        key: data.get(key, row.form.default_text)[: row.form.field.max_length + 1].replace("\r\n", "\n")
        for key, row in plan_rows().items()
    }


def is_of(texts: PlanTexts, row: PlanRow) -> bool:
    """Whether the row belongs to what is chosen: the options of other samplers and pruners are hidden."""
    return row.of is None or texts[f"plan.{row.of[0]}"] == row.of[1]


def read_plan(texts: PlanTexts, base_seed: int) -> tuple[SweepPlan, dict[str, str]]:
    """The plan that the rows stand for, and a sentence for each row that cannot be read.

    ``base_seed`` is the training seed from which a number of seeds counts up.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key, row in plan_rows().items():
        if not is_of(texts, row):
            continue
        try:
            values[key] = _value(key, row.form.field.parse(texts[key]), base_seed)
        except ValueError as error:
            problems[key] = str(error)
    return _plan({key.removeprefix("plan."): value for key, value in values.items()}), problems


def _value(key: str, value: Any, base_seed: int) -> Any:
    reads = {"plan.seeds": lambda text: _seeds(text, base_seed), "plan.objectives": _objectives,
             "plan.constraints": _lines}  # fmt: skip
    return reads[key](value or "") if key in reads else value


def _plan(values: dict[str, Any]) -> SweepPlan:
    """Rows that could not be read are as usual in it."""
    usual = SweepPlan()
    sampler, pruner = values.get("sampler", usual.sampler), values.get("pruner", usual.pruner_kind)
    budget = {
        "wall_seconds": _hours(values.get("wall_hours")),
        "device_seconds": _hours(values.get("device_hours")),
        "target": values.get("target"),
    }
    keep = values.get("keep_best")
    return SweepPlan(
        sampler=sampler,
        sampler_options=_changed_options(values, SAMPLERS[sampler]),
        seed=values.get("sampler_seed", usual.seed),
        pruner={"kind": pruner, **_changed_options(values, PRUNERS[pruner])},
        objectives=values.get("objectives", []),
        constraints=values.get("constraints", []),
        trials=values.get("trials"),
        seeds=values.get("seeds", []),
        parallel=values.get("parallel"),
        budget={name: value for name, value in budget.items() if value is not None},
        checkpoint_budget={} if keep is None else {"best": keep, "rest": values.get("keep_rest", "weights")},
    )


def _changed_options(values: dict[str, Any], method: Method) -> dict[str, Any]:
    """The options of a method that are not at their defaults."""
    given = {name: values.get(f"{method.name}.{name}", row.default) for name, row in method.options.items()}
    return {name: value for name, value in given.items() if value != method.options[name].default}


def plan_texts(plan: SweepPlan) -> PlanTexts:
    """The rows that ``read_plan`` turns back into ``plan``."""
    hours = {name: plan.budget.get(f"{name}_seconds") for name in ("wall", "device")}
    values: dict[str, Any] = {
        "sampler": plan.sampler,
        "trials": plan.trials,
        "seeds": ", ".join(map(str, plan.seeds)) or None,
        "parallel": plan.parallel,
        "sampler_seed": plan.seed,
        "objectives": "\n".join(map(_objective_text, plan.objectives)) or None,
        "constraints": "\n".join(plan.constraints) or None,
        "pruner": plan.pruner_kind,
        "wall_hours": None if hours["wall"] is None else hours["wall"] / HOUR,
        "device_hours": None if hours["device"] is None else hours["device"] / HOUR,
        "target": plan.budget.get("target"),
        "keep_best": plan.checkpoint_budget.get("best"),
        "keep_rest": plan.checkpoint_budget.get("rest"),
        **{f"{plan.sampler}.{name}": value for name, value in plan.sampler_options.items()},
        **{f"{plan.pruner_kind}.{name}": value for name, value in plan.pruner.items() if name != "kind"},
    }
    texts = {f"plan.{name}": value_text(value) for name, value in values.items() if value is not None}
    return blank_plan() | {key: text for key, text in texts.items() if key in plan_rows()}


def plan_link(texts: PlanTexts) -> dict[str, str]:
    """What a link keeps of the rows: those that are not at their defaults and belong to what is chosen."""
    rows = plan_rows()
    return {
        key: text
        for key, text in texts.items()
        if text.strip() != rows[key].form.default_text and is_of(texts, rows[key])
    }


#: Where the sentences of ``runs.sweeps`` about a plan belong on the page.
_PROBLEM_ROWS = {
    "seed": "plan.sampler_seed",
    "trials": "plan.trials",
    "seeds": "plan.seeds",
    "parallel": "plan.parallel",
    "sampler": "plan.sampler",
    "pruner": "plan.pruner",
    "objective": "plan.objectives",
    "objectives": "plan.objectives",
    "constraints": "plan.constraints",
    "budget": "plan.wall_hours",
    "checkpoint_budget": "plan.keep_best",
}


def at_rows(problems: dict[str, str]) -> dict[str, str]:
    """The same sentences by the rows of the page; what is about no row stays as it is."""
    return {_PROBLEM_ROWS.get(key, key): sentence for key, sentence in problems.items()}


def _seeds(text: str, base_seed: int) -> list[int]:
    parts = [part for part in text.replace(",", " ").split() if part]
    numbers = [parse_int(part) for part in parts]
    if any(number < 0 or number >= 2**32 for number in numbers):
        raise ValueError("Seeds are whole numbers from 0 to 4,294,967,295.")
    if len(numbers) != 1:
        return list(dict.fromkeys(numbers))
    if not 1 <= numbers[0] <= MOST_SEEDS:
        raise ValueError(f"Each configuration runs 1 to {MOST_SEEDS} times, not {numbers[0]}.")
    return [base_seed + number for number in range(numbers[0])] if numbers[0] > 1 else []


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _objectives(text: str) -> list[dict[str, Any]]:
    return [_objective(line) for line in _lines(text)]


def _objective(line: str) -> dict[str, Any]:
    metric, _, word = line.rpartition(" ")
    if not metric.strip() or word.lower() not in _DIRECTIONS:
        hint = did_you_mean(word.lower(), _DIRECTIONS) if metric else ""
        raise ValueError(
            f"“{line}” needs a metric and its direction, such as “eval/f1 max” or “eval/loss min”.{hint}"
        )
    return {"metric": metric.strip(), "greater_is_better": _DIRECTIONS[word.lower()]}


def _objective_text(objective: Mapping[str, Any]) -> str:
    return f"{objective['metric']} {'max' if objective['greater_is_better'] else 'min'}"


def _hours(hours: float | None) -> float | None:
    return None if hours is None else hours * HOUR
