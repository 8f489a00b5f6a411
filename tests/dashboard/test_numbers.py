from datetime import UTC, datetime, timedelta

import pytest

from dashboard import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (0, "0"),
        (0.0, "0"),
        (0.97641, "0.9764"),
        (0.5, "0.5000"),
        (12.3456, "12.35"),
        (0.0614, "0.0614"),
        (0.0015713, "0.001571"),
        (5000, "5\u2009000"),
        (1797.0, "1\u2009797"),
        (1234.56, "1\u2009235"),
        (3e-4, "3e-4"),
        (1.4142e-4, "1.414e-4"),
        (2.5e6, "2.5e6"),
        (-0.25, "\u22120.2500"),
        (float("nan"), "NaN"),
        (float("-inf"), "\u2212Inf"),
    ],
)
def test_measured_values_have_four_significant_digits(value, text):
    assert numbers.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(3e-4, "3e-4"), (0.1, "0.1"), (64, "64"), (True, "true"), (None, "—"), ("adamw_torch", "adamw_torch")],
)
def test_config_values_read_as_typed(value, text):
    assert numbers.config_value(value) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (2048, "2.0 KiB"), (12_025_908_429, "11.2 GiB"), (None, "—")],
)
def test_bytes_have_binary_units(size, text):
    assert numbers.bytes_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (4.25, "4.2 s"),
        (41, "41 s"),
        (720, "12 min"),
        (3599, "1 h"),
        (11_100, "3 h 5 min"),
        (187_200, "2 d 4 h"),
    ],
)
def test_durations_have_two_units(seconds, text):
    assert numbers.duration(seconds) == text


@pytest.mark.parametrize(
    ("passed", "text"), [(2, "now"), (7.9, "7 s ago"), (240, "4 min ago"), (90_000, "2026-11-23")]
)
def test_times_are_relative_under_a_day(passed, text):
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert numbers.relative_time(now - timedelta(seconds=passed), now) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.02437, "0.024"),
        (0.00398, "0.0040"),
        (4.01, "4.0"),
        (12.34, "12"),
        (1834.0, "1\u2009800"),
        (9.96, "10"),
        (4.1e-4, "4.1e-4"),
        (0.0, "0"),
        (None, "—"),
    ],
)
def test_an_interval_has_two_digits(value, text):
    assert numbers.rough(value) == text
