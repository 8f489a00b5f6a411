"""How many device slots were used over the last day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from runs.models import Attempt, Project, Run
from runs.slot_use import DAY, SPANS, forget, measured, slot_use

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SPAN = DAY / SPANS


def attempt(begun: float, ended: float | None, heard: float = 0, slots: int = 1, **run: str) -> None:
    """Times in spans before now."""
    project, _ = Project.objects.get_or_create(slug="p", defaults={"name": "p"})
    made = Run.objects.create(
        project=project, spec={"recipe": "digits-vit", "launch": {"slots": slots}}, **run
    )
    at = [None if spans is None else NOW - spans * SPAN for spans in (begun, ended, heard)]
    one = Attempt.objects.create(run=made, number=1, token_hash=made.pk, worker="here")
    Attempt.objects.filter(pk=one.pk).update(started_at=at[0], ended_at=at[1], heard_at=at[2] or NOW)


def test_slots_are_busy_from_the_start_to_the_end_of_what_asked_for_them():
    attempt(2, 1, heard=1)
    attempt(1.5, 0.5, heard=0.5, slots=4)
    used = measured(NOW)
    assert used.spans[-3:] == pytest.approx((0, 1 + 2, 2))
    assert used.mean == pytest.approx(5 / SPANS)


def test_what_trains_counts_to_now_and_what_fell_silent_until_then():
    attempt(1, None, heard=0)
    attempt(2, None, heard=1.5)
    assert measured(NOW).spans[-2:] == pytest.approx((0.5, 1))


def test_what_began_before_the_day_counts_from_its_beginning():
    attempt(SPANS + 10, SPANS - 1, heard=SPANS - 1)
    assert measured(NOW).spans[:2] == pytest.approx((1, 0))


def test_older_ones_and_those_of_no_worker_do_not_count():
    attempt(SPANS + 3, SPANS + 2, heard=SPANS + 2)
    attempt(1, 0, origin="external")
    assert measured(NOW) is None


def test_a_look_is_good_for_a_while(django_assert_num_queries):
    attempt(2, 1, heard=1)
    with django_assert_num_queries(1):
        assert slot_use() == slot_use()
    forget()
    with django_assert_num_queries(1):
        slot_use()


def test_an_attempt_that_lasts_the_day_is_one_slot_all_along():
    attempt(SPANS * 3, None)
    assert measured(NOW).spans == pytest.approx([1.0] * SPANS)
    assert measured(NOW + timedelta(hours=12)).spans[-1] == 0
