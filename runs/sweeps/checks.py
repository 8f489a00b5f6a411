"""What keeps a sweep from being launched, said before launch and at the field: {field: sentence}.

Fields are those of the specification ("args.learning_rate") and the plan's ("sampler", "pruner", "constraints",
"objective", "trials", "seeds", "parallel", "budget", "checkpoint_budget", "seed"); "sweep" is the space as a whole.
"""

from collections.abc import Callable
from typing import Any

from runs import catalog
from runs.models import Series
from runs.specs import Spec, check_points, check_spec, shape_problems
from runs.sweeps.constraints import ConstraintError
from runs.sweeps.draw import MOST_DRAWS
from runs.sweeps.grid import MAX_TRIALS, MOST_POINTS, field_problems, grid_problems, planned_points
from runs.sweeps.options import PRUNERS, SAMPLERS, method_problem
from runs.sweeps.plan import SweepPlan
from runs.sweeps.search import Search
from runs.sweeps.space import Choices, Space
from trainer_bridge.spec_fields import no_say

#: Trials of a sweep that chooses its points itself.
MOST_TRIALS = 10_000
#: A Gaussian process grows with the cube of the trials.
MOST_GP_TRIALS = 500
MOST_SEEDS = 20
#: Points of a space that cannot be listed at which the specification is judged.
JUDGED = 24


def sweep_problems(spec: Spec, space: Space, plan: SweepPlan | None = None) -> dict[str, str]:
    """Field → sentence for the plan, the space and the first trial at fault; empty when all can run."""
    plan = plan or SweepPlan()
    if problems := shape_problems(spec):
        return problems
    search = Search(spec, space, plan)
    problems = plan_problems(plan) | field_problems(space) | _without_effect(spec, space)
    if not problems and plan.is_grid:
        problems = grid_problems(search.distributions, MAX_TRIALS if makes_all_at_once(plan) else MOST_POINTS)
    if problems:
        return check_spec(spec) | _sampler_problem(search, problems) | problems
    return _fit_problems(search) or check_points(spec, judged_points(search))


def _without_effect(spec: Spec, space: Space) -> dict[str, str]:
    """Fields that change nothing with this recipe: all trials would be alike."""
    recipe = catalog.find(spec.get("recipe", ""))
    return {field: told for field in space if recipe and (told := no_say(recipe, field))}


def _sampler_problem(search: Search, known: dict[str, str]) -> dict[str, str]:
    """That the sampler cannot handle the space, told together with the number of trials that is still missing."""
    told = sampler_fit(search) if known.keys() == {"trials"} and search.plan.trials is None else ""
    return {"sampler": told} if told else {}


def sweep_cautions(spec: Spec, space: Space) -> dict[str, str]:
    """What may not be meant in a sweep: field → sentence. It runs all the same."""
    data = [field for field in ("data.source", "data.config", "data.revision") if field in space]
    if not data or spec.get("data", {}).get("eval_source"):
        return {}
    return {data[0]: "Each trial is measured on data of its own: their values cannot be set against each other. "
            "Name one eval_source for all."}  # fmt: skip


def makes_all_at_once(plan: SweepPlan) -> bool:
    """Whether every trial is queued at launch: a grid that nothing holds back."""
    return plan.is_grid and plan.parallel is None and not plan.budget


def judged_points(search: Search) -> list[dict[str, Any]]:
    """The points at which a specification is judged: all of a grid, else some that cover the space."""
    if search.plan.is_grid:
        return planned_points(search.drawer, search.plan.trials, search.plan.seed)
    return search.samples(JUDGED)


