"""What a training machine sends, made storable: databases refuse NaN in JSON and NUL in texts."""

import math
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

#: Deeper nesting than this is shown as text.
DEPTH = 20
#: Whole numbers beyond this become texts, so that no reader rounds them.
LARGEST = 2**53


def text_of(text: str) -> str:
    """The text without NUL characters, which PostgreSQL does not store."""
    return text.replace("\x00", "\ufffd")


def finite(number: float | None, otherwise: float | None = None) -> float | None:
    """The number, or ``otherwise`` when it is NaN or infinite."""
    return number if number is not None and math.isfinite(number) else otherwise


def moment(time: float) -> datetime:
    """Seconds since the epoch as a moment; now when they make none."""
    try:
        return datetime.fromtimestamp(time, UTC)
    except (OverflowError, ValueError, OSError):
        return timezone.now()


def plain(value: Any, depth: int = DEPTH) -> Any:
    """``value`` as JSON that every database takes; what JSON cannot say becomes a text."""
    if isinstance(value, dict) and depth:
        return {text_of(str(key)): plain(part, depth - 1) for key, part in value.items()}
    if isinstance(value, list) and depth:
        return [plain(part, depth - 1) for part in value]
    if isinstance(value, str):
        return text_of(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST else str(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return text_of(str(value))
