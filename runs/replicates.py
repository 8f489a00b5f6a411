"""Runs that differ only by their seed, as groups."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from runs.fairness import essence
from runs.models import Run
from runs.specs import Spec, effective_config
from runs.states import ENDED, State
from trainer_bridge.json_values import json_text
from trainer_bridge.launch_fields import NOT_LEARNED

#: What replicates may differ in. The Trainer shuffles by data_seed, and by seed where there is none.
SEEDS = ("args.seed", "args.data_seed")
#: What a run told of its code and its data: with other ones it is no replicate.
_TOLD = ("source", "data")
Seeds = tuple[Any, Any]


#: How a run's name ends where it tells the seed: "lr-t002-s1", "wide-seed43".
_SEED_PART = re.compile(r"[-_ ](s|seed)[-_= ]?\d+$", re.IGNORECASE)


def without_seed(name: str) -> str:
    """The name of a run without the part that tells its seed."""
    return _SEED_PART.sub("", name) or name


@dataclass
class Group:
    """Replicates in the order they were asked for; ``repeats`` ran with the seeds of another and count for nothing:
    the same seed again is no further evidence. ``title`` names a group that is no group of replicates."""

    runs: list[Run]
    config: dict[str, Any]
    repeats: list[Run] = field(default_factory=list)
    title: str = ""

    @property
    def first(self) -> Run:
        return self.runs[0]

    @property
    def name(self) -> str:
        """That of its first run, whatever is measured; of several runs without what tells its seed."""
        return self.title or (without_seed(self.first.name) if len(self.runs) > 1 else self.first.name)

    @property
    def members(self) -> list[Run]:
        return [*self.runs, *self.repeats]

    @property
    def counted(self) -> list[Run]:
        """Those whose measurements count: a seed that is half way says nothing of how far it will come. A run alone
        is shown as it is."""
        if len(self.runs) == 1:
            return self.runs
        return [run for run in self.runs if run.state == State.FINISHED]

    @property
    def pending(self) -> list[Run]:
        """Those that are still to be counted."""
        return [run for run in self.runs if run.state not in ENDED]

    @property
    def expected(self) -> int:
        """How many seeds count once all that is queued and running has finished."""
        return sum(run.state not in ENDED or run.state == State.FINISHED for run in self.runs)

    @cached_property
    def seeds(self) -> list[Seeds]:
        return [seeds_of(run.spec) for run in self.runs]


def group_replicates(runs: Iterable[Run]) -> list[Group]:
    """``runs`` in groups, in the order of their first ones. A run without any seed stands alone."""
    groups: dict[str, list[_Told]] = {}
    for run in runs:
        config = effective_config(run.spec)
        key = _key(run, config)
        told = [json_text(essence(part, run.environment.get(part))) for part in _TOLD]
        _place(groups.setdefault(key, []), run, config, told if run.environment else None)
    found = [entry.group for entries in groups.values() for entry in entries]
    for group in found:
        _set_repeats_aside(group)
    return found


def seeds_of(spec: Spec) -> Seeds:
    """(seed, data_seed) of a specification, the latter that which is used."""
    config = effective_config(spec)
    seed, data_seed = (config.get(name) for name in SEEDS)
    return seed, seed if data_seed is None else data_seed


@dataclass
class _Told:
    """A group while it is gathered; ``told`` is None until one of its runs has begun."""

    group: Group
    told: list[str] | None


def _key(run: Run, config: dict[str, Any]) -> str:
    """What replicates have in common, in words of their specification."""
    if not any(config.get(name) is not None for name in SEEDS):
        return run.pk
    rest = {name: value for name, value in config.items() if name not in SEEDS and name not in NOT_LEARNED}
    # A fork starts from a checkpoint: with another seed it is no replicate of a run from the start.
    return json_text([run.origin, run.parent_id, run.forked_step, sorted(rest.items())])


def _place(entries: list[_Told], run: Run, config: dict[str, Any], told: list[str] | None) -> None:
    """A run that has not begun counts to the first group of its settings; it has measured nothing yet."""
    for entry in entries:
        if told is None or entry.told is None or entry.told == told:
            entry.group.runs.append(run)
            entry.told = entry.told or told
            return
    entries.append(_Told(Group([run], config), told))


def _set_repeats_aside(group: Group) -> None:
    """Of runs with the same seeds the first finished one stays, else the first."""
    kept: dict[str, Run] = {}
    for run in group.runs:
        seeds = json_text(seeds_of(run.spec))
        first = kept.setdefault(seeds, run)
        if first.state != State.FINISHED and run.state == State.FINISHED:
            kept[seeds] = run
    chosen = list(kept.values())
    group.repeats = [run for run in group.runs if run not in chosen]
    group.runs = chosen


def listed(groups: Sequence[Group]) -> list[Run]:
    """Every run of ``groups``, group by group."""
    return [run for group in groups for run in group.members]
