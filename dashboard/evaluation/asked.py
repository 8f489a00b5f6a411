"""What the address of an Evaluation tab asks for, found among the evaluations there are."""

from dataclasses import dataclass, field

from django.http import QueryDict

from runs.evaluations import read
from runs.models import Evaluation, Run, Series

#: Lists of rows that a person can choose, and their words.
LISTS = {
    "worst": "Worst mistakes",
    "unsure": "Least sure",
    "probe": "Fixed rows",
    "lost": "Lost",
    "gained": "Gained",
    "best": "Best",
}
CURVES = ("pr", "roc", "calibration")
#: Other runs of the project that are offered to stand beside this one.
MOST_OTHERS = 30


@dataclass(frozen=True)
class Asked:
    """The evaluation that is shown, the one it is compared with, and how.

    ``cell`` is (true, predicted) as class numbers, either of them None for any. ``other`` is the run beside, if any.
    ``missing`` says what the address asks for and is not there any more.
    """

    shown: Evaluation
    against: Evaluation | None
    every: list[Evaluation]
    best_step: int | None
    other: Run | None = None
    cell: tuple[int | None, int | None] | None = None
    rows: str = "worst"
    percent: bool = False
    curve: str = "pr"
    missing: list[str] = field(default_factory=list)


def asked(run: Run, query: QueryDict) -> Asked | None:
    """None where nothing was evaluated yet. A fixed number of queries."""
    every = read.listed(run)
    if not every:
        return None
    missing: list[str] = []
    best = best_step(run)
    shown = _at(every, query.get("at", ""), missing) or _latest(every)
    other = _other(run, query.get("over", ""), missing)
    against = _beside(other, shown) if other else _against(every, shown, query.get("vs", ""), best, missing)
    rows, curve = query.get("rows", "worst"), query.get("curve", "pr")
    return Asked(
        read.whole(shown),
        read.whole(against) if against else None,
        every,
        best,
        other,
        _cell(query.get("cell", "")),
        rows if rows in LISTS else "worst",
        query.get("norm") == "row",
        curve if curve in CURVES else "pr",
        missing,
    )


def key_of(evaluation: Evaluation) -> str:
    """How the address names it: "2300", of another split than the validation "test:2300"."""
    prefix = "" if evaluation.name == "eval" else f"{evaluation.name}:"
    return f"{prefix}{evaluation.step}"


def split_words(name: str) -> str:
    """The split in words: "eval" → "validation", "eval_far" → "far"."""
    return "validation" if name == "eval" else name.removeprefix("eval_")


def best_step(run: Run) -> int | None:
    """Where the objective was best."""
    series = Series.objects.filter(run=run, key=run.objective).first() if run.objective else None
    if series is None:
        return None
    return series.max_step if run.greater_is_better else series.min_step


def others(run: Run) -> list[Run]:
    """Runs of the project that have evaluations too, the latest first: one query."""
    found = Run.objects.filter(project=run.project_id, evaluations__isnull=False).exclude(pk=run.pk)
    return list(found.only("name", "mark").distinct()[:MOST_OTHERS])


def _latest(every: list[Evaluation]) -> Evaluation:
    validation = [one for one in every if one.name == "eval"]
    return max(validation or every, key=lambda one: one.step)


def _at(every: list[Evaluation], key: str, missing: list[str]) -> Evaluation | None:
    found = next((one for one in every if key_of(one) == key), None)
    if key and found is None:
        missing.append(f"There is no evaluation “{key[:40]}” any more; the latest is shown.")
    return found


def _against(
    every: list[Evaluation], shown: Evaluation, key: str, best: int | None, missing: list[str]
) -> Evaluation | None:
    """The one that is asked for; else the best of the same split, or the one before where this is the best."""
    if key == "none":
        return None
    alike = [one for one in every if one.name == shown.name and one.step != shown.step]
    if key:
        found = next((one for one in every if key_of(one) == key), None)
        if found is None:
            missing.append(f"There is no evaluation “{key[:40]}” to compare with any more.")
        return found
    chosen = next((one for one in alike if one.step == best), None)
    return chosen or max((o for o in alike if o.step < shown.step), key=lambda o: o.step, default=None)


def _other(run: Run, pk: str, missing: list[str]) -> Run | None:
    found = Run.objects.filter(pk=pk, project=run.project_id).first() if pk else None
    if pk and found is None:
        missing.append("The run to stand beside this one is not in this project any more.")
    return found


def _beside(other: Run, shown: Evaluation) -> Evaluation | None:
    """The other run's evaluation of the same split at the same step, else its latest."""
    return read.at(other, shown.step, shown.name) or read.latest(other, shown.name)


def _cell(text: str) -> tuple[int | None, int | None] | None:
    true, comma, said = text.partition(",")
    if not comma or not all(part == "" or (part.isdecimal() and len(part) < 8) for part in (true, said)):
        return None
    if not true and not said:
        return None
    return int(true) if true else None, int(said) if said else None
