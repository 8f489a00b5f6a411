"""The samplers and pruners on offer, with the options of each: forms, REST and checks read these tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainer_bridge.fields import Field, did_you_mean


@dataclass(frozen=True)
class Method:
    """A sampler or pruner: its title, what it is for in one sentence, and its options by Optuna's names."""

    name: str
    title: str
    help: str
    options: Mapping[str, Field] = field(default_factory=dict)


def _method(name: str, title: str, text: str, *options: Field) -> Method:
    return Method(name, title, text, {option.name: option for option in options})


def _count(name: str, default: int | None, text: str, *, minimum: int = 0) -> Field:
    return Field(name, "int", default, text, minimum=minimum, maximum=100_000, optional=default is None)


_STARTUP = _count("n_startup_trials", 10, "Trials drawn at random before the sampler learns from them.")
_WARMUP = _count("n_warmup_steps", 0, "Evaluations of a trial before it may be pruned.")
_INTERVAL = _count("interval_steps", 1, "Decide at every so many evaluations.", minimum=1)
_MEDIAN = (
    _count("n_startup_trials", 5, "Finished trials before any is pruned."),
    _WARMUP,
    _INTERVAL,
    _count("n_min_trials", 1, "Trials that must have come as far to be compared with.", minimum=1),
)
_MIN_RESOURCE = _count("min_resource", 1, "Evaluations that every trial is given.", minimum=1)

SAMPLERS: Mapping[str, Method] = {
    found.name: found
    for found in (
        _method("grid", "Grid", "Every combination of the values."),
        _method("random", "Random", "Independent draws. Needs no results and takes any space."),
        _method(
            "qmc",
            "Quasi-random (Sobol)",
            "Covers the space more evenly than random draws.",
            Field("scramble", "bool", True, "Shift the sequence at random, by the seed."),
        ),
        _method(
            "tpe",
            "TPE",
            "Learns from finished trials where good ones lie. A good first choice.",
            _STARTUP,
            Field("multivariate", "bool", True, "Learn how fields depend on each other."),
        ),
        _method(
            "gp",
            "Gaussian process",
            "Few, expensive trials over numbers; slow after some hundred trials.",
            _STARTUP,
        ),
        _method(
            "cmaes",
            "CMA-ES",
            "Evolves a cloud of points over two or more ranges; wants a hundred trials or more.",
            _count("n_startup_trials", 1, "Trials drawn at random first."),
            _count("population_size", None, "Trials of one generation.", minimum=3),
            Field("sigma0", "float", None, "How wide the first cloud is.", above=0, optional=True),
        ),
        _method(
            "nsga2",
            "NSGA-II",
            "Evolves a population towards the best trade-offs of several objectives.",
            _count("population_size", 50, "Trials of one generation.", minimum=2),
        ),
    )
}

PRUNERS: Mapping[str, Method] = {
    found.name: found
    for found in (
        _method("none", "None", "Every trial trains to its end."),
        _method("median", "Median", "Prunes what is worse than the median of the others so far.", *_MEDIAN),
        _method(
            "percentile",
            "Percentile",
            "Prunes what is not among the best so many per cent so far.",
            Field("percentile", "float", 25.0, "Per cent that go on.", above=0, below=100),
            *_MEDIAN,
        ),
        _method(
            "asha",
            "ASHA",
            "At 1, 4, 16, … evaluations the best quarter goes on.",
            _MIN_RESOURCE,
            _count("reduction_factor", 4, "One in so many goes on from each rung.", minimum=2),
            _count("min_early_stopping_rate", 0, "Rungs that are left out at the start."),
        ),
        _method(
            "hyperband",
            "Hyperband",
            "Several ASHA brackets, from strict to patient.",
            _MIN_RESOURCE,
            _count("max_resource", None, "Evaluations of a whole trial; not set: learned.", minimum=1),
            _count("reduction_factor", 3, "One in so many goes on from each rung.", minimum=2),
        ),
        _method(
            "patience",
            "Patience",
            "Prunes a trial that has not improved for a while.",
            _count("patience", 3, "Evaluations without improvement."),
            Field("min_delta", "float", 0.0, "Improvements below this do not count.", minimum=0),
        ),
        _method(
            "threshold",
            "Threshold",
            "Prunes a trial whose objective leaves the bounds, or is not a number.",
            Field("lower", "float", None, "Prune below this.", optional=True),
            Field("upper", "float", None, "Prune above this.", optional=True),
            _WARMUP,
            _INTERVAL,
        ),
    )
}


def method_problem(kind: str, name: Any, options: Any, methods: Mapping[str, Method]) -> str:
    """What is wrong with a method and its options, in a sentence; "" when nothing is."""
    method = methods.get(name) if isinstance(name, str) else None
    if method is None:
        hint = did_you_mean(str(name), methods)
        return f"There is no {kind} “{name}”. The {kind}s are {', '.join(methods)}.{hint}"
    if not isinstance(options, dict):
        return f"The options of a {kind} are a map from name to value."
    for option, value in options.items():
        row = method.options.get(option)
        if row is None:
            known = ", ".join(method.options) or "no options"
            return f"{method.title} has no option “{option}”; it takes {known}."
        if sentence := row.problem(value):
            return f"{option}: {sentence}"
    return ""
