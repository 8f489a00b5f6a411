"""A run's console is searched, split by process, and knows where the run went wrong."""

import pytest

from runs import console
from runs.models import Project, Run
from tests.dashboard.runs_for_tests import make_run, print_lines


@pytest.fixture
def run(db: None) -> Run:
    made = make_run(Project.objects.create(slug="digits", name="digits"), "vit")
    print_lines(made, "step 1 LOSS 2", "\x1b[31mlo\x1b[0mss 3", source="trainer")
    print_lines(made, "[rank1] loss 4", source="rank1")
    print_lines(made, "done", source="supervisor")
    return made


def test_find_takes_any_case_and_looks_through_colours(run: Run):
    assert console.find(run, "Loss") == ([0, 1, 2], 3)
    assert console.find(run, "nothing") == ([], 0)


def test_find_within_a_rank(run: Run):
    assert console.find(run, "loss", 0) == ([0, 1], 2)
    assert console.find(run, "loss", 1) == ([2], 1)


def test_more_than_are_named_are_counted(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(console, "MOST_FOUND", 1)
    assert console.find(run, "loss") == ([0], 3)


def test_ranks_and_where_their_lines_stand(run: Run):
    assert console.ranks(run) == [0, 1]
    assert console.ranges(run, 0) == [[0, 2], [3, 1]]
    assert console.ranges(run, 1) == [[2, 1]]
    print_lines(run, "end")
    assert console.ranges(run, 0) == [[0, 2], [3, 2]]


def test_one_process_has_no_ranks_to_choose(db: None):
    alone = make_run(Project.objects.create(slug="digits", name="digits"), "vit")
    print_lines(alone, "one")
    assert console.ranks(alone) == []


def test_the_error_is_the_last_traceback_or_what_comes_nearest(run: Run):
    run.refresh_from_db()
    assert console.error_line(run) == 3
    print_lines(run, "CUDA Error: out of memory", "bye")
    assert console.error_line(run) == 4
    print_lines(
        run, "Traceback (most recent call last):", "ValueError", "Traceback (most recent call last):", "E"
    )
    assert console.error_line(run) == 8
