"""The keys of a filter, an order or a table, and the column each one means."""

import difflib
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from runs.directions import greater_is_better
from runs.table.coded import NONE, Coded
from runs.table.column import MIXED, NUMBER, SECONDS, TIME, Column
from runs.table.index import BAD, LAST, MAX, MIN, Index, defaults_of

#: Fields of a run → the database field of a text column.
TEXT_FIELDS = {
    "name": "name",
    "tag": "tags",
    "notes": "notes",
    "state": "state",
    "worker": "worker",
    "user": "created_by",
    "objective": "objective",
}
MOMENT_FIELDS = {"created": "created_at", "started": "started_at", "ended": "ended_at"}
NUMBER_FIELDS = {"step": "step", "max_steps": "max_steps", "epoch": "epoch", "trial": "trial"}
OTHER_FIELDS = ("id", "sweep", "recipe", "archived", "age", "duration")
#: These grow by themselves.
OF_THE_MOMENT = ("age", "duration")
FIELDS = (*TEXT_FIELDS, *OTHER_FIELDS, *MOMENT_FIELDS, *NUMBER_FIELDS)
ALIASES = {"tags": "tag", "status": "state"}
#: What a metric's key may end with; without it, the best value in the metric's direction is meant.
ASPECTS = {"best": MAX, "last": LAST, "min": MIN, "max": MAX, "bad": BAD}
#: Groups of settings whose prefix may be left out, the first that has the name wins.
SHORT = ("args", "params", "model", "data", "trainer", "config")


