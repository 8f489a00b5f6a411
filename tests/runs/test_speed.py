"""Steps per second."""

import math

from runs.speed import per_second


def test_the_first_word_says_nothing_the_second_does():
    assert per_second((-1, "steps"), 10, 100.0, None) is None
    assert per_second((-1, "steps"), 30, 104.0, None) == 5.0


def test_a_steady_speed_is_reached_within_seconds():
    speed = 1.0
    per_second((-2, "steps"), 0, 0.0, None)
    for i in range(1, 101):
        speed = per_second((-2, "steps"), i * 5, i / 4, speed)
    assert math.isclose(speed, 20.0, rel_tol=0.01)


def test_clocks_that_stand_or_jump_back_and_steps_that_do_are_passed_over():
    per_second((-3, "steps"), 10, 100.0, None)
    assert per_second((-3, "steps"), 20, 100.0, 2.0) is None
    assert per_second((-3, "steps"), 20, 90.0, 2.0) is None
    assert per_second((-3, "steps"), 20, math.nan, 2.0) is None
    assert per_second((-3, "steps"), 5, 101.0, 2.0) is None
    assert per_second((-3, "steps"), 15, 103.0, None) == 5.0


def test_a_clock_that_was_set_back_is_believed_from_then_on():
    per_second((-4, "steps"), 10, 7300.0, None)
    assert per_second((-4, "steps"), 20, 100.0, 2.0) is None
    assert per_second((-4, "steps"), 30, 102.0, None) == 5.0