def plan_problems(plan: SweepPlan) -> dict[str, str]:
    """What is wrong with a plan, whatever is searched."""
    options = (
        {name: value for name, value in plan.pruner.items() if name != "kind"}
        if _is_map(plan.pruner)
        else None
    )
    found = {
        "sampler": method_problem("sampler", plan.sampler, plan.sampler_options, SAMPLERS),
        "pruner": "A pruner is a map with its kind."
        if options is None
        else method_problem("pruner", plan.pruner.get("kind", "none"), options, PRUNERS) or _pruner(plan),
        "seed": _whole("The seed", plan.seed, 0, 2**31 - 1),
        "trials": _trials(plan),
        "seeds": _seeds(plan.seeds),
        "parallel": _optional("Runs at once", plan.parallel, 1, 1_000),
        "objective": _objectives(plan.objectives),
        "budget": _budget(plan.budget),
        "checkpoint_budget": _checkpoint_budget(plan.checkpoint_budget),
        "constraints": "" if isinstance(plan.constraints, list) else "Constraints are a list of expressions.",
    }
    return {field: sentence for field, sentence in found.items() if sentence}


def _pruner(plan: SweepPlan) -> str:
    if plan.pruner_kind != "none" and len(plan.objectives) > 1:
        return "Pruning needs one objective to go by. Choose none, or keep one objective."
    lower, upper = plan.pruner.get("lower"), plan.pruner.get("upper")
    if plan.pruner_kind == "threshold" and lower is None and upper is None:
        return "A threshold needs a lower or an upper bound."
    if lower is not None and upper is not None and lower >= upper:
        return f"lower ({lower:g}) must be below upper ({upper:g}): otherwise every trial is pruned."
    return ""


def _trials(plan: SweepPlan) -> str:
    if plan.trials is None:
        return "" if plan.is_grid else "Say how many trials: this sampler has no last point."
    return _whole("Trials", plan.trials, 1, MOST_TRIALS)


def _seeds(seeds: Any) -> str:
    if not isinstance(seeds, list):
        return "Seeds are a list of whole numbers, such as [1, 2, 3]."
    if len(seeds) > MOST_SEEDS:
        return f"{len(seeds)} seeds for each trial; the most is {MOST_SEEDS}."
    if wrong := next((s for s in (_whole("A seed", seed, 0, 2**32 - 1) for seed in seeds) if s), ""):
        return wrong
    return "A seed stands there twice; each is tried once." if len(set(seeds)) < len(seeds) else ""


def _objectives(objectives: Any) -> str:
    if not isinstance(objectives, list) or not all(_is_objective(one) for one in objectives):
        return 'Objectives are written [{"metric": "eval/f1", "greater_is_better": true}].'
    names = [one["metric"] for one in objectives]
    if len(names) > 4:
        return f"{len(names)} objectives; the most is 4."
    return "An objective stands there twice." if len(set(names)) < len(names) else ""


def _is_objective(one: Any) -> bool:
    return (
        _is_map(one)
        and one.keys() == {"metric", "greater_is_better"}
        and isinstance(one["metric"], str)
        and bool(one["metric"].strip())
        and isinstance(one["greater_is_better"], bool)
    )


def _budget(budget: Any) -> str:
    if not _is_map(budget) or budget.keys() - {"wall_seconds", "device_seconds", "target"}:
        return "A budget has wall_seconds, device_seconds and target."
    for name in ("wall_seconds", "device_seconds"):
        if name in budget and not (_is_number(budget[name]) and budget[name] > 0):
            return f"{name} must be a number of seconds above 0, not {budget[name]!r}."
    if "target" in budget and not _is_number(budget["target"]):
        return f"The target must be a number, not {budget['target']!r}."
    return ""


def _checkpoint_budget(budget: Any) -> str:
    if not _is_map(budget) or budget.keys() - {"best", "rest"}:
        return "A checkpoint budget has best (how many trials keep everything) and rest (weights or none)."
    if not budget:
        return ""
    if budget.get("rest", "weights") not in ("weights", "none"):
        return f"What is kept of the rest is “weights” or “none”, not {budget['rest']!r}."
    return _whole("best", budget.get("best"), 1, 1_000)


