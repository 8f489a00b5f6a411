"""What groups of seeds say about the first metric, in one sentence, and the seeds that would settle it."""

from dataclasses import dataclass, field

from dashboard import numbers
from runs.fairness import OTHER_DATA
from runs.group_compare import GroupCell, GroupComparison, GroupRow
from runs.more_seeds import MOST, free_seeds, why_not
from runs.replicates import Group
from runs.stats import MOST_NEEDED, POWER

#: Seeds each that give a group of one an interval worth the name.
FIRST_SEEDS = 3


@dataclass(frozen=True)
class More:
    """Seeds to queue for the group of the run ``run``; ``value`` is the form's field."""

    group: Group
    seeds: list[int]

    @property
    def value(self) -> str:
        return f"{self.group.first.pk}:{','.join(map(str, self.seeds))}"


@dataclass(frozen=True)
class Verdict:
    """``head`` in bold, ``rest`` behind it; ``more`` is what the button queues, ``label`` what it says."""

    head: str
    rest: str
    more: list[More] = field(default_factory=list)

    @property
    def label(self) -> str:
        counts = {len(more.seeds) for more in self.more}
        if len(self.more) == 2 and len(counts) == 1:
            return f"Queue {_more_seeds(counts.pop())} of each"
        return "Queue " + " and ".join(
            f"{_more_seeds(len(more.seeds))} of {more.group.name}" for more in self.more
        )


def verdict_of(comparison: GroupComparison) -> Verdict | None:
    """About the best of the others against the baseline; None when nothing can be said."""
    row = next((row for row in comparison.metrics if _other(row) is not None), None)
    if row is None:
        return _incomparable(comparison)
    number = _other(row) or 0
    cell, pair = row.cells[number], (comparison.groups[0], comparison.groups[number])
    rest = [_figures(row.cells[0], cell, comparison.level), _outlook(row, cell, comparison.level)]
    rest.append(_on_the_way(pair))
    if comparison.tested > 1:
        rest.append(f"{comparison.tested} comparisons to the baseline, not corrected.")
    others = sum(cell.mean is not None and cell.verdict != OTHER_DATA for cell in row.cells[1:])
    return Verdict(_head(row.key, cell, pair, others), " ".join(filter(None, rest)), _more(cell, pair))


def _incomparable(comparison: GroupComparison) -> Verdict | None:
    """That all others were measured on other data than the baseline."""
    if not any(cell.verdict == OTHER_DATA for row in comparison.metrics for cell in row.cells):
        return None
    return Verdict(other_data_head([group.name for group in comparison.groups]), "")


def other_data_head(names: list[str]) -> str:
    """The first of ``names`` is the baseline."""
    others = names[1] if len(names) == 2 else f"{len(names) - 1} others"
    word = "was" if len(names) == 2 else "were"
    return f"{others} {word} measured on other data than {names[0]}: the values are not comparable."


def _other(row: GroupRow) -> int | None:
    """The place of the best mean beside the baseline's."""
    found = [
        (cell.mean.mean, number)
        for number, cell in enumerate(row.cells)
        if number and cell.mean and cell.verdict != OTHER_DATA
    ]
    if row.cells[0].mean is None or not found:
        return None
    return (max if row.greater_is_better else min)(found)[1]


def _head(key: str, cell: GroupCell, pair: tuple[Group, Group], others: int) -> str:
    base, name = pair[0].name, pair[1].name
    if others > 1:
        name = f"{name}, the best of {others} others,"
    if cell.verdict == "untested":
        return f"On {key}, nothing can be said of {name} and {base} yet: one seed, no interval."
    if cell.verdict == "noise":
        return f"On {key}, {name} is within noise of {base}."
    if cell.verdict == "same":
        return f"On {key}, {name} is the same as {base}."
    return f"On {key}, {name} is {cell.verdict} than {base}."


def _figures(base: GroupCell, cell: GroupCell, level: float) -> str:
    """Difference, interval, n and p."""
    found, seeds = cell.difference, f"{base.n} and {_seeds(cell.n)}"
    if found is None:
        return f"{_plain_difference(base, cell)}{seeds}."
    if found.p is None:
        return f"{numbers.signed(found.value)}, {seeds}, all of a group the same."
    interval = f"{level:.0%} interval".replace("%", "\u2009%")
    span = f"{numbers.signed(found.low)} to {numbers.signed(found.high)}"
    return f"{numbers.signed(found.value)}, {interval} {span}, {seeds}, {p_text(found.p)} by Welch’s test."


def _plain_difference(base: GroupCell, cell: GroupCell) -> str:
    return f"{numbers.signed(cell.mean.mean - base.mean.mean)}, " if base.mean and cell.mean else ""


def _outlook(row: GroupRow, cell: GroupCell, level: float) -> str:
    if cell.verdict != "noise" or (cell.needed and cell.needed <= min(row.cells[0].n, cell.n)):
        return ""
    sure = f"(power {POWER:g}, two-sided {1 - level:.2g})"
    if cell.needed is None:
        most = numbers.grouped(MOST_NEEDED)
        return f"More than {most} seeds each would be needed to show a difference this small {sure}."
    return f"About {_seeds(cell.needed)} each would show a difference of this size {sure}."


def _on_the_way(pair: tuple[Group, Group]) -> str:
    count = sum(len(group.pending) for group in pair)
    if not count:
        return ""
    return f"{count} more {'runs are' if count > 1 else 'run is'} queued or running and will count."


def _more(cell: GroupCell, pair: tuple[Group, Group]) -> list[More]:
    """What is missing of the seeds that would settle it, at most MOST a group; the same new seeds for both.
    Nothing while some are on their way: what they find changes how many are needed.
    """
    if any(group.pending for group in pair):
        return []
    target = FIRST_SEEDS if cell.verdict == "untested" else (cell.needed or 0)
    missing = [0 if why_not(group) else min(MOST, target - group.expected) for group in pair]
    if max(missing) <= 0:
        return []
    seeds = free_seeds(pair[0].first.project, max(missing))
    return [More(group, seeds[:count]) for group, count in zip(pair, missing, strict=True) if count > 0]


def p_text(p: float) -> str:
    """Two digits, as far as anybody reads them."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


def _more_seeds(count: int) -> str:
    return "1 more seed" if count == 1 else f"{count} more seeds"
