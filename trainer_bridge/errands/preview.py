"""The preview of a run's data before it is launched: see docs/data.md."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Seconds; reading much data for the first time takes as long as its disk or network does.
TIME_LIMIT = 300.0


def run(payload: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """``payload``: {"spec": …}."""
    from trainer_bridge.data_preview import preview

    return preview(payload["spec"], Path(tempfile.mkdtemp()), tell)
