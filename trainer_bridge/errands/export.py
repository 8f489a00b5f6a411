"""An export that needs more than reading files: see docs/export.md."""

from collections.abc import Callable
from typing import Any

#: Seconds; a push of many gigabytes takes as long as the line does.
TIME_LIMIT = 6 * 3600.0
#: Asked for by the server only, and goes on when no page looks.
BACKGROUND = True


def run(payload: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """``payload``: the fields of an Order."""
    from trainer_bridge.exporting.order import Order, carry_out

    return carry_out(Order(**payload), tell)
