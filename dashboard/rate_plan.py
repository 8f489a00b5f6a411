"""What a change of the learning rate would look like: what was, what is planned, what would be, as lines of an SVG."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runs import series
from runs.commands import learning_rate_changes
from runs.models import Run
from runs.specs import effective_config
from runs.timeline import next_letter
from trainer_bridge.learning_rate import Schedule, is_drawn, warmup_steps
from trainer_bridge.rate_plan import Rate, change_of, changed

KEY = "train/learning_rate"
#: The drawing in units of its own, and points of each line.
WIDTH, HEIGHT, POINTS = 320, 76, 120


@dataclass(frozen=True)
class RatePlan:
    """Lines as points of SVG polylines, "" where there is none; ``now`` is the x of the next step."""

    past: str
    planned: str
    wanted: str
    now: float
    step: int
    total: int
    after: float | None
    end: float | None
    letter: str


def rate_plan(run: Run, wish: dict[str, Any] | None) -> RatePlan | None:
    """The plan of a run that trains, with a person's ``wish`` over it; None where the plan is not known."""
    schedule = _schedule(run)
    if schedule is None:
        return None
    past = _logged(run)
    made = learning_rate_changes(run, run.step)
    planned = _as_logged(changed(schedule, made), past)
    steps = _steps(run.step, schedule.total)
    wanted = _wanted(schedule, made, wish, run.step, planned) if wish else None
    lines = {
        "past": past,
        "planned": _points(planned, steps),
        "wanted": _points(wanted, steps) if wanted else [],
    }
    highest = max((rate for line in lines.values() for _, rate in line), default=0) or 1.0
    drawn = {name: _line(line, schedule.total, highest) for name, line in lines.items()}
    return RatePlan(
        **drawn,
        now=round(min(run.step / schedule.total, 1) * WIDTH, 1),
        step=run.step,
        total=schedule.total,
        after=wanted(run.step) if wanted else None,
        end=wanted(schedule.total) if wanted else None,
        letter=next_letter(run),
    )


def _schedule(run: Run) -> Schedule | None:
    config = effective_config(run.spec)
    args = {key.removeprefix("args."): value for key, value in config.items() if key.startswith("args.")}
    kind, total = args.get("lr_scheduler_type"), _planned_end(run)
    if not total or not args.get("learning_rate") or not isinstance(kind, str) or not is_drawn(kind):
        return None
    warmup = warmup_steps(args.get("warmup_steps") or 0, total)
    found = Schedule(kind, args["learning_rate"], warmup, total, args.get("lr_scheduler_kwargs") or {})
    return found if found.is_planned else None


def _planned_end(run: Run) -> int | None:
    """The end that the schedule was made for: an earlier one that was asked for later does not bend it."""
    ends = run.commands.filter(kind="end", status="applied").order_by("id")
    shortened = [row.result for row in ends if not row.result.get("restarts")]
    return shortened[0]["before"] if shortened and shortened[0].get("before") else run.max_steps


def _logged(run: Run) -> list[tuple[int, float]]:
    found = series.read([run.pk], [KEY], max_points=POINTS)
    if not found:
        return []
    pairs = zip(found[0].step.tolist(), found[0].y.tolist(), strict=True)
    return [(step, rate) for step, rate in pairs if rate == rate and step <= run.step]


def _as_logged(plan: Rate, past: list[tuple[int, float]]) -> Rate:
    """The first group of the optimizer may have a share of the rate; what was logged says which."""
    if not past:
        return plan
    step, rate = past[-1]
    # What is logged at a step is the rate that the step was made with.
    expected = plan(max(step - 1, 0))
    share = rate / expected if expected else 1.0
    return (lambda at: plan(at) * share) if share > 0 and abs(share - 1) > 0.02 else plan


def _wanted(
    schedule: Schedule, made: list[Any], wish: dict[str, Any], step: int, planned: Rate
) -> Rate | None:
    before = planned(step)
    if not before and "set" in wish:
        return None
    share = before / (changed(schedule, made)(step) or before) if before else 1.0
    new = changed(schedule, [*made, change_of(wish, step, before)])
    return lambda at: new(at) * share if "restart" not in wish else new(at)


def _steps(first: int, last: int) -> list[int]:
    span = max(last - first, 1)
    return sorted({first + round(place * span / POINTS) for place in range(POINTS + 1)})


def _points(rate: Callable[[int], float], steps: list[int]) -> list[tuple[int, float]]:
    return [(step, rate(step)) for step in steps]


def _line(points: list[tuple[int, float]], total: int, highest: float) -> str:
    return " ".join(
        f"{min(step / total, 1) * WIDTH:.1f},{HEIGHT - 2 - rate / highest * (HEIGHT - 6):.1f}"
        for step, rate in points
    )