def _whole(what: str, value: Any, low: int, high: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return ""
    return f"{what} must be a whole number from {low} to {high}, not {value!r}."


def _optional(what: str, value: Any, low: int, high: int) -> str:
    return "" if value is None else _whole(what, value, low, high)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _fit_problems(search: Search) -> dict[str, str]:
    """Whether plan, space and specification fit together."""
    found = _condition_problems(search)
    checks: dict[str, Callable[[Search], str]] = {
        "sampler": sampler_fit,
        "seeds": _seeds_fit,
        "objective": _objective_fit,
    }
    found |= {field: sentence for field, check in checks.items() if (sentence := check(search))}
    return found or _constraint_problems(search)


def _condition_problems(search: Search) -> dict[str, str]:
    """Conditions on a field that is not there, or that never hold."""
    found = {}
    for field, distribution in search.distributions.items():
        if distribution.when is None:
            continue
        other = distribution.when.field
        wanted = " or ".join(map(str, distribution.when.values))
        if other in search.distributions:
            base = search.distributions[other]
            possible = not isinstance(base, Choices) or not set(base.values).isdisjoint(
                distribution.when.values
            )
        elif other in search.fixed:
            possible = search.fixed[other] in distribution.when.values
        else:
            found[field] = f"Its condition speaks of {other}, which is no field here."
            continue
        if not possible:
            found[field] = f"Is never tried: {other} never is {wanted}."
    return found


def sampler_fit(search: Search) -> str:
    """Why the sampler cannot handle the space; "" when it can."""
    plan, space = search.plan, search.distributions
    lists = [
        field for field, found in space.items() if isinstance(found, Choices) and len(found.points()) > 1
    ]
    conditional = [field for field, found in space.items() if found.when is not None]
    if plan.sampler in ("gp", "cmaes") and conditional:
        return (
            f"{SAMPLERS[plan.sampler].title} cannot handle {conditional[0]}, which has a condition. Use TPE."
        )
    if plan.sampler == "gp" and (plan.trials or 0) > MOST_GP_TRIALS:
        return f"A Gaussian process takes seconds for each trial after some hundred: the most is {MOST_GP_TRIALS}."
    if plan.sampler != "cmaes":
        return ""
    if lists:
        return f"CMA-ES moves through numbers, and {lists[0]} is a list. Make it a range, or use TPE."
    if len(space) < 2:
        return "CMA-ES needs two ranges or more. Use TPE or GP for one."
    return "CMA-ES goes by one objective. Use NSGA-II, TPE or GP." if len(plan.objectives) > 1 else ""


def _seeds_fit(search: Search) -> str:
    if search.plan.seeds and "args.seed" in search.space:
        return "args.seed is swept already: give the seeds here, or sweep it, not both."
    return ""


def _objective_fit(search: Search) -> str:
    """An objective that no evaluation reports, as far as earlier runs of the recipe tell."""
    plan = search.plan
    # A grid without a pruner trains everything whatever is measured.
    goes_by_it = (
        plan.objectives or plan.sampler not in ("grid", "random", "qmc") or plan.pruner_kind != "none"
    )
    if goes_by_it and search.fixed.get("args.eval_strategy") == "no":
        return "No evaluation happens (eval_strategy is no): nothing would be measured to choose by."
    wanted = [one["metric"] for one in plan.objectives]
    known = reported_metrics(search.spec["recipe"]) if wanted else []
    for metric in wanted:
        if known and metric not in known:
            return f"No run of {search.spec['recipe']} has reported {metric}. They report {', '.join(known)}."
        if not metric.startswith("eval/"):
            return f"{metric} is no measure of an evaluation; those begin with eval/."
    return ""


def reported_metrics(recipe: str) -> list[str]:
    """What evaluations of the recipe's newest runs have measured: ["eval/accuracy", …]; empty when none has run."""
    newest = Series.objects.filter(run__spec__recipe=recipe, key__startswith="eval/").order_by(
        "-run__created_at"
    )
    return sorted(set(newest.values_list("key", flat=True)[:200]))


def _constraint_problems(search: Search) -> dict[str, str]:
    try:
        found = planned_points(search.drawer, None, 0) if search.plan.is_grid else search.samples(1)
    except ConstraintError as error:
        return {"constraints": str(error)}
    if found:
        return {}
    told = " and ".join(f"“{text}”" for text in search.plan.constraints)
    tried = "No point of the grid" if search.plan.is_grid else f"None of {MOST_DRAWS} points tried"
    return {"constraints": f"{tried} satisfies {told}. Loosen it, or widen the space."}
