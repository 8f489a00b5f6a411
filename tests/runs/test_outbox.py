"""What waits for one browser."""

from hypothesis import given
from hypothesis import strategies as st

from runs import outbox
from runs.outbox import TAIL, Outbox, merge


def update(start, end, **extra):
    return {"type": "update", "run": "r", "from": start, "to": end, **extra}


def points(*steps):
    return {"points": {"a": [[step, None, 1.0, 1.0] for step in steps]}}


def test_updates_that_follow_each_other_become_one():
    first = update(1, 2, state="starting", step=1, checkpoints=True, **points(1))
    second = update(2, 3, state="running", **points(2))
    assert merge(first, second) == update(1, 3, state="running", step=1, checkpoints=True, **points(1, 2))


def test_updates_with_a_version_between_them_make_the_page_fetch():
    merged = merge(update(1, 2, **points(1)), update(3, 4, step=9, **points(3)))
    assert merged == update(4, 4, step=9)


def test_what_was_dropped_stays_dropped():
    merged = merge(merge(update(1, 2), update(3, 4)), update(4, 5, **points(5)))
    assert (merged["from"], merged["to"]) == (4, 5)  # the page saw 1: it fetches


def test_console_lines_that_follow_are_joined_after_a_gap_the_later_stay():
    first = {"first": 0, "lines": [["a"], ["b"]]}
    joined = merge(update(1, 2, console=first), update(2, 3, console={"first": 2, "lines": [["c"]]}))
    assert joined["console"] == {"first": 0, "lines": [["a"], ["b"], ["c"]]}
    gap = merge(update(1, 2, console=first), update(2, 3, console={"first": 5, "lines": [["f"]]}))
    assert gap["console"] == {"first": 5, "lines": [["f"]]}


def test_of_too_many_lines_the_last_stay():
    half = {"first": 0, "lines": [["x"]] * 1001}
    later = {"first": 1001, "lines": [[str(n)] for n in range(1001)]}
    merged = merge(update(1, 2, console=half), update(2, 3, console=later))
    assert merged["console"] == {"first": 2002 - TAIL, "lines": later["lines"][-TAIL:]}


def test_console_goes_only_to_pages_that_show_it():
    box = Outbox()
    box.put(update(1, 2, console={"first": 0, "lines": [["a"]]}))
    assert box.take() == [update(1, 2)]


def test_runs_left_behind_are_forgotten():
    box = Outbox()
    box.put(update(1, 2))
    box.forget_runs_except({"other"})
    assert box.take() == []


def test_a_word_that_was_overtaken_is_dropped():
    box = Outbox()
    box.put(update(5, 6, state="stopped"))
    box.put(update(4, 5, state="stopping"))
    assert box.take() == [update(5, 6, state="stopped")]
    box.put(update(5, 6, state="stopped"))
    assert box.take() == []


def test_of_projects_and_slots_the_newest_word_counts():
    box = Outbox()
    for busy in range(3):
        box.put({"type": "runs", "project": "p"})
        box.put({"type": "workers", "busy": busy})
    assert box.take() == [{"type": "runs", "project": "p"}, {"type": "workers", "busy": 2}]
    assert box.take() == []


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 3000)), min_size=1, max_size=12))
def test_a_page_has_all_points_or_knows_that_it_misses_some(changes):
    """Each change sends a number of points; now and then a message is lost on the way (0)."""
    box, version, sent = Outbox(), 0, 0
    for arrives, count in changes:
        version += 1
        sent += count
        if arrives:
            box.put(update(version - 1, version, **points(*range(count))))
    waiting = box.take()
    got = sum(outbox.count_points(message) for message in waiting)
    assert got <= outbox.POINTS
    complete = bool(waiting) and waiting[0]["from"] == 0 and waiting[0]["to"] == version
    if complete:
        assert got == sent


def test_of_an_errand_the_newest_word_waits():
    box = Outbox()
    for progress in ("one", "two"):
        box.put({"type": "errand", "errand": "e1", "state": "running", "progress": progress})
    box.put({"type": "errand", "errand": "e2", "state": "done", "progress": ""})
    assert [(message["errand"], message["progress"]) for message in box.take()] == [("e1", "two"), ("e2", "")]
    assert box.take() == []
