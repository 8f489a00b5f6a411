"""Classes of several runs side by side, from the evaluations that were kept of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runs.compare import MetricRow, metric_row
from runs.evaluations.classes import rows_of
from runs.evaluations.read import view_of
from runs.fairness import measured_alike
from runs.group_compare import GroupRow, group_row
from runs.models import Evaluation, Run
from runs.replicates import Group

#: What is told of a class, all the better the higher.
MEASURES = ("f1", "precision", "recall")
#: Of more classes those that are weakest in the baseline say most.
MOST_CLASSES = 100


@dataclass(frozen=True)
class ClassValues:
    """Of the last evaluation of ``split`` of each run: {measure: {class: {run: value}}}, and its step by run."""

    split: str
    values: dict[str, dict[str, dict[str, float]]]
    steps: dict[str, int]

    def rows(self, runs: Sequence[Run]) -> dict[str, dict[str, MetricRow]]:
        """{measure: {class: row}} with a column a run."""
        alike = measured_alike(runs)
        return {
            measure: {
                name: metric_row(
                    name, True, [(found.get(run.pk), self.steps.get(run.pk)) for run in runs], alike
                )
                for name, found in by_class.items()
            }
            for measure, by_class in self.values.items()
        }

    def group_rows(self, groups: Sequence[Group], level: float) -> dict[str, dict[str, GroupRow]]:
        """{measure: {class: row}} with a column a group."""
        return {
            measure: {name: group_row(name, True, found, groups, level) for name, found in by_class.items()}
            for measure, by_class in self.values.items()
        }


def class_values(runs: Sequence[Run]) -> ClassValues | None:
    """Of the test where all of these runs that were evaluated have one, else of the validation: two queries. None
    where nothing with classes was kept."""
    ids = [run.pk for run in runs]
    kept = Evaluation.objects.filter(run__in=ids, is_abandoned=False).order_by("step", "pk")
    heads = list(kept.values_list("run_id", "name", "pk"))
    split = _split(heads)
    last = {run: pk for run, name, pk in heads if name == split}
    found = Evaluation.objects.filter(pk__in=last.values()) if last else Evaluation.objects.none()
    values: dict[str, dict[str, dict[str, float]]] = {measure: {} for measure in MEASURES}
    steps = {}
    for evaluation in found:
        steps[evaluation.run_id] = evaluation.step
        for row in rows_of(view_of(evaluation)):
            for measure in MEASURES:
                if (value := row.values()[measure]) is not None:
                    values[measure].setdefault(row.name, {})[evaluation.run_id] = value
    return ClassValues(split, values, steps) if values["f1"] else None


def _split(heads: Iterable[tuple[str, str, int]]) -> str:
    """The split to compare by."""
    runs_of: dict[str, set[str]] = {}
    for run, name, _ in heads:
        runs_of.setdefault(name, set()).add(run)
    everybody = set().union(*runs_of.values()) if runs_of else set()
    common = [name for name, runs in runs_of.items() if runs == everybody]
    most = sorted(runs_of, key=lambda name: (-len(runs_of[name]), name))
    return next((name for name in ("test", "eval") if name in common), next(iter([*common, *most]), ""))
