"""The next points of a study: of the sampler where it can be had, under the constraints, none twice."""

import itertools
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import optuna
from optuna.trial import TrialState, create_trial

from runs.sweeps.constraints import parse_constraint
from runs.sweeps.draw import MOST_DRAWS, Drawer
from runs.sweeps.space import Choices, Distribution, Point, is_active, read_space
from runs.sweeps.study.methods import derived_seed, make_sampler
from runs.sweeps.study.rebuild import distribution_of, rebuilt

#: How often a sampler is asked again when its point breaks a constraint or was tried already.
TRIES = {"random": 200, "gp": 4}
TRIES_OF_OTHERS = 20
#: Places of the Sobol sequence that are looked at for one that is new.
MOST_PLACES = 500
#: A finite space of at most so many points is gone through when draws find nothing new.
MOST_LISTED = 20_000
#: Kept with a trial: the place in the Sobol sequence; that the sampler itself had no point.
QMC_INDEX = "trainboard:qmc"
DRAWN = "trainboard:drawn"


def suggest(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Up to ``count`` suggestions {"point", "attrs"} for the trials from number ``next`` on.

    Fewer when no other point is left (of a finite space) or is found (under the constraints). The same request is
    answered alike, wherever and however often it is asked.
    """
    return list(itertools.islice(_Suggesting(request).all(), request["count"]))


class _Suggesting:
    def __init__(self, request: Mapping[str, Any]) -> None:
        self.request = request
        self.space = read_space(request["space"])
        known = {*request["fixed"], *request["space"]}
        constraints = [parse_constraint(text, known) for text in request["constraints"]]
        self.drawer = Drawer(self.space, constraints, request["fixed"])
        self.tried = {_key(trial["params"]) for trial in request["trials"]}
        self.study = rebuilt(request, self.space) if request["sampler"] != "qmc" else None

    def all(self) -> Iterator[dict[str, Any]]:
        placed = self._quasi_random()
        for number in itertools.count(self.request["next"]):
            one = self._sampled(self.study, number) if self.study else next(placed, None)
            one = one or self._drawn(number)
            if one is None:
                return
            self.tried.add(_key(one["point"]))
            yield one

    def _sampled(self, study: optuna.Study, number: int) -> dict[str, Any] | None:
        """What the sampler says, asked again with another seed while its point is of no use."""
        name = self.request["sampler"]
        conditional = any(found.when is not None for found in self.space.values())
        for attempt in range(TRIES.get(name, TRIES_OF_OTHERS)):
            seed = derived_seed(self.request["seed"], number, attempt)
            study.sampler = make_sampler(name, self.request["options"], seed, conditional=conditional)
            trial = study.ask()
            point = self._asked(trial)
            if self._is_new(point):
                return {"point": point, "attrs": dict(_frozen(study, trial.number).system_attrs)}
            study.tell(trial, state=TrialState.FAIL)
        return None

    def _asked(self, trial: optuna.Trial) -> Point:
        """Define by run: a field is asked for only where its condition holds."""
        point: Point = {}
        known: dict[str, Any] = dict(self.drawer.fixed)
        for field, distribution in self.space.items():
            known[field] = None
            if is_active(distribution, known):
                value = trial._suggest(field, distribution_of(distribution))
                known[field] = point[field] = tidied(distribution, value)
        return point

    def _quasi_random(self) -> Iterator[dict[str, Any]]:
        """The Sobol sequence from where the trials left it. The place is kept with each: a counter in the study would
        be lost when it is rebuilt."""
        from scipy.stats import qmc

        scramble = self.request["options"].get("scramble", True)
        sobol = qmc.Sobol(len(self.space), scramble=scramble, rng=self.request["seed"])
        places = [(trial.get("system") or {}).get(QMC_INDEX, -1) for trial in self.request["trials"]]
        # Without a shift the first point is a corner.
        first = max([*places, -1 if scramble else 0]) + 1
        if first:
            sobol.fast_forward(first)
        for index in range(first, first + MOST_PLACES):
            point = self._placed(sobol.random(1)[0])
            if self._is_new(point):
                yield {"point": point, "attrs": {QMC_INDEX: index}}

    def _placed(self, parts: Any) -> Point:
        """A point of the unit cube as a point of the space."""
        point: Point = {}
        known: dict[str, Any] = dict(self.drawer.fixed)
        for (field, distribution), part in zip(self.space.items(), parts, strict=True):
            known[field] = None
            if is_active(distribution, known):
                known[field] = point[field] = _at(distribution, float(part))
        return point

    def _drawn(self, number: int) -> dict[str, Any] | None:
        """A point at random, where the sampler has none; None when there is none."""
        rng = random.Random(derived_seed(self.request["seed"], number, -1))  # noqa: S311
        draws = (self.drawer.draw(rng) for _ in range(MOST_DRAWS))
        point = next((one for one in draws if self._is_new(one)), None)
        if point is None and self.drawer.is_finite:
            listed = itertools.islice(self.drawer.listed(), MOST_LISTED)
            point = next((one for one in listed if self._is_new(one)), None)
        if point is None:
            return None
        self._note(point)
        return {"point": point, "attrs": {DRAWN: True}}

    def _note(self, point: Point) -> None:
        """The sampler learns that the point is being tried."""
        if self.study is not None:
            distributions = {field: distribution_of(self.space[field]) for field in point}
            self.study.add_trial(
                create_trial(state=TrialState.RUNNING, params=point, distributions=distributions)
            )

    def _is_new(self, point: Point) -> bool:
        return _key(point) not in self.tried and self.drawer.holds(point)


def tidied(distribution: Distribution, value: Any) -> Any:
    """A sampled float with twelve digits, inside its range: 0.1 + 0.2 is written 0.3."""
    if isinstance(distribution, Choices) or distribution.is_int:
        return value
    return min(max(float(f"{value:.12g}"), distribution.low), distribution.high)


def _frozen(study: optuna.Study, number: int) -> optuna.trial.FrozenTrial:
    # Not study.trials, which copies every trial deeply.
    return study.get_trials(deepcopy=False)[number]


def _at(distribution: Distribution, part: float) -> Any:
    """The value at ``part`` of [0, 1): of what can be counted each has the same share."""
    if isinstance(distribution, Choices):
        values = distribution.points()
        return values[int(part * len(values))]
    if distribution.is_finite and not distribution.is_log:
        return distribution.of_step(int(part * (distribution.steps + 1)))
    return distribution.at(part)


def _key(point: Mapping[str, Any]) -> str:
    return json.dumps(point, sort_keys=True)
