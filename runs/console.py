"""Reads of a run's console: where a text stands, what one process of several printed, where it went wrong."""

from django.db.models import QuerySet

from runs.models import ConsoleBlock, Run
from trainer_bridge.console_text import plain

#: Lines that a search names; how many there are is counted beyond that.
MOST_FOUND = 20_000
#: Blocks from the end in which the error is looked for.
ERROR_BLOCKS = 500
TRACEBACK = "Traceback (most recent call last)"


def ranks(run: Run) -> list[int]:
    """The ranks of a training of several processes that printed something; empty for one process: one query."""
    sources = ConsoleBlock.objects.filter(run=run, source__startswith="rank").values_list("source", flat=True)
    numbers = {int(source.removeprefix("rank")) for source in sources.distinct()}
    return sorted({0} | numbers) if numbers else []


def ranges(run: Run, rank: int) -> list[list[int]]:
    """Where the lines of a rank stand: [[first line, how many], …], those that follow each other as one."""
    found: list[list[int]] = []
    for first, count in _blocks(run, rank).values_list("first", "count"):
        if found and sum(found[-1]) == first:
            found[-1][1] += count
        else:
            found.append([first, count])
    return found


def find(run: Run, text: str, rank: int | None = None) -> tuple[list[int], int]:
    """Numbers of the lines that contain ``text``, in any case, 20,000 at most; and how many there are."""
    wanted = text.lower()
    numbers: list[int] = []
    count = 0
    for first, lines in _blocks(run, rank).values_list("first", "lines").iterator(chunk_size=100):
        here = [first + n for n, line in enumerate(lines) if wanted in plain(line[2]).lower()]
        count += len(here)
        numbers += here[: MOST_FOUND - len(numbers)]
    return numbers, count


def error_line(run: Run) -> int:
    """The line at which the last traceback begins; without one the last line that says "error", or the last."""
    fallback = None
    blocks = _blocks(run).order_by("-first").values_list("first", "lines")[:ERROR_BLOCKS]
    for first, lines in blocks.iterator(chunk_size=20):
        for number, line in reversed(list(enumerate(lines, start=first))):
            if TRACEBACK in line[2]:
                return number
            if fallback is None and "error" in line[2].lower():
                fallback = number
    return fallback if fallback is not None else max(0, run.console_lines - 1)


def _blocks(run: Run, rank: int | None = None) -> QuerySet[ConsoleBlock]:
    blocks = ConsoleBlock.objects.filter(run=run).order_by("first")
    if rank is None:
        return blocks
    return blocks.filter(source=f"rank{rank}") if rank else blocks.exclude(source__startswith="rank")