class RunColumns:
    """The columns of an index at one revision, at the moment ``now`` (seconds since the epoch)."""

    def __init__(self, index: Index, now: float) -> None:
        self.index, self.now, self.revision = index, now, index.revision
        self._made: dict[str, Column] = {}

    def go_on(self, now: float) -> None:
        """Time has passed, the runs are the same."""
        self.now = now
        for key in OF_THE_MOMENT:
            self._made.pop(key, None)

    @property
    def size(self) -> int:
        return self.index.size

    def resolve(self, key: str) -> Column | None:
        """The column of a key as typed, None for an unknown one."""
        full = self.full_key(key)
        return None if full is None else self.column(full)

    def column(self, key: str) -> Column:
        """The column of a full key."""
        if key not in self._made:
            self._made[key] = self._make(key)
        return self._made[key]

    def full_key(self, key: str) -> str | None:
        """The key with its prefix and without its aspect's default: "learning_rate" → "args.learning_rate"."""
        if key in FIELDS or key in self.setting_keys or key in self.index.metrics:
            return key
        if key in ALIASES:
            return ALIASES[key]
        series, _, aspect = key.rpartition(".")
        if aspect in ASPECTS and series in self.index.metrics:
            return series if aspect == "best" else key
        return next((full for group in SHORT if (full := f"{group}.{key}") in self.setting_keys), None)

    def kind_of(self, key: str) -> str:
        """ "field", "metric" or "setting"."""
        if key in FIELDS:
            return "field"
        return "metric" if self.full_key(key) in self.index.metrics else "setting"

    def nearest(self, key: str) -> str:
        """The known key that looks most like this one, "" when none does."""
        known = self.known_keys
        for full in known:
            if full.lower() == key.lower() or full.lower().endswith((f"/{key.lower()}", f".{key.lower()}")):
                return full
        found = difflib.get_close_matches(key, known, n=1)
        return found[0] if found else ""

    @cached_property
    def known_keys(self) -> list[str]:
        """Every key, settings by their short names where those are clear."""
        settings = [self.short_key(key) for key in self.setting_keys]
        return [*FIELDS, *sorted(self.index.metrics), *settings]

    def short_key(self, key: str) -> str:
        """A setting's key without its group, where that still means this one."""
        name = key.partition(".")[2]
        return name if name and self.full_key(name) == key else key

    @cached_property
    def setting_keys(self) -> dict[str, None]:
        """Every setting that a run has, given or by default, in the order of the recipes."""
        defaults = (key for base in self._bases for key in base)
        return dict.fromkeys([*defaults, *self.index.settings])

    @cached_property
    def _bases(self) -> list[dict[str, Any]]:
        return [
            {k: v for k, v in defaults_of(base).items() if k != "recipe"} for base in self.index.bases.values
        ]

    @cached_property
    def tags(self) -> list[str]:
        """Every tag that a run has, sorted."""
        coded = self.index.texts["tags"]
        used = np.unique(coded.codes[coded.codes >= 0]).tolist()
        return sorted({tag for code in used for tag in coded.values[code]})

    # --- directions ---

    @cached_property
    def objectives(self) -> dict[str, bool]:
        """{objective: greater is better} as the runs say."""
        told, greater = self.index.texts["objective"], self.index.numbers["greater_is_better"]
        found = {}
        for code, key in enumerate(told.values):
            runs = np.flatnonzero(told.codes == code)
            if key and len(runs):
                found[key] = bool(greater[runs[-1]])
        return found

    def greater(self, key: str) -> bool:
        """Whether more of this metric is better."""
        return greater_is_better(key, self.objectives)

    # --- making columns ---

    def _make(self, key: str) -> Column:
        if key in TEXT_FIELDS:
            return self.index.texts[TEXT_FIELDS[key]].column()
        if key in MOMENT_FIELDS:
            return Column(TIME, self.index.numbers[MOMENT_FIELDS[key]])
        if key in NUMBER_FIELDS:
            return Column(NUMBER, self.index.numbers[NUMBER_FIELDS[key]])
        if key in OTHER_FIELDS:
            return getattr(self, f"_{key}")()
        return self._setting(key) if key in self.setting_keys else self._metric(key)

    def _metric(self, key: str) -> Column:
        if key in self.index.metrics:
            return Column(NUMBER, self.index.metrics[key][MAX if self.greater(key) else MIN])
        series, _, aspect = key.rpartition(".")
        return Column(NUMBER, self.index.metrics[series][ASPECTS[aspect]])

    def _setting(self, key: str) -> Column:
        """What stands in the spec, else what the run's recipe has."""
        given = self._given(key)
        return given.column(np.where(given.codes >= 0, given.codes, self.default_codes(key)))

    def _given(self, key: str) -> Coded:
        """A setting that nobody gives has only defaults."""
        return self.index.settings.setdefault(key, Coded(self.size))

    def default_codes(self, key: str) -> np.ndarray:
        """Where in a setting's values each run's default stands."""
        given = self._given(key)
        codes = [*(given.code_of(base.get(key)) for base in self._bases), NONE]
        return np.array(codes, dtype=np.int32)[self.index.bases.codes]

    def _id(self) -> Column:
        unknown = np.full(self.size, np.nan)
        return Column(MIXED, unknown, np.arange(self.size, dtype=np.int32), list(self.index.ids))

    def _sweep(self) -> Column:
        """By name; by id where a sweep is gone from under its runs."""
        column = self.index.texts["sweep_id"].column()
        return replace(column, values=[self.index.sweeps.get(pk, pk) for pk in column.values])

    def _recipe(self) -> Column:
        recipes = [defaults_of(base).get("recipe") for base in self.index.bases.values]
        coded = Coded(0)
        codes = np.array([*(coded.code_of(recipe) for recipe in recipes), -1], dtype=np.int32)
        return coded.column(codes[self.index.bases.codes])

    def _archived(self) -> Column:
        codes = (~np.isnan(self.index.numbers["archived_at"])).astype(np.int32)
        return Column(MIXED, np.full(self.size, np.nan), codes, [False, True])

    def _age(self) -> Column:
        return Column(SECONDS, self.now - self.index.numbers["created_at"])

    def _duration(self) -> Column:
        ended = self.index.numbers["ended_at"]
        return Column(SECONDS, np.where(np.isnan(ended), self.now, ended) - self.index.numbers["started_at"])
