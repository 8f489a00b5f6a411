"""Numbers as people read them: four significant digits, thin spaces, a real minus; "—" for unknown."""

import math
from datetime import UTC, datetime, timedelta

from trainer_bridge import sizes
from trainer_bridge.json_values import json_text

THIN = "\u2009"
MINUS = "\u2212"
UNKNOWN = "—"


def number(value: float | int | None, digits: int = 4) -> str:
    """A measured value with ``digits`` significant digits; scientific below 1e-3 and from 1e6 on."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return str(value).lower()
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else ("Inf" if value > 0 else f"{MINUS}Inf")
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-3 or size >= 1e6:
        text = _scientific(size, digits)
    elif float(value).is_integer():
        text = grouped(int(size))
    else:
        text = _decimal(size, digits)
    return f"{MINUS}{text}" if value < 0 else text


def signed(value: float | None) -> str:
    """A difference: "+0.0013", "−0.0013", "0"."""
    return f"+{number(value)}" if value is not None and value > 0 else number(value)


def rough(value: float | None) -> str:
    """Two significant digits, zeros among them: an interval or an estimate from few values has no more."""
    if value is None or value == 0 or not math.isfinite(value):
        return number(value)
    rounded = float(f"{value:.2g}")
    size = abs(rounded)
    if size < 1e-3 or size >= 1e6:
        return number(rounded, 2)
    decimals = max(0, 1 - math.floor(math.log10(size)))
    text = f"{size:.{decimals}f}" if decimals else grouped(int(size))
    return f"{MINUS}{text}" if value < 0 else text


def _scientific(size: float, digits: int) -> str:
    """3e-4, 1.41e-4: as short as the digits allow."""
    mantissa, exponent = f"{size:.{digits - 1}e}".split("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}"


def _decimal(size: float, digits: int) -> str:
    if size < 0.01:
        # Four decimals would leave one or two digits of it.
        return f"{size:.{digits}g}"
    before = max(1, math.floor(math.log10(size)) + 1) if size >= 1 else 0
    text = f"{size:.{max(0, digits - before)}f}"
    whole, _, fraction = text.partition(".")
    return grouped(int(whole)) + (f".{fraction}" if fraction else "")


def grouped(value: int | None) -> str:
    """An integer with thin spaces between thousands: 1 797."""
    if value is None:
        return UNKNOWN
    text = f"{abs(value):,}".replace(",", THIN)
    return f"{MINUS}{text}" if value < 0 else text


def config_value(value: object) -> str:
    """A configuration value as a person would type it: 3e-4, true, adamw_torch."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _typed_float(value)
    if isinstance(value, dict):
        return json_text(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(config_value(part) for part in value)
    return str(value)


def _typed_float(value: float) -> str:
    if value and math.isfinite(value) and (abs(value) < 1e-2 or abs(value) >= 1e6):
        return ("-" if value < 0 else "") + _scientific(abs(value), 6)
    return f"{value:g}"


def bytes_size(value: int | None) -> str:
    """Bytes in binary units: 512 B, 11.2 GiB."""
    return UNKNOWN if value is None else sizes.bytes_size(value)


def setting_name(field: str) -> str:
    """A setting of a specification as people know it: "args.learning_rate" → "learning_rate"."""
    return field.removeprefix("args.").removeprefix("params.")


def duration(seconds: float | timedelta | None) -> str:
    """A length of time in its two largest units: 41 s, 12 min, 3 h 5 min, 2 d 4 h."""
    if seconds is None:
        return UNKNOWN
    total = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    if total < 60:
        return f"{total:.1f} s" if 0 < total < 10 else f"{total:.0f} s"
    minutes = round(total / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def age(passed: timedelta) -> str:
    """A length of time in its largest unit: now, 41 s, 12 min, 3 h, 2 d."""
    seconds = passed.total_seconds()
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size and (unit != "s" or seconds >= 5):
            return f"{int(seconds // size)} {unit}"
    return "now"


def moment(seconds: float) -> str:
    """A moment in seconds since the epoch, in UTC: 2026-11-24 14:30."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def relative_time(moment: datetime | None, now: datetime) -> str:
    """How long ago, under a day; else the date."""
    if moment is None:
        return UNKNOWN
    passed = (now - moment).total_seconds()
    if passed < 5:
        return "now"
    if passed < 60:
        return f"{math.floor(passed)} s ago"
    if passed < 86400:
        return f"{duration(math.floor(passed))} ago"
    return f"{moment:%Y-%m-%d}"
