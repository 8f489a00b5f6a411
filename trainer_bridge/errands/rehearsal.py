"""The rehearsal of a run before it is launched: see docs/rehearsal.md."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Seconds; the steps themselves are bounded, building a large model or reading much data is not.
TIME_LIMIT = 600.0


def run(payload: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """``payload``: {"spec": …}."""
    from trainer_bridge.rehearsal import memory, rehearse

    memory.leave_room()
    return rehearse(payload["spec"], Path(tempfile.mkdtemp()), tell)
