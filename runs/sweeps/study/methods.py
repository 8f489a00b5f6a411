"""Samplers and pruners of Optuna, by the names and options of runs/sweeps/options.py."""

import hashlib
import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna import pruners, samplers

optuna.logging.set_verbosity(optuna.logging.ERROR)

_SAMPLERS: dict[str, type[samplers.BaseSampler]] = {
    "random": samplers.RandomSampler,
    "tpe": samplers.TPESampler,
    "gp": samplers.GPSampler,
    "cmaes": samplers.CmaEsSampler,
    "nsga2": samplers.NSGAIISampler,
}
_PRUNERS: dict[str, type[pruners.BasePruner]] = {
    "none": pruners.NopPruner,
    "median": pruners.MedianPruner,
    "percentile": pruners.PercentilePruner,
    "asha": pruners.SuccessiveHalvingPruner,
    "hyperband": pruners.HyperbandPruner,
    "threshold": pruners.ThresholdPruner,
}


def quiet() -> warnings.catch_warnings:
    """Some of what is used here counts as experimental; a log full of that helps nobody."""
    return warnings.catch_warnings(action="ignore", category=optuna.exceptions.ExperimentalWarning)


def derived_seed(seed: int, *numbers: int) -> int:
    """A seed for one suggestion. With one fixed seed a study that is rebuilt would be given the same point for ever."""
    text = "/".join(map(str, (seed, *numbers)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> 1


def make_sampler(
    name: str, options: Mapping[str, Any], seed: int, *, conditional: bool
) -> samplers.BaseSampler:
    """A sampler by its name; ``conditional``: not every field exists at every point."""
    given = {key: value for key, value in options.items() if value is not None}
    if name == "tpe":
        given.setdefault("multivariate", True)
        given["group"] = bool(given["multivariate"]) and conditional
    if name in ("cmaes", "gp"):
        # What they do not choose themselves, the first trials above all, is drawn by the same seed.
        given["independent_sampler"] = samplers.RandomSampler(seed=seed)
        given["warn_independent_sampling"] = False
    with quiet():
        return _SAMPLERS[name](seed=seed, **given)


def make_pruner(given: Mapping[str, Any]) -> pruners.BasePruner:
    """A pruner from {"kind": "asha", …options}."""
    kind = given.get("kind", "none")
    options = {key: value for key, value in given.items() if key != "kind" and value is not None}
    if kind == "patience":
        with quiet():
            return pruners.PatientPruner(None, **{"patience": 3} | options)
    if kind == "percentile":
        options.setdefault("percentile", 25.0)
    if kind == "asha":
        # Optuna's default waits for the first finished trial to guess it.
        options.setdefault("min_resource", 1)
    return _PRUNERS[kind](**options)
