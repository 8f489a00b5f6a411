"""Values as typed → numbers, moments and lengths of time."""

import re
from datetime import UTC, datetime, timedelta

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([kmg]?)", re.IGNORECASE)
_FRACTION = re.compile(r"([+-]?\d+)/(\d+)")
_LENGTH = re.compile(r"(\d+\.?\d*)(s|min|m|h|d|w)", re.IGNORECASE)
_FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_SECONDS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
NUMBER_EXAMPLES = "a number, such as 0.8, 3e-4, 1/2 or 1k"
LENGTH_EXAMPLES = "a length of time, such as 90s, 15min, 2h or 7d"
TIME_EXAMPLES = "a date, such as 2026-11-24 or 2026-11-24T14:30 (UTC)"
Span = tuple[float, float]


def number(text: str) -> float | None:
    """0.8, 3e-4, 1/2, 1k, inf; None for what is no number."""
    if match := _NUMBER.fullmatch(text):
        return float(match[1]) * _FACTORS[match[2].lower()]
    if (match := _FRACTION.fullmatch(text)) and float(match[2]):
        return float(match[1]) / float(match[2])
    return {"inf": float("inf"), "-inf": float("-inf")}.get(text.lower())


def length(text: str) -> float | None:
    """Seconds: 90s, 15min, 2h, 7d, or a plain number of seconds."""
    if match := _LENGTH.fullmatch(text):
        return float(match[1]) * _SECONDS[match[2].lower()]
    return number(text)


def span(text: str) -> Span | None:
    """A day, a minute or a second as [from, to) in seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if "T" not in text and " " not in text:
        width = timedelta(days=1)
    else:
        width = timedelta(minutes=1) if moment.second == 0 and text.count(":") < 2 else timedelta(seconds=1)
    begin = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return begin.timestamp(), (begin + width).timestamp()
    except (OverflowError, ValueError):
        return None
