"""The runs of one project in memory, brought up to date before each use by what changed in the database.

Every committed change of a run raises its version, so one query of (id, version) tells which runs have to be read
again, in whichever process they were changed.
"""

import json
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from runs.specs import effective_config, given_config
from runs.table import read
from runs.table.coded import NONE, Coded
from runs.table.read import RUN_FIELDS

#: Columns of texts and moments that every run has, by the name of their database field.
TEXTS = ("name", "tags", "notes", "state", "sweep_id", "worker", "created_by", "objective")
MOMENTS = ("created_at", "started_at", "ended_at", "archived_at", "deleted_at")
NUMBERS = ("trial", "step", "max_steps", "epoch", "greater_is_better")
#: The rows of a metric's array.
MIN, MAX, LAST, BAD = range(4)


class Index:
    """n runs: ``ids``, and columns of n values each. Use it inside ``with index.lock``, after ``refresh``."""

    def __init__(self, project_id: int) -> None:
        self.project_id = project_id
        self.lock = threading.RLock()
        self.ids: list[str] = []
        self.places: dict[str, int] = {}
        self.texts = {name: Coded(0) for name in TEXTS}
        self.numbers = {name: np.empty(0) for name in (*MOMENTS, *NUMBERS)}
        #: What stands in the runs' specs, and what each falls back on.
        self.settings: dict[str, Coded] = {}
        self.bases = Coded(0)
        #: {series key: (4, n) lowest, highest, last value, count of values that are no number}.
        self.metrics: dict[str, np.ndarray] = {}
        self.sweeps: dict[str, str] = {}
        #: Grows with every change: what was computed from an older revision is out of date.
        self.revision = 0
        self._versions: dict[str, int] = {}

    @property
    def size(self) -> int:
        return len(self.ids)

    def refresh(self) -> None:
        """Take in what was committed since the last time: one query, and two more if anything changed."""
        self.sweeps = read.sweep_names(self.project_id)
        now = read.versions(self.project_id)
        if now == self._versions:
            return
        if any(run not in now for run in self.ids):
            self._keep(np.array([run in now for run in self.ids]))
        changed = [run for run, version in now.items() if self._versions.get(run) != version]
        self._grow([run for run in changed if run not in self.places])
        self._read(changed)
        self._versions = {run: version for run, version in now.items() if run in self.places}
        self.revision += 1

    def _keep(self, kept: np.ndarray) -> None:
        self.ids = [run for run, stays in zip(self.ids, kept, strict=True) if stays]
        self.places = {run: place for place, run in enumerate(self.ids)}
        for coded in self._all_coded():
            coded.keep(kept)
        self.numbers = {name: values[kept] for name, values in self.numbers.items()}
        self.metrics = {key: values[:, kept] for key, values in self.metrics.items()}

    def _grow(self, new: list[str]) -> None:
        self.places |= {run: place for place, run in enumerate(new, start=self.size)}
        self.ids += new
        unknown = np.full(len(new), np.nan)
        for coded in self._all_coded():
            coded.grow(len(new))
        self.numbers = {name: np.concatenate([values, unknown]) for name, values in self.numbers.items()}
        more = np.full((4, len(new)), np.nan)
        self.metrics = {key: np.concatenate([values, more], axis=1) for key, values in self.metrics.items()}

    def _all_coded(self) -> list[Coded]:
        return [*self.texts.values(), *self.settings.values(), self.bases]

    def _read(self, changed: Sequence[str]) -> None:
        wanted = set(changed)
        places = [self.places[run] for run in changed]
        for coded in self.settings.values():
            coded.codes[places] = NONE
        for values in self.metrics.values():
            values[:, places] = np.nan
        for row in read.run_rows(self.project_id, changed):
            if row[0] in wanted and row[0] in self.places:
                self._take_run(self.places[row[0]], dict(zip(RUN_FIELDS, row, strict=True)))
        for rows in read.series_rows(self.project_id, changed):
            self._take_series([row for row in rows if row[0] in wanted])

    def _take_run(self, place: int, row: dict[str, Any]) -> None:
        for name in TEXTS:
            self.texts[name].set(place, row[name])
        for name in MOMENTS:
            self.numbers[name][place] = _seconds(row[name])
        for name in NUMBERS:
            self.numbers[name][place] = np.nan if row[name] is None else row[name]
        self._take_spec(place, row["spec"])

    def _take_spec(self, place: int, spec: dict[str, Any]) -> None:
        self.bases.set(place, json.dumps(base_of(spec)))
        given = given_config(spec)
        for key, value in given.items():
            if key not in self.settings:
                self.settings[key] = Coded(self.size)
            self.settings[key].set(place, value)

    def _take_series(self, rows: list[tuple[Any, ...]]) -> None:
        """Key by key, so that NumPy does the work."""
        by_key: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            if row[0] in self.places:
                by_key.setdefault(row[1], []).append(row)
        for key, found in by_key.items():
            if key not in self.metrics:
                self.metrics[key] = np.full((4, self.size), np.nan)
            places = [self.places[row[0]] for row in found]
            _, _, low, high, last, bad = zip(*found, strict=True)
            self.metrics[key][:, places] = [_floats(low), _floats(high), _floats(last), _floats(bad)]


def base_of(spec: dict[str, Any]) -> dict[str, Any]:
    """What is left of a spec when nothing is changed: its recipe, or that it is a Trainer's or a bare loop's."""
    if "recipe" in spec:
        return {"recipe": spec["recipe"]}
    return {"args": {}} if "args" in spec else {}


def defaults_of(base: str) -> dict[str, Any]:
    """What the runs of a base (as JSON) have where they give nothing."""
    return effective_config(json.loads(base))


def _seconds(moment: datetime | None) -> float:
    return np.nan if moment is None else moment.timestamp()


def _floats(values: Sequence[Any]) -> np.ndarray:
    """Numbers, None, or the texts that float() reads."""
    if isinstance(values[0], str):
        return np.array([value or "nan" for value in values]).astype(float)
    return np.array(values, dtype=float)
